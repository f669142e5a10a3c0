// Writing a message in place. RFC 1035 §4.1.4 (compression), RFC 3597 §4 (which names may be).
#include "writer.h"

#include <algorithm>
#include <cstring>

#include "message.h"
#include "rdata.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

constexpr std::uint16_t kNotFound = 0;
constexpr std::size_t kFarthestPointer = 0x3FFF;

std::size_t byteAt(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

/// A few bits of a name's ending, to pass over most that are not it: its length, its first label's
/// length and the first letters. Cheap, and no hash that anybody could aim at: the table is small.
std::uint16_t sketch(std::string_view suffix) noexcept {
  const unsigned first = static_cast<unsigned char>(lowerCase(suffix[1]));
  return static_cast<std::uint16_t>(suffix.size() << 8 ^ byteAt(suffix, 0) << 3 ^ first);
}

std::uint16_t flagBits(const HeaderFlags& flags) noexcept {
  unsigned bits = static_cast<unsigned>(flags.opcode) << 11;
  bits |= static_cast<unsigned>(flags.rcode) & 15U;
  if (flags.response) bits |= 0x8000;
  if (flags.authoritative) bits |= 0x0400;
  if (flags.truncated) bits |= 0x0200;
  if (flags.recursionDesired) bits |= 0x0100;
  if (flags.recursionAvailable) bits |= 0x0080;
  if (flags.authenticData) bits |= 0x0020;
  if (flags.checkingDisabled) bits |= 0x0010;
  return static_cast<std::uint16_t>(bits);
}

void store16(char* at, std::uint16_t value) noexcept {
  at[0] = static_cast<char>(value >> 8);
  at[1] = static_cast<char>(value);
}

}  // namespace

void MessageWriter::start(std::uint16_t id, HeaderFlags flags) noexcept {
  id_ = id;
  flags_ = flags;
  size_ = kHeaderLength;
  kept_ = 0;
  names_ = 0;
  counts_ = {};
}

std::size_t MessageWriter::limit() const noexcept {
  const std::size_t room = std::min(room_.size(), kMaxMessageLength);
  return room > kept_ ? room - kept_ : 0;
}

