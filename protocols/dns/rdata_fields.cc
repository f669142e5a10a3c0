// The table of what each type's data consists of, and the reading of it. RFC 1035 §3.3, RFC 3597
// §4; the RFC of each type stands beside it.
#include <array>
#include <cstring>

#include "errors.h"
#include "rdata.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/detail/rare_fields.h"

namespace ropewalk::dns {

namespace {

using F = Field;

constexpr F kAddress4[] = {F::ipv4};
constexpr F kAddress6[] = {F::ipv6};  // RFC 3596
constexpr F kOldName[] = {F::compressedName};
constexpr F kSoa[] = {F::compressedName, F::compressedName, F::u32,      F::seconds32,
                      F::seconds32,      F::seconds32,      F::seconds32};
constexpr F kHinfo[] = {F::string, F::string};
constexpr F kMx[] = {F::u16, F::compressedName};
constexpr F kTxt[] = {F::strings};
constexpr F kRp[] = {F::name, F::name};                  // RFC 1183 §2.2
constexpr F kAfsdb[] = {F::u16, F::name};                // RFC 1183 §1; KX: RFC 2230; LP: RFC 6742
constexpr F kLoc[] = {F::location};                      // RFC 1876
constexpr F kSrv[] = {F::u16, F::u16, F::u16, F::name};  // RFC 2782
constexpr F kNaptr[] = {F::u16, F::u16, F::string, F::string, F::string, F::name};  // RFC 3403 §4.1
constexpr F kCert[] = {F::certType, F::u16, F::algorithm, F::base64};               // RFC 4398 §2
constexpr F kDname[] = {F::name};                                                   // RFC 6672
constexpr F kDs[] = {F::u16, F::algorithm, F::u8, F::hex};                          // RFC 4034 §5
constexpr F kSshfp[] = {F::u8, F::u8, F::hex};                                      // RFC 4255
constexpr F kRrsig[] = {F::type,   F::algorithm, F::u8,   F::u32,   F::date32,
                        F::date32, F::u16,       F::name, F::base64};        // RFC 4034 §3
constexpr F kNsec[] = {F::name, F::bitmap};                                  // RFC 4034 §4
constexpr F kDnskey[] = {F::u16, F::u8, F::algorithm, F::base64};            // RFC 4034 §2
constexpr F kNsec3[] = {F::u8, F::u8, F::u16, F::salt, F::hash, F::bitmap};  // RFC 5155 §3
constexpr F kNsec3Param[] = {F::u8, F::u8, F::u16, F::salt};                 // RFC 5155 §4
constexpr F kTlsa[] = {F::u8, F::u8, F::u8, F::hex};  // RFC 6698; SMIMEA: RFC 8162
constexpr F kOpenPgpKey[] = {F::base64};  // RFC 7929; DHCID: RFC 4701; HHIT, BRID: RFC 9886
constexpr F kCsync[] = {F::u32, F::u16, F::bitmap};      // RFC 7477
constexpr F kZonemd[] = {F::u32, F::u8, F::u8, F::hex};  // RFC 8976
constexpr F kSvcb[] = {F::u16, F::name, F::parameters};  // RFC 9460
constexpr F kUri[] = {F::u16, F::u16, F::quoted};        // RFC 7553
constexpr F kCaa[] = {F::u8, F::tag, F::quoted};         // RFC 8659
constexpr F kTsig[] = {F::name, F::time48, F::u16, F::sized16, F::u16, F::u16, F::sized16};
constexpr F kOpaque[] = {F::opaque};

// Old, new and rare ones.
constexpr F kMinfo[] = {F::compressedName, F::compressedName};
constexpr F kWks[] = {F::ipv4, F::services};
constexpr F kX25[] = {F::string};                      // RFC 1183 §3.1
constexpr F kIsdn[] = {F::string, F::optionalString};  // RFC 1183 §3.2
constexpr F kNsap[] = {F::nsap};                       // RFC 1706; EID and NIMLOC are hex
constexpr F kKey[] = {F::u16, F::u8, F::algorithm, F::optionalBase64};  // RFC 2535 §3
constexpr F kPx[] = {F::u16, F::name, F::name};                         // RFC 2163
constexpr F kGpos[] = {F::string, F::string, F::string};                // RFC 1712
constexpr F kNxt[] = {F::name, F::oldBitmap};                           // RFC 2535 §5
constexpr F kHex[] = {F::hex};
constexpr F kSink[] = {F::u8, F::u8, F::u8, F::optionalBase64};    // draft-eastlake-kitchen-sink
constexpr F kA6[] = {F::longAddress};                              // RFC 2874
constexpr F kApl[] = {F::prefixes};                                // RFC 3123
constexpr F kIpseckey[] = {F::u8, F::gateway, F::optionalBase64};  // RFC 4025
constexpr F kHip[] = {F::identity};                                // RFC 8005
constexpr F kDsync[] = {F::type, F::scheme, F::u16, F::name};      // RFC 9859
constexpr F kNid[] = {F::u16, F::groups64};                        // RFC 6742; L64
constexpr F kL32[] = {F::u16, F::ipv4};                            // RFC 6742
constexpr F kEui48[] = {F::eui48};                                 // RFC 7043
constexpr F kEui64[] = {F::eui64};                                 // RFC 7043
constexpr F kAmtrelay[] = {F::u8, F::relay};                       // RFC 8777

std::string_view nameOf(Field field) {
  switch (field) {
    case F::compressedName:
    case F::name:
      return "name";
    case F::u8:
    case F::u16:
    case F::u32:
    case F::seconds32:
    case F::date32:
    case F::type:
    case F::certType:
    case F::algorithm:
    case F::time48:
      return "number";
    case F::ipv4:
      return "IPv4 address";
    case F::ipv6:
      return "IPv6 address";
    case F::string:
    case F::strings:
      return "string";
    case F::tag:
      return "tag";
    case F::salt:
      return "salt";
    case F::hash:
      return "hash";
    case F::bitmap:
      return "bitmap of types";
    case F::location:
      return "location";
    case F::parameters:
      return "parameters";
    default:
      return "bytes";
  }
}

std::size_t fixedSize(Field field) {
  switch (field) {
    case F::u8:
    case F::algorithm:
      return 1;
    case F::u16:
    case F::type:
    case F::certType:
      return 2;
    case F::u32:
    case F::seconds32:
    case F::date32:
    case F::ipv4:
      return 4;
    case F::time48:
      return 6;
    case F::ipv6:
    case F::location:
      return 16;
    default:
      return 0;
  }
}

std::size_t u8(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
std::size_t u16(std::string_view bytes, std::size_t at) {
  return u8(bytes, at) << 8 | u8(bytes, at + 1);
}

constexpr std::size_t kWrong = std::string_view::npos;

/// How many bytes of `rest` a piece behind a length of `prefix` bytes takes.
std::size_t sizedLength(std::string_view rest, std::size_t prefix, std::size_t least) {
  if (rest.size() < prefix) return kWrong;
  const std::size_t size = prefix == 1 ? u8(rest, 0) : u16(rest, 0);
  return size >= least && size <= rest.size() - prefix ? prefix + size : kWrong;
}

std::size_t stringsLength(std::string_view rest) {
  if (rest.empty()) return kWrong;
  std::size_t at = 0;
  while (at < rest.size()) at += u8(rest, at) + 1;
  return at == rest.size() ? at : kWrong;
}

/// Windows ascend; each has 1 to 32 bytes, of which the last is not 0 (RFC 4034 §4.1.2).
std::size_t bitmapLength(std::string_view rest) {
  int last = -1;
  for (std::size_t at = 0; at < rest.size();) {
    if (rest.size() - at < 3) return kWrong;
    const auto window = static_cast<int>(u8(rest, at));
    const std::size_t size = u8(rest, at + 1);
    if (window <= last || size < 1 || size > 32 || size > rest.size() - at - 2) return kWrong;
    if (u8(rest, at + 1 + size) == 0) return kWrong;
    last = window;
    at += 2 + size;
  }
  return rest.size();
}

/// Keys ascend, and each value is as long as it says (RFC 9460 §2.2).
std::size_t parametersLength(std::string_view rest) {
  int last = -1;
  for (std::size_t at = 0; at < rest.size();) {
    if (rest.size() - at < 4) return kWrong;
    const auto key = static_cast<int>(u16(rest, at));
    const std::size_t size = u16(rest, at + 2);
    if (key <= last || size > rest.size() - at - 4) return kWrong;
    last = key;
    at += 4 + size;
  }
  return rest.size();
}

bool lettersAndDigits(std::string_view text) {
  for (const char c : text) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) return false;
  }
  return true;
}

/// How many bytes of `rest` a field that is no name takes; kWrong when it is malformed.
std::size_t lengthOf(Field field, std::string_view rest) {
  if (const std::size_t size = fixedSize(field); size != 0) {
    // A LOC of another version is opaque to all who know only 0 (RFC 1876 §2).
    return rest.size() >= size ? size : kWrong;
  }
  if (isRare(field)) return detail::rareLength(field, rest);
  switch (field) {
    case F::string:
      return sizedLength(rest, 1, 0);
    case F::salt:
      return sizedLength(rest, 1, 0);
    case F::hash:
      return sizedLength(rest, 1, 1);
    case F::tag: {
      const std::size_t size = sizedLength(rest, 1, 1);
      return size != kWrong && lettersAndDigits(rest.substr(1, size - 1)) ? size : kWrong;
    }
    case F::sized16:
      return sizedLength(rest, 2, 0);
    case F::strings:
      return stringsLength(rest);
    case F::bitmap:
      return bitmapLength(rest);
    case F::parameters:
      return parametersLength(rest);
    default:
      return rest.size();
  }
}

Failure wrongField(Type type, Field field, std::size_t index) {
  return FormatError(
      format("{}: field {}: the {} is malformed or cut short", type, index + 1, nameOf(field)));
}

bool isName(Field field) { return field == F::compressedName || field == F::name; }

}  // namespace

