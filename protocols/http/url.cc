// URLs as people type them and pages hold them. WHATWG URL §4.4, brought down to RFC 3986.
#include <algorithm>

#include "grammar.h"
#include "idna.h"
#include "uri.h"

namespace ropewalk::http {
namespace {

Failure invalid(std::string_view what, std::string_view remedy) {
  return InvalidUriError("cannot parse URL: " + std::string(what) + "; " + std::string(remedy));
}

bool isHttp(std::string_view scheme) noexcept { return defaultPort(scheme) != 0; }

// Without spaces and control characters around, without tabs and newlines inside, `\` before the
// query turned into `/`.
std::string clean(std::string_view text) {
  const auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  std::string out;
  bool inPath = true;
  for (const char c : text) {
    if (c == '\t' || c == '\n' || c == '\r') continue;
    inPath = inPath && c != '?' && c != '#';
    out += inPath && c == '\\' ? '/' : c;
  }
  return out;
}

// The scheme that text begins with, if any. `localhost:8080` and `example.org:80/x` have none: a
// port follows.
std::string_view schemeOf(std::string_view text) noexcept {
  const std::size_t end = text.find_first_of(":/?#");
  if (end == std::string_view::npos || end == 0 || text[end] != ':' || !isClass(text[0], kAlpha))
    return {};
  const std::string_view scheme = text.substr(0, end);
  for (const char c : scheme) {
    if (!isClass(c, kAlpha | kDigit) && c != '+' && c != '-' && c != '.') return {};
  }
  const std::string_view rest = text.substr(end + 1);
  const std::size_t digits = spanOf(rest, kDigit);
  const bool port = digits > 0 && (digits == rest.size() || rest[digits] == '/' ||
                                   rest[digits] == '?' || rest[digits] == '#');
  return port && !isHttp(scheme) ? std::string_view() : scheme;
}

// An encoded dot is a dot when it comes to segments: `/%2e%2E/` climbs (WHATWG URL §4.1).
std::string encodePath(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(text.find('/'), text.size());
    std::string segment = encodeRaw(text.substr(0, end), EncodeSet::path);
    if (segment.size() <= 6) {
      std::string plain = percentDecode(segment).value_or("");
      if (plain == "." || plain == "..") segment = std::move(plain);
    }
    out.append(segment);
    if (end == text.size()) return out;
    out += '/';
    text.remove_prefix(end + 1);
  }
}

// Path, query and fragment, encoded.
void readRest(std::string_view text, Uri& uri) {
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    uri.fragment = encodeRaw(text.substr(hash + 1), EncodeSet::query);
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    uri.query = encodeRaw(text.substr(mark + 1), EncodeSet::query);
    text = text.substr(0, mark);
  }
  uri.path = encodePath(text);
}

// WHATWG URL §3.5 "ends in a number": such a host is an IPv4 address or nothing.
bool endsInNumber(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view label = host.substr(host.rfind('.') + 1);
  if (!label.empty() && spanOf(label, kDigit) == label.size()) return true;
  return label.size() >= 2 && label[0] == '0' && lowerAscii(label[1]) == 'x' &&
         spanOf(label.substr(2), kHexDigit) == label.size() - 2;
}

// The name of an interface, behind the '%' of an address: as people type it (RFC 9844), or as
// RFC 6874 had it, behind "%25". Nothing when it is none.
std::optional<std::string> readZone(std::string_view text) {
  const bool encoded = text.starts_with("25") && text.size() > 2;
  std::optional<std::string> zone = percentDecode(encoded ? text.substr(2) : text);
  const bool plain = zone && !zone->empty() && std::all_of(zone->begin(), zone->end(), [](char c) {
                       return c > ' ' && c < '\x7f' && c != '%' && c != '/' && c != '[' && c != ']';
                     });
  return plain ? zone : std::nullopt;
}

Result<std::string> readIpv6Literal(std::string_view text) {
  if (!text.ends_with(']')) return invalid("invalid IPv6 address", "write [::1]");
  const std::string_view inside = text.substr(1, text.size() - 2);
  const std::size_t percent = std::min(inside.find('%'), inside.size());
  std::string address(inside.substr(0, percent));
  for (char& c : address) c = lowerAscii(c);
  if (!isIpv6Address(address)) return invalid("invalid IPv6 address", "write [::1]");
  if (percent == inside.size()) return address;
  const std::optional<std::string> zone = readZone(inside.substr(percent + 1));
  if (!zone) return invalid("invalid zone of an IPv6 address", "write [fe80::1%eth0]");
  return address + '%' + *zone;
}

