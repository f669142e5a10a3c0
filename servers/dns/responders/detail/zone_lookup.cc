// Answering one question from one zone. RFC 1034 §4.3.2, RFC 2308 §2, RFC 4592 §3.3, RFC 6672 §3.
#include "zone_lookup.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

namespace {

/// The name that a record's addresses are wanted for; empty: none (RFC 1035 §3.3.9, RFC 2782).
std::string_view targetOf(Type type, std::string_view data) noexcept {
  switch (type) {
    case Type::NS:
      return data;
    case Type::MX:
      return data.substr(2);
    case Type::SRV:
      return data.substr(6);
    default:
      return {};
  }
}

}  // namespace

void ZoneLookup::write() {
  answer_.flags().authoritative = true;
  name_ = query_.view.name();
  while (step() == Next::follow) {
  }
}

ZoneLookup::Next ZoneLookup::step() {
  const auto place = zone_.find(name_);
  if (place.cut != NameTree::kNone) {
    // A DNAME is about names below its own, never about that (RFC 6672 §2.1).
    const bool itself = place.exact && place.node == place.cut;
    if (!itself && zone_.find(place.cut, Type::DNAME) != nullptr) return atDname(place.cut);
    // The parent's side of a delegation has the DS (RFC 4035 §3.1.4.1).
    const bool ownDs = itself && query_.view.type == Type::DS;
    if (!ownDs) return referral(place.cut), Next::done;
  }
  if (place.exact) return atNode(place.node);
  if (zone_.find(place.node, Type::DNAME) != nullptr) return atDname(place.node);
  const auto wildcard = zone_.wildcard(place.node);
  if (wildcard != NameTree::kNone) return atNode(wildcard);
  return noName(), Next::done;
}

/// The answer's owner is name_: the node's own name, or what a wildcard stands for.
ZoneLookup::Next ZoneLookup::atNode(Zone::Node node) {
  const Type type = query_.view.type;
  if (type == Type::ANY) return everything(node), Next::done;
  if (const RRset* set = zone_.find(node, type); set != nullptr) {
    if (setOfAnswer(node, *set)) addAdditional(*set);
    return Next::done;
  }
  const RRset* cname = zone_.find(node, Type::CNAME);
  if (cname == nullptr) return noData(), Next::done;
  if (!setOfAnswer(node, *cname)) return Next::done;
  return go(zone_.data(*cname, 0)) ? Next::follow : Next::done;
}

/// name_ is below `node`, which has a DNAME: it goes out with a CNAME made of it (RFC 6672 §3.1).
/// A chain may come through it again, with another name (§3.2).
ZoneLookup::Next ZoneLookup::atDname(Zone::Node node) {
  const RRset& set = *zone_.find(node, Type::DNAME);
  const std::string_view owner = ownerOf(node);
  const std::string_view to = zone_.data(set, 0);
  if (!isWritten(node)) {
    if (!writeSet(Section::answer, owner, set)) return Next::done;
    written_[dnames_++] = node;  // at most one for each hop
  }
  const std::size_t kept = name_.size() - owner.size();
  if (kept + to.size() > kMaxNameLength) {
    answer_.flags().rcode = Rcode::YXDOMAIN;
    return Next::done;
  }
  std::array<char, kMaxNameLength> made;
  std::memcpy(made.data(), name_.data(), kept);
  std::memcpy(made.data() + kept, to.data(), to.size());
  const std::string_view target(made.data(), kept + to.size());
  if (!answer_.record(Section::answer, name_, Type::CNAME, Class::IN, set.ttl, target)) {
    answer_.flags().truncated = true;
    return Next::done;
  }
  if (query_.view.type == Type::CNAME) return Next::done;
  return go(target) ? Next::follow : Next::done;
}

/// No record may be in an answer twice (RFC 2181 §5).
bool ZoneLookup::isWritten(Zone::Node dname) const noexcept {
  const auto written = std::span(written_).first(dnames_);
  return std::find(written.begin(), written.end(), dname) != written.end();
}

bool ZoneLookup::wasLookedFor(std::string_view name) const noexcept {
  if (wire::equalNames(query_.view.name(), name)) return true;
  for (std::size_t i = 0; i < hops_; ++i) {
    if (wire::equalNames({targets_[i].data(), lengths_[i]}, name)) return true;
  }
  return false;
}

