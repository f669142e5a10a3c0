// How long rare fields are, and how they are printed: a case for each. RFCs: rare_fields.h.
#include "rare_fields.h"

#include <array>

#include "addresses.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/name.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::size_t kMalformed = std::string_view::npos;
constexpr std::size_t kMaxPortBytes = 8192;  // a bit for each port

std::size_t u8(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

std::size_t atLeast(std::string_view rest, std::size_t size) noexcept {
  return rest.size() >= size ? size : kMalformed;
}

/// A gateway or relay whose type is `type`, behind `head` bytes. What a type means that is not
/// known, nobody can say: it takes the rest.
std::size_t hostLength(std::string_view rest, std::size_t head, std::size_t type) noexcept {
  if (rest.size() < head) return kMalformed;
  switch (type) {
    case 0:
      return head;
    case 1:
      return atLeast(rest, head + 4);
    case 2:
      return atLeast(rest, head + 16);
    case 3: {
      const std::size_t name = wire::nameLength(rest.substr(head));
      return name == 0 ? kMalformed : head + name;
    }
    default:
      return rest.size();
  }
}

/// RFC 3123 §4: items of a family, a prefix, a bit and the bytes that are not zero.
std::size_t prefixesLength(std::string_view rest) noexcept {
  for (std::size_t at = 0; at < rest.size();) {
    if (rest.size() - at < 4) return kMalformed;
    at += 4 + (u8(rest, at + 3) & 0x7F);
    if (at > rest.size()) return kMalformed;
  }
  return rest.size();
}

/// RFC 8005 §5: two lengths around an algorithm, what they are of, and servers.
std::size_t identityLength(std::string_view rest) noexcept {
  if (rest.size() < 4) return kMalformed;
  std::size_t at = 4 + u8(rest, 0) + (u8(rest, 2) << 8 | u8(rest, 3));
  while (at < rest.size()) {
    const std::size_t name = wire::nameLength(rest.substr(at));
    if (name == 0) return kMalformed;
    at += name;
  }
  return at == rest.size() ? at : kMalformed;
}

/// RFC 2874 §3.1: the length of a prefix, the bits behind it in whole bytes, whose the prefix is.
std::size_t longAddressLength(std::string_view rest) noexcept {
  if (rest.empty() || u8(rest, 0) > 128) return kMalformed;
  const std::size_t head = 1 + (128 - u8(rest, 0) + 7) / 8;
  if (rest.size() < head) return kMalformed;
  if (u8(rest, 0) == 0) return head;
  const std::size_t name = wire::nameLength(rest.substr(head));
  return name == 0 ? kMalformed : head + name;
}

// Printing.

bool endsInZero(std::string_view bytes) noexcept { return bytes.ends_with('\0'); }

void putHexGroups(std::string_view bytes, std::size_t size, char between, std::string& out) {
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    if (at != 0) out += between;
    putHex(bytes.substr(at, size), out);
  }
}

/// The types or ports whose bits are set, a blank before each but the first.
template <class Put>
void putBits(std::string_view bytes, bool first, std::string& out, Put put) {
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    if ((u8(bytes, bit / 8) & 0x80U >> bit % 8) == 0) continue;
    if (!first) out += ' ';
    first = false;
    put(bit);
  }
}

bool putServices(std::string_view bytes, std::string& out) {
  if (endsInZero(bytes.substr(1))) return false;
  out += std::to_string(u8(bytes, 0));
  putBits(bytes.substr(1), false, out, [&out](std::size_t port) { out += std::to_string(port); });
  return true;
}

/// RFC 2535 §5.2: the first bit is zero, or the rest means something else.
bool putOldBitmap(std::string_view bytes, std::string& out) {
  if (endsInZero(bytes) || (!bytes.empty() && u8(bytes, 0) >= 0x80)) return false;
  putBits(bytes, true, out, [&out](std::size_t type) { out += toText(static_cast<Type>(type)); });
  return true;
}

/// "!2:2001:db8::/32"
bool putPrefix(std::string_view item, std::string& out) {
  const std::size_t family = u8(item, 0) << 8 | u8(item, 1);
  const std::size_t size = family == 1 ? 4 : 16;
  const std::string_view given = item.substr(4);
  if (family != 1 && family != 2) return false;
  if (u8(item, 2) > size * 8 || given.size() > size || endsInZero(given)) return false;
  std::string address(given);
  address.resize(size);
  if ((u8(item, 3) & 0x80) != 0) out += '!';
  out += family == 1 ? "1:" : "2:";
  family == 1 ? putIPv4(address, out) : putIPv6(address, out);
  out += '/';
  out += std::to_string(u8(item, 2));
  return true;
}

