// CNAMEs and DNAMEs followed within one zone, each record believed once. RFC 6672 §3.2.
#include "alias_chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

/// The target of an alias at `name`: its CNAME, or a DNAME above it (RFC 6672 §3.2).
Result<std::optional<Name>> aliasOf(const Message& answer, const Name& name, const Name& zone,
                                    std::vector<Record>& taken) {
  for (const Record& record : answer.answers) {
    if (!record.name.isBelow(zone)) continue;
    if (record.type == Type::DNAME && name != record.name && name.isBelow(record.name)) {
      const auto target = DNAME::fromData(record.data, Seconds(record.ttl));
      if (!target) return target.failure();
      Result<Name> moved = name.replaceEnding(record.name, target->name);
      if (!moved) return moved.failure();  // YXDOMAIN, strictly
      // Once, however often the chain comes through it.
      if (std::find(taken.begin(), taken.end(), record) == taken.end()) taken.push_back(record);
      CNAME alias(*moved, Seconds(record.ttl));
      taken.push_back(makeRecord(name, alias));
      return std::optional<Name>(std::move(*moved));
    }
  }
  for (const Record& record : answer.answers) {
    if (record.type != Type::CNAME || record.name != name || !name.isBelow(zone)) continue;
    const auto target = CNAME::fromData(record.data, Seconds(record.ttl));
    if (!target) return target.failure();
    taken.push_back(record);
    return std::optional<Name>(target->name);
  }
  return std::optional<Name>();
}

bool signsType(const Record& record, Type type) {
  return record.type == Type::RRSIG && record.data.size() >= 2 &&
         (static_cast<unsigned char>(record.data[0]) << 8 |
          static_cast<unsigned char>(record.data[1])) == static_cast<int>(type);
}

}  // namespace

Result<AliasChain> believed(const Message& answer, const Question& question, const Name& zone,
                            int maxAliases) {
  AliasChain chain{{}, 0, question.name};
  while (chain.aliases <= maxAliases) {
    if (!chain.end.isBelow(zone)) return chain;
    bool any = false;
    for (const Record& record : answer.answers) {
      const bool wanted = record.type == question.type || question.type == Type::ANY;
      if (record.name != chain.end || !(wanted || signsType(record, question.type))) continue;
      any = any || wanted;
      chain.records.push_back(record);
    }
    if (any) return chain;
    Result<std::optional<Name>> target = aliasOf(answer, chain.end, zone, chain.records);
    if (!target) return target.failure();
    if (!*target) return chain;
    ++chain.aliases;
    chain.end = std::move(**target);
  }
  return chain;
}

}  // namespace ropewalk::dns
