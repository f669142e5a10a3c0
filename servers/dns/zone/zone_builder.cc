// Making a zone of records: sorted into sets, checked, delegations and wildcards marked. RFC 1034
// §3.6.2 and §4.2, RFC 2181 §5 and §10.1.
#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "zone.h"

namespace ropewalk::dns {

namespace {

constexpr std::size_t kMaxWarnings = 100;
constexpr std::size_t kFew = 16;  // up to here comparing each with each is quicker than a tree

/// The data of one set so far: finds doubles in it.
class KnownData {
 public:
  explicit KnownData(Type type) : type_(type), many_(Before{type}) {}

  /// @return false when the same were there already
  bool add(std::string_view data) {
    if (!many_.empty()) return many_.insert(data).second;
    const auto end = few_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto same = [&](std::string_view known) { return sameRdata(type_, known, data); };
    if (std::find_if(few_.begin(), end, same) != end) return false;
    if (count_ == kFew) return many_.insert(few_.begin(), end), many_.insert(data).second;
    few_[count_++] = data;
    return true;
  }

 private:
  struct Before {
    Type type;
    bool operator()(std::string_view a, std::string_view b) const {
      return rdataBefore(type, a, b);
    }
  };

  Type type_;
  std::array<std::string_view, kFew> few_{};
  std::size_t count_ = 0;
  std::set<std::string_view, Before> many_;
};

/// What may stand beside a CNAME (RFC 2181 §10.1, RFC 4035 §2.5).
bool mayJoinCname(Type type) { return type == Type::RRSIG || type == Type::NSEC; }

template <class... Args>
Failure bad(std::string_view pattern, const Args&... args) {
  return FormatError(format(pattern, args...));
}

std::uint32_t u32At(std::string_view data, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(data[at + i]);
  return value;
}

std::array<char, 4> putTtl(std::uint32_t ttl) {
  return {static_cast<char>(ttl >> 24), static_cast<char>(ttl >> 16), static_cast<char>(ttl >> 8),
          static_cast<char>(ttl)};
}

/// The set that an RRSIG is of (RFC 4034 §3.1.1).
Type coveredBy(std::string_view signature) {
  return static_cast<Type>(static_cast<unsigned char>(signature[0]) << 8 |
                           static_cast<unsigned char>(signature[1]));
}

}  // namespace

ZoneBuilder::ZoneBuilder(const Name& apex) : zone_(new Zone(apex)) {}
ZoneBuilder::~ZoneBuilder() = default;

void ZoneBuilder::warn(std::string text) {
  if (zone_->warnings_.size() < kMaxWarnings) zone_->warnings_.push_back(std::move(text));
}

Result<void> ZoneBuilder::add(const Record& record) {
  return add(RecordView{record.name.wire(), record.type, record.klass, record.ttl, record.data});
}

Result<void> ZoneBuilder::fits(const RecordView& record) {
  if (record.klass != Class::IN) return bad("class {} is not served", record.klass);
  if (isMetaType(record.type)) return bad("no zone holds records of type {}", record.type);
  return {};
}

Result<void> ZoneBuilder::add(const RecordView& record) {
  if (auto good = fits(record); !good) return good;
  if (!zone_->contains(record.name)) {
    warn(format("{} {} is outside of the zone, and passed over", wire::nameToText(record.name),
                record.type));
    return {};
  }
  if (zone_->data_.size() + record.data.size() > std::numeric_limits<std::uint32_t>::max()) {
    return bad("the zone has more than 4 GiB of data");
  }
  const std::uint32_t ttl = effectiveTtl(record.ttl);
  if (ttl != record.ttl) {
    warn(format("{} {}: a TTL of {} counts as 0 (RFC 2181 section 8)",
                wire::nameToText(record.name), record.type, record.ttl));
  }
  const Zone::Node node = zone_->names_.insert(record.name);
  const auto offset = static_cast<std::uint32_t>(zone_->data_.size());
  zone_->data_.insert(zone_->data_.end(), record.data.begin(), record.data.end());
  if (record.type == Type::RRSIG) {
    const auto room = putTtl(ttl);
    zone_->data_.insert(zone_->data_.end(), room.begin(), room.end());
  }
  entries_.push_back(
      {node, offset, ttl, record.type, static_cast<std::uint16_t>(record.data.size())});
  return {};
}

Result<std::shared_ptr<const Zone>> ZoneBuilder::build() {
  Zone& zone = *zone_;
  zone.names_.shrink();
  zone.entries_.resize(zone.names_.size());
  makeSets();
  auto checked = check();
  if (!checked) return checked.failure();
  linkNodes();
  checked = checkBelowDnames();
  if (!checked) return checked.failure();
  alignSignatures();
  readSoa();
  zone.data_.shrink_to_fit();
  zone.sets_.shrink_to_fit();
  return std::shared_ptr<const Zone>(std::move(zone_));
}

void ZoneBuilder::makeSets() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.node != b.node ? a.node < b.node : a.type < b.type;
  });
  zone_->records_.reserve(entries_.size());
  for (std::size_t first = 0; first < entries_.size();) {
    std::size_t end = first + 1;
    while (end < entries_.size() && entries_[end].node == entries_[first].node &&
           entries_[end].type == entries_[first].type) {
      ++end;
    }
    keepSet(first, end);
    first = end;
  }
  entries_ = {};
}