bool putPrefixes(std::string_view bytes, std::string& out) {
  for (bool first = true; !bytes.empty(); first = false) {
    const std::size_t size = 4 + (u8(bytes, 3) & 0x7F);
    if (!first) out += ' ';
    if (!putPrefix(bytes.substr(0, size), out)) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

bool putHost(std::size_t type, std::string_view bytes, std::string& out) {
  switch (type) {
    case 0:
      out += '.';
      return true;
    case 1:
      putIPv4(bytes, out);
      return true;
    case 2:
      putIPv6(bytes, out);
      return true;
    case 3:
      out += wire::nameToText(bytes);
      return true;
    default:
      return false;
  }
}

bool putGateway(std::string_view bytes, std::string& out) {
  out += std::to_string(u8(bytes, 0)) + " " + std::to_string(u8(bytes, 1)) + " ";
  return putHost(u8(bytes, 0), bytes.substr(2), out);
}

bool putRelay(std::string_view bytes, std::string& out) {
  const std::size_t type = u8(bytes, 0) & 0x7F;
  out += std::to_string(u8(bytes, 0) >> 7) + " " + std::to_string(type) + " ";
  return putHost(type, bytes.substr(1), out);
}

bool putIdentity(std::string_view bytes, std::string& out) {
  const std::size_t tag = u8(bytes, 0);
  const std::size_t key = u8(bytes, 2) << 8 | u8(bytes, 3);
  if (tag == 0 || key == 0) return false;
  out += std::to_string(u8(bytes, 1)) + " ";
  putHex(bytes.substr(4, tag), out);
  out += " " + base64Encode(bytes.substr(4 + tag, key));
  for (bytes.remove_prefix(4 + tag + key); !bytes.empty();) {
    const std::size_t name = wire::nameLength(bytes);
    out += " " + wire::nameToText(bytes.substr(0, name));
    bytes.remove_prefix(name);
  }
  return true;
}

bool putLongAddress(std::string_view bytes, std::string& out) {
  const std::size_t prefix = u8(bytes, 0);
  const std::size_t size = (128 - prefix + 7) / 8;
  out += std::to_string(prefix);
  if (size != 0) {
    if (u8(bytes, 1) >> (8 - prefix % 8) != 0) return false;  // bits of the prefix: to be zero
    std::string address(16 - size, '\0');
    out += ' ';
    putIPv6(address.append(bytes.substr(1, size)), out);
  }
  if (prefix != 0) out += " " + wire::nameToText(bytes.substr(1 + size));
  return true;
}

}  // namespace

std::size_t rareLength(Field field, std::string_view rest) noexcept {
  switch (field) {
    case Field::optionalString:
      return rest.empty() || rest.size() == u8(rest, 0) + 1 ? rest.size() : kMalformed;
    case Field::scheme:
      return atLeast(rest, 1);
    case Field::eui48:
      return atLeast(rest, 6);
    case Field::eui64:
    case Field::groups64:
      return atLeast(rest, 8);
    case Field::nsap:
      return rest.empty() ? kMalformed : rest.size();
    case Field::services:
      return !rest.empty() && rest.size() <= 1 + kMaxPortBytes ? rest.size() : kMalformed;
    case Field::oldBitmap:
      return rest.size() <= 16 ? rest.size() : kMalformed;
    case Field::prefixes:
      return prefixesLength(rest);
    case Field::gateway:
      return hostLength(rest, 2, rest.empty() ? 0 : u8(rest, 0));
    case Field::relay:
      return hostLength(rest, 1, rest.empty() ? 0 : u8(rest, 0) & 0x7F);
    case Field::identity:
      return identityLength(rest);
    case Field::longAddress:
      return longAddressLength(rest);
    default:
      return rest.size();
  }
}

bool putRare(Field field, std::string_view bytes, std::string& out) {
  switch (field) {
    case Field::optionalString:
      if (!bytes.empty()) putQuoted(bytes.substr(1), out);
      return true;
    case Field::optionalBase64:
      out += base64Encode(bytes);
      return true;
    case Field::scheme:
      out += u8(bytes, 0) == 1 ? "NOTIFY" : std::to_string(u8(bytes, 0));
      return true;
    case Field::eui48:
    case Field::eui64:
      putHexGroups(bytes, 1, '-', out);
      return true;
    case Field::groups64:
      putHexGroups(bytes, 2, ':', out);
      return true;
    case Field::nsap:
      out += "0x";
      putHex(bytes, out);
      return true;
    case Field::services:
      return putServices(bytes, out);
    case Field::oldBitmap:
      return putOldBitmap(bytes, out);
    case Field::prefixes:
      return putPrefixes(bytes, out);
    case Field::gateway:
      return putGateway(bytes, out);
    case Field::relay:
      return putRelay(bytes, out);
    case Field::identity:
      return putIdentity(bytes, out);
    case Field::longAddress:
      return putLongAddress(bytes, out);
    default:
      return false;
  }
}

}  // namespace ropewalk::dns::detail
