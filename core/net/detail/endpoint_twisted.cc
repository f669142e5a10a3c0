// Splits at colons and backslashes as Twisted does, and translates words by two tables.

#include "endpoint_twisted.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::detail {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

/// What a scheme is called here.
constexpr std::array kSchemes{
    Pair{"tcp", "tcp"}, Pair{"tcp4", "tcp"},          Pair{"tcp6", "tcp"},  Pair{"ssl", "tls"},
    Pair{"tls", "tls"}, Pair{"haproxy", "proxy+tcp"}, Pair{"unix", "unix"}, Pair{"udp", "udp"},
};

/// What an argument is called here; those that are not named here are dropped.
constexpr std::array kArguments{
    Pair{"backlog", "backlog"},  Pair{"timeout", "timeout"},      Pair{"mode", "mode"},
    Pair{"privateKey", "key"},   Pair{"certKey", "cert"},         Pair{"certificate", "cert"},
    Pair{"bindAddress", "bind"}, Pair{"extraCertChain", "chain"}, Pair{"caCertsDir", "ca"},
    Pair{"trustRoots", "ca"},
};

std::string_view translated(std::string_view word, const auto& table) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Pair& each) { return each.first == word; });
  return found == table.end() ? "" : found->second;
}

struct Arguments {
  std::vector<std::string> plain;            // by their place
  std::map<std::string, std::string> named;  // name=value
};

/// At colons, of which a backslash takes the meaning.
Arguments argumentsOf(std::string_view rest) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      words.back() += rest[++i];
    } else if (rest[i] == ':') {
      words.emplace_back();
    } else {
      words.back() += rest[i];
    }
  }
  Arguments arguments;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      arguments.plain.push_back(word);
    } else {
      arguments.named[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return arguments;
}

std::string named(const Arguments& arguments, const char* name) {
  const auto found = arguments.named.find(name);
  return found == arguments.named.end() ? "" : found->second;
}

/// A port stands last of what has no name; a host before it.
std::string addressOf(const Arguments& arguments) {
  std::string host = named(arguments, "interface");
  if (host.empty()) host = named(arguments, "host");
  std::string port = named(arguments, "port");
  std::vector<std::string> plain = arguments.plain;
  if (port.empty() && !plain.empty()) {
    port = plain.back();
    plain.pop_back();
  }
  if (host.empty() && !plain.empty()) host = plain.front();
  if (!parseNumber<std::uint16_t>(port)) return "host:port";
  return format(host.find(':') != std::string::npos ? "[{}]:{}" : "{}:{}", host, port);
}

std::string parametersOf(const Arguments& arguments) {
  std::string text;
  for (const auto& [name, value] : arguments.named) {
    const std::string_view ours = translated(name, kArguments);
    if (!ours.empty()) text += format("{}{}={}", text.empty() ? '?' : '&', ours, value);
  }
  return text;
}

std::string pathOf(const Arguments& arguments) {
  const std::string address = named(arguments, "address") + named(arguments, "path");
  return address.empty() && !arguments.plain.empty() ? arguments.plain.front() : address;
}

}  // namespace

bool isTwistedScheme(std::string_view scheme) noexcept {
  return !translated(scheme, kSchemes).empty();
}

std::string fromTwisted(std::string_view scheme, std::string_view rest) {
  if (scheme == "haproxy") {
    const auto colon = rest.find(':');
    return "proxy+" + fromTwisted(rest.substr(0, colon),
                                  colon == std::string_view::npos ? "" : rest.substr(colon + 1));
  }
  const Arguments arguments = argumentsOf(rest);
  if (scheme == "systemd") {
    const std::string name = named(arguments, "name");
    return "systemd:" + (name.empty() ? named(arguments, "index") : name);
  }
  if (scheme.starts_with("unix"))
    return std::string(scheme) + ":" + pathOf(arguments) + parametersOf(arguments);
  return format("{}://{}{}", translated(scheme, kSchemes), addressOf(arguments),
                parametersOf(arguments));
}

}  // namespace ropewalk::detail
