// How the data of records is compared. RFC 4034 §6.2 and §6.3, RFC 6840 §5.1, RFC 3597 §6.
#include "rdata.h"

namespace ropewalk::dns {

namespace {

/// Types whose names differ in nothing but case are the same; those that came after RFC 3597 are
/// compared byte by byte.
bool foldsNames(Type type) noexcept {
  switch (type) {
    case Type::NS:
    case Type::MD:
    case Type::MF:
    case Type::CNAME:
    case Type::SOA:
    case Type::MB:
    case Type::MG:
    case Type::MR:
    case Type::PTR:
    case Type::MINFO:
    case Type::MX:
    case Type::RP:
    case Type::AFSDB:
    case Type::RT:
    case Type::SIG:
    case Type::PX:
    case Type::NXT:
    case Type::SRV:
    case Type::NAPTR:
    case Type::KX:
    case Type::DNAME:
    case Type::RRSIG:
      return true;
    default:
      return false;
  }
}

/// How many bytes a field that stands before a name takes.
std::size_t sizeBeforeName(Field field, std::string_view data) noexcept {
  switch (field) {
    case Field::u8:
    case Field::algorithm:
      return 1;
    case Field::u16:
    case Field::type:
      return 2;
    case Field::u32:
    case Field::date32:
      return 4;
    case Field::string:
      return data.empty() ? 0 : std::size_t{1} + static_cast<unsigned char>(data[0]);
    default:
      return data.size();  // no name comes behind others
  }
}

}  // namespace

std::string canonicalRdata(Type type, std::string_view data) {
  std::string canonical(data);
  if (!foldsNames(type)) return canonical;
  std::size_t at = 0;
  for (const Field field : fieldsOf(type)) {
    const std::string_view rest = std::string_view(canonical).substr(at);
    const bool name = field == Field::compressedName || field == Field::name;
    const std::size_t size = name ? wire::nameLength(rest) : sizeBeforeName(field, rest);
    if (size == 0 || size > rest.size()) return canonical;
    if (name) wire::lowerName(rest.substr(0, size), canonical.data() + at);
    at += size;
  }
  return canonical;
}

bool sameRdata(Type type, std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (a.size() != b.size() || !foldsNames(type)) return false;
  return canonicalRdata(type, a) == canonicalRdata(type, b);
}

bool rdataBefore(Type type, std::string_view a, std::string_view b) {
  return foldsNames(type) ? canonicalRdata(type, a) < canonicalRdata(type, b) : a < b;
}

}  // namespace ropewalk::dns
