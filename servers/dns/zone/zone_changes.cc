// Comparing two versions of a zone, set by set.
#include "zone_changes.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns {

namespace {

void put(std::string& out, std::uint32_t value, std::size_t length) {
  for (std::size_t i = length; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t length) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < length; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

struct Datum {
  std::uint32_t ttl;
  std::string_view data;
};
using Data = std::vector<Datum>;

/// Same records are equal in it; with another TTL a record is another one.
auto orderOf(Type type) {
  return [type](const Datum& a, const Datum& b) {
    return a.ttl != b.ttl ? a.ttl < b.ttl : rdataBefore(type, a.data, b.data);
  };
}

Data sortedData(const Zone& zone, const RRset& set) {
  Data all;
  all.reserve(set.count);
  for (std::size_t i = 0; i < set.count; ++i) all.push_back({zone.ttl(set, i), zone.data(set, i)});
  std::sort(all.begin(), all.end(), orderOf(set.type));
  return all;
}

bool same(const Zone& a, const RRset& setOfA, const Zone& b, const RRset& setOfB) {
  if (setOfA.count != setOfB.count) return false;
  for (std::size_t i = 0; i < setOfA.count; ++i) {
    if (a.data(setOfA, i) != b.data(setOfB, i)) return false;
    if (a.ttl(setOfA, i) != b.ttl(setOfB, i)) return false;
  }
  return true;
}

/// The records of a set of `zone` that the other one's set, if there is one, has not.
Data missing(const Zone& zone, const RRset& set, const Zone& other, const RRset* others) {
  Data mine = sortedData(zone, set);
  if (others == nullptr) return mine;
  const Data theirs = sortedData(other, *others);
  Data left;
  std::set_difference(mine.begin(), mine.end(), theirs.begin(), theirs.end(),
                      std::back_inserter(left), orderOf(set.type));
  return left;
}

/// All that `zone` has and `other` has not; its SOA first, always.
void gather(const Zone& zone, const Zone& other, PackedRecords& out) {
  const RRset& soa = zone.soa();
  out.add({zone.apex().wire(), Type::SOA, Class::IN, soa.ttl, zone.data(soa, 0)});
  std::array<char, kMaxNameLength> room;
  for (Zone::Node node = 0; node < zone.names().size(); ++node) {
    const auto sets = zone.sets(node);
    if (sets.empty()) continue;
    const std::string_view name(room.data(), zone.names().name(node, room.data()));
    const auto place = other.find(name);
    for (const RRset& set : sets) {
      if (&set == &soa) continue;
      const RRset* others = place.exact ? other.find(place.node, set.type) : nullptr;
      if (others != nullptr && same(zone, set, other, *others)) continue;
      for (const auto& [ttl, data] : missing(zone, set, other, others)) {
        out.add({name, set.type, Class::IN, ttl, data});
      }
    }
  }
}

}  // namespace

void PackedRecords::add(const RecordView& record) {
  bytes_ += record.name;
  put(bytes_, static_cast<std::uint32_t>(record.type), 2);
  put(bytes_, record.ttl, 4);
  put(bytes_, static_cast<std::uint32_t>(record.data.size()), 2);
  bytes_ += record.data;
  ++count_;
}

bool PackedRecords::next(std::size_t& at, RecordView& record) const noexcept {
  if (at == bytes_.size()) return false;
  const std::string_view rest = std::string_view(bytes_).substr(at);
  const std::size_t name = wire::nameLength(rest);
  const std::size_t length = number(rest, name + 6, 2);
  record.name = rest.substr(0, name);
  record.type = static_cast<Type>(number(rest, name, 2));
  record.klass = Class::IN;
  record.ttl = number(rest, name + 2, 4);
  record.data = rest.substr(name + 8, length);
  at += name + 8 + length;
  return true;
}

std::shared_ptr<const ZoneChanges> changesBetween(const Zone& before, const Zone& after) {
  auto changes = std::make_shared<ZoneChanges>();
  changes->from = before.serial();
  changes->to = after.serial();
  gather(before, after, changes->removed);
  gather(after, before, changes->added);
  return changes;
}

}  // namespace ropewalk::dns
