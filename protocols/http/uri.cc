// URIs, strictly: parse, put together, resolve, normalise. RFC 3986.
#include "uri.h"

#include <algorithm>

#include "grammar.h"
#include "request_target.h"

namespace ropewalk::http {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool isUnreserved(char c) noexcept {
  return isClass(c, kAlpha | kDigit) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool isEscape(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && text[at] == '%' && isClass(text[at + 1], kHexDigit) &&
         isClass(text[at + 2], kHexDigit);
}

void lower(std::string& text) noexcept {
  for (char& c : text) c = lowerAscii(c);
}

// True when text consists of the classes, the extra characters and %XX.
bool isEncoded(std::string_view text, unsigned classes, std::string_view extra) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (isClass(text[i], classes) || extra.find(text[i]) != std::string_view::npos) continue;
    if (!isEscape(text, i)) return false;
    i += 2;
  }
  return true;
}

bool isScheme(std::string_view text) noexcept {
  if (text.empty() || !isClass(text[0], kAlpha)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return isClass(c, kAlpha | kDigit) || c == '+' || c == '-' || c == '.';
  });
}

Failure invalid(std::string_view what) {
  return InvalidUriError("cannot parse URI: " + std::string(what));
}

// Takes `[userinfo@]host[:port]` apart. @return what is wrong with it; empty when nothing is
std::string_view readAuthority(std::string_view text, Uri& uri) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    uri.userinfo = text.substr(0, at);
    if (!isEncoded(*uri.userinfo, kRegName, ":")) return "invalid user information";
    text.remove_prefix(at + 1);
  }
  const auto authority = parseAuthority(text);
  if (!authority) return "invalid host or port";
  uri.port = authority->port;
  const std::string_view host = authority->host;
  const bool ipv6 = host.starts_with('[') && lowerAscii(host[1]) != 'v';
  uri.host = ipv6 ? host.substr(1, host.size() - 2) : host;
  return {};
}

// Upper-case hexadecimal, and no escape for what needs none (RFC 3986 §6.2.2.1, §6.2.2.2).
void normalizeEscapes(std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!isEscape(text, i)) {
      out += text[i];
      continue;
    }
    const int value = hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]);
    if (isUnreserved(static_cast<char>(value))) {
      out += static_cast<char>(value);
    } else {
      out.append(1, '%')
          .append(1, kHexDigits[static_cast<std::size_t>(value) >> 4])
          .append(1, kHexDigits[value & 15]);
    }
    i += 2;
  }
  text = std::move(out);
}

// RFC 3986 §5.2.3.
std::string mergePaths(const Uri& base, std::string_view reference) {
  if (base.host && base.path.empty()) return '/' + std::string(reference);
  return base.path.substr(0, base.path.rfind('/') + 1).append(reference);
}

/// An IPv6 address without its zone.
std::string_view withoutZone(std::string_view host) noexcept {
  const std::size_t percent =
      host.find(':') == std::string_view::npos ? std::string_view::npos : host.find('%');
  return host.substr(0, percent);
}

/// With brackets around an IPv6 address, and its zone as RFC 6874 §2 writes it.
std::string shownHost(std::string_view host) {
  std::string text(withoutZone(host));
  if (text.size() < host.size()) text += "%25" + percentEncode(host.substr(text.size() + 1));
  return text;
}

void appendHost(std::string& out, std::string_view host) {
  if (host.find(':') != std::string_view::npos && host[0] != '[') {
    out.append(1, '[').append(host).append(1, ']');
  } else {
    out.append(host);
  }
}

void takeAuthority(Uri& to, const Uri& from) {
  to.userinfo = from.userinfo;
  to.host = from.host;
  to.port = from.port;
}

}  // namespace

std::uint16_t defaultPort(std::string_view scheme) noexcept {
  if (equalIgnoreCase(scheme, "http") || equalIgnoreCase(scheme, "ws")) return 80;
  if (equalIgnoreCase(scheme, "https") || equalIgnoreCase(scheme, "wss")) return 443;
  return 0;
}

std::uint16_t Uri::effectivePort() const noexcept { return port ? *port : defaultPort(scheme); }

std::string Uri::origin() const {
  std::string text = scheme + "://" + hostField();
  lower(text);
  return text;
}

std::string Uri::hostField() const {
  std::string text;
  appendHost(text, withoutZone(host.value_or("")));
  if (port && *port != defaultPort(scheme)) text.append(":").append(std::to_string(*port));
  return text;
}

std::string Uri::requestTarget() const {
  std::string target = path.starts_with('/') ? path : '/' + path;
  if (query) target.append("?").append(*query);
  return target;
}

std::string toText(const Uri& uri) {
  std::string text;
  if (!uri.scheme.empty()) text.append(uri.scheme).append(":");
  if (uri.host) {
    text.append("//");
    if (uri.userinfo) text.append(*uri.userinfo).append("@");
    appendHost(text, shownHost(*uri.host));
    if (uri.port) text.append(":").append(std::to_string(*uri.port));
  } else if (uri.path.starts_with("//")) {
    text.append("/.");  // else the path would read as an authority (RFC 3986 §3.3)
  }
  text.append(uri.path);
  if (uri.query) text.append("?").append(*uri.query);
  if (uri.fragment) text.append("#").append(*uri.fragment);
  return text;
}

