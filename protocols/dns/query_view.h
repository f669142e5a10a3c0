// QueryView: a question as it came, read in place; what servers answer from. RFC 1035 §4, RFC 6891.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "name.h"
#include "types.h"

namespace ropewalk::dns {

/// Views into the message that it was read from, but for the name; allocates nothing.
struct QueryView {
  std::string_view message{};  ///< all of it
  std::uint16_t id = 0;
  Opcode opcode = Opcode::QUERY;
  bool recursionDesired = false;  ///< RD
  bool checkingDisabled = false;  ///< CD
  bool authenticData = false;     ///< AD
  Type type = Type::A;
  Class klass = Class::IN;
  std::size_t questionEnd = 0;  ///< offset behind the question section

  bool edns = false;
  std::uint16_t udpSize = 512;  ///< what the asker takes over UDP; at least 512
  std::uint8_t ednsVersion = 0;
  bool dnssecOk = false;
  std::string_view ednsOptions{};  ///< all options as they came, well-formed
  std::string_view cookie{};       ///< the COOKIE option: 8, or 16 to 40 bytes; else empty
  bool badCookie = false;  ///< a COOKIE option of another length: FORMERR (RFC 7873 §5.2.2)

  std::uint32_t serial = 0;  ///< IXFR: of the SOA in the authority section (RFC 1995 §3)
  bool soaInAuthority = false;
  std::size_t tsigAt = 0;  ///< offset of a TSIG that is the last record; 0: none

  /// The asked name in wire form: as it came (0x20), and in lower case.
  [[nodiscard]] std::string_view name() const noexcept { return {name_.data(), nameLength_}; }
  [[nodiscard]] std::string_view lowerName() const noexcept { return {lower_.data(), nameLength_}; }

  std::array<char, kMaxNameLength> name_;  // filled by readQuery
  std::array<char, kMaxNameLength> lower_;
  std::size_t nameLength_ = 0;
};

enum class QueryFault : std::uint8_t {
  none,
  /// Shorter than a header, or itself an answer: say nothing, or two servers could talk for ever.
  silence,
  /// The header was read, the rest is malformed or has not exactly one question.
  formErr,
};

/// Reads a question into `query`. Opcodes other than QUERY and NOTIFY are read up to the header
/// only. All records are walked, two OPT records are refused.
[[nodiscard]] QueryFault readQuery(std::string_view message, QueryView& query) noexcept;

}  // namespace ropewalk::dns
