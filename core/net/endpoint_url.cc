// A hand-written parser: the scheme decides what may stand behind its colon. RFC 3986 §2.1, §3;
// zones as in RFC 6874.

#include "endpoint_url.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/detail/endpoint_twisted.h"

namespace ropewalk {

namespace {

[[noreturn]] void bad(std::string_view text, std::string_view reason) {
  throw BadEndpointError(format("cannot understand endpoint {}: {}", quoteBytes(text), reason));
}

bool isScheme(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
  });
}

/// What stands behind the colon of a scheme.
enum class Form {
  address,         // "//host:port"
  addressAndPath,  // "//host:port/more"
  service,         // "//name", whose port the DNS knows (RFC 2782)
  path,            // "/run/x", "name"
  command,         // the shell's business
  nothing,
  any,  // a registered scheme: its own business
};

Form formOf(std::string_view scheme) {
  if (scheme.starts_with("srv+")) return Form::service;
  for (const char* each : {"tcp", "udp", "tls", "fd", "proxy+tcp", "proxy+tls", "tls+proxy"}) {
    if (scheme == each) return Form::address;
  }
  for (const char* each : {"unix", "unixgram", "systemd", "memory"}) {
    if (scheme == each) return Form::path;
  }
  if (scheme == "http-connect") return Form::addressAndPath;
  if (scheme == "exec") return Form::command;
  return scheme == "stdio" ? Form::nothing : Form::any;
}

[[noreturn]] void badForm(std::string_view text, std::string_view write) {
  bad(text, format("write {}", write));
}

std::string percentDecoded(std::string_view whole, std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto value = parseNumber<unsigned>(text.substr(i + 1, 2), 16);
    if (!value || i + 2 >= text.size()) bad(whole, "a '%' without two hexadecimal digits");
    decoded += static_cast<char>(*value);
    i += 2;
  }
  return decoded;
}

void parseParameters(EndpointUrl& url, std::string_view whole, std::string_view query) {
  for (const std::string_view each : split(query, '&')) {
    const auto equals = each.find('=');
    if (equals == 0 || each.empty()) bad(whole, "a parameter without a name");
    const std::string value =
        equals == std::string_view::npos ? "1" : percentDecoded(whole, each.substr(equals + 1));
    const bool fresh = url.parameters.emplace(std::string(each.substr(0, equals)), value).second;
    if (!fresh) bad(whole, format("parameter '{}' is there twice", each.substr(0, equals)));
  }
}

std::uint16_t parsePort(std::string_view whole, std::string_view text) {
  const auto port = parseNumber<std::uint16_t>(text);
  if (!port) bad(whole, format("'{}' is no port, which is a number from 0 to 65535", text));
  return *port;
}

/// A zone may be written as URLs have it (RFC 6874): [fe80::1%25eth0].
std::string zoneDecoded(std::string_view literal) {
  std::string host(literal);
  const auto percent = host.find("%25");
  if (percent != std::string::npos) host.erase(percent + 1, 2);
  return host;
}

/// host:port, :port, port, [v6]:port.
void parseAuthority(EndpointUrl& url, std::string_view whole, std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) bad(whole, "'[' without ']'");
    url.host = zoneDecoded(text.substr(1, close - 1));
    if (url.host.find(':') == std::string::npos)
      bad(whole, format("'{}' is no IPv6 address", url.host));
    if (close + 1 >= text.size() || text[close + 1] != ':')
      bad(whole, "a port is missing behind ']'");
    url.port = parsePort(whole, text.substr(close + 2));
    return;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    const bool number = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (!number) bad(whole, format("a port is missing: write {}:PORT", text));
    url.port = parsePort(whole, text);
    return;
  }
  url.host = text.substr(0, colon);
  if (url.host.find(':') != std::string::npos)
    bad(whole, "an IPv6 address must stand in [brackets]");
  if (url.host == "*") url.host.clear();
  if (url.host.find_first_of(" \t\"'<>\\@=,;#") != std::string::npos)
    bad(whole, format("'{}' is no host", url.host));
  url.port = parsePort(whole, text.substr(colon + 1));
}

/// Whether "word:rest" names a scheme rather than a host and a port.
bool namesScheme(const std::string& word, std::string_view rest) {
  if (!isScheme(word) || (word[0] >= '0' && word[0] <= '9')) return false;
  // What follows may be a number there.
  const bool numbered = formOf(word) == Form::path || formOf(word) == Form::command;
  const std::string_view number = rest.substr(0, rest.find('?'));
  return numbered || number.empty() ||
         number.find_first_not_of("0123456789") != std::string_view::npos;
}

/// "tcp:8080" may mean the port everywhere, as Twisted has it, or a host of that name.
void refuseAmbiguous(std::string_view whole) {
  const auto colon = whole.find(':');
  const std::string word = lowerCase(whole.substr(0, colon));
  if (colon == std::string_view::npos) return;
  const std::string_view rest = whole.substr(colon + 1);
  if (detail::isTwistedScheme(word)) {
    bad(whole, format("write {} (or tcp://{}, if {} is the name of a host)",
                      detail::fromTwisted(word, rest), whole, word));
  }
  if (formOf(word) == Form::address) badForm(whole, format("{}://{}", word, rest));
}

