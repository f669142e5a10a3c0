// A table with open addressing over packed names; a name is looked up with all that is above it.
#include "block_names.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/name.h"
#include "ropewalk/servers/dns/responders/detail/block_line.h"

namespace ropewalk::dns {

namespace {

constexpr std::size_t kFirstSlots = 1024;

std::uint64_t randomSeed() {
  std::uint64_t seed = 0;
  const std::string bytes = randomBytes(sizeof seed);
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

/// A name of letters, digits, '-' and '_' in wire form; its length, or 0 when it is none. No
/// escapes: nobody writes them in lists, and "/" or "$" mean that the line is a rule of another
/// kind.
std::size_t toWire(std::string_view text, std::array<char, kMaxNameLength>& out) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() + 2 > out.size()) return 0;
  std::size_t label = 0;  // where the length of the label goes
  std::size_t at = 1;
  for (const char c : text) {
    if (c == '.') {
      if (at == label + 1) return 0;
      out[label] = static_cast<char>(at - label - 1);
      label = at++;
      continue;
    }
    const char lower = lowerCase(c);
    const bool allowed =
        (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!allowed || at - label > kMaxLabelLength) return 0;
    out[at++] = lower;
  }
  if (at == label + 1) return 0;
  out[label] = static_cast<char>(at - label - 1);
  out[at++] = 0;
  return at;
}

std::size_t firstLabel(std::string_view name) noexcept {
  return static_cast<unsigned char>(name[0]) + std::size_t{1};
}

}  // namespace

BlockNames::BlockNames() : seed_(randomSeed()), slots_(kFirstSlots) {}

void BlockNames::read(std::string_view text, std::string_view file, BlockReport& report) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    readLine(text.substr(0, end), file, number, report);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Result<void> BlockNames::readFile(const std::string& path, BlockReport& report) {
  errno = 0;
  std::ifstream file(path);
  std::size_t number = 0;
  if (file.is_open()) {
    for (std::string line; std::getline(file, line);) readLine(line, path, ++number, report);
  }
  if (file.eof()) return {};
  return Failure(Error(format("cannot read the block list {}: {}", path, errnoText(errno))));
}

bool BlockNames::take(std::string_view text, Kind kind, BlockReport& report) {
  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  std::array<char, kMaxNameLength> wire;
  const std::size_t length = toWire(text, wire);
  if (length == 0) return false;
  if (!add({wire.data(), length}, kind)) return true;
  ++report.names;
  if (kind == Kind::exception) ++report.exceptions;
  return true;
}

void BlockNames::readLine(std::string_view line, std::string_view file, std::size_t number,
                          BlockReport& report) {
  const detail::BlockSink sink{
      [&](std::string_view name) { return take(name, Kind::blocked, report); },
      [&](std::string_view name) { return take(name, Kind::exception, report); }};
  const detail::BlockFault fault = detail::readBlockLine(line, sink);
  if (fault.word.empty()) return;
  ++report.faults;
  if (report.firstFaults.size() >= BlockReport::kFaultsShown) return;
  report.firstFaults.push_back(
      format("{}:{}: {} is no name{}{}", file, number, quoteBytes(fault.word),
             fault.dialect.empty() ? "" : "; it looks like ", fault.dialect));
}

std::string_view BlockNames::nameAt(std::uint32_t at) const noexcept {
  const char* name = names_[at / kChunk].get() + at % kChunk;
  return {name + 1, static_cast<unsigned char>(*name)};
}

std::uint32_t BlockNames::keep(std::string_view name) {
  if (used_ + 1 + name.size() > kChunk) {
    names_.push_back(std::make_unique<char[]>(kChunk));
    used_ = 0;
  }
  const std::size_t at = (names_.size() - 1) * kChunk + used_;
  char* to = names_.back().get() + used_;
  *to = static_cast<char>(name.size());
  wire::lowerName(name, to + 1);
  used_ += 1 + name.size();
  return static_cast<std::uint32_t>(at);
}

std::uint32_t BlockNames::checkOf(std::string_view name) const noexcept {
  return static_cast<std::uint32_t>(wire::hashName(name, seed_) >> 32) & ~kException;
}

/// Where a name is, or the free slot where it would go.
std::size_t BlockNames::slotOf(std::string_view name, std::uint32_t check) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = homeOf(check);; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.at == kNone) return i;
    if ((slot.check & ~kException) == check && wire::equalNames(nameAt(slot.at), name)) return i;
  }
}

bool BlockNames::add(std::string_view name, Kind kind) {
  if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  const std::uint32_t check = checkOf(name);
  Slot& slot = slots_[slotOf(name, check)];
  const bool known = slot.at != kNone;
  if (known && kind == Kind::blocked) return false;
  if (!known) {
    slot = {keep(name), check};
    ++size_;
    mostLabels_ = std::max(mostLabels_, wire::countLabels(name));
  }
  if (kind == Kind::exception) slot.check |= kException;
  return !known;
}

void BlockNames::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.at == kNone) continue;
    std::size_t i = homeOf(slot.check);
    while (slots_[i].at != kNone) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

std::string_view BlockNames::find(std::string_view name) const noexcept {
  // All slots are fetched before the first is looked at: each is likely a miss of the cache.
  std::array<std::uint32_t, kMaxNameLength / 2> checks;
  const std::size_t labels = wire::countLabels(name);
  for (std::size_t cut = labels; cut > mostLabels_; --cut) name.remove_prefix(firstLabel(name));
  std::size_t candidates = 0;
  for (std::string_view at = name; at.size() > 1; at.remove_prefix(firstLabel(at))) {
    checks[candidates] = checkOf(at);
    __builtin_prefetch(&slots_[homeOf(checks[candidates++])]);
  }
  std::string_view found;
  for (std::size_t i = 0; i < candidates; ++i, name.remove_prefix(firstLabel(name))) {
    const Slot& slot = slots_[slotOf(name, checks[i])];
    if (slot.at == kNone) continue;
    if ((slot.check & kException) != 0) return {};
    if (found.empty()) found = name;
  }
  return found;
}

std::size_t BlockNames::memory() const noexcept {
  return slots_.size() * sizeof(Slot) + names_.size() * kChunk;
}

}  // namespace ropewalk::dns
