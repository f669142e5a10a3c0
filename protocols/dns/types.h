// The numbers of the DNS, and their names. RFC 1035 §3.2 and §4.1, RFC 6895; IANA's registry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/base/print.h"

namespace ropewalk::dns {

using ropewalk::operator<<;

/// Types of records and questions: all of the registry. Others may be had by their number
/// (RFC 3597).
enum class Type : std::uint16_t {
  A = 1,
  NS = 2,
  MD = 3,
  MF = 4,
  CNAME = 5,
  SOA = 6,
  MB = 7,
  MG = 8,
  MR = 9,  // 10 is "NULL", which C has taken
  WKS = 11,
  PTR = 12,
  HINFO = 13,
  MINFO = 14,
  MX = 15,
  TXT = 16,
  RP = 17,
  AFSDB = 18,
  X25 = 19,
  ISDN = 20,
  RT = 21,
  NSAP = 22,
  NSAP_PTR = 23,  // "NSAP-PTR"
  SIG = 24,
  KEY = 25,
  PX = 26,
  GPOS = 27,
  AAAA = 28,
  LOC = 29,
  NXT = 30,
  EID = 31,
  NIMLOC = 32,
  SRV = 33,
  ATMA = 34,
  NAPTR = 35,
  KX = 36,
  CERT = 37,
  A6 = 38,
  DNAME = 39,
  SINK = 40,
  OPT = 41,
  APL = 42,
  DS = 43,
  SSHFP = 44,
  IPSECKEY = 45,
  RRSIG = 46,
  NSEC = 47,
  DNSKEY = 48,
  DHCID = 49,
  NSEC3 = 50,
  NSEC3PARAM = 51,
  TLSA = 52,
  SMIMEA = 53,
  HIP = 55,
  NINFO = 56,
  RKEY = 57,
  TALINK = 58,
  CDS = 59,
  CDNSKEY = 60,
  OPENPGPKEY = 61,
  CSYNC = 62,
  ZONEMD = 63,
  SVCB = 64,
  HTTPS = 65,
  DSYNC = 66,
  HHIT = 67,
  BRID = 68,
  SPF = 99,
  UINFO = 100,
  UID = 101,
  GID = 102,
  UNSPEC = 103,
  NID = 104,
  L32 = 105,
  L64 = 106,
  LP = 107,
  EUI48 = 108,
  EUI64 = 109,
  NXNAME = 128,
  TKEY = 249,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  MAILB = 253,
  MAILA = 254,
  ANY = 255,
  URI = 256,
  CAA = 257,
  AVC = 258,
  DOA = 259,
  AMTRELAY = 260,
  RESINFO = 261,
  WALLET = 262,
  CLA = 263,
  IPN = 264,
  TA = 32768,
  DLV = 32769,
};

enum class Class : std::uint16_t { IN = 1, CH = 3, HS = 4, NONE = 254, ANY = 255 };

enum class Opcode : std::uint8_t { QUERY = 0, IQUERY = 1, STATUS = 2, NOTIFY = 4, UPDATE = 5 };

/// With the upper eight bits of EDNS (RFC 6891 §6.1.3), and those of TSIG (RFC 8945 §5.3).
enum class Rcode : std::uint16_t {
  NOERROR = 0,
  FORMERR = 1,
  SERVFAIL = 2,
  NXDOMAIN = 3,
  NOTIMP = 4,
  REFUSED = 5,
  YXDOMAIN = 6,
  YXRRSET = 7,
  NXRRSET = 8,
  NOTAUTH = 9,
  NOTZONE = 10,
  BADVERS = 16,  // BADSIG in a TSIG
  BADKEY = 17,
  BADTIME = 18,
  BADTRUNC = 22,
  BADCOOKIE = 23,
};

/// "MX"; "TYPE731" where there is no name for it (RFC 3597 §5).
[[nodiscard]] std::string toText(Type type);
[[nodiscard]] std::string toText(Class klass);
[[nodiscard]] std::string toText(Opcode opcode);
[[nodiscard]] std::string toText(Rcode rcode);

/// The other way; letters of either case. Nothing for anything else.
[[nodiscard]] std::optional<Type> parseType(std::string_view text);
[[nodiscard]] std::optional<Class> parseClass(std::string_view text);

/// Types that only questions, OPT or signatures of messages have (RFC 6895 §3.1): no zone holds
/// them.
[[nodiscard]] constexpr bool isMetaType(Type type) noexcept {
  const auto number = static_cast<std::uint16_t>(type);
  return type == Type::OPT || (number >= 128 && number <= 255);
}

}  // namespace ropewalk::dns