std::span<const Field> fieldsOf(Type type) noexcept {
  switch (type) {
    case Type::A:
      return kAddress4;
    case Type::AAAA:
      return kAddress6;
    case Type::NS:
    case Type::CNAME:
    case Type::PTR:
    case Type::MD:
    case Type::MF:
    case Type::MB:
    case Type::MG:
    case Type::MR:
      return kOldName;
    case Type::SOA:
      return kSoa;
    case Type::HINFO:
      return kHinfo;
    case Type::MX:
      return kMx;
    case Type::TXT:
    case Type::SPF:
    case Type::NINFO:
    case Type::AVC:
    case Type::RESINFO:
    case Type::WALLET:
    case Type::CLA:
      return kTxt;
    case Type::RP:
    case Type::TALINK:
      return kRp;
    case Type::AFSDB:
    case Type::KX:
    case Type::RT:
    case Type::LP:
      return kAfsdb;
    case Type::LOC:
      return kLoc;
    case Type::SRV:
      return kSrv;
    case Type::NAPTR:
      return kNaptr;
    case Type::CERT:
      return kCert;
    case Type::DNAME:
    case Type::NSAP_PTR:
      return kDname;
    case Type::DS:
    case Type::CDS:
    case Type::TA:
    case Type::DLV:
      return kDs;
    case Type::SSHFP:
      return kSshfp;
    case Type::RRSIG:
    case Type::SIG:
      return kRrsig;
    case Type::NSEC:
      return kNsec;
    case Type::DNSKEY:
    case Type::CDNSKEY:
    case Type::RKEY:
      return kDnskey;
    case Type::NSEC3:
      return kNsec3;
    case Type::NSEC3PARAM:
      return kNsec3Param;
    case Type::TLSA:
    case Type::SMIMEA:
      return kTlsa;
    case Type::OPENPGPKEY:
    case Type::DHCID:
    case Type::HHIT:
    case Type::BRID:
      return kOpenPgpKey;
    case Type::CSYNC:
      return kCsync;
    case Type::ZONEMD:
      return kZonemd;
    case Type::SVCB:
    case Type::HTTPS:
      return kSvcb;
    case Type::URI:
      return kUri;
    case Type::CAA:
      return kCaa;
    case Type::TSIG:
      return kTsig;
    case Type::MINFO:
      return kMinfo;
    case Type::WKS:
      return kWks;
    case Type::X25:
      return kX25;
    case Type::ISDN:
      return kIsdn;
    case Type::NSAP:
      return kNsap;
    case Type::KEY:
      return kKey;
    case Type::PX:
      return kPx;
    case Type::GPOS:
      return kGpos;
    case Type::NXT:
      return kNxt;
    case Type::EID:
    case Type::NIMLOC:
      return kHex;
    case Type::SINK:
      return kSink;
    case Type::A6:
      return kA6;
    case Type::APL:
      return kApl;
    case Type::IPSECKEY:
      return kIpseckey;
    case Type::HIP:
      return kHip;
    case Type::DSYNC:
      return kDsync;
    case Type::NID:
    case Type::L64:
      return kNid;
    case Type::L32:
      return kL32;
    case Type::EUI48:
      return kEui48;
    case Type::EUI64:
      return kEui64;
    case Type::AMTRELAY:
      return kAmtrelay;
    default:
      return kOpaque;
  }
}

