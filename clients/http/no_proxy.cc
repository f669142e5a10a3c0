// NoProxy: the list of hosts that are asked directly.

#include <algorithm>

#include "proxy.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http {

namespace {

std::string_view withoutDots(std::string_view name) {
  while (name.starts_with('.')) name.remove_prefix(1);
  while (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

/// The port behind a host, taken off: "host:80", "[::1]:80", "192.0.2.1:80"; "::1" has none.
std::uint16_t takePort(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return 0;
  const bool bracketed = text.starts_with('[');
  if (bracketed ? text[colon - 1] != ']' : text.find(':') != colon) return 0;
  const auto port = parseNumber<std::uint16_t>(text.substr(colon + 1));
  if (!port) return 0;
  text = text.substr(0, colon);
  return *port;
}

}  // namespace

NoProxy::NoProxy(std::string_view list) {
  std::string commas(list);
  std::replace_if(
      commas.begin(), commas.end(), [](char c) { return c == ' ' || c == '\t' || c == '\n'; }, ',');
  for (const std::string_view each : split(commas, ',')) {
    if (std::optional<Rule> rule = parse(each)) rules_.push_back(std::move(*rule));
  }
}

/// @return nothing for what is no rule: as everywhere else it is passed over
std::optional<NoProxy::Rule> NoProxy::parse(std::string_view text) {
  Rule rule;
  if (text.empty()) return std::nullopt;
  if (text == "*") {
    rule.everything = true;
    return rule;
  }
  rule.port = takePort(text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  rule.network = Network::parse(text);
  if (rule.network) return rule;
  if (text.find('/') != std::string_view::npos) return std::nullopt;
  if (text.starts_with("*.")) text.remove_prefix(1);
  rule.name = lowerCase(withoutDots(text));
  return rule.name.empty() ? std::nullopt : std::optional(rule);
}

bool NoProxy::matches(const Rule& rule, std::string_view host, const Address& address) {
  if (rule.network) return rule.network->contains(address);
  if (address.family != Address::Family::none || !host.ends_with(rule.name)) return false;
  // Whole labels: notexample.org is not below example.org.
  return host.size() == rule.name.size() || host[host.size() - rule.name.size() - 1] == '.';
}

bool NoProxy::covers(std::string_view host, std::uint16_t port) const {
  const Address address = Address::fromLiteral(host, port);
  const std::string name = lowerCase(withoutDots(host));
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    if (rule.port != 0 && rule.port != port) return false;
    return rule.everything || matches(rule, name, address);
  });
}

}  // namespace ropewalk::http
