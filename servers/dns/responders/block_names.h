// BlockNames: many names in little memory, and how lists of them are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/base/result.h"

namespace ropewalk::dns {

/// What became of the lines of lists.
struct BlockReport {
  std::size_t names = 0;       ///< names taken, each counted once
  std::size_t exceptions = 0;  ///< of these, names that are let through ("@@||name^")
  std::size_t faults = 0;      ///< lines that say something else
  /// The first of them, each with its place and what it may be:
  /// `ads.txt:12: "||a/b" is no name; it looks like an adblock rule for parts of URLs`.
  std::vector<std::string> firstFaults{};

  static constexpr std::size_t kFaultsShown = 10;
};

/// A set of names, each with all that is below it; some are exceptions. About 16 bytes a name, and
/// the name. Built, then asked: asking is const, allocates nothing, and may be done by several
/// threads.
///
/// Lists are read line by line, in any mixture of these forms:
///
///     0.0.0.0 ads.example tracker.example        ─▶ hosts(5); localhost is passed over
///     ads.example                                ─▶ a name; also "*.ads.example", ".ads.example"
///     ||ads.example^                             ─▶ adblock; also with $important
///     @@||good.ads.example^                      ─▶ an exception
///     address=/ads.example/0.0.0.0               ─▶ dnsmasq; also server=/ads.example/, local=/…/
///     local-zone: "ads.example" always_nxdomain  ─▶ Unbound; also local-data: "… A 0.0.0.0"
///
/// Behind # is a comment, as is a line that begins with ! or [.
class BlockNames {
 public:
  BlockNames();

  /// Reads a list. Lines that make no sense are counted, and passed over.
  /// @param file  for messages
  void read(std::string_view text, std::string_view file, BlockReport& report);
  /// The same from a file, piece by piece. A Failure when that cannot be read.
  Result<void> readFile(const std::string& path, BlockReport& report);

  enum class Kind : std::uint8_t { blocked, exception };
  /// @param name  wire form, any case
  /// @return      false when it is there already; an exception stays
  bool add(std::string_view name, Kind kind = Kind::blocked);

  /// The most specific blocked ancestor of a name, or itself, as the ending of `name`; empty when
  /// there is none, or when an exception is at or above the name.
  /// @param name  wire form in lower case
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Bytes taken by the table and the names.
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  struct Slot {
    std::uint32_t at = kNone;  // where its name is
    std::uint32_t check = 0;   // of its hash: the upper bits say where its search begins
  };
  static constexpr std::uint32_t kException = 1;  // in a slot's check
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  static constexpr std::size_t kChunk = std::size_t{1} << 20;

  bool take(std::string_view text, Kind kind, BlockReport& report);
  void readLine(std::string_view line, std::string_view file, std::size_t number,
                BlockReport& report);
  [[nodiscard]] std::uint32_t checkOf(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t homeOf(std::uint32_t check) const noexcept {
    return check * slots_.size() >> 32;
  }
  [[nodiscard]] std::size_t slotOf(std::string_view name, std::uint32_t check) const noexcept;
  [[nodiscard]] std::string_view nameAt(std::uint32_t at) const noexcept;
  [[nodiscard]] std::uint32_t keep(std::string_view name);
  void grow();

  std::uint64_t seed_;
  std::vector<Slot> slots_;                     // open addressing, a power of two
  std::vector<std::unique_ptr<char[]>> names_;  // chunks: a length byte, then the name
  std::size_t used_ = kChunk;                   // of the last chunk
  std::size_t size_ = 0;
  std::size_t mostLabels_ = 0;  // no name has more: longer questions are not walked label by label
};

}  // namespace ropewalk::dns