Result<void> expandRdata(Type type, std::string_view message, std::size_t offset,
                         std::size_t length, std::string& out) {
  const std::string_view data = message.substr(0, offset + length);
  std::size_t at = offset;
  std::size_t index = 0;
  std::array<char, kMaxNameLength> name;
  for (const Field field : fieldsOf(type)) {
    if (isName(field)) {
      const auto read = wire::readName(data, at, name.data());
      if (read.next == 0) return wrongField(type, field, index);
      out.append(name.data(), read.length);
      at = read.next;
    } else {
      const std::size_t size = lengthOf(field, data.substr(at));
      if (size == kWrong) return wrongField(type, field, index);
      out.append(data.substr(at, size));
      at += size;
    }
    ++index;
  }
  if (at == data.size()) return {};
  return Failure(FormatError(format("{}: {} bytes too many", type, data.size() - at)));
}

Result<void> checkRdata(Type type, std::string_view data) {
  std::size_t index = 0;
  for (const Field field : fieldsOf(type)) {
    std::size_t size = isName(field) ? wire::nameLength(data) : lengthOf(field, data);
    if (isName(field) && size == 0) size = kWrong;
    if (size == kWrong) return wrongField(type, field, index);
    data.remove_prefix(size);
    ++index;
  }
  if (data.empty()) return {};
  return Failure(FormatError(format("{}: {} bytes too many", type, data.size())));
}

}  // namespace ropewalk::dns
