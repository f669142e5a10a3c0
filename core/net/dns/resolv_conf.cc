// A line at a time: nameserver, options, search and domain;
// the rest is passed over. resolv.conf(5).

#include "resolv_conf.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

namespace {

constexpr std::size_t kMaxServers = 8;  // more than resolv.conf(5) has, but not without end

std::optional<int> numberAfter(std::string_view word, std::string_view name, int most) {
  if (!word.starts_with(name)) return {};
  const auto number = parseNumber<int>(word.substr(name.size()));
  if (!number || *number < 1) return {};
  return std::min(*number, most);
}

bool isLiteral(std::string_view host) {
  return Address::fromLiteral(host, 0).family != Address::Family::none;
}

/// 192.0.2.1, 2001:db8::1, and with a port: 192.0.2.1:5353, [2001:db8::1]:5353.
bool isServer(std::string_view word) {
  if (isLiteral(word)) return true;
  const std::size_t colon = word.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = word.substr(0, colon);
  const bool six = host.starts_with('[') && host.ends_with(']');
  if (six) host = host.substr(1, host.size() - 2);
  return parseNumber<std::uint16_t>(word.substr(colon + 1)).value_or(0) != 0 && isLiteral(host) &&
         six == (host.find(':') != std::string_view::npos);
}

std::vector<std::string> wordsOf(std::string_view line) {
  std::vector<std::string> words;
  for (auto word = nextWord(line); !word.empty(); word = nextWord(line)) words.emplace_back(word);
  return words;
}

void readOption(ResolvConf& conf, std::string_view word) {
  if (const auto seconds = numberAfter(word, "timeout:", 30))
    conf.timeout = std::chrono::seconds(*seconds);
  if (const auto attempts = numberAfter(word, "attempts:", 5)) conf.attempts = *attempts;
  if (word == "rotate") conf.rotate = true;
  if (word == "use-vc") conf.tcp = true;
}

}  // namespace

ResolvConf ResolvConf::parse(std::string_view text) {
  ResolvConf conf;
  for (std::string_view line : split(text, '\n')) {
    line = line.substr(0, line.find_first_of("#;"));
    const std::string_view keyword = nextWord(line);
    if (keyword == "nameserver") {
      const std::string_view server = nextWord(line);
      if (conf.servers.size() < kMaxServers && isServer(server)) conf.servers.emplace_back(server);
    } else if (keyword == "options") {
      for (const std::string& word : wordsOf(line)) readOption(conf, word);
    } else if (keyword == "search" || keyword == "domain") {
      conf.search = wordsOf(line);
    }
  }
  return conf;
}

bool ResolvConfFile::reread() {
  const auto stamp = FileStamp::of(path_);
  if (stamp_ == stamp) return false;
  stamp_ = stamp;
  std::ifstream file(path_, std::ios::binary);
  content_ = ResolvConf::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  return true;
}

}  // namespace ropewalk::detail
