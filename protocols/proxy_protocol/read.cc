// Reading PROXY headers: the line of §2.1, the binary form of §2.2 with its TLVs and CRC32C.
#include "read.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

using Kind = ProxyStep::Kind;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kLine = "PROXY ";
constexpr std::size_t kLongestLine = 107;  // §2.1, CRLF included
constexpr std::size_t kHead = 16;          // §2.2: signature, command, family, length
constexpr std::size_t kLongestRest = 16 * 1024;
constexpr std::size_t kUnixPath = 108;

ProxyStep error(std::string_view reason) { return {.kind = Kind::error, .reason = reason}; }

// Version 1.

std::optional<Address> addressOf(std::string_view text, bool six, std::string_view port) {
  const Address address = Address::fromLiteral(text, 0);
  const auto wanted = six ? Address::Family::IPv6 : Address::Family::IPv4;
  const bool scoped = text.find('%') != std::string_view::npos;
  const auto number = parseNumber<std::uint16_t>(port);
  const bool canonical = port == "0" || !port.starts_with('0');
  if (address.family != wanted || scoped || !number || !canonical) return std::nullopt;
  Address whole = address;
  whole.port = *number;
  return whole;
}

ProxyStep readLine(std::string_view input) {
  const std::size_t end = input.substr(0, kLongestLine).find("\r\n");
  if (end == std::string_view::npos) {
    return input.size() < kLongestLine ? ProxyStep{}
                                       : error("version 1: no end of the line in 107 bytes");
  }
  ProxyStep step{.kind = Kind::header, .consumed = end + 2};
  const std::vector<std::string_view> words = split(input.substr(0, end), ' ');
  if (words.size() > 1 && words[1] == "UNKNOWN") {
    step.header.local = true;
    return step;
  }
  if (words.size() != 6) return error("version 1: not six words");
  const bool six = words[1] == "TCP6";
  if (!six && words[1] != "TCP4")
    return error("version 1: the family is neither TCP4, TCP6 nor UNKNOWN");
  const auto source = addressOf(words[2], six, words[4]);
  const auto destination = addressOf(words[3], six, words[5]);
  if (!source) return error("version 1: the source is no address and port of that family");
  if (!destination)
    return error("version 1: the destination is no address and port of that family");
  step.header.source = *source;
  step.header.destination = *destination;
  return step;
}

// Version 2.

std::size_t number16(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 |
         static_cast<unsigned char>(bytes[at + 1]);
}

Address ipAddress(std::string_view bytes, bool six, std::size_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(six ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size());
  const auto number = static_cast<std::uint16_t>(port);
  return six ? Address::IPv6(text.data(), number) : Address::IPv4(text.data(), number);
}

Address unixAddress(std::string_view bytes) {
  std::string path(bytes);
  if (path[0] == '\0' && path[1] != '\0') path[0] = '@';
  return Address::UNIX(path.substr(0, path.find('\0')));
}

/// Fills in the addresses. @return how many bytes they took; nothing when there are too few
std::optional<std::size_t> readAddresses(ProxyHeader& header, int family, std::string_view rest) {
  if (family == 0) {  // AF_UNSPEC
    header.local = true;
    return 0;
  }
  const std::size_t each = family == 1 ? 4 : family == 2 ? 16 : kUnixPath;
  const std::size_t size = 2 * each + (family == 3 ? 0 : 4);
  if (rest.size() < size) return std::nullopt;
  if (family == 3) {
    header.source = unixAddress(rest.substr(0, each));
    header.destination = unixAddress(rest.substr(each, each));
    return size;
  }
  header.source = ipAddress(rest.substr(0, each), family == 2, number16(rest, 2 * each));
  header.destination =
      ipAddress(rest.substr(each, each), family == 2, number16(rest, 2 * each + 2));
  return size;
}

/// CRC-32C (Castagnoli), the checksum's own bytes taken as zero (§2.2.3).
std::uint32_t checksum(std::string_view bytes, std::size_t own) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool mine = i >= own && i < own + 4;
    crc ^= mine ? 0 : static_cast<unsigned char>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

/// Calls take(type, offset, value) for each TLV. @return whether they fill the bytes exactly
template <class Take>
bool forEachTlv(std::string_view bytes, Take take) {
  std::size_t at = 0;
  while (bytes.size() - at >= 3) {
    const std::size_t size = number16(bytes, at + 1);
    if (bytes.size() - at - 3 < size) return false;
    take(static_cast<unsigned char>(bytes[at]), at + 3, bytes.substr(at + 3, size));
    at += 3 + size;
  }
  return at == bytes.size();
}

/// PP2_TYPE_SSL: client flags, the result of verification, more TLVs.
bool readTls(ProxyDetails& details, std::string_view value) {
  if (value.size() < 5) return false;
  const int client = value[0];
  details.certificate = (client & 0x02) != 0;
  details.verified = details.certificate && value.substr(1, 4) == std::string_view("\0\0\0\0", 4);
  return forEachTlv(value.substr(5), [&](int type, std::size_t, std::string_view text) {
    if (type == 0x21) details.tlsVersion = text;
    if (type == 0x22) details.commonName = text;
    if (type == 0x23) details.cipher = text;
  });
}

ProxyStep readBinary(std::string_view input) {
  if (input.size() < kHead) return {};
  const int command = static_cast<unsigned char>(input[12]);
  const int family = static_cast<unsigned char>(input[13]);
  const std::size_t length = number16(input, 14);
  if (command != 0x20 && command != 0x21)
    return error("version 2: neither LOCAL nor PROXY of version 2");
  if (length > kLongestRest) return error("version 2: the header is too long");
  if ((family >> 4) > 3 || (family & 0x0F) > 2)
    return error("version 2: unknown family or transport");
  if (input.size() < kHead + length) return {};
  const std::string_view whole = input.substr(0, kHead + length);
  ProxyStep step{.kind = Kind::header, .consumed = whole.size()};
  ProxyHeader& header = step.header;
  header.version = 2;
  header.local = command == 0x20;
  if (header.local) return step;  // §2.2: whatever else it says is to be ignored
  const auto addresses = readAddresses(header, family >> 4, whole.substr(kHead));
  if (!addresses) return error("version 2: too short for its addresses");
  const std::size_t start = kHead + *addresses;
  bool good = true;
  const bool filled =
      forEachTlv(whole.substr(start), [&](int type, std::size_t at, std::string_view value) {
        if (type == 0x01) header.details.alpn = value;
        if (type == 0x02) header.details.authority = value;
        if (type == 0x05) header.uniqueId = value;
        if (type == 0x20) good = good && readTls(header.details, value);
        if (type != 0x03) return;
        const bool four = value.size() == 4;
        good = good && four &&
               checksum(whole, start + at) == (number16(value, 0) << 16 | number16(value, 2));
      });
  if (!filled) return error("version 2: the fields behind the addresses are cut short");
  return good ? step : error("version 2: a wrong checksum, or a field of a wrong length");
}

}  // namespace

ProxyStep readProxyHeader(std::string_view input) {
  const auto begins = [&](std::string_view with) {
    return input.substr(0, with.size()) == with.substr(0, input.size());
  };
  if (begins(kSignature)) return input.size() < kSignature.size() ? ProxyStep{} : readBinary(input);
  if (begins(kLine)) return input.size() < kLine.size() ? ProxyStep{} : readLine(input);
  return error("it begins with neither version of the PROXY protocol");
}

}  // namespace ropewalk
