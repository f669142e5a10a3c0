// Looking up in a zone. RFC 1034 §4.3.2, RFC 4592 §3.3.1.
#include "zone.h"

namespace ropewalk::dns {

Zone::Place Zone::find(std::string_view name) const noexcept {
  const auto found = names_.find(name);
  return {found.node, found.at == 0, entries_[found.node].cut, found.at};
}

const RRset* Zone::find(Node node, Type type) const noexcept {
  for (const auto& set : sets(node)) {
    if (set.type == type) return &set;
  }
  return nullptr;
}

std::uint32_t Zone::ttl(const RRset& set, std::size_t index) const noexcept {
  if (set.type != Type::RRSIG) return set.ttl;
  const Item& item = records_[set.first + index];
  std::uint32_t ttl = 0;
  for (std::size_t i = 0; i < sizeof ttl; ++i) {
    ttl = ttl << 8 | static_cast<unsigned char>(data_[item.offset + item.length + i]);
  }
  return ttl;
}

bool Zone::next(Position& position, std::string& name, RecordView& record) const {
  for (; position.node < entries_.size(); ++position.node, position.set = position.record = 0) {
    const auto all = sets(position.node);
    for (; position.set < all.size(); ++position.set, position.record = 0) {
      const RRset& set = all[position.set];
      if (position.record >= set.count || &set == &soa()) continue;
      if (name.empty() || position.record + position.set == 0) {
        name.resize(kMaxNameLength);
        name.resize(names_.name(position.node, name.data()));
      }
      record = {name, set.type, Class::IN, ttl(set, position.record), data(set, position.record)};
      ++position.record;
      return true;
    }
    name.clear();
  }
  return false;
}

void Zone::forEach(const std::function<bool(const RecordView&)>& f) const {
  Position position;
  std::string name;
  RecordView record;
  while (next(position, name, record)) {
    if (!f(record)) return;
  }
}

std::size_t Zone::bytes() const noexcept {
  return names_.bytes() + entries_.capacity() * sizeof(Entry) + sets_.capacity() * sizeof(RRset) +
         records_.capacity() * sizeof(Item) + data_.capacity();
}

}  // namespace ropewalk::dns
