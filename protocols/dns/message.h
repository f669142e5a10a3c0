// DNS messages: questions, records, and both together on the wire. RFC 1035 §4, RFC 6891.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edns.h"
#include "name.h"
#include "ropewalk/core/base/result.h"
#include "types.h"

namespace ropewalk::dns {

constexpr std::size_t kHeaderLength = 12;
constexpr std::size_t kMaxMessageLength = 65'535;
constexpr std::size_t kPlainUdpLength = 512;  // without EDNS (RFC 1035 §4.2.1)

struct Question {
  Name name{};
  Type type = Type::A;
  Class klass = Class::IN;
  /// CD: the answer is wanted though it may be bogus (RFC 4035 §3.2.2). Not of the question on the
  /// wire, but of the header; it stands here since it makes another question of this one for
  /// caches.
  bool checkingDisabled = false;

  Question() = default;                     // constructors, as it is awaited with
  Question(Name name, Type type = Type::A,  // NOLINT(google-explicit-constructor): ask({name})
           Class klass = Class::IN)
      : name(std::move(name)), type(type), klass(klass) {}
  friend bool operator==(const Question&, const Question&) = default;
};
/// "example.org. MX"; the class stands between them when it is another than IN.
std::string toText(const Question& question);

/// What a TTL in a master file means: one that has the highest of its 32 bits set counts as 0
/// (RFC 2181 §8).
[[nodiscard]] constexpr std::uint32_t effectiveTtl(std::uint32_t ttl) noexcept {
  return ttl > 0x7FFF'FFFF ? 0 : ttl;
}

/// A resource record. The data is in wire form with every name in it uncompressed; records.h makes
/// typed ones of it, toText the presentation form.
struct Record {
  Name name{};
  Type type = Type::A;
  Class klass = Class::IN;
  std::uint32_t ttl = 0;  ///< seconds; at most 2^31-1, which decode() cuts to (RFC 8767 §4)
  std::string data{};
  friend bool operator==(const Record&, const Record&) = default;
};
/// One line of a master file: "example.org.\t300\tIN\tMX\t10 mail.example.org.".
std::string toText(const Record& record);

/// A message, whole. Servers on their hot path use query_view.h and writer.h instead.
struct Message {
  std::uint16_t id = 0;
  bool response = false;  ///< QR
  Opcode opcode = Opcode::QUERY;
  bool authoritative = false;       ///< AA
  bool truncated = false;           ///< TC
  bool recursionDesired = false;    ///< RD
  bool recursionAvailable = false;  ///< RA
  bool authenticData = false;       ///< AD (RFC 4035)
  bool checkingDisabled = false;    ///< CD
  Rcode rcode = Rcode::NOERROR;     ///< twelve bits with EDNS
  std::vector<Question> questions{};
  std::vector<Record> answers{};
  std::vector<Record> authority{};
  std::vector<Record> additional{};  ///< without OPT and TSIG
  std::optional<Edns> edns{};
  /// The last record when it is a TSIG (RFC 8945); tsig.h makes and checks it. Kept as it came.
  std::optional<Record> tsig{};

  friend bool operator==(const Message&, const Message&) = default;

  /// Reads a whole message. Every name and the data of every known type is checked; bytes behind
  /// the last record mean nothing, as others read them.
  /// @return  FormatError that says where: "record 2 of the answer: name at 48: pointer forward"
  static Result<Message> decode(std::string_view wire);
  /// @param limit  longest wire form in bytes, at least 512. What does not fit is left out from the
  ///               end, whole RRsets at a time, and TC is set when an answer or authority record
  ///               was; OPT and TSIG stay
  /// @return       the wire form, with compressed names
  [[nodiscard]] std::string encode(std::size_t limit = kMaxMessageLength) const;
};

/// As dig prints it: header, sections, OPT.
std::string toText(const Message& message);

}  // namespace ropewalk::dns