bool MessageWriter::put(std::string_view bytes) noexcept {
  if (size_ + bytes.size() > limit()) return false;
  if (!bytes.empty()) std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

bool MessageWriter::put16(std::uint16_t value) noexcept {
  if (size_ + 2 > limit()) return false;
  store16(room_.data() + size_, value);
  size_ += 2;
  return true;
}

bool MessageWriter::put32(std::uint32_t value) noexcept {
  return put16(static_cast<std::uint16_t>(value >> 16)) && put16(static_cast<std::uint16_t>(value));
}

bool MessageWriter::sameName(std::size_t at, std::string_view suffix) const noexcept {
  const std::string_view written(room_.data(), size_);
  for (std::size_t i = 0;;) {
    // What was written here is ours: pointers point back to names that are whole.
    while (byteAt(written, at) >= 0xC0) {
      at = (byteAt(written, at) & 0x3F) << 8 | byteAt(written, at + 1);
    }
    const std::size_t length = byteAt(written, at);
    if (length != byteAt(suffix, i)) return false;
    if (length == 0) return true;
    if (!equalIgnoreCase(written.substr(at + 1, length), suffix.substr(i + 1, length))) {
      return false;
    }
    at += length + 1;
    i += length + 1;
  }
}

std::uint16_t MessageWriter::find(std::string_view suffix, std::uint16_t hash) const noexcept {
  for (std::size_t i = 0; i < names_; ++i) {
    if (known_[i].hash == hash && sameName(known_[i].offset, suffix)) return known_[i].offset;
  }
  return kNotFound;
}

bool MessageWriter::putName(std::string_view name, bool mayPoint) noexcept {
  while (name.size() > 1) {
    const std::uint16_t hash = sketch(name);
    if (mayPoint) {
      const std::uint16_t at = find(name, hash);
      if (at != kNotFound) return put16(static_cast<std::uint16_t>(0xC000 | at));
    }
    const std::size_t label = byteAt(name, 0) + 1;
    const std::size_t at = size_;
    if (!put(name.substr(0, label))) return false;
    if (names_ < kKnownNames && at <= kFarthestPointer) {
      known_[names_++] = {static_cast<std::uint16_t>(at), hash};
    }
    name.remove_prefix(label);
  }
  return put(name);
}

bool MessageWriter::putData(Type type, std::string_view data) noexcept {
  // Data is of the form of its type: whoever made the record saw to that.
  for (const Field field : fieldsOf(type)) {
    std::size_t size = 0;
    switch (field) {
      case Field::compressedName:
        size = wire::nameLength(data);
        if (size == 0) return put(data);
        if (!putName(data.substr(0, size), true)) return false;
        break;
      case Field::u16:
        size = std::min<std::size_t>(2, data.size());
        if (!put(data.substr(0, size))) return false;
        break;
      default:
        return put(data);  // no compressed name comes behind another field
    }
    data.remove_prefix(size);
  }
  return put(data);
}

bool MessageWriter::question(std::string_view name, Type type, Class klass) noexcept {
  const Mark before = mark();
  if (putName(name, true) && put16(static_cast<std::uint16_t>(type)) &&
      put16(static_cast<std::uint16_t>(klass))) {
    ++counts_[0];
    return true;
  }
  rewind(before);
  return false;
}

bool MessageWriter::record(Section section, std::string_view name, Type type, Class klass,
                           std::uint32_t ttl, std::string_view data) noexcept {
  const Mark before = mark();
  if (putName(name, true) && put16(static_cast<std::uint16_t>(type)) &&
      put16(static_cast<std::uint16_t>(klass)) && put32(ttl) && put16(0)) {
    const std::size_t start = size_;
    if (putData(type, data)) {
      store16(room_.data() + start - 2, static_cast<std::uint16_t>(size_ - start));
      ++counts_[static_cast<std::size_t>(section)];
      return true;
    }
  }
  rewind(before);
  return false;
}

bool MessageWriter::opt(std::uint16_t udpSize, Rcode rcode, bool dnssecOk, std::string_view options,
                        std::uint8_t version) noexcept {
  const Mark before = mark();
  const std::size_t kept = std::exchange(kept_, 0);
  const auto upper = static_cast<std::uint32_t>(rcode) >> 4;
  const std::uint32_t ttl =
      upper << 24 | static_cast<std::uint32_t>(version) << 16 | (dnssecOk ? 0x8000U : 0U);
  if (put(std::string_view("\0", 1)) && put16(static_cast<std::uint16_t>(Type::OPT)) &&
      put16(udpSize) && put32(ttl) && put16(static_cast<std::uint16_t>(options.size())) &&
      put(options)) {
    ++counts_[3];
    return true;
  }
  rewind(before);
  kept_ = kept;
  return false;
}

void MessageWriter::rewind(const Mark& mark) noexcept {
  size_ = mark.size;
  counts_ = mark.counts;
  names_ = mark.names;
}

std::string_view MessageWriter::finish() noexcept {
  char* header = room_.data();
  store16(header, id_);
  store16(header + 2, flagBits(flags_));
  for (std::size_t i = 0; i < counts_.size(); ++i) store16(header + 4 + 2 * i, counts_[i]);
  return {room_.data(), size_};
}

bool writeRecords(MessageWriter& writer, Section section,
                  const std::vector<Record>& records) noexcept {
  const auto sameSet = [](const Record& a, const Record& b) {
    return a.type == b.type && a.klass == b.klass && a.name == b.name;
  };
  for (std::size_t first = 0; first < records.size();) {
    const auto mark = writer.mark();
    std::size_t next = first;
    for (; next < records.size() && sameSet(records[first], records[next]); ++next) {
      const Record& record = records[next];
      if (writer.record(section, record.name.wire(), record.type, record.klass, record.ttl,
                        record.data)) {
        continue;
      }
      writer.rewind(mark);
      return false;
    }
    first = next;
  }
  return true;
}

}  // namespace ropewalk::dns