/// One set: without doubles (RFC 2181 §5), with one TTL, the least of them (§5.2). Signatures are
/// no set in that sense (RFC 4035 §2.2).
void ZoneBuilder::keepSet(std::size_t first, std::size_t end) {
  Zone& zone = *zone_;
  const Entry& head = entries_[first];
  RRset set{static_cast<std::uint32_t>(zone.records_.size()), head.ttl, head.type, 0};
  KnownData known(head.type);
  for (std::size_t i = first; i < end; ++i) {
    const Entry& entry = entries_[i];
    if (!known.add({zone.data_.data() + entry.offset, entry.length})) {
      warn(format("{} {}: the same record twice", zone.names_.name(entry.node), entry.type));
      continue;
    }
    if (set.count == std::numeric_limits<std::uint16_t>::max()) {
      warn(format("{} {}: more records than any message holds, the rest is passed over",
                  zone.names_.name(entry.node), entry.type));
      break;
    }
    if (entry.ttl != set.ttl) {
      const std::uint32_t least = std::min(set.ttl, entry.ttl);
      if (entry.type != Type::RRSIG) {
        warn(format("{} {}: differing TTLs, {} is used", zone.names_.name(entry.node), entry.type,
                    least));
      }
      set.ttl = least;
    }
    zone.records_.push_back({entry.offset, entry.length});
    ++set.count;
  }
  Zone::Entry& place = zone.entries_[head.node];
  if (place.sets++ == 0) place.firstSet = static_cast<std::uint32_t>(zone.sets_.size());
  zone.sets_.push_back(set);
}

Result<void> ZoneBuilder::check() const {
  const Zone& zone = *zone_;
  const RRset* soa = zone.find(NameTree::kTop, Type::SOA);
  if (soa == nullptr) return bad("the zone {} has no SOA record", zone.apex_);
  if (soa->count != 1) return bad("the zone {} has more than one SOA record", zone.apex_);
  if (zone.find(NameTree::kTop, Type::NS) == nullptr) {
    return bad("the zone {} has no NS record at its top", zone.apex_);
  }
  for (Zone::Node node = 0; node < zone.entries_.size(); ++node) {
    auto checked = checkNode(node);
    if (!checked) return checked;
  }
  return {};
}

