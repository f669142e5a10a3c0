// The data of records, by one table: what fields each type has, on the wire and as text. RFC 1035
// §3.3 and §5.1, RFC 3597, and the RFC of each type (rdata_fields.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "name.h"
#include "ropewalk/core/base/result.h"
#include "types.h"

namespace ropewalk::dns {

/// What a piece of a record's data is. The table of fields drives checking, expanding and
/// compressing names, printing and parsing.
enum class Field : std::uint8_t {
  compressedName,  // may be sent compressed: types of RFC 1035 only (RFC 3597 §4)
  name,
  u8,
  u16,
  u32,
  seconds32,  // u32; as text also "1h30m"
  date32,     // seconds since 1970 in serial arithmetic; as text YYYYMMDDHHMMSS
  ipv4,
  ipv6,
  string,      // a length byte, then text (RFC 1035 §3.3)
  strings,     // one or more, to the end
  tag,         // like string, written without quotes: letters and digits (CAA)
  quoted,      // text to the end of the data, without a length (CAA, URI)
  type,        // u16; as text a type's name
  certType,    // u16; as text a name of RFC 4398 §2.1
  algorithm,   // u8; as text a number, or a name of RFC 4034 §A.1
  hex,         // to the end; may be spread over blanks
  base64,      // to the end; may be spread over blanks
  salt,        // a length byte, then bytes: hex without blanks, "-" for none (NSEC3)
  hash,        // a length byte, then bytes: base32hex (NSEC3)
  bitmap,      // to the end: types (RFC 4034 §4.1.2)
  location,    // 16 bytes of LOC (RFC 1876)
  parameters,  // to the end: SvcParams (RFC 9460 §2.1)
  time48,      // TSIG
  sized16,     // two bytes of length, then bytes; as text base64 (TSIG)
  opaque,      // to the end; as text \# (RFC 3597 §5)
  // Of few records, or of one: detail/rare_fields.h.
  optionalString,  // to the end: a string, or nothing (ISDN)
  optionalBase64,  // to the end; may be nothing (KEY, IPSECKEY)
  scheme,          // u8; as text a number, or a name of RFC 9859 (DSYNC)
  eui48,           // 00-00-5e-00-53-2a
  eui64,
  groups64,     // 64 bits: 0014:4fff:ff20:ee64 (NID, L64)
  nsap,         // to the end; 0x47.0005.80 (RFC 1706)
  services,     // to the end: a protocol, and bits for its ports (WKS)
  oldBitmap,    // to the end: types below 128 (RFC 2535 §5.2)
  prefixes,     // to the end: networks (RFC 3123)
  gateway,      // its type, an algorithm, the gateway (RFC 4025)
  relay,        // a bit and its type, the relay (RFC 8777)
  identity,     // to the end: all of HIP (RFC 8005)
  longAddress,  // to the end: all of A6 (RFC 2874)
};

[[nodiscard]] constexpr bool isRare(Field field) noexcept { return field > Field::opaque; }

/// The fields of a type's data, in order; one `opaque` for a type that is not known.
[[nodiscard]] std::span<const Field> fieldsOf(Type type) noexcept;

/// Takes a record's data from a message: appends it to `out` with its names expanded. Names are
/// accepted compressed in every known type, as RFC 3597 §4 asks of receivers.
/// @return FormatError naming the field at fault. Never throws
Result<void> expandRdata(Type type, std::string_view message, std::size_t offset,
                         std::size_t length, std::string& out);

/// Whether uncompressed data has the form of its type.
Result<void> checkRdata(Type type, std::string_view data);

/// Uncompressed data as it is compared: the names of the types that RFC 4034 §6.2 lists are in
/// lower case, all else is as it is. For data of the form of its type.
[[nodiscard]] std::string canonicalRdata(Type type, std::string_view data);
/// Whether two records of a type differ in letter case of names at most.
[[nodiscard]] bool sameRdata(Type type, std::string_view a, std::string_view b);
/// An order in which sameRdata() are equal.
[[nodiscard]] bool rdataBefore(Type type, std::string_view a, std::string_view b);

/// "10 mail.example.org." Data that has not the form of its type, or is of an unknown one, comes as
/// \# length hex (RFC 3597 §5).
[[nodiscard]] std::string rdataToText(Type type, std::string_view data);

/// The other way; also takes \# for every type.
/// @param text    without a comment; parentheses and line ends are gone; quotes and escapes are not
/// @param origin  what relative names are below
/// @return        FormatError naming the field at fault
Result<std::string> parseRdata(Type type, std::string_view text, const Name& origin = Name());

/// The same for the words that a master file was cut into.
struct Word {
  std::string_view text{};  ///< without its quotes; escapes are still in it
  bool quoted = false;
};
Result<std::string> parseRdata(Type type, std::span<const Word> words, const Name& origin);

}  // namespace ropewalk::dns
