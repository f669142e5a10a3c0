// The heads of requests and responses, methods, versions, status codes. RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "field_line.h"

namespace ropewalk::http {

/// The methods that somebody defined for HTTP: RFC 9110 §9, RFC 5789, WebDAV (RFC 4918, 3253, 3648,
/// 3744, 4791, 5323, 5842), UPnP.
enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch,
  copy,
  lock,
  mkcol,
  move,
  propfind,
  proppatch,
  search,
  unlock,
  bind,
  rebind,
  unbind,
  acl,
  report,
  mkactivity,
  checkout,
  merge,
  msearch,
  notify,
  subscribe,
  unsubscribe,
  purge,
  mkcalendar,
  link,
  unlink,
  source,
  unknown,
};
/// "GET". Empty for unknown.
[[nodiscard]] std::string_view methodText(Method method) noexcept;
/// The other way; Method::unknown for what is not above. Case counts (RFC 9110 §9.1).
[[nodiscard]] Method methodFromText(std::string_view text) noexcept;
/// True for what may be repeated (RFC 9110 §9.2.2): repeating it does what doing it once does, so a
/// client may send it again by itself.
[[nodiscard]] bool isIdempotent(Method method) noexcept;
/// True for what only reads (RFC 9110 §9.2.1).
[[nodiscard]] bool isSafe(Method method) noexcept;

/// HTTP/1.2 and later 1.x are spoken to as 1.1 (RFC 9110 §2.5).
enum class Version : std::uint8_t { http10, http11 };

/// "Not Found"; for a code that nobody registered, the name of its class: "Client Error".
[[nodiscard]] std::string_view reasonPhrase(int status) noexcept;

/// Whether a response of that status may have content: 1xx, 204 and 304 never do (RFC 9110 §15).
[[nodiscard]] constexpr bool statusHasBody(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

/// How the end of a message body is found (RFC 9112 §6.3).
enum class Framing : std::uint8_t { none, length, chunked, untilClose };

/// How the target of a request is written (RFC 9112 §3.2).
enum class TargetForm : std::uint8_t { origin, absolute, authority, asterisk };

/// What the target of a request says. Views into the text that was parsed.
struct RequestTarget {
  TargetForm targetForm = TargetForm::origin;
  bool hasQuery = false;
  /// No segment is empty or begins with a dot: cleanPath() would change nothing.
  bool plainPath = true;
  /// Still percent-encoded; "*" for asterisk-form, empty for authority-form, may be empty for
  /// absolute-form.
  std::string_view path;
  std::string_view query;   // without the "?"
  std::string_view scheme;  // of an absolute-form; else empty
  /// The authority asked for, port included: of an absolute-form or authority-form target; in a
  /// RequestHead otherwise the Host field (RFC 9112 §3.3). Empty when HTTP/1.0 named none, or Host
  /// was empty.
  std::string_view host;
};

/// The head of a request. All views lie in the bytes that were parsed.
struct RequestHead : RequestTarget {
  Method method = Method::unknown;
  Version version = Version::http11;
  bool chunked = false;
  /// The connection may carry another request after this one (RFC 9112 §9.3).
  bool keepAlive = false;
  /// The client waits for 100 Continue before it sends the body. Never set for HTTP/1.0 (RFC 9110
  /// §10.1.1).
  bool expectContinue = false;
  /// An Expect that nobody knows: the server may answer 417.
  bool expectUnknown = false;
  /// As received; chunked is not among them.
  std::optional<std::uint64_t> contentLength;

  std::string_view text;        // the whole head, from the method to the empty line
  std::string_view methodText;  // "GET"
  std::string_view target;      // as received
  /// The Upgrade field when Connection names it (RFC 9110 §7.8), else empty.
  std::string_view upgrade;
  FieldLines fields;

  /// How the body ends; a length of 0 is none.
  [[nodiscard]] Framing framing() const noexcept {
    if (chunked) return Framing::chunked;
    return contentLength.value_or(0) > 0 ? Framing::length : Framing::none;
  }
};

/// The head of a response. All views lie in the bytes that were parsed (or, where an obs-fold had
/// to be undone, in the HeadStorage).
struct ResponseHead {
  int status = 0;  // 100 … 999
  Version version = Version::http11;
  Framing framing = Framing::none;
  bool chunked = false;
  /// The connection may carry another response. Never with Framing::untilClose.
  bool keepAlive = false;
  /// As received, also where there is no body (HEAD, 304).
  std::optional<std::uint64_t> contentLength;

  std::string_view text;     // the whole head
  std::string_view reason;   // may be empty
  std::string_view upgrade;  // the Upgrade field of a 101
  FieldLines fields;

  /// Another response to the same request follows (RFC 9110 §15.2). 101 is final: what follows is
  /// another protocol.
  [[nodiscard]] bool interim() const noexcept { return status < 200 && status != 101; }
};

/// A head that outlives the bytes it was parsed from: a copy that owns them. Reused, it allocates
/// nothing.
template <class Head>
class OwnedHead {
 public:
  OwnedHead() = default;
  explicit OwnedHead(const Head& head) { assign(head); }
  OwnedHead(OwnedHead&&) = default;
  OwnedHead& operator=(OwnedHead&&) = default;
  OwnedHead(const OwnedHead& other) { assign(other.head_); }
  OwnedHead& operator=(const OwnedHead& other) {
    if (this != &other) assign(other.head_);
    return *this;
  }

  /// Copies the text of the head and points every view into the copy.
  void assign(const Head& head);
  [[nodiscard]] const Head& operator*() const noexcept { return head_; }
  [[nodiscard]] const Head* operator->() const noexcept { return &head_; }

 private:
  std::vector<char> bytes_;  // a moved vector keeps its address, a moved string may not
  std::vector<FieldLine> lines_;
  Head head_;
};
using OwnedRequestHead = OwnedHead<RequestHead>;
using OwnedResponseHead = OwnedHead<ResponseHead>;

}  // namespace ropewalk::http
