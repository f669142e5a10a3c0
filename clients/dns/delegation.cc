// Referrals read with distrust: only what lies below, only glue within. RFC 5452 §6.
#include "delegation.h"

#include <algorithm>
#include <utility>

#include "answer.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

constexpr std::uint32_t kLongest = 86'400;  // seconds that a delegation is believed
constexpr std::size_t kMaxServers = 32;     // of one zone; the root has 13

bool hasRecordOf(const Message& answer, const Question& question) {
  return std::any_of(answer.answers.begin(), answer.answers.end(), [&](const Record& record) {
    const bool aliased = record.type == Type::DNAME && question.name.isBelow(record.name);
    return aliased || (record.name == question.name &&
                       (record.type == question.type || record.type == Type::CNAME ||
                        question.type == Type::ANY));
  });
}

/// An NS record that delegates the asked name further down than `zone`.
bool delegates(const Record& record, const Question& question, const Name& zone) {
  return record.type == Type::NS && record.name.isBelow(zone) && record.name != zone &&
         question.name.isBelow(record.name);
}

std::vector<std::string> glueOf(const Message& answer, const Name& server) {
  std::vector<std::string> addresses;
  for (const Record& record : answer.additional) {
    if (record.name != server) continue;
    const Seconds ttl(record.ttl);
    if (record.type == Type::A) {
      if (const auto a = A::fromData(record.data, ttl)) addresses.push_back(a->address);
    } else if (record.type == Type::AAAA) {
      if (const auto a = AAAA::fromData(record.data, ttl)) addresses.push_back(a->address);
    }
  }
  return addresses;
}

}  // namespace

Reply classify(const Message& answer, const Question& question, const Name& zone) {
  if (answer.rcode != Rcode::NOERROR && answer.rcode != Rcode::NXDOMAIN) return Reply::useless;
  const bool records = hasRecordOf(answer, question);
  const bool referral =
      std::any_of(answer.authority.begin(), answer.authority.end(),
                  [&](const Record& record) { return delegates(record, question, zone); });
  const bool denied = answer.rcode == Rcode::NXDOMAIN;
  if (!answer.authoritative) return referral && !denied ? Reply::referral : Reply::useless;
  if (records) return Reply::answer;
  // Some servers set AA in referrals; a SOA is what makes a denial.
  const Record* const authority = negativeAuthority(answer);
  if (referral && !denied && authority == nullptr) return Reply::referral;
  return Reply::negative;
}

Delegation readReferral(const Message& answer, const Question& question, const Name& zone,
                        TimePoint now) {
  Delegation delegation;
  std::uint32_t ttl = kLongest;
  for (const Record& record : answer.authority) {
    if (!delegates(record, question, zone)) continue;
    if (delegation.servers.empty()) delegation.zone = record.name;
    if (record.name != delegation.zone || delegation.servers.size() == kMaxServers) continue;
    const auto server = NS::fromData(record.data, Seconds(record.ttl));
    if (!server) continue;
    NameServer known{server->name};
    if (server->name.isBelow(zone)) known.addresses = glueOf(answer, server->name);
    // Its address could only be asked of itself.
    if (known.addresses.empty() && server->name.isBelow(delegation.zone)) continue;
    ttl = std::min(ttl, record.ttl);
    delegation.servers.push_back(std::move(known));
  }
  delegation.expires = now + Seconds(ttl);
  return delegation;
}

const Delegation& DelegationCache::nearest(const Name& name) const {
  for (Name at = name;; at = at.parent()) {
    const auto found = zones_.find(at);
    if (found != zones_.end() && clock_.now() < found->second.expires) return found->second;
    if (at.isRoot()) return root_;
  }
}

void DelegationCache::put(Delegation delegation) {
  // Full: what is lost is asked for again, and the root is where it was.
  if (zones_.size() >= most_) zones_.clear();
  zones_[delegation.zone] = std::move(delegation);
}

void DelegationCache::learn(const Name& zone, const Name& server,
                            const std::vector<std::string>& addresses) {
  const auto found = zones_.find(zone);
  if (found == zones_.end()) return;
  for (NameServer& known : found->second.servers) {
    if (known.name == server) known.addresses = addresses;
  }
}

}  // namespace ropewalk::dns
