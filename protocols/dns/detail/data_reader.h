// Data of records that was checked, taken field by field; and the writing of strings. RFC 1035
// §3.3. Private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "presentation.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/name.h"

namespace ropewalk::dns::detail {

/// Only for data that checkRdata approved.
class DataReader {
 public:
  explicit DataReader(std::string_view data) noexcept : data_(data) {}

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(numberAt(take(1), 0, 1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(numberAt(take(2), 0, 2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(numberAt(take(4), 0, 4)); }
  Name name() { return Name::fromWire(take(wire::nameLength(data_))); }
  std::string string() { return std::string(take(u8())); }
  std::string rest() { return std::string(take(data_.size())); }
  [[nodiscard]] std::string_view left() const noexcept { return data_; }

 private:
  std::string_view take(std::size_t size) noexcept {
    const auto piece = data_.substr(0, size);
    data_.remove_prefix(piece.size());
    return piece;
  }

  std::string_view data_;
};

/// Appends a length byte and the text. Throws FormatError when that is too long.
inline void putString(std::string_view text, std::string& out) {
  if (text.size() > 255) {
    throw FormatError(format("{} is no string for a record: it has {} bytes, of at most 255",
                             quoteBytes(text), text.size()));
  }
  out += static_cast<char>(text.size());
  out += text;
}

}  // namespace ropewalk::dns::detail
