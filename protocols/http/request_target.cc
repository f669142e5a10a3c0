// The target of a request and the authority it names. RFC 9112 §3.2, RFC 9110 §7.2, RFC 3986 §3.2.
#include "request_target.h"

#include <algorithm>

#include "grammar.h"
#include "uri.h"

namespace ropewalk::http {
namespace {

bool isEscape(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && isClass(text[at + 1], kHexDigit) &&
         isClass(text[at + 2], kHexDigit);
}

// The length of the run of allowed bytes and %XX at the front of text.
std::size_t spanOfEncoded(std::string_view text, unsigned classes,
                          bool bareEscape = false) noexcept {
  std::size_t n = 0;
  while (n < text.size()) {
    if (isClass(text[n], classes)) {
      ++n;
    } else if (text[n] == '%' && isEscape(text, n)) {
      n += 3;
    } else if (text[n] == '%' && bareEscape) {
      ++n;
    } else {
      break;
    }
  }
  return n;
}

// Whether a segment that begins so may be one that cleanPath takes out.
constexpr bool maySegmentGo(char first) noexcept {
  return first == '/' || first == '.' || first == '%';
}

// The same for the path at the front of text, looking at its segments on the way.
std::size_t spanOfPath(std::string_view text, unsigned classes, bool& plain) noexcept {
  std::size_t n = 0;
  while (n < text.size()) {
    if (isClass(text[n], classes)) {
      if (text[n] == '/' && n + 1 < text.size() && maySegmentGo(text[n + 1])) plain = false;
      ++n;
    } else if (text[n] == '%' && isEscape(text, n)) {
      n += 3;
    } else {
      break;
    }
  }
  return n;
}

// Path and query up to the end of text; a path must be empty or begin with "/".
bool takePathAndQuery(std::string_view text, bool strict, RequestTarget& target) noexcept {
  if (!text.empty() && text[0] != '/' && text[0] != '?') return false;
  // Browsers leave more raw than RFC 3986 allows (WHATWG URL §4.4), others send names as they are.
  const unsigned allowed = strict ? unsigned{kPathChar} : unsigned{kPathChar} | kTargetExtra;
  const std::size_t pathSize = spanOfPath(text, allowed, target.plainPath);
  target.path = text.substr(0, pathSize);
  text.remove_prefix(pathSize);
  if (text.empty()) return true;
  if (text[0] != '?') return false;
  text.remove_prefix(1);
  target.hasQuery = true;
  target.query = text;
  while (!text.empty()) {  // "?" may stand in a query
    const std::size_t n = spanOfEncoded(text, allowed, !strict);
    text.remove_prefix(n);
    if (text.empty()) break;
    if (text[0] != '?') return false;
    text.remove_prefix(1);
  }
  return true;
}

bool parseAbsoluteForm(std::string_view text, bool strict, RequestTarget& target) noexcept {
  target.targetForm = TargetForm::absolute;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || !isClass(text[0], kAlpha)) return false;
  target.scheme = text.substr(0, colon);
  for (const char c : target.scheme) {
    if (!isClass(c, kAlpha | kDigit) && c != '+' && c != '-' && c != '.') return false;
  }
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  target.host = text.substr(0, end);
  const auto authority = parseAuthority(target.host);       // has no userinfo (RFC 9110 §4.2.4)
  if (!authority || authority->host.empty()) return false;  // §4.2.1
  return takePathAndQuery(text.substr(end), strict, target);
}

bool parseAuthorityForm(std::string_view text, RequestTarget& target) noexcept {
  const auto authority = parseAuthority(text);
  if (!authority || authority->host.empty() || authority->port.value_or(0) == 0) return false;
  target.targetForm = TargetForm::authority;
  target.host = text;
  return true;
}

// RFC 3986 §3.2.2 IP-literal, brackets included.
bool isIpLiteral(std::string_view text) noexcept {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (lowerAscii(inside[0]) != 'v') return isIpv6Address(inside);
  const std::size_t digits = spanOf(inside.substr(1), kHexDigit);  // IPvFuture
  const std::string_view rest = inside.substr(1 + digits);
  if (digits == 0 || rest.size() < 2 || rest[0] != '.') return false;
  for (const char c : rest.substr(1)) {
    if (!isClass(c, kRegName) && c != ':') return false;
  }
  return true;
}

// 1 for "." and 2 for "..", encoded or not; 0 for any other segment.
int dotsOf(std::string_view segment) noexcept {
  int dots = 0;
  for (; !segment.empty() && dots < 3; ++dots) {
    const bool encoded = segment.starts_with("%2e") || segment.starts_with("%2E");
    if (!encoded && segment[0] != '.') return 0;
    segment.remove_prefix(encoded ? 3 : 1);
  }
  return segment.empty() && dots < 3 ? dots : 0;
}

}  // namespace

std::string cleanPath(std::string_view path) {
  std::string clean;
  clean.reserve(path.size() + 1);
  bool ended = true;  // by a "/", or by a segment that is gone
  while (!path.empty()) {
    path.remove_prefix(1);  // its "/"
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    const int dots = dotsOf(segment);
    ended = segment.empty() || dots > 0;
    if (!ended) clean.append(1, '/').append(segment);
    if (dots == 2) clean.resize(clean.empty() ? 0 : clean.rfind('/'));
  }
  if (ended) clean += '/';
  return clean;
}

bool parseRequestTarget(Method method, std::string_view text, bool strict,
                        RequestTarget& target) noexcept {
  if (method == Method::connect) return parseAuthorityForm(text, target);
  if (text.empty()) return false;
  if (text[0] == '/') return takePathAndQuery(text, strict, target);
  if (text != "*") return parseAbsoluteForm(text, strict, target);
  target.targetForm = TargetForm::asterisk;
  target.path = text;
  return method == Method::options;
}

std::optional<Authority> parseAuthority(std::string_view text) noexcept {
  Authority authority;
  std::size_t hostSize = 0;
  if (!text.empty() && text[0] == '[') {
    hostSize = text.find(']');
    if (hostSize == std::string_view::npos || !isIpLiteral(text.substr(0, ++hostSize)))
      return std::nullopt;
  } else {
    hostSize = spanOfEncoded(text, kRegName);
  }
  authority.host = text.substr(0, hostSize);
  text.remove_prefix(hostSize);
  if (text.empty()) return authority;
  if (text[0] != ':') return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return authority;  // RFC 3986 §3.2.3: the port may be empty
  std::uint32_t port = 0;
  for (const char c : text) {
    if (!isDigit(c)) return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
    if (port > 65535) return std::nullopt;
  }
  authority.port = static_cast<std::uint16_t>(port);
  return authority;
}

}  // namespace ropewalk::http
