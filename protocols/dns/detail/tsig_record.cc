// Reading, writing and digesting TSIG records. RFC 8945 §4.2 and §4.3.
#include "tsig_record.h"

#include <array>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::size_t kAdditionalCountAt = 10;

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t length) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

std::uint16_t u16(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(number(bytes, at, 2));
}

void put(std::string& out, std::uint64_t value, std::size_t length) {
  for (std::size_t i = length; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

/// A name in lower case. @return the offset behind it; 0: malformed
std::size_t readLowerName(std::string_view message, std::size_t at, std::string& name) {
  name.resize(kMaxNameLength);
  const auto read = wire::readName(message, at, name.data());
  name.resize(read.length);
  if (read.next != 0) wire::lowerName(name, name.data());
  return read.next;
}

/// A run of bytes behind two bytes of length. @return the offset behind it; 0: cut off
std::size_t readSized(std::string_view message, std::size_t at, std::string_view& bytes) noexcept {
  if (message.size() < at + 2) return 0;
  const std::size_t length = u16(message, at);
  if (message.size() - at - 2 < length) return 0;
  bytes = message.substr(at + 2, length);
  return at + 2 + length;
}

/// The data. @return where it ends; 0: malformed
std::size_t readData(std::string_view message, std::size_t at, TsigRecord& record) {
  at = readLowerName(message, at, record.algorithm);
  if (at == 0 || message.size() < at + 8) return 0;
  record.time = number(message, at, 6);
  record.fudge = u16(message, at + 6);
  at = readSized(message, at + 8, record.mac);
  if (at == 0 || message.size() < at + 4) return 0;
  record.originalId = u16(message, at);
  record.error = u16(message, at + 2);
  return readSized(message, at + 4, record.other);
}

}  // namespace

bool readTsig(std::string_view message, std::size_t at, TsigRecord& record) {
  at = readLowerName(message, at, record.keyName);
  if (at == 0 || message.size() < at + 10) return false;
  const bool form = u16(message, at) == static_cast<std::uint16_t>(Type::TSIG) &&
                    u16(message, at + 2) == static_cast<std::uint16_t>(Class::ANY) &&
                    number(message, at + 4, 4) == 0;
  const std::size_t length = u16(message, at + 8);
  at += 10;
  if (!form || message.size() - at != length) return false;
  return readData(message, at, record) == message.size();
}

std::string writeTsig(const TsigRecord& record) {
  std::string data = record.algorithm;
  put(data, record.time, 6);
  put(data, record.fudge, 2);
  put(data, record.mac.size(), 2);
  data += record.mac;
  put(data, record.originalId, 2);
  put(data, record.error, 2);
  put(data, record.other.size(), 2);
  data += record.other;

  std::string out = record.keyName;
  put(out, static_cast<std::uint16_t>(Type::TSIG), 2);
  put(out, static_cast<std::uint16_t>(Class::ANY), 2);
  put(out, 0, 4);
  put(out, data.size(), 2);
  return out + data;
}

void appendTsig(std::string& message, const TsigRecord& record) {
  std::string count;
  put(count, u16(message, kAdditionalCountAt) + 1U, 2);
  message.replace(kAdditionalCountAt, 2, count);
  message += writeTsig(record);
}

TsigPlace findTsig(std::string_view message) noexcept {
  if (message.size() < kHeaderLength) return {};
  std::size_t at = kHeaderLength;
  for (unsigned i = u16(message, 4); i > 0; --i) {
    at = wire::skipName(message, at);
    if (at == 0 || message.size() < at + 4) return {};
    at += 4;
  }
  const unsigned additional = u16(message, kAdditionalCountAt);
  const unsigned records = u16(message, 6) + 0U + u16(message, 8) + additional;
  std::size_t last = 0;
  for (unsigned i = 0; i < records; ++i) {
    last = at;
    at = wire::skipName(message, at);
    if (at == 0 || message.size() < at + 10) return {};
    const bool tsig = u16(message, at) == static_cast<std::uint16_t>(Type::TSIG);
    const std::size_t length = u16(message, at + 8);
    at += 10;
    if (message.size() - at < length) return {};
    at += length;
    if (!tsig) last = 0;
    // §5.1: once, and behind everything else.
    if (tsig && (i + 1 != records || additional == 0)) return {};
  }
  return {at == message.size(), last};
}

std::optional<crypto::Hash> tsigHash(std::string_view algorithm) noexcept {
  struct Known {
    std::string_view name;
    crypto::Hash hash;
  };
  constexpr std::array kAll{
      Known{"hmac-sha256", crypto::Hash::sha256}, Known{"hmac-sha512", crypto::Hash::sha512},
      Known{"hmac-sha384", crypto::Hash::sha384}, Known{"hmac-sha224", crypto::Hash::sha224},
      Known{"hmac-sha1", crypto::Hash::sha1}};
  for (const Known& known : kAll) {
    if (equalIgnoreCase(known.name, algorithm)) return known.hash;
  }
  return std::nullopt;
}

std::string algorithmWire(std::string_view algorithm) {
  std::string wire(1, static_cast<char>(algorithm.size()));
  wire += lowerCase(algorithm);
  wire += '\0';
  return wire;
}

void digestPriorMac(crypto::Hmac& hmac, std::string_view mac) {
  std::string length;
  put(length, mac.size(), 2);
  hmac.update(length).update(mac);
}

void digestMessage(crypto::Hmac& hmac, std::string_view message, std::size_t end,
                   std::uint16_t originalId, bool hasTsig) {
  std::string head;
  put(head, originalId, 2);
  head += message.substr(2, kAdditionalCountAt - 2);
  put(head, u16(message, kAdditionalCountAt) - (hasTsig ? 1U : 0U), 2);
  hmac.update(head).update(message.substr(kHeaderLength, end - kHeaderLength));
}

void digestTimers(crypto::Hmac& hmac, const TsigRecord& record) {
  std::string timers;
  put(timers, record.time, 6);
  put(timers, record.fudge, 2);
  hmac.update(timers);
}

void digestVariables(crypto::Hmac& hmac, const TsigRecord& record) {
  std::string head = record.keyName;
  put(head, static_cast<std::uint16_t>(Class::ANY), 2);
  put(head, 0, 4);  // TTL
  hmac.update(head).update(record.algorithm);
  digestTimers(hmac, record);
  std::string tail;
  put(tail, record.error, 2);
  put(tail, record.other.size(), 2);
  hmac.update(tail).update(record.other);
}

}  // namespace ropewalk::dns::detail
