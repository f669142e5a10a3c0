// Reading a question where it lies. RFC 1035 §4.1, RFC 6891 §6, RFC 7873 §5.2.
#include "query_view.h"

#include "edns.h"
#include "message.h"

namespace ropewalk::dns {

namespace {

std::uint16_t u16(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

std::uint32_t u32(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint32_t>(u16(bytes, at)) << 16 | u16(bytes, at + 2);
}

/// One record of the message, in place.
struct Item {
  std::size_t start = 0;
  Type type{};
  std::uint16_t klass = 0;
  std::uint32_t ttl = 0;
  std::size_t data = 0;
  std::size_t length = 0;
};

/// @return the offset behind it; 0: malformed
std::size_t readItem(std::string_view message, std::size_t at, Item& item) noexcept {
  item.start = at;
  // Nearly every record of a question is the OPT below the root: no name to walk.
  at = at < message.size() && message[at] == '\0' ? at + 1 : wire::skipName(message, at);
  if (at == 0 || message.size() < at + 10) return 0;
  item.type = static_cast<Type>(u16(message, at));
  item.klass = u16(message, at + 2);
  item.ttl = u32(message, at + 4);
  item.length = u16(message, at + 8);
  item.data = at + 10;
  return item.length <= message.size() - item.data ? item.data + item.length : 0;
}

bool readOptions(std::string_view options, QueryView& query) noexcept {
  query.ednsOptions = options;
  for (std::size_t at = 0; at < options.size();) {
    if (options.size() - at < 4) return false;
    const auto code = static_cast<EdnsOption>(u16(options, at));
    const std::size_t length = u16(options, at + 2);
    if (length > options.size() - at - 4) return false;
    if (code == EdnsOption::COOKIE && query.cookie.empty() && !query.badCookie) {
      query.badCookie = length != 8 && (length < 16 || length > 40);
      if (!query.badCookie) query.cookie = options.substr(at + 4, length);
    }
    at += 4 + length;
  }
  return true;
}

bool readOpt(const Item& item, QueryView& query) noexcept {
  if (query.edns || query.message[item.start] != '\0') return false;  // RFC 6891 §6.1.1
  query.edns = true;
  query.udpSize = item.klass < kPlainUdpLength ? kPlainUdpLength : item.klass;
  query.ednsVersion = static_cast<std::uint8_t>(item.ttl >> 16);
  query.dnssecOk = (item.ttl & 0x8000) != 0;
  return readOptions(query.message.substr(item.data, item.length), query);
}

bool readSerial(const Item& item, QueryView& query) noexcept {
  const std::size_t end = item.data + item.length;
  std::size_t at = wire::skipName(query.message, item.data);
  if (at != 0) at = wire::skipName(query.message, at);
  if (at == 0 || at + 20 != end) return false;
  query.serial = u32(query.message, at);
  query.soaInAuthority = true;
  return true;
}

bool readRecords(QueryView& query) noexcept {
  const std::string_view message = query.message;
  const unsigned answers = u16(message, 6);
  const unsigned authority = u16(message, 8);
  const unsigned all = answers + authority + u16(message, 10);
  std::size_t at = query.questionEnd;
  for (unsigned i = 0; i < all; ++i) {
    Item item;
    at = readItem(message, at, item);
    if (at == 0) return false;
    if (item.type == Type::OPT) {
      if (i < answers + authority || !readOpt(item, query)) return false;
    } else if (item.type == Type::TSIG) {
      if (i + 1 != all || i < answers + authority) return false;  // RFC 8945 §5.1
      query.tsigAt = item.start;
    } else if (item.type == Type::SOA && i >= answers && i < answers + authority) {
      if (!readSerial(item, query)) return false;
    }
  }
  return true;  // what is behind means nothing
}

void reset(QueryView& query, std::string_view message) noexcept {
  query.message = message;
  query.type = Type::A;
  query.klass = Class::IN;
  query.questionEnd = 0;
  query.edns = query.dnssecOk = query.badCookie = query.soaInAuthority = false;
  query.udpSize = kPlainUdpLength;
  query.ednsVersion = 0;
  query.ednsOptions = query.cookie = {};
  query.serial = 0;
  query.tsigAt = 0;
  query.nameLength_ = 0;
}

}  // namespace

QueryFault readQuery(std::string_view message, QueryView& query) noexcept {
  reset(query, message);
  if (message.size() < kHeaderLength) return QueryFault::silence;
  const unsigned flags = u16(message, 2);
  if ((flags & 0x8000) != 0) return QueryFault::silence;
  query.id = u16(message, 0);
  query.opcode = static_cast<Opcode>(flags >> 11 & 15);
  query.recursionDesired = (flags & 0x0100) != 0;
  query.authenticData = (flags & 0x0020) != 0;
  query.checkingDisabled = (flags & 0x0010) != 0;
  if (query.opcode != Opcode::QUERY && query.opcode != Opcode::NOTIFY) return QueryFault::none;
  if (u16(message, 4) != 1) return QueryFault::formErr;

  const auto name = wire::readName(message, kHeaderLength, query.name_.data());
  if (name.next == 0 || message.size() < name.next + 4) return QueryFault::formErr;
  query.nameLength_ = name.length;
  wire::lowerName(query.name(), query.lower_.data());
  query.type = static_cast<Type>(u16(message, name.next));
  query.klass = static_cast<Class>(u16(message, name.next + 2));
  query.questionEnd = name.next + 4;
  return readRecords(query) ? QueryFault::none : QueryFault::formErr;
}

}  // namespace ropewalk::dns
