// Request: what a client asked, its body, and the answer to it. RFC 9110, RFC 9112.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "body_reader.h"
#include "response.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/transport.h"
#include "ropewalk/protocols/http/form_data.h"
#include "ropewalk/protocols/http/head_storage.h"
#include "ropewalk/servers/http/http1/response_writer.h"

namespace ropewalk::ssl {
class Session;
}

namespace ropewalk::http {

class Channel;
struct Delivery;
class Request;
class Resource;
class Route;
class Site;

/// Keeps a Request: the connection has one while it is being answered, and so has whatever still
/// works on the answer.
class RequestRef {
 public:
  RequestRef() noexcept = default;
  explicit RequestRef(Request& request) noexcept;
  RequestRef(RequestRef&& other) noexcept : request_(std::exchange(other.request_, nullptr)) {}
  RequestRef& operator=(RequestRef&& other) noexcept {
    std::swap(request_, other.request_);
    return *this;
  }
  RequestRef(const RequestRef& other) noexcept;
  RequestRef& operator=(const RequestRef& other) noexcept {
    *this = RequestRef(other);
    return *this;
  }
  ~RequestRef();

  [[nodiscard]] Request* get() const noexcept { return request_; }
  explicit operator bool() const noexcept { return request_ != nullptr; }
  Request* operator->() const noexcept { return request_; }
  Request& operator*() const noexcept { return *request_; }

 private:
  Request* request_ = nullptr;
};

/// One request and its response. Handlers get a reference, which is good until the response is
/// complete and the handler's Deferred has fired, even when the connection is lost meanwhile; so
/// are the views that it gives. Made and reused by the server; its thread.
///
/// What a handler returns is usually the answer. To answer by hand, Twisted's way: setResponseCode,
/// setHeader, write (as often as one likes), finish. When the connection is lost first, a pending
/// handler is cancelled, and notifyFinish() fails.
class Request {
 public:
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // What was asked. Views into the head of the request.

  [[nodiscard]] const RequestHead& head() const noexcept { return *head_; }
  [[nodiscard]] Method method() const noexcept { return head_->method; }
  [[nodiscard]] std::string_view methodText() const noexcept { return head_->methodText; }
  /// The target as it was sent: "/a%20b?x=1".
  [[nodiscard]] std::string_view uri() const noexcept { return head_->target; }
  /// Its path as routes, files and resources are looked up by: still percent-encoded, without empty
  /// segments, "." and ".." (cleanPath in request_target.h). uri() has what was sent.
  [[nodiscard]] std::string_view path() const noexcept { return path_; }
  /// What follows the "?", still encoded.
  [[nodiscard]] std::string_view query() const noexcept { return head_->query; }
  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return head_->fields.get(name);
  }
  [[nodiscard]] const FieldLines& headers() const noexcept { return head_->fields; }
  /// The name of the host that was asked for, in the client's spelling and without the port; may be
  /// empty.
  [[nodiscard]] std::string_view getRequestHostname() const noexcept;
  /// What `:name` or `*name` of the route stands for in this path, percent-decoded; empty when the
  /// route has none of that name.
  [[nodiscard]] std::string_view param(std::string_view name);
  /// The first value of that name in the query, decoded.
  [[nodiscard]] std::optional<std::string_view> arg(std::string_view name) {
    return args().get(name);
  }
  /// All of the query, decoded; parsed on first use.
  [[nodiscard]] const FormData& args();
  /// Segments of the path, decoded: those that led to a Resource, and those still to go. Resource
  /// trees only.
  std::vector<std::string> prepath, postpath;

  /// The other end of the connection, behind a proxy that is the proxy; none once it is lost.
  [[nodiscard]] Address getClientAddress() const;
  /// Our end of it, likewise.
  [[nodiscard]] Address getHost() const;
  /// What is known of its TLS (ssl/session.h): the client's certificate, say. Null in the clear.
  [[nodiscard]] const ssl::Session* tls() const noexcept;
  /// It came over TLS to this server. What a proxy in front says of itself is not asked.
  [[nodiscard]] bool isSecure() const noexcept { return tls() != nullptr; }
  /// Names this request in logs: the client's X-Request-Id where the site trusts that, else made on
  /// first use.
  [[nodiscard]] std::string_view id();
  [[nodiscard]] Site& site() const noexcept { return *site_; }
  /// The time by which its connection measures.
  [[nodiscard]] TimePoint now() const noexcept;
  /// The connection is there: an answer may still reach the client.
  [[nodiscard]] bool connected() const noexcept;

  // The body. Nothing is read, and a client that expects 100-continue is not told to go on, until
  // one of these is called; only one can be. They fail with RequestError(413) past the limit,
  // RequestError(400) on a broken or cut off body, and with the connection's Failure when that is
  // lost. While nobody reads, the client is not read from.

  [[nodiscard]] bool hasBody() const noexcept { return head_->framing() != Framing::none; }
  /// What it said its length is; nothing for a chunked one.
  [[nodiscard]] std::optional<std::uint64_t> contentLength() const noexcept {
    return head_->contentLength;
  }
  /// All of it. Without a limit of its own, the site's.
  [[nodiscard]] Deferred<std::string> body(std::optional<std::uint64_t> limit = {});
  /// Calls f(std::string_view) for each piece; the Deferred fires after the last. If f gives a
  /// Deferred<void>, no further piece comes before it fires.
  template <class F>
  [[nodiscard]] Deferred<void> onBody(F f, std::optional<std::uint64_t> limit = {});
  /// The next piece; empty at the end. For loops in coroutines; one at a time.
  [[nodiscard]] Deferred<std::string> readBody(std::optional<std::uint64_t> limit = {});
  /// Writes it to a file, which takes its name once it is whole and on the disk: until then, and if
  /// it fails, an older file stays (core/base/durable_file.h). The reactor waits for the disk.
  /// @return how many bytes; fails with FileError where the file cannot be written
  [[nodiscard]] Deferred<std::uint64_t> saveBody(std::string path,
                                                 std::optional<std::uint64_t> limit = {});

