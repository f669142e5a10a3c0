// What an answer says to a question: its records behind aliases, its error, how long it holds.
// RFC 1034 §4.3.2, RFC 2308.
#pragma once

#include <cstdint>
#include <vector>

#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

/// The records of a question, found by following CNAMEs in one answer.
struct Followed {
  Name name{};                    ///< where the chain ends: the question's own without a CNAME
  std::vector<Record> records{};  ///< of that name and the type; for ANY of every type
};

/// Never loops, whatever the answer says.
[[nodiscard]] Followed follow(const Message& answer, const Question& question);

/// The error that an answer's rcode stands for, as DNSNameError and its like; fine for NOERROR.
[[nodiscard]] Result<void> checkRcode(const Message& answer, const Question& question);

/// Whether an answer of NOERROR without the records says that there are none (RFC 2308 §2.2): it
/// has the zone's SOA, or no NS records in its authority section, as forwarders answer. NS records
/// alone are a referral: a server that is lame must not make a record disappear.
[[nodiscard]] bool deniesRecords(const Message& answer) noexcept;

/// Whether it is what a server says that was told of the zone and does not have it: NOERROR,
/// neither AA nor RA, and nothing in it.
[[nodiscard]] bool isLame(const Message& answer) noexcept;

/// NOERROR without a record or an alias, that does not say that there is none, or may not know:
/// another server may have a better answer.
[[nodiscard]] bool saysNothing(const Message& answer) noexcept;

/// What an answer of NOERROR without the records says: DNSNoDataError where it denies them, else
/// nothing, and that is DNSServerError.
[[nodiscard]] Failure nothingFound(const Message& answer, const Question& question);

/// Puts an SOA into an answer that was made here and has no records: it says how long that holds.
void vouchForNothing(Message& answer, std::uint32_t ttl);

/// The SOA of a negative answer: whose minimum says how long it holds (RFC 2308 §5). Null without
/// one.
[[nodiscard]] const Record* negativeAuthority(const Message& answer) noexcept;

}  // namespace ropewalk::dns
