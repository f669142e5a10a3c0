// One function for each dialect of block lists, and the names of what it cannot mean.
#include "block_line.h"

#include <algorithm>
#include <array>

#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::string_view kBlank = " \t\r\f\v";

/// A '#' inside a word is no comment: "shop.example##.banner" is a rule for browsers, and must not
/// block the shop.
std::string_view withoutComment(std::string_view line) noexcept {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlank.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

bool isLiteral(std::string_view word) {
  return Address::fromLiteral(word, 0).family != Address::Family::none;
}

/// Addresses where nothing is: what lists give to names that shall not be found.
bool leadsNowhere(std::string_view address) noexcept {
  constexpr std::array kNowhere{"", "0.0.0.0", "::", "127.0.0.1", "::1", "#"};
  return std::any_of(kNowhere.begin(), kNowhere.end(),
                     [address](const char* nowhere) { return address == nowhere; });
}

/// Names that lists in the form of hosts(5) give to the machine itself.
bool isOwnName(std::string_view name) noexcept {
  constexpr std::array kOwn{"localhost", "localhost.localdomain", "local", "broadcasthost"};
  return name.starts_with("ip6-") ||
         std::any_of(kOwn.begin(), kOwn.end(), [name](const char* own) { return name == own; });
}

bool isAscii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view dialectOf(std::string_view word) noexcept {
  const auto has = [word](std::string_view part) { return word.find(part) != word.npos; };
  if (has("##") || has("#@#") || has("#?#")) return "a rule for the elements of pages";
  if (has("$")) return "an adblock rule with options that only browsers have";
  if (has("://")) return "a URL";
  if (!isAscii(word)) return "a name that is not ASCII: DNS has it as xn--...";
  if (word.starts_with("||") || word.starts_with('|') || word.starts_with('/') || has("^")) {
    return "an adblock rule for parts of URLs";
  }
  if (has(",") || has(";")) return "a table of several columns";
  if (has("/")) return "an address with a path";
  return {};
}

BlockFault fault(std::string_view word) { return {word, dialectOf(word)}; }

/// "||name^" and "@@||name^$important" without what is around the name; other text as it is.
BlockFault adblockOrName(std::string_view word, const BlockSink& sink) {
  std::string_view name = word;
  const bool exception = name.starts_with("@@");
  if (exception) name.remove_prefix(2);
  if (name.starts_with("||")) {
    name.remove_prefix(2);
    if (name.ends_with("$important")) name.remove_suffix(10);
    if (name.ends_with('^')) name.remove_suffix(1);
  }
  return (exception ? sink.exception : sink.blocked)(name) ? BlockFault() : fault(word);
}

/// address=/a.example/b.example/0.0.0.0, server=/a.example/, local=/a.example/: dnsmasq(8).
BlockFault dnsmasq(std::string_view line, const BlockSink& sink) {
  const auto failed = [line](std::string_view why) { return BlockFault{line, why}; };
  const bool address = line.starts_with("address=");
  std::string_view rest = line.substr(line.find('=') + 1);
  if (!rest.starts_with('/')) return failed("an option of dnsmasq");
  rest.remove_prefix(1);
  const std::size_t end = rest.rfind('/');
  if (end == std::string_view::npos) return failed("an option of dnsmasq");
  const std::string_view value = rest.substr(end + 1);
  const bool upstream = !address && value == "#";  // the usual servers
  if (!upstream && !(address ? leadsNowhere(value) : value.empty())) {
    return failed("an option of dnsmasq that leads a name elsewhere");
  }
  for (const std::string_view name : split(rest.substr(0, end), '/')) {
    if (!(upstream ? sink.exception : sink.blocked)(name)) return failed("an option of dnsmasq");
  }
  return {};
}

std::string_view unquoted(std::string_view word) noexcept {
  if (word.size() >= 2 && word.starts_with('"') && word.ends_with('"')) {
    return word.substr(1, word.size() - 2);
  }
  return word;
}

/// local-zone: "a.example" always_nxdomain: unbound.conf(5).
BlockFault unboundZone(std::string_view line, std::string_view rest, const BlockSink& sink) {
  constexpr std::array kBlocking{"always_nxdomain", "always_null",    "always_nodata",
                                 "always_refuse",   "always_deny",    "static",
                                 "refuse",          "deny",           "redirect",
                                 "inform_deny",     "inform_redirect"};
  const std::string_view name = unquoted(nextWord(rest));
  const std::string_view kind = unquoted(nextWord(rest));
  const bool blocks = std::any_of(kBlocking.begin(), kBlocking.end(),
                                  [kind](const char* each) { return kind == each; });
  const bool passes = kind == "always_transparent";
  if (!blocks && !passes) return {line, "a local-zone of Unbound that blocks nothing"};
  const bool named = (passes ? sink.exception : sink.blocked)(name);
  return named ? BlockFault() : BlockFault{line, "a local-zone of Unbound"};
}

/// local-data: "a.example A 0.0.0.0"
BlockFault unboundData(std::string_view line, std::string_view rest, const BlockSink& sink) {
  rest = unquoted(trim(rest));
  const std::string_view name = nextWord(rest);
  std::string_view last;
  bool address = false;
  for (auto word = nextWord(rest); !word.empty(); word = nextWord(rest)) {
    address = address || equalIgnoreCase(word, "A") || equalIgnoreCase(word, "AAAA");
    last = word;
  }
  if (address && leadsNowhere(last) && sink.blocked(name)) return {};
  return {line, "local-data of Unbound that leads a name elsewhere"};
}

BlockFault unbound(std::string_view line, const BlockSink& sink) {
  const std::string_view rest = line.substr(line.find(':') + 1);
  if (line.starts_with("local-zone:")) return unboundZone(line, rest, sink);
  if (line.starts_with("local-data:")) return unboundData(line, rest, sink);
  return {};  // "server:", that the lines stand below
}

bool isDnsmasq(std::string_view line) noexcept {
  return line.starts_with("address=") || line.starts_with("server=") || line.starts_with("local=");
}

bool isUnbound(std::string_view line) noexcept {
  return line.starts_with("local-zone:") || line.starts_with("local-data:") || line == "server:";
}

}  // namespace

BlockFault readBlockLine(std::string_view line, const BlockSink& sink) {
  line = trim(withoutComment(line));
  if (line.empty() || line.starts_with('!') || line.starts_with('[')) return {};
  if (isDnsmasq(line)) return dnsmasq(line, sink);
  if (isUnbound(line)) return unbound(line, sink);
  std::string_view word = nextWord(line);
  const bool hosts = isLiteral(word);
  if (hosts) {
    line = line.substr(0, line.find('#'));
    word = nextWord(line);
  }
  for (; !word.empty(); word = nextWord(line)) {
    if (hosts && (isOwnName(word) || isLiteral(word))) continue;
    const BlockFault wrong = adblockOrName(word, sink);
    if (!wrong.word.empty()) return wrong;
  }
  return {};
}

}  // namespace ropewalk::dns::detail
