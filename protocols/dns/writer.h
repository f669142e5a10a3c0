// MessageWriter: a message written in place, with compressed names. RFC 1035 §4.1.4.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "types.h"

namespace ropewalk::dns {

enum class Section : std::uint8_t { question, answer, authority, additional };

/// The second and third word of a header.
struct HeaderFlags {
  bool response = true;
  Opcode opcode = Opcode::QUERY;
  bool authoritative = false;
  bool truncated = false;
  bool recursionDesired = false;
  bool recursionAvailable = false;
  bool authenticData = false;
  bool checkingDisabled = false;
  Rcode rcode = Rcode::NOERROR;  ///< its lower four bits
};

/// Writes into room that somebody else owns; allocates nothing. Sections must come in their order.
/// A call that finds no room writes nothing, says false, and leaves the writer usable: so RRsets
/// are kept whole by mark() and rewind().
///
///     MessageWriter writer(room);
///     writer.start(id);
///     writer.question(name, Type::A, Class::IN);
///     if (!writer.record(Section::answer, name, Type::A, Class::IN, 300, data)) {
///       writer.flags().truncated = true;
///     }
///     send(writer.finish());
class MessageWriter {
 public:
  /// @param room  at least kHeaderLength bytes, at most 65,535 of it are used
  explicit MessageWriter(std::span<char> room) noexcept : room_(room) {}

  /// Begins anew.
  void start(std::uint16_t id, HeaderFlags flags = HeaderFlags()) noexcept;
  [[nodiscard]] HeaderFlags& flags() noexcept { return flags_; }
  [[nodiscard]] const HeaderFlags& flags() const noexcept { return flags_; }
  /// Bytes at the end that records may not use: for OPT and TSIG.
  void keepFree(std::size_t bytes) noexcept { kept_ = bytes; }

  // Names are whole, uncompressed, in wire form; data too.

  /// False where there is no room; so with the others.
  bool question(std::string_view name, Type type, Class klass) noexcept;
  bool record(Section section, std::string_view name, Type type, Class klass, std::uint32_t ttl,
              std::string_view data) noexcept;
  /// OPT (RFC 6891 §6.1.2), into the room that keepFree kept. The upper bits of `rcode` go in here.
  /// @param options  all options in wire form
  bool opt(std::uint16_t udpSize, Rcode rcode, bool dnssecOk, std::string_view options,
           std::uint8_t version = 0) noexcept;

  /// How far the message had come, for rewind(): to take back an RRset that does not fit whole.
  struct Mark {
    std::size_t size = 0;
    std::array<std::uint16_t, 4> counts{};
    std::uint16_t names = 0;
  };
  [[nodiscard]] Mark mark() const noexcept { return {size_, counts_, names_}; }
  /// Takes back all that was written since.
  void rewind(const Mark& mark) noexcept;

  /// Bytes written so far, the header among them.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Bytes that the message may have: the room, less what keepFree() keeps; at most 65,535.
  [[nodiscard]] std::size_t limit() const noexcept;
  /// Records of a section so far; for Section::question, questions.
  [[nodiscard]] std::uint16_t count(Section section) const noexcept {
    return counts_[static_cast<std::size_t>(section)];
  }
  /// Completes the header.
  /// @return the message, in the room
  [[nodiscard]] std::string_view finish() noexcept;

 private:
  struct Known {
    std::uint16_t offset;
    std::uint16_t hash;
  };

  bool put(std::string_view bytes) noexcept;
  bool put16(std::uint16_t value) noexcept;
  bool put32(std::uint32_t value) noexcept;
  bool putName(std::string_view name, bool mayPoint) noexcept;
  bool putData(Type type, std::string_view data) noexcept;
  [[nodiscard]] std::uint16_t find(std::string_view suffix, std::uint16_t hash) const noexcept;
  [[nodiscard]] bool sameName(std::size_t at, std::string_view suffix) const noexcept;

  // A message with more names than this compresses against the first ones only.
  static constexpr std::size_t kKnownNames = 64;

  std::span<char> room_;
  std::size_t size_ = 0;
  std::size_t kept_ = 0;
  HeaderFlags flags_{};
  std::uint16_t id_ = 0;
  std::uint16_t names_ = 0;
  std::array<std::uint16_t, 4> counts_{};
  std::array<Known, kKnownNames> known_;
};

struct Record;

/// Writes records; RRsets whole or not at all.
/// @return false when something was left out: it ends there
bool writeRecords(MessageWriter& writer, Section section,
                  const std::vector<Record>& records) noexcept;

}  // namespace ropewalk::dns