/// Behind "unix:": a path, and no arguments in Twisted's manner.
void parsePath(EndpointUrl& url, std::string_view whole, std::string_view rest) {
  if (rest.starts_with("//")) {
    const auto name = rest.find_first_not_of('/');
    const bool named = url.scheme == "systemd" || url.scheme == "memory";  // others have paths
    const std::string_view otherwise = named ? "name" : "path";
    badForm(whole, format("{}:{}{}", url.scheme, named ? "" : "/",
                          name == std::string_view::npos ? otherwise : rest.substr(name)));
  }
  for (const std::string_view word : split(rest, ':')) {
    const auto equals = word.find('=');
    const bool argument =
        equals != std::string_view::npos && equals > 0 &&
        std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                    [](unsigned char c) { return std::isalpha(c) != 0; });
    if (argument) badForm(whole, detail::fromTwisted(url.scheme, rest));
  }
  url.path = percentDecoded(whole, rest);
}

/// Behind "//": host:port, and a path where the scheme has one.
void parseAddress(EndpointUrl& url, std::string_view whole, std::string_view rest, Form form) {
  const auto slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (form == Form::service) {
    url.host = host;
  } else {
    parseAuthority(url, whole, host);
  }
  if (slash == std::string_view::npos) return;
  const std::string_view path = rest.substr(slash);
  if (form == Form::address || form == Form::service)
    bad(whole, format("nothing may follow the {}: {}", form == Form::service ? "name" : "port",
                      quoteBytes(path)));
  url.path = percentDecoded(whole, path);
}

/// What follows "scheme:", without the parameters.
void parseRest(EndpointUrl& url, std::string_view whole, std::string_view rest) {
  const Form form = formOf(url.scheme);
  if (form == Form::path) return parsePath(url, whole, rest);
  if (form == Form::command) {
    url.path = rest;
    return;
  }
  if (form == Form::nothing) {
    if (!rest.empty()) bad(whole, format("nothing may follow {}:", url.scheme));
    return;
  }
  if (rest.starts_with("//")) return parseAddress(url, whole, rest.substr(2), form);
  if (detail::isTwistedScheme(url.scheme)) badForm(whole, detail::fromTwisted(url.scheme, rest));
  if (form != Form::any) badForm(whole, format("{}://{}", url.scheme, rest));
  url.path = percentDecoded(whole, rest);
}

}  // namespace

EndpointUrl EndpointUrl::parse(std::string_view text) {
  if (text.empty()) bad(text, "it is empty");
  EndpointUrl url;
  std::string_view rest = text;
  const auto colon = text.find(':');
  const std::string word = lowerCase(text.substr(0, colon));  // RFC 3986 §3.1
  const bool hasScheme =
      colon != std::string_view::npos && namesScheme(word, text.substr(colon + 1));
  url.scheme = hasScheme ? word : "tcp";
  if (hasScheme) rest.remove_prefix(colon + 1);

  // The command of exec: is the shell's; a '?' in it means nothing to us.
  const auto question = url.scheme == "exec" ? std::string_view::npos : rest.find('?');
  if (question != std::string_view::npos) {
    parseParameters(url, text, rest.substr(question + 1));
    rest = rest.substr(0, question);
  }
  if (hasScheme) {
    parseRest(url, text, rest);
  } else {
    refuseAmbiguous(text);
    parseAuthority(url, text, rest);
  }
  return url;
}

std::string EndpointUrl::parameter(const std::string& name, std::string otherwise) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::move(otherwise) : found->second;
}

long EndpointUrl::number(const std::string& name, long otherwise, long least, long most,
                         int base) const {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return otherwise;
  const auto value = parseNumber<long>(found->second, base);
  if (value && *value >= least && *value <= most) return *value;
  bad(toText(*this), format("parameter '{}' must be a number from {} to {}", name, least, most));
}

void EndpointUrl::checkParameters(std::span<const std::string_view> known) const {
  for (const auto& [name, value] : parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string_view near = nearest(name, known);
    bad(toText(*this),
        near.empty() ? format("{}: has no parameter '{}'", scheme, name)
                     : format("{}: has no parameter '{}'; did you mean '{}'?", scheme, name, near));
  }
}

std::string toText(const EndpointUrl& url) {
  const bool authority = url.path.empty() || url.path.starts_with('/');
  std::string text = url.scheme + ":";
  if (authority && (url.port != 0 || !url.host.empty())) {
    const bool six = url.host.find(':') != std::string::npos;
    const std::string host = url.host.empty() ? "*" : url.host;
    text += formOf(url.scheme) == Form::service
                ? "//" + host
                : format(six ? "//[{}]:{}" : "//{}:{}", host, url.port);
  }
  text += url.path;
  char separator = '?';
  for (const auto& [name, value] : url.parameters) {
    text += separator + name + "=" + value;
    separator = '&';
  }
  return text;
}

}  // namespace ropewalk
