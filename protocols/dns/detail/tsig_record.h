// The TSIG record on the wire, and the MAC that it carries. RFC 8945 §4.2 and §4.3. Private to
// protocols/dns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/ssl/crypto/digest.h"

namespace ropewalk::dns::detail {

/// One record; views are of the message that it was read from.
struct TsigRecord {
  std::string keyName{};    ///< wire form, in lower case: so it is digested (§4.3.3)
  std::string algorithm{};  ///< the same
  std::uint64_t time = 0;   ///< seconds since 1970, 48 bits
  std::uint16_t fudge = 0;  ///< seconds
  std::string_view mac{};
  std::uint16_t originalId = 0;
  std::uint16_t error = 0;
  std::string_view other{};
};

/// Reads the record at `at`, which must be the last thing of the message.
/// @return false when it is malformed, or no TSIG of class ANY with TTL 0
[[nodiscard]] bool readTsig(std::string_view message, std::size_t at, TsigRecord& record);

/// @return the record's wire form
[[nodiscard]] std::string writeTsig(const TsigRecord& record);
/// Puts it behind a message, and counts it.
void appendTsig(std::string& message, const TsigRecord& record);

/// Where the last record of a message begins if it is a TSIG.
struct TsigPlace {
  bool wellFormed = false;
  std::size_t at = 0;  ///< 0: there is none
};
[[nodiscard]] TsigPlace findTsig(std::string_view message) noexcept;

/// Nothing for an algorithm that is not known. HMAC-MD5 is left out: RFC 8945 §6 says "MUST NOT".
[[nodiscard]] std::optional<crypto::Hash> tsigHash(std::string_view algorithm) noexcept;
/// "\13hmac-sha256\0".
[[nodiscard]] std::string algorithmWire(std::string_view algorithm);

/// What is signed before the message: its length, and the MAC of what came before it (§4.3.1).
void digestPriorMac(crypto::Hmac& hmac, std::string_view mac);
/// The message as it was before the TSIG was added: with the id and the count of then (§4.3.2).
/// @param end  where its TSIG begins
void digestMessage(crypto::Hmac& hmac, std::string_view message, std::size_t end,
                   std::uint16_t originalId, bool hasTsig);
/// The fields of the record that are signed (§4.3.3).
void digestVariables(crypto::Hmac& hmac, const TsigRecord& record);
/// All that later messages of a stream sign of their TSIG (§5.3.1).
void digestTimers(crypto::Hmac& hmac, const TsigRecord& record);

}  // namespace ropewalk::dns::detail