/// On with another name, when it is in the zone and no loop has come round.
/// @return false when the answer ends here: whoever asked goes on by himself
bool ZoneLookup::go(std::string_view target) noexcept {
  if (hops_ + 1 == kMaxHops || !zone_.contains(target) || wasLookedFor(target)) return false;
  std::memcpy(targets_[hops_].data(), target.data(), target.size());
  name_ = {targets_[hops_].data(), target.size()};
  lengths_[hops_++] = static_cast<std::uint8_t>(target.size());
  return true;
}

void ZoneLookup::referral(Zone::Node cut) {
  if (hops_ == 0) answer_.flags().authoritative = false;
  const RRset& servers = *zone_.find(cut, Type::NS);
  if (!writeSet(Section::authority, ownerOf(cut), servers)) return;
  if (query_.view.dnssecOk) {
    const RRset* signer = zone_.find(cut, Type::DS);
    if (signer != nullptr) (void)writeSet(Section::authority, ownerOf(cut), *signer);
  }
  // Who is referred to servers below the cut needs their addresses, or TC (RFC 9471 §3.1).
  addAdditional(servers, ownerOf(cut));
}

/// RFC 8482 §4.1: over UDP, where senders can be forged, one set is enough.
void ZoneLookup::everything(Zone::Node node) {
  const auto sets = zone_.sets(node);
  if (sets.empty()) return noData();
  for (const RRset& set : sets) {
    if (!setOfAnswer(node, set) || query_.carrier == Carrier::udp) return;
  }
}

void ZoneLookup::noData() { writeSoa(); }

void ZoneLookup::noName() {
  answer_.flags().rcode = Rcode::NXDOMAIN;  // also at the end of a chain (RFC 6604 §3)
  writeSoa();
}

/// @param node  whose set it is: name_, or its wildcard
bool ZoneLookup::setOfAnswer(Zone::Node node, const RRset& set) {
  // The end of a chain may be the DNAME that it came through.
  const bool written =
      set.type == Type::DNAME && isWritten(node) && wire::equalNames(ownerOf(node), name_);
  return written || writeSet(Section::answer, name_, set);
}

bool ZoneLookup::writeSet(Section section, std::string_view owner, const RRset& set) {
  const auto mark = answer_.mark();
  for (std::size_t i = 0; i < set.count; ++i) {
    if (answer_.record(section, owner, set.type, Class::IN, zone_.ttl(set, i),
                       zone_.data(set, i))) {
      continue;
    }
    answer_.rewind(mark);
    if (section != Section::additional) answer_.flags().truncated = true;
    return false;
  }
  return true;
}

/// @param cut  addresses of names below it must not be missing; empty: none
void ZoneLookup::addAdditional(const RRset& set, std::string_view cut) {
  std::array<Zone::Node, kMaxTargets> added;
  std::size_t count = 0;
  for (std::size_t i = 0; i < set.count; ++i) {
    const std::string_view target = targetOf(set.type, zone_.data(set, i));
    if (target.size() <= 1 || !zone_.contains(target)) continue;
    const auto place = zone_.find(target);
    const auto end = added.begin() + static_cast<std::ptrdiff_t>(count);
    if (!place.exact || std::find(added.begin(), end, place.node) != end) continue;
    if (count < added.size()) {
      added[count++] = place.node;  // one host may be named by many records
    } else if (cut.empty()) {
      return;
    }
    const bool needed = !cut.empty() && wire::isBelow(target, cut);
    if (!addAddresses(target, place.node) && needed) answer_.flags().truncated = true;
  }
}

/// @return false when there was no room
bool ZoneLookup::addAddresses(std::string_view target, Zone::Node node) {
  bool all = true;
  for (const Type type : {Type::A, Type::AAAA}) {
    const RRset* set = zone_.find(node, type);
    if (set != nullptr && !writeSet(Section::additional, target, *set)) all = false;
  }
  return all;
}

void ZoneLookup::writeSoa() {
  const RRset& soa = zone_.soa();
  if (!answer_.record(Section::authority, zone_.apex().wire(), Type::SOA, Class::IN,
                      zone_.negativeTtl(), zone_.data(soa, 0))) {
    answer_.flags().truncated = true;
  }
}

std::string_view ZoneLookup::ownerOf(Zone::Node node) noexcept {
  return {scratch_.data(), zone_.names().name(node, scratch_.data())};
}

}  // namespace ropewalk::dns::detail
