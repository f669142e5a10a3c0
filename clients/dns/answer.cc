// Chains of CNAMEs followed once; what an rcode, an SOA or nothing at all means. RFC 2308 §2.
#include "answer.h"

#include <algorithm>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

constexpr int kMaxAliases = 16;  // in one answer; no honest one has more

const Record* aliasOf(const Message& answer, const Name& name) {
  const auto found = std::find_if(
      answer.answers.begin(), answer.answers.end(),
      [&](const Record& record) { return record.type == Type::CNAME && record.name == name; });
  return found == answer.answers.end() ? nullptr : &*found;
}

std::vector<Record> recordsAt(const Message& answer, const Name& name, Type type) {
  std::vector<Record> records;
  for (const Record& record : answer.answers) {
    if (record.name == name && (record.type == type || type == Type::ANY))
      records.push_back(record);
  }
  return records;
}

template <class E>
Failure failed(const Question& question, const std::string& why) {
  return Failure(E(format("cannot resolve {}: {}", toText(question), why)));
}

}  // namespace

Followed follow(const Message& answer, const Question& question) {
  Followed followed{question.name};
  for (int aliases = 0; aliases <= kMaxAliases; ++aliases) {
    followed.records = recordsAt(answer, followed.name, question.type);
    const Record* const alias = aliasOf(answer, followed.name);
    if (!followed.records.empty() || alias == nullptr) break;
    const auto target = CNAME::fromData(alias->data, Seconds(alias->ttl));
    if (!target) break;
    followed.name = target->name;
  }
  return followed;
}

Result<void> checkRcode(const Message& answer, const Question& question) {
  switch (answer.rcode) {
    case Rcode::NOERROR:
      return {};
    case Rcode::NXDOMAIN:
      return failed<DNSNameError>(question, "there is no such name");
    case Rcode::FORMERR:
      return failed<DNSFormatError>(question, "the server could not read the question (FORMERR)");
    case Rcode::SERVFAIL:
      return failed<DNSServerError>(question, "the server could not find out (SERVFAIL)");
    case Rcode::NOTIMP:
      return failed<DNSNotImplementedError>(question, "the server cannot do this (NOTIMP)");
    case Rcode::REFUSED:
      return failed<DNSQueryRefusedError>(question, "the server will not answer us (REFUSED)");
    default:
      return failed<DNSUnknownError>(question, format("the server says {}", toText(answer.rcode)));
  }
}

Failure nothingFound(const Message& answer, const Question& question) {
  if (deniesRecords(answer)) return failed<DNSNoDataError>(question, "the name has no such record");
  return failed<DNSServerError>(question,
                                "the server only names other servers (a referral), which says "
                                "nothing; ask another one");
}

void vouchForNothing(Message& answer, std::uint32_t ttl) {
  if (!answer.answers.empty() || answer.questions.empty()) return;
  SOA soa;
  soa.serial = 1;
  soa.minimum = ttl;
  soa.ttl = Seconds(ttl);
  answer.authority.push_back(makeRecord(answer.questions.front().name, soa));
}

bool deniesRecords(const Message& answer) noexcept {
  const bool servers = std::any_of(answer.authority.begin(), answer.authority.end(),
                                   [](const Record& record) { return record.type == Type::NS; });
  return !servers || negativeAuthority(answer) != nullptr;
}

bool isLame(const Message& answer) noexcept {
  return answer.rcode == Rcode::NOERROR && !answer.authoritative && !answer.recursionAvailable &&
         answer.answers.empty() && answer.authority.empty() && answer.additional.empty();
}

bool saysNothing(const Message& answer) noexcept {
  return answer.rcode == Rcode::NOERROR && answer.answers.empty() &&
         (!deniesRecords(answer) || isLame(answer));
}

const Record* negativeAuthority(const Message& answer) noexcept {
  const auto found = std::find_if(answer.authority.begin(), answer.authority.end(),
                                  [](const Record& record) { return record.type == Type::SOA; });
  return found == answer.authority.end() ? nullptr : &*found;
}

}  // namespace ropewalk::dns
