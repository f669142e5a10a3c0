// Lines of a hosts file as records by name, and PTRs of the first name of each line. hosts(5).
#include "static_hosts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/network.h"
#include "ropewalk/servers/dns/responders/detail/negative_soa.h"

namespace ropewalk::dns {

namespace {

inline constexpr log::Logger kLog{"dns.hosts"};

std::string contentsOf(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::string text;
  std::array<char, 4096> piece;
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.eof()) return text;
  throw Error(format("cannot read the hosts file {}: {}", path, errnoText(errno)));
}

/// A literal without the scope that link-local addresses may have: records have none.
std::string_view withoutScope(std::string_view literal) noexcept {
  return literal.substr(0, literal.find('%'));
}

bool isUnspecified(std::string_view bytes) noexcept {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

bool StaticHosts::contains(const Table& table, std::string_view name, const Entry& entry) noexcept {
  const auto host = table.find(name);
  return host != table.end() &&
         std::find(host->second.begin(), host->second.end(), entry) != host->second.end();
}

void StaticHosts::put(Table& table, const Name& name, const Entry& entry) {
  const std::string key = name.lowerCased().wire();
  if (!contains(table, key, entry)) table[key].push_back(entry);
}

void StaticHosts::putPair(Table& table, const Name& name, std::string_view literal,
                          const Name& canonical) {
  const std::string bytes = addressBytes(Address::fromLiteral(literal, 0));
  put(table, name, {bytes.size() == 4 ? Type::A : Type::AAAA, bytes});
  // 0.0.0.0 and :: say that a name is not to be reached: they have no name themselves.
  if (isUnspecified(bytes)) return;
  put(table, Name::reverse(withoutScope(literal)).value(), {Type::PTR, canonical.wire()});
}

bool StaticHosts::parseLine(std::string_view line, Table& table) {
  line = line.substr(0, line.find('#'));
  const std::string_view literal = nextWord(line);
  if (literal.empty()) return true;
  if (Address::fromLiteral(literal, 0).family == Address::Family::none) return false;
  std::optional<Name> canonical;
  for (auto word = nextWord(line); !word.empty(); word = nextWord(line)) {
    const Result<Name> name = Name::parse(word);
    if (!name || name->isRoot()) return false;
    if (!canonical) canonical = *name;
    putPair(table, *name, literal, *canonical);
  }
  return canonical.has_value();
}

StaticHosts::Table StaticHosts::parse(std::string_view text, const std::string& path) {
  Table table;
  std::size_t number = 0, faults = 0, first = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (!parseLine(line, table) && faults++ == 0) first = number;
  }
  if (faults > 0) {
    kLog.warn("{}:{}: no address and names; {} such lines were passed over", path, first, faults);
  }
  return table;
}

void StaticHosts::readFile(std::string path) {
  // Stamped first: a change during the reading is seen as one.
  const auto stamp = ropewalk::detail::FileStamp::of(path);
  file_ = parse(contentsOf(path), path);
  stamp_ = stamp;
  path_ = std::move(path);
}

void StaticHosts::rereadIfChanged() {
  if (path_.empty()) return;
  const auto stamp = ropewalk::detail::FileStamp::of(path_);
  if (stamp == stamp_) return;
  stamp_ = stamp;
  try {
    file_ = parse(contentsOf(path_), path_);
  } catch (const std::exception& error) {
    kLog.warn("{}; what it said before stays", error.what());
  }
}

void StaticHosts::watch(Clock& clock, Duration every) {
  watching_.emplace(clock, [this] { rereadIfChanged(); });
  watching_->start(every, LoopingCall::First::later).addErrback([](const Failure& why) {
    kLog.error("no longer watching the hosts file: {}", why);
  });
}

void StaticHosts::add(std::string_view name, std::string_view address) {
  if (Address::fromLiteral(address, 0).family == Address::Family::none) {
    throw std::invalid_argument(
        format("cannot add {} for {}: it is no IP address", quoteBytes(address), quoteBytes(name)));
  }
  const Name parsed(name);
  putPair(added_, parsed, address, parsed);
}

Verdict StaticHosts::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.klass != Class::IN && view.klass != Class::ANY) return Verdict::pass;
  const MessageWriter::Mark mark = answer.mark();
  bool listed = false, found = false, fits = true;
  for (const Table* table : {&added_, &file_}) {
    const auto host = table->find(view.lowerName());
    if (host == table->end()) continue;
    listed = true;
    for (const Entry& entry : host->second) {
      if (view.type != entry.type && view.type != Type::ANY) continue;
      if (table == &file_ && contains(added_, view.lowerName(), entry)) continue;
      found = true;
      fits &= answer.record(Section::answer, view.name(), entry.type, Class::IN, ttl_, entry.data);
    }
  }
  if (!listed) return Verdict::pass;
  answer.flags().authoritative = true;
  if (!fits) {
    answer.rewind(mark);
    answer.flags().truncated = true;
  }
  if (!found) writeNegativeSoa(answer, view.lowerName(), ttl_);
  return Verdict::answered;
}

}  // namespace ropewalk::dns