Result<std::string> readHost(std::string_view text) {
  if (text.starts_with('[')) return readIpv6Literal(text);
  std::string host = percentDecode(text).value_or("%");
  if (std::any_of(host.begin(), host.end(), [](unsigned char c) { return c >= 0x80; })) {
    Result<std::string> ascii = hostToAscii(host);
    if (!ascii.ok()) return ascii.failure();
    host = std::move(*ascii);
  }
  for (char& c : host) c = lowerAscii(c);
  if (host.empty()) return invalid("no host", "write scheme://host/path");
  for (const char c : host) {
    if (!isClass(c, kRegName)) return invalid("invalid character in host", "remove it");
  }
  if (endsInNumber(host) && !isIpv4Address(host)) {
    return invalid("host is a number but no IPv4 address", "write four decimal numbers");
  }
  return host;
}

// `[userinfo@]host[:port]`. @return the failure of the host or the port
Result<void> readAuthority(std::string_view text, Uri& uri) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    uri.userinfo.emplace();
    for (const char c : encodeRaw(text.substr(0, at), EncodeSet::query)) {
      if (c == '@' || c == '/' || c == '?') {
        uri.userinfo->append(percentEncode({&c, 1}));
      } else {
        *uri.userinfo += c;
      }
    }
    text.remove_prefix(at + 1);
  }
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  auto host = readHost(text.substr(0, colon));
  if (!host) return host.failure();
  uri.host = std::move(*host);
  if (colon == std::string_view::npos || colon + 1 == text.size()) return {};
  std::uint32_t port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (isDigit(c)) port = port * 10 + static_cast<std::uint32_t>(c - '0');
    if (!isDigit(c) || port > 65535) return invalid("invalid port", "write a number up to 65535");
  }
  if (port != defaultPort(uri.scheme)) uri.port = static_cast<std::uint16_t>(port);
  return {};
}

// Behind the scheme of an http URL: any number of slashes, then authority and the rest.
Result<Uri> readHttpUrl(std::string_view scheme, std::string_view text) {
  Uri uri;
  for (const char c : scheme) uri.scheme += lowerAscii(c);
  text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (auto read = readAuthority(text.substr(0, end), uri); !read) return read.failure();
  readRest(text.substr(end), uri);
  uri.path = removeDotSegments(uri.path);
  if (uri.path.empty()) uri.path = "/";
  return uri;
}

}  // namespace

Result<Uri> parseUrl(std::string_view raw, std::string_view defaultScheme) {
  const std::string text = clean(raw);
  const std::string_view scheme = schemeOf(text);
  if (scheme.empty()) {
    if (!isHttp(defaultScheme)) return parseUri(std::string(defaultScheme) + "://" + text);
    return readHttpUrl(defaultScheme, text);
  }
  if (!isHttp(scheme)) return parseUri(text);
  return readHttpUrl(scheme, std::string_view(text).substr(scheme.size() + 1));
}

Result<Uri> resolve(const Uri& base, std::string_view raw) {
  const std::string text = clean(raw);
  const std::size_t end = text.find_first_of(":/?#");
  const bool hasScheme =
      end != std::string::npos && text[end] == ':' && !schemeOf(text.substr(0, end + 1)).empty();
  if (hasScheme && !isHttp(text.substr(0, end))) return parseUri(text);
  std::string_view relative = text;
  if (hasScheme) {
    // RFC 3986 §5.2.2, WHATWG URL §4.4: "http:x" found at a page of http is relative, as of old.
    const bool ofBase = equalIgnoreCase(text.substr(0, end), base.scheme);
    if (!ofBase || text.compare(end + 1, 2, "//") == 0) return parseUrl(text);
    relative.remove_prefix(end + 1);
  }
  if (relative.starts_with("//")) return parseUrl(base.scheme + ':' + std::string(relative));
  Uri reference;
  readRest(relative, reference);
  return resolve(base, reference);
}

}  // namespace ropewalk::http
