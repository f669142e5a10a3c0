// From head to answer: a request detached from its buffer, answered whole, streamed, or failed.
#include "request.h"

#include <algorithm>
#include <stdexcept>

#include "request_error.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/request_target.h"
#include "ropewalk/protocols/http/serializer.h"
#include "ropewalk/protocols/http/uri.h"
#include "ropewalk/servers/http/detail/log.h"
#include "ropewalk/servers/http/detail/request_id.h"
#include "ropewalk/servers/http/http1/detail/channel.h"
#include "ropewalk/servers/http/http1/detail/request_pool.h"
#include "ropewalk/ssl/session.h"
#include "router.h"
#include "site.h"

namespace ropewalk::http {

namespace {

// Up to this a body is copied behind its head, so that both are one piece; larger ones go as they
// are.
constexpr std::size_t kCopyAtMost = 4 * 1024;
// Where Transport pauses producers as well (P-02).
constexpr std::size_t kPendingBeforeWaiting = 64 * 1024;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kDefaultType = "application/octet-stream";

}  // namespace

RequestRef::~RequestRef() {
  if (request_ != nullptr && --request_->references_ == 0) RequestPool::give(*request_);
}

Request::Request() = default;
Request::~Request() = default;

/// Where heads are rendered, on their way into the transport. Never held across a call to others.
std::string& Request::scratch() {
  static thread_local std::string buffer;
  buffer.clear();
  return buffer;
}

// ---- Life.

void Request::begin(Channel& channel, Site& site, const RequestHead& head) {
  channel_ = &channel;
  site_ = &site;
  head_ = &head;
  path_ = head.path;
  if (!head.plainPath || (path_.empty() && head.targetForm == TargetForm::absolute))
    path_ = cleaned_ = cleanPath(path_);
  route_ = nullptr;
  detached_ = false;
  continued_ = false;
  status_ = 200;
  defaultType_ = kText;
  body_.begin(head);
  writer_.begin(head);
  if (site.options().accessLog) started_ = channel.now();
}

void Request::detach() {
  if (detached_) return;
  detached_ = true;
  const char* const path = path_.data();
  const bool ours = path == cleaned_.data();
  owned_.assign(*head_);
  head_ = &*owned_;
  if (ours) return;
  path_ = head_->path;
  for (std::string_view& capture : captures_) {
    capture = path_.substr(static_cast<std::size_t>(capture.data() - path), capture.size());
  }
}

/// Back to what a new one is, but for the capacity of its buffers.
void Request::end() noexcept {
  channel_ = nullptr;
  body_.end();
  captures_.clear();
  if (!responseHeaders_.empty()) responseHeaders_.clear();
  orphan_.reset();
  decoded_.clear();
  args_.reset();
  id_.clear();
  lost_.reset();
  if (!detached_) return;  // an answer that was given at once uses nothing of what follows
  resource_.reset();
  prepath.clear();
  postpath.clear();
  pending_.reset();
  stream_.reset();
  finished_.clear();
}

void Request::connectionLost(const Failure& why) {
  const RequestRef keep(*this);
  channel_ = nullptr;
  lost_ = why;
  std::vector<Source<void>> waiting = std::move(finished_);
  finished_.clear();
  body_.fail(why);
  if (std::optional<Deferred<void>> pending = std::exchange(pending_, std::nullopt))
    pending->cancel();
  for (Source<void>& source : waiting) source.errback(why);
}

// ---- What was asked.

std::string_view Request::getRequestHostname() const noexcept {
  const auto authority = parseAuthority(head_->host);
  return authority ? authority->host : head_->host;
}

std::string_view Request::decoded(std::string_view encoded) {
  if (encoded.find('%') == std::string_view::npos) return encoded;
  auto text = percentDecode(encoded);
  if (!text) return encoded;
  decoded_.push_back(std::make_unique<std::string>(*std::move(text)));
  return *decoded_.back();
}

std::string_view Request::param(std::string_view name) {
  if (route_ == nullptr) return {};
  const auto& names = route_->names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  return decoded(captures_[static_cast<std::size_t>(found - names.begin())]);
}

const FormData& Request::args() {
  if (!args_) args_ = FormData::parse(head_->query);
  return *args_;
}

Address Request::getClientAddress() const {
  return channel_ ? channel_->transport().getPeer() : Address();
}
Address Request::getHost() const { return channel_ ? channel_->transport().getHost() : Address(); }

const ssl::Session* Request::tls() const noexcept {
  return channel_ ? ssl::sessionOf(channel_->transport()) : nullptr;
}

bool Request::connected() const noexcept {
  return channel_ != nullptr && channel_->transport().connected();
}

TimePoint Request::now() const noexcept { return channel_ ? channel_->now() : TimePoint(); }

std::string_view Request::id() {
  if (!id_.empty()) return id_;
  if (site_->options().trustRequestId) {
    const auto given = header("X-Request-Id");
    if (given && isRequestId(*given)) return id_ = *given;
  }
  return id_ = makeRequestId();
}

// ---- The body.

Deferred<std::string> Request::body(std::optional<std::uint64_t> limit) {
  auto bytes = std::make_unique<std::string>();
  if (const auto length = contentLength())
    bytes->reserve(std::min<std::uint64_t>(*length, kPendingBeforeWaiting));
  std::string& target = *bytes;
  return body_
      .consume(*this, limit,
               [&target](std::string_view piece) {
                 target.append(piece);
                 return succeed();
               })
      .addCallback([bytes = std::move(bytes)] { return std::move(*bytes); });
}

Deferred<std::string> Request::readBody(std::optional<std::uint64_t> limit) {
  return body_.pull(*this, limit);
}

// ---- The answer in one piece.

void Request::ensureFresh() const {
  if (writer_.opened()) throw std::logic_error("cannot answer a request twice");
}

void Request::respond(std::string_view text) {
  ensureFresh();
  if (channel_ != nullptr) sendWhole(status_, responseHeaders_, defaultType_, text, text);
}

void Request::respond(const char* text) {
  if (text == nullptr) throw std::logic_error("cannot respond with a null pointer as the text");
  respond(std::string_view(text));
}

void Request::respond(std::string text) {
  ensureFresh();
  if (channel_ != nullptr)
    sendWhole(status_, responseHeaders_, defaultType_, text, std::move(text));
}

void Request::respond(Response response) {
  ensureFresh();
  if (channel_ == nullptr) return;
  for (const FieldLine line :
       responseHeaders_) {  // what was set by hand, where the Response does not say otherwise
    if (!response.headers_.has(line.name)) response.headers_.add(line.name, line.value);
  }
  if (response.stream_) return startStream(response);
  if (!response.pieces_.empty()) return sendPieces(response);
  if (response.shared_) {
    const std::string_view body = *response.shared_;
    return sendWhole(response.status_, response.headers_, body.empty() ? "" : kDefaultType, body,
                     std::move(response.shared_));
  }
  const std::string_view body = response.body_;
  sendWhole(response.status_, response.headers_, body.empty() ? "" : kDefaultType, body,
            std::move(response.body_));
}

/// @param owner  of the body, which is taken over where that is cheaper than a copy
template <class Owner>
void Request::sendWhole(int status, const Headers& headers, std::string_view contentType,
                        std::string_view body, Owner&& owner) {
  std::string& out = scratch();
  writer_.openWhole(out, *site_, {status, headers, contentType}, body.size());
  if (writer_.bodiless()) body = {};
  Transport& transport = channel_->transport();
  const bool copy = body.size() <= kCopyAtMost;
  if (copy) out.append(body);
  transport.write(std::string_view(out));
  if (!copy) transport.write(std::forward<Owner>(owner));
  complete();
}

void Request::sendPieces(Response& response) {
  std::string& out = scratch();
  const std::uint64_t length = response.length();
  writer_.openWhole(out, *site_, {response.status_, response.headers_, kDefaultType}, length);
  Transport& transport = channel_->transport();
  transport.write(std::string_view(out));
  if (!writer_.bodiless()) {
    if (!response.body_.empty()) transport.write(std::move(response.body_));
    for (Response::Piece& piece : response.pieces_) {
      if (piece.slice.file) {
        transport.writeFile(std::move(piece.slice.file), piece.slice.offset, piece.slice.length);
      } else {
        transport.write(std::move(piece.bytes));
      }
    }
  }
  complete();
}

void Request::startStream(Response& response) {
  detach();
  std::string& out = scratch();
  writer_.open(out, *site_, {response.status_, response.headers_, kDefaultType, std::nullopt});
  channel_->transport().write(std::string_view(out));
  channel_->written();
  if (writer_.bodiless()) return finish();
  stream_ = std::move(response.stream_);
  respond(stream_(*this));
}

// ---- The answer when it comes.

void Request::respond(Deferred<Response> response) {
  respond(std::move(response).addCallback([this](Response value) { respond(std::move(value)); }),
          Finish::byHand);
}

void Request::respond(Deferred<std::string> text) {
  respond(std::move(text).addCallback([this](std::string value) { respond(std::move(value)); }),
          Finish::byHand);
}

void Request::respond(Deferred<void> done, Finish finish) {
  const RequestRef keep(*this);
  if (finish == Finish::whenDone) {
    done = std::move(done).addCallback([this] {
      if (!writer_.ended()) this->finish();
    });
  }
  if (done.ready()) {
    const Result<void> result = std::move(done).takeResult();
    if (!result) fail(result.failure());
    return;
  }
  detach();
  // The site keeps the handler, which a coroutine that ignores its cancellation still refers to.
  pending_ = std::move(done).addErrback(
      [this, keep, site = site_->weak_from_this().lock()](const Failure& why) { fail(why); });
}

void Request::fail(const Failure& why) {
  const auto* error = why.check<RequestError>();
  const bool lost = lost_ || (channel_ != nullptr && !connected());
  if (lost) return;  // what it was cancelled for, most likely; nobody waits for the answer any more
  if (error == nullptr) site_->handlerFailed(*this, why);
  if (channel_ == nullptr || writer_.ended()) return;
  if (writer_.opened()) return abort("the handler failed in the middle of its answer");
  if (body_.failed()) writer_.setCloses();
  responseHeaders_.clear();
  respond(site_->errorResponse(*this, error ? error->status() : 500, error ? error->what() : ""));
}

// ---- The answer by hand.

void Request::setResponseCode(int status) { status_ = Response(status).status(); }

/// Renders the head for an answer by hand, unless that was done.
bool Request::openByHand(std::string& out) {
  if (writer_.opened()) return false;
  writer_.open(out, *site_, {status_, responseHeaders_, defaultType_, std::nullopt});
  return true;
}

/// @param send  puts the bytes into the transport
template <class Send>
Deferred<void> Request::writePiece(std::uint64_t size, Send send) {
  if (writer_.ended()) throw std::logic_error("cannot write to a response after finish()");
  if (!connected())
    return ropewalk::detail::settled<void>(Result<void>(lost_.value_or(Failure::connectionDone())),
                                           true);
  detach();
  std::string& out = scratch();
  openByHand(out);
  std::string_view after;
  const bool skip = size == 0 || writer_.bodiless();  // an empty chunk would end the body
  if (!skip && !writer_.frame(out, after, size)) {
    abort("more was written than Content-Length said");
    throw std::logic_error("cannot write more than the Content-Length of the response");
  }
  if (skip) {
    if (!out.empty()) channel_->transport().write(std::string_view(out));
  } else {
    send(channel_->transport(), out, after);
  }
  channel_->written();
  return room();
}

Deferred<void> Request::write(std::string_view bytes) {
  return writePiece(bytes.size(),
                    [bytes](Transport& transport, std::string& out, std::string_view after) {
                      if (bytes.size() <= kCopyAtMost) {
                        out.append(bytes).append(after);
                        return transport.write(std::string_view(out));
                      }
                      const std::string_view pieces[] = {out, bytes, after};
                      transport.writeSequence(pieces);
                    });
}

Deferred<void> Request::write(FileSlice slice) {
  return writePiece(slice.length,
                    [&slice](Transport& transport, std::string& out, std::string_view after) {
                      transport.write(std::string_view(out));
                      transport.writeFile(std::move(slice.file), slice.offset, slice.length);
                      transport.write(after);
                    });
}

Deferred<void> Request::room() {
  Transport& transport = channel_->transport();
  if (transport.pending() <= kPendingBeforeWaiting) return succeed();
  return transport.drained().addErrback([](const Failure& why) -> Result<void> {
    // Lost: the next write says so. This one was in order.
    if (why.check<CancelledError>() != nullptr) return why;
    return {};
  });
}

void Request::finish() {
  if (channel_ == nullptr && lost_) return;
  if (writer_.ended()) {
    kLog.warn("{}: finish() was called twice for {}", id(), uri());
    return;
  }
  std::string& out = scratch();
  if (!writer_.opened()) writer_.open(out, *site_, {status_, responseHeaders_, {}, 0});
  const bool whole = writer_.close(out);
  if (!out.empty()) channel_->transport().write(std::string_view(out));
  if (!whole) abort("less was written than Content-Length said");
  complete();
}

Deferred<void> Request::notifyFinish() {
  if (lost_) return ropewalk::fail<void>(*lost_);
  if (writer_.ended()) return succeed();
  detach();
  return finished_.emplace_back().deferred();
}

void Request::registerProducer(Producer& producer, Streaming streaming) {
  detach();
  if (channel_ == nullptr) return producer.stopProducing();
  channel_->transport().registerProducer(producer, streaming);
}

void Request::unregisterProducer() {
  if (channel_ != nullptr) channel_->transport().unregisterProducer();
}

/// The answer is in the transport: lets the connection go on.
void Request::complete() {
  Channel* const channel = channel_;
  if (finished_.empty()) {
    channel->responseEnded(*this);  // this may be gone now
    return channel->resume();
  }
  const RequestRef keep(*this);
  std::vector<Source<void>> waiting = std::move(finished_);
  finished_.clear();
  channel->responseEnded(*this);
  for (Source<void>& source : waiting) source.callback();
  channel->resume();
}

/// The client must see that the answer is not whole.
void Request::abort(std::string_view why) {
  writer_.setCloses();
  kLog.error("{}: {} {}: {}; the connection is cut", id(), methodText(), uri(), why);
  if (channel_ != nullptr) channel_->transport().abortConnection();
}

}  // namespace ropewalk::http
