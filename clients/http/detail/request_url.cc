// Which URLs are in their normal form, found out in one pass. RFC 3986 §6.2, RFC 9112 §3.2.1.
#include "request_url.h"

#include <algorithm>
#include <utility>

#include "ropewalk/protocols/http/grammar.h"

namespace ropewalk::http::detail {

namespace {

/// Where a text is read, forwards only.
struct Cursor {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] bool ended() const noexcept { return at == text.size(); }
  [[nodiscard]] bool is(char c) const noexcept { return at < text.size() && text[at] == c; }
  bool take(std::string_view word) noexcept {
    if (text.compare(at, word.size(), word) != 0) return false;
    at += word.size();
    return true;
  }
};

bool isPlainHostChar(char c) noexcept {
  return (c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '.' || c == '_';
}

/// A name in lower case, or four numbers. What ends like a number must be an address (WHATWG URL
/// §3.5).
bool takeHost(Cursor& cursor) noexcept {
  const std::size_t begin = cursor.at;
  while (!cursor.ended() && isPlainHostChar(cursor.text[cursor.at])) ++cursor.at;
  const std::string_view host = cursor.text.substr(begin, cursor.at - begin);
  if (host.empty() || host.back() == '.') return false;
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return !isDigit(last.front()) || isIpv4Address(host);
}

/// Nothing, or a port that is not what the scheme implies anyway.
bool takePort(Cursor& cursor, std::uint32_t implied) noexcept {
  if (!cursor.take(":")) return true;
  constexpr std::uint32_t kHighest = 65535;
  const std::size_t begin = cursor.at;
  std::uint32_t port = 0;
  for (; !cursor.ended() && isDigit(cursor.text[cursor.at]) && port <= kHighest; ++cursor.at)
    port = port * 10 + static_cast<std::uint32_t>(cursor.text[cursor.at] - '0');
  return begin < cursor.text.size() && cursor.text[begin] != '0' && port > 0 && port <= kHighest &&
         port != implied;
}

/// A '%' and two digits, but no dot: parseUrl takes those for what they stand for.
bool takeEscape(Cursor& cursor) noexcept {
  const std::string_view escape = cursor.text.substr(cursor.at, 3);
  if (escape.size() < 3 || !isClass(escape[1], kHexDigit) || !isClass(escape[2], kHexDigit))
    return false;
  cursor.at += escape.size();
  return escape[1] != '2' || lowerAscii(escape[2]) != 'e';
}

/// A path that begins here, of which no segment begins with a dot.
bool takePath(Cursor& cursor) noexcept {
  if (!cursor.is('/')) return false;
  while (!cursor.ended()) {
    const char c = cursor.text[cursor.at];
    if (isClass(c, kPathChar)) {
      ++cursor.at;
      if (c == '/' && cursor.is('.')) return false;
    } else if (c == '%') {
      if (!takeEscape(cursor)) return false;
    } else {
      return c == '?' || c == '#';
    }
  }
  return true;
}

/// What may stand behind a '?' or '#', up to `end`.
bool takeRest(Cursor& cursor, char end) noexcept {
  while (!cursor.ended() && !cursor.is(end)) {
    const char c = cursor.text[cursor.at];
    if (isClass(c, kPathChar) || c == '?') {
      ++cursor.at;
    } else if (c != '%' || !takeEscape(cursor)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<RequestUrl> RequestUrl::plain(std::string&& text) {
  Cursor cursor{text};
  const bool secure = cursor.take("https://");
  if (!secure && !cursor.take("http://")) return std::nullopt;
  const auto here = [&cursor] { return static_cast<std::uint32_t>(cursor.at); };
  RequestUrl url;
  url.scheme_ = {0, secure ? 5U : 4U};
  url.hostField_.at = here();
  if (!takeHost(cursor) || !takePort(cursor, secure ? 443 : 80)) return std::nullopt;
  url.hostField_.size = here() - url.hostField_.at;
  url.origin_ = {0, here()};
  url.target_.at = here();
  if (!takePath(cursor)) return std::nullopt;
  if (cursor.is('?') && !takeRest(cursor, '#')) return std::nullopt;
  url.target_.size = here() - url.target_.at;
  if (cursor.take("#") && !takeRest(cursor, '#')) return std::nullopt;
  if (!cursor.ended()) return std::nullopt;
  url.text_ = {0, here()};
  url.bytes_ = std::move(text);
  return url;
}

RequestUrl::RequestUrl(Uri uri) {
  uri.userinfo.reset();
  text_ = append(ropewalk::http::toText(uri));
  scheme_ = {0, static_cast<std::uint32_t>(uri.scheme.size())};
  const std::size_t authority = uri.host ? uri.scheme.size() + std::string_view("://").size() : 0;
  const std::size_t end = text().find_first_of("/?#", authority);
  origin_ = {0, static_cast<std::uint32_t>(std::min(end, text().size()))};
  hostField_ = append(uri.hostField());
  target_ = append(uri.requestTarget());
}

RequestUrl::Part RequestUrl::append(std::string_view bytes) {
  const Part part{static_cast<std::uint32_t>(bytes_.size()),
                  static_cast<std::uint32_t>(bytes.size())};
  bytes_ += bytes;
  return part;
}

Uri RequestUrl::toUri() const { return parseUrl(text()).value(); }

Origin RequestUrl::toOrigin() const {
  const Uri uri = toUri();
  return {uri.scheme, *uri.host, uri.effectivePort()};
}

}  // namespace ropewalk::http::detail