Result<void> ZoneBuilder::checkNode(Zone::Node node) const {
  const Zone& zone = *zone_;
  const auto sets = zone.sets(node);
  if (sets.size() < 2 && (sets.empty() || sets[0].count < 2)) {
    const bool soa = !sets.empty() && sets[0].type == Type::SOA && node != NameTree::kTop;
    return soa ? Result<void>(bad("{}: an SOA below the top of the zone", zone.names_.name(node)))
               : Result<void>();
  }
  const RRset* cname = zone.find(node, Type::CNAME);
  const RRset* dname = zone.find(node, Type::DNAME);
  if (cname != nullptr && cname->count > 1) {
    return bad("{}: more than one CNAME record", zone.names_.name(node));
  }
  if (dname != nullptr && dname->count > 1) {
    return bad("{}: more than one DNAME record", zone.names_.name(node));
  }
  for (const auto& set : sets) {
    if (cname != nullptr && set.type != Type::CNAME && !mayJoinCname(set.type)) {
      return bad("{}: a CNAME beside a {} record (RFC 1034 section 3.6.2)", zone.names_.name(node),
                 set.type);
    }
    if (set.type == Type::SOA && node != NameTree::kTop) {
      return bad("{}: an SOA below the top of the zone", zone.names_.name(node));
    }
    if (dname != nullptr && set.type == Type::NS && node != NameTree::kTop) {
      return bad("{}: a DNAME beside an NS record (RFC 6672 section 2.3)", zone.names_.name(node));
    }
  }
  return {};
}

/// Parents have lower numbers than their children: one pass hands cuts down.
void ZoneBuilder::linkNodes() {
  Zone& zone = *zone_;
  for (Zone::Node node = 1; node < zone.entries_.size(); ++node) {
    const Zone::Node parent = zone.names_.parent(node);
    Zone::Entry& entry = zone.entries_[node];
    if (zone.names_.label(node) == "*") zone.entries_[parent].wildcard = node;
    entry.cut = zone.entries_[parent].cut;
    if (entry.cut != NameTree::kNone) continue;
    if (zone.find(parent, Type::DNAME) != nullptr) {
      entry.cut = parent;
    } else if (zone.find(node, Type::NS) != nullptr) {
      entry.cut = node;
    }
  }
}

/// RFC 6672 §2.4: what is below a DNAME is elsewhere, and nothing here. Names that NSEC3 made are
/// no names of the zone.
Result<void> ZoneBuilder::checkBelowDnames() const {
  const Zone& zone = *zone_;
  const auto named = [](const RRset& set) {
    return set.type != Type::NSEC3 && set.type != Type::RRSIG;
  };
  for (Zone::Node node = 1; node < zone.entries_.size(); ++node) {
    const Zone::Node cut = zone.entries_[node].cut;
    const auto sets = zone.sets(node);
    if (cut == NameTree::kNone || cut == node || sets.empty()) continue;
    if (zone.find(cut, Type::DNAME) == nullptr) continue;
    const auto found = std::find_if(sets.begin(), sets.end(), named);
    if (found == sets.end()) continue;
    return bad("{}: a {} record below the DNAME of {} (RFC 6672 section 2.4)",
               zone.names_.name(node), found->type, zone.names_.name(cut));
  }
  return {};
}

/// RFC 4034 §3: the TTL of an RRSIG is that of the set it covers.
void ZoneBuilder::alignSignatures() {
  Zone& zone = *zone_;
  for (Zone::Node node = 0; node < zone.entries_.size(); ++node) {
    const RRset* signatures = zone.find(node, Type::RRSIG);
    for (std::size_t i = 0; signatures != nullptr && i < signatures->count; ++i) {
      const std::string_view data = zone.data(*signatures, i);
      const RRset* covered = zone.find(node, coveredBy(data));
      const std::uint32_t ttl = zone.ttl(*signatures, i);
      if (covered == nullptr || covered->ttl == ttl) continue;
      warn(format("{} RRSIG {}: its TTL is {}, {} of what it covers is used",
                  zone.names_.name(node), covered->type, ttl, covered->ttl));
      const auto room = putTtl(covered->ttl);
      const std::size_t behind = zone.records_[signatures->first + i].offset + data.size();
      std::copy(room.begin(), room.end(), zone.data_.begin() + static_cast<std::ptrdiff_t>(behind));
    }
  }
}

void ZoneBuilder::readSoa() {
  Zone& zone = *zone_;
  const RRset* soa = zone.find(NameTree::kTop, Type::SOA);
  zone.soa_ = static_cast<std::size_t>(soa - zone.sets_.data());
  const std::string_view data = zone.data(*soa, 0);
  zone.serial_ = u32At(data, data.size() - 20);
  zone.negativeTtl_ = std::min(soa->ttl, u32At(data, data.size() - 4));
}

}  // namespace ropewalk::dns