  // The answer in one piece. Does nothing when the connection is gone; throws std::logic_error on a
  // second answer.

  void respond(Response response);
  void respond(std::string_view text);
  void respond(std::string text);
  void respond(const char* text);  // null: std::logic_error
  /// The answer when it comes. A failure is answered as if it had been thrown.
  void respond(Deferred<Response> response);
  void respond(Deferred<std::string> text);
  /// What the end of work that writes for itself means: that the answer is complete, or nothing,
  /// since finish() is called some time.
  enum class Finish : std::uint8_t { whenDone, byHand };
  void respond(Deferred<void> done, Finish finish = Finish::whenDone);
  /// Answers with the error page for what went wrong: the status of a RequestError, or else 500
  /// after logging the failure. Where the head of an answer is on its way already, the connection
  /// is cut.
  void fail(const Failure& why);
  /// Answers 302 and finishes.
  void redirect(std::string_view url) { respond(http::redirect(url)); }

  // The answer by hand.

  /// @throws std::invalid_argument unless status is 200 … 599; 200 where it is not called
  void setResponseCode(int status);
  /// A field of the answer by hand. Throws InvalidHeaderError on what is no field.
  void setHeader(std::string_view name, std::string_view value) {
    responseHeaders_.set(name, value);
  }
  /// All of them, until the head is sent with the first piece.
  [[nodiscard]] Headers& responseHeaders() noexcept { return responseHeaders_; }
  /// Sends a piece of the body, and first the head. Fires when there is room for more: at once, or
  /// when the client has taken what is pending. Ignored, and failed with the connection's Failure,
  /// after that is lost; throws std::logic_error after finish() (H-02).
  Deferred<void> write(std::string_view bytes);
  /// Part of a file, with sendfile where the wire allows.
  Deferred<void> write(FileSlice slice);
  /// The answer is complete. A second call is logged; one after the connection was lost is ignored.
  void finish();
  /// Fires when the response is complete; fails when the connection is lost first. Everyone who
  /// asks gets one of his own (H-02).
  [[nodiscard]] Deferred<void> notifyFinish();
  /// Twisted's producers, for bodies by hand; see Transport. unregisterProducer() before finish().
  void registerProducer(Producer& producer, Streaming streaming);
  void unregisterProducer();
  /// Ends the connection once this response is complete.
  void closeAfter() noexcept { writer_.setCloses(); }

 private:
  friend class Channel;
  friend class Site;
  friend class RequestRef;
  friend class RequestPool;
  friend class BodyReader;
  friend class ResourceHandler;
  friend class FilesHandler;
  friend void logAccess(Request& request, const Delivery& delivery);

  Request();
  ~Request();

  void begin(Channel& channel, Site& site, const RequestHead& head);
  /// Copies the head, so that it outlives the read buffer.
  void detach();
  void end() noexcept;
  void connectionLost(const Failure& why);
  [[nodiscard]] static std::string& scratch();
  void ensureFresh() const;
  template <class Owner>
  void sendWhole(int status, const Headers& headers, std::string_view contentType,
                 std::string_view body, Owner&& owner);
  void sendPieces(Response& response);
  void startStream(Response& response);
  bool openByHand(std::string& out);
  template <class Send>
  Deferred<void> writePiece(std::uint64_t size, Send send);
  Deferred<void> room();
  void watch(Deferred<void> done);
  void complete();
  void abort(std::string_view why);
  [[nodiscard]] std::string_view decoded(std::string_view encoded);

  Channel* channel_ = nullptr;
  Site* site_ = nullptr;
  std::shared_ptr<Site> orphan_;  // keeps the site once the connection is gone
  const RequestHead* head_ = nullptr;
  HeadStorage storage_;
  OwnedRequestHead owned_;
  std::string_view path_;
  std::string cleaned_;  // what path_ is where the one in the head is not clean
  bool detached_ = false;
  bool continued_ = false;  // 100 Continue was sent
  std::uint32_t references_ = 0;
  BodyReader body_;
  ResponseWriter writer_;
  int status_ = 200;
  std::string_view defaultType_;  // of an answer that is text
  Headers responseHeaders_;
  std::shared_ptr<Resource> resource_;  // that renders it
  const Route* route_ = nullptr;
  // What the names of the route stand for: views into the path, encoded.
  std::vector<std::string_view> captures_;
  std::vector<std::unique_ptr<std::string>> decoded_;
  std::optional<FormData> args_;
  std::optional<Deferred<void>> pending_;  // the handler's
  Response::Stream stream_;
  std::vector<Source<void>> finished_;
  std::optional<Failure> lost_;
  std::string id_;
  TimePoint started_{};
  Request* nextFree_ = nullptr;
};

template <class F>
Deferred<void> Request::onBody(F f, std::optional<std::uint64_t> limit) {
  return body_.consume(*this, limit, std::move(f));
}

inline RequestRef::RequestRef(Request& request) noexcept : request_(&request) {
  ++request.references_;
}
inline RequestRef::RequestRef(const RequestRef& other) noexcept : request_(other.request_) {
  if (request_ != nullptr) ++request_->references_;
}

}  // namespace ropewalk::http
