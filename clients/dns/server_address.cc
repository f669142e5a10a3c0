// Schemes, literals and ports taken apart; ports fall to what the wire is. RFC 7858 §3.1.
#include "server_address.h"

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::dns {

namespace {

constexpr std::uint16_t kPort = 53;
constexpr std::uint16_t kTlsPort = 853;  // RFC 7858 §3.1

[[noreturn]] void bad(std::string_view text, std::string_view why) {
  throw InvalidAddressError(format("cannot use name server {}: {}", quoteBytes(text), why));
}

bool isLiteral(std::string_view host) {
  return Address::fromLiteral(host, 0).family != Address::Family::none;
}

std::uint16_t parsePort(std::string_view whole, std::string_view text) {
  const auto port = parseNumber<std::uint16_t>(text);
  if (!port || *port == 0) bad(whole, format("{} is no port", quoteBytes(text)));
  return *port;
}

/// host, host:port, [v6], [v6]:port, or a bare IPv6 literal.
void parseHost(ServerAddress& server, std::string_view whole, std::string_view text) {
  if (isLiteral(text)) {
    server.host = text;
    return;
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) bad(whole, "'[' without ']'");
    server.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!isLiteral(server.host)) bad(whole, "what stands in brackets is no IPv6 address");
  } else {
    const auto colon = text.find(':');
    server.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (rest.empty()) return;
  if (rest.front() != ':') bad(whole, "a port stands behind ':'");
  server.port = parsePort(whole, rest.substr(1));
}

std::string_view schemeOf(Wire wire) {
  switch (wire) {
    case Wire::udp:
      return "";
    case Wire::tcp:
      return "tcp://";
    case Wire::tls:
      return "tls://";
    case Wire::https:
      return "https://";
  }
  return "";
}

/// RFC 3986 §3.1: case means nothing there.
std::string withLowerCaseScheme(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos) return std::string(text);
  return lowerCase(text.substr(0, end)) + std::string(text.substr(end));
}

}  // namespace

ServerAddress ServerAddress::parse(std::string_view text) {
  ServerAddress server;
  const std::string lowered = withLowerCaseScheme(text);
  text = lowered;
  std::string_view rest = text;
  if (text.starts_with("https://")) {
    server.wire = Wire::https;
    server.port = 443;
    server.url = text;
    return server;  // the agent reads it, and says what is wrong with it
  }
  for (const Wire wire : {Wire::tcp, Wire::tls}) {
    if (text.starts_with(schemeOf(wire))) server.wire = wire;
  }
  if (text.starts_with("udp://")) {
    rest.remove_prefix(6);
  } else {
    rest.remove_prefix(schemeOf(server.wire).size());
    if (rest.find("://") != std::string_view::npos)
      bad(text, "it must be an address, udp://, tcp://, tls:// or https://");
  }
  if (server.wire == Wire::tls) {
    server.port = kTlsPort;
    const auto hash = rest.find('#');
    if (hash != std::string_view::npos) {
      server.name = rest.substr(hash + 1);
      rest = rest.substr(0, hash);
    }
  }
  parseHost(server, text, rest);
  if (server.host.empty()) bad(text, "it names no host");
  if (server.wire != Wire::tls && !isLiteral(server.host))
    bad(text, "name servers are given by their address; only tls:// and https:// take names");
  if (server.wire == Wire::tls && server.name.empty()) server.name = server.host;
  return server;
}

std::string toText(const ServerAddress& server) {
  if (server.wire == Wire::https) return server.url;
  const bool six = server.host.find(':') != std::string::npos;
  const bool usual = server.port == (server.wire == Wire::tls ? kTlsPort : kPort);
  std::string text(schemeOf(server.wire));
  const bool bare = usual && server.wire == Wire::udp;
  text += six && !bare ? format("[{}]", server.host) : server.host;
  if (!usual) text += format(":{}", server.port);
  if (!server.name.empty() && server.name != server.host) text += "#" + server.name;
  return text;
}

}  // namespace ropewalk::dns