Result<Uri> parseUri(std::string_view text) {
  Uri uri;
  if (const std::size_t end = text.find_first_of(":/?#");
      end != std::string_view::npos && text[end] == ':') {
    if (!isScheme(text.substr(0, end))) return invalid("invalid scheme");
    uri.scheme = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    uri.fragment = text.substr(hash + 1);
    if (!isEncoded(*uri.fragment, kPathChar, "?")) return invalid("invalid fragment");
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    uri.query = text.substr(mark + 1);
    if (!isEncoded(*uri.query, kPathChar, "?")) return invalid("invalid query");
    text = text.substr(0, mark);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t end = std::min(text.find('/'), text.size());
    const std::string_view wrong = readAuthority(text.substr(0, end), uri);
    if (!wrong.empty()) return invalid(wrong);
    text.remove_prefix(end);
  }
  if (!isEncoded(text, kPathChar, "")) return invalid("invalid path");
  uri.path = text;
  return uri;
}

// RFC 3986 §5.2.2.
Uri resolve(const Uri& base, const Uri& reference) {
  Uri target = reference;
  if (reference.isAbsolute() || reference.host) {
    if (!reference.isAbsolute()) target.scheme = base.scheme;
    target.path = removeDotSegments(reference.path);
    return target;
  }
  target.scheme = base.scheme;
  takeAuthority(target, base);
  if (reference.path.empty()) {
    target.path = base.path;
    if (!reference.query) target.query = base.query;
  } else if (reference.path.starts_with('/')) {
    target.path = removeDotSegments(reference.path);
  } else {
    target.path = removeDotSegments(mergePaths(base, reference.path));
  }
  return target;
}

Uri normalize(Uri uri) {
  lower(uri.scheme);
  if (uri.host) {
    normalizeEscapes(*uri.host);
    lower(*uri.host);
    // Lower-casing the host takes its escapes along.
    normalizeEscapes(*uri.host);
  }
  for (auto* part : {&uri.userinfo, &uri.query, &uri.fragment}) {
    if (*part) normalizeEscapes(**part);
  }
  normalizeEscapes(uri.path);
  if (uri.isAbsolute()) uri.path = removeDotSegments(uri.path);
  if (uri.host && uri.path.empty() && uri.isAbsolute()) uri.path = "/";
  if (uri.port && *uri.port == defaultPort(uri.scheme)) uri.port.reset();
  return uri;
}

std::string removeDotSegments(std::string_view input) {
  std::string output;
  while (!input.empty()) {
    if (input.starts_with("../")) {
      input.remove_prefix(3);
    } else if (input.starts_with("./") || input.starts_with("/./")) {
      input.remove_prefix(2);
    } else if (input == "/.") {
      input = "/";
    } else if (input.starts_with("/../") || input == "/..") {
      input = input.size() == 3 ? std::string_view("/") : input.substr(3);
      output.resize(output.rfind('/') == std::string::npos ? 0 : output.rfind('/'));
    } else if (input == "." || input == "..") {
      input = {};
    } else {
      const std::size_t end = std::min(input.find('/', 1), input.size());
      output.append(input.substr(0, end));
      input.remove_prefix(end);
    }
  }
  return output;
}

std::optional<std::string> percentDecode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (!isEscape(text, i)) return std::nullopt;
    plain += static_cast<char>(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
    i += 2;
  }
  return plain;
}

std::string percentEncode(std::string_view text, EncodeSet keep) {
  const auto kept = [keep](char c) {
    switch (keep) {
      case EncodeSet::component:
        return isUnreserved(c);
      case EncodeSet::pathSegment:
        return isClass(c, kPathChar) && c != '/';
      case EncodeSet::path:
        return isClass(c, kPathChar);
      case EncodeSet::query:
        return isClass(c, kPathChar) || c == '?';
    }
    return false;
  };
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (kept(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append(1, '%').append(1, kHexDigits[byte >> 4]).append(1, kHexDigits[byte & 15]);
    }
  }
  return encoded;
}

std::string encodeRaw(std::string_view text, EncodeSet keep) {
  std::string out;
  while (!text.empty()) {
    const std::size_t percent = std::min(text.find('%'), text.size());
    out.append(percentEncode(text.substr(0, percent), keep));
    text.remove_prefix(percent);
    if (text.empty()) break;
    const bool escape = isEscape(text, 0);
    out.append(escape ? text.substr(0, 3) : std::string_view("%25"));
    text.remove_prefix(escape ? 3 : 1);
  }
  return out;
}

bool isIpv4Address(std::string_view text) noexcept {
  for (int part = 0; part < 4; ++part) {
    const std::size_t digits = spanOf(text, kDigit);
    if (digits == 0 || digits > 3 || (digits > 1 && text[0] == '0')) return false;
    int value = 0;
    for (const char c : text.substr(0, digits)) value = value * 10 + (c - '0');
    if (value > 255) return false;
    text.remove_prefix(digits);
    if (part == 3) return text.empty();
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
  }
  return false;
}

bool isIpv6Address(std::string_view text) noexcept {
  int groups = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (groups <= 6 && text.find(':') == std::string_view::npos && isIpv4Address(text)) {
      groups += 2;
      text = {};
      break;
    }
    const std::size_t digits = spanOf(text, kHexDigit);
    if (digits == 0 || digits > 4 || ++groups > 8) return false;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (compressed) return false;
      compressed = true;
      text.remove_prefix(2);
    } else if (text[0] == ':' && text.size() > 1) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  // "::" stands for one group of zeros at least.
  return compressed ? groups <= 7 : groups == 8;
}

}  // namespace ropewalk::http
