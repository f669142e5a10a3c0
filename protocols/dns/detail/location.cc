// LOC both ways. RFC 1876 §2 and §3.
#include "location.h"

#include <array>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::uint32_t kEquator = 1U << 31;  // also the prime meridian; thousandths of a second
constexpr std::uint32_t kDegree = 60 * 60 * 1000;
constexpr std::int64_t kSeaLevel = 100'000'00;     // centimetres above the lowest altitude
constexpr std::uint8_t kDefaultSize = 0x12;        // 1 m
constexpr std::uint8_t kDefaultHorizontal = 0x16;  // 10 km
constexpr std::uint8_t kDefaultVertical = 0x13;    // 10 m

/// A number with up to `decimals` digits behind its point, times 10^decimals.
std::optional<std::uint64_t> parseFixed(std::string_view text, std::size_t decimals) noexcept {
  const std::size_t point = text.find('.');
  const auto whole = parseNumber<std::uint32_t>(text.substr(0, point));
  if (!whole) return std::nullopt;
  std::uint64_t value = *whole;
  std::string_view fraction;
  if (point != std::string_view::npos) fraction = text.substr(point + 1);
  if (fraction.size() > decimals) return std::nullopt;
  for (std::size_t i = 0; i < decimals; ++i) {
    const char digit = i < fraction.size() ? fraction[i] : '0';
    if (!isDigit(digit)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

/// Centimetres as one digit and a power of ten; what does not fit is cut off, as §A.2's sample code
/// does.
std::uint8_t packSize(std::uint64_t centimetres) noexcept {
  std::uint8_t exponent = 0;
  for (; centimetres > 9; centimetres /= 10) ++exponent;
  return static_cast<std::uint8_t>(centimetres << 4 | exponent);
}

std::uint64_t unpackSize(std::uint8_t size) noexcept {
  std::uint64_t centimetres = size >> 4;
  for (unsigned i = 0; i < (size & 15U); ++i) centimetres *= 10;
  return centimetres;
}

bool isSize(std::uint8_t size) noexcept { return size >> 4 <= 9 && (size & 15) <= 9; }

class LocationReader {
 public:
  LocationReader(std::span<const Word> words, std::size_t& at) : words_(words), at_(at) {}

  /// Up to three numbers and a letter.
  Complaint angle(std::uint32_t maxDegrees, char positive, char negative, std::uint32_t& angle) {
    constexpr std::uint32_t kUnit[] = {kDegree, 60'000, 1};
    std::uint64_t total = 0;
    for (std::size_t part = 0;; ++part, ++at_) {
      if (at_ == words_.size()) return kWrong;
      const std::string_view word = words_[at_].text;
      const char letter = word.size() == 1 ? static_cast<char>(word[0] & ~0x20) : '\0';
      if (part != 0 && (letter == positive || letter == negative)) {
        if (total > std::uint64_t{maxDegrees} * kDegree) return "there are fewer degrees";
        ++at_;
        const auto size = static_cast<std::uint32_t>(total);
        angle = letter == positive ? kEquator + size : kEquator - size;
        return kFine;
      }
      if (part == 3) return "a letter of the compass should follow here";
      const auto number = part == 2 ? parseFixed(word, 3) : parseFixed(word, 0);
      if (!number) return kWrong;
      if (part == 0 ? *number > maxDegrees : *number >= (part == 1 ? 60U : 60'000U)) return kWrong;
      total += *number * kUnit[part];
    }
  }

  Complaint altitude(std::uint32_t& altitude) {
    if (at_ == words_.size()) return kWrong;
    std::string_view word = words_[at_].text;
    const bool below = word.starts_with('-');
    if (below) word.remove_prefix(1);
    const auto centimetres = metres(word);
    if (!centimetres) return kWrong;
    const auto signedOne = static_cast<std::int64_t>(*centimetres) * (below ? -1 : 1);
    if (signedOne < -kSeaLevel || signedOne + kSeaLevel > UINT32_MAX) return kWrong;
    altitude = static_cast<std::uint32_t>(signedOne + kSeaLevel);
    ++at_;
    return kFine;
  }

  /// May be missing.
  Complaint size(std::uint8_t& packed) {
    if (at_ == words_.size()) return kFine;
    const auto centimetres = metres(words_[at_].text);
    if (!centimetres || *centimetres > 90'000'000'00ULL) return kWrong;
    packed = packSize(*centimetres);
    ++at_;
    return kFine;
  }

 private:
  static std::optional<std::uint64_t> metres(std::string_view word) noexcept {
    if (word.ends_with('m') || word.ends_with('M')) word.remove_suffix(1);
    return parseFixed(word, 2);
  }

  std::span<const Word> words_;
  std::size_t& at_;
};

void putAngle(std::uint32_t angle, char positive, char negative, std::string& out) {
  const std::uint32_t size = angle >= kEquator ? angle - kEquator : kEquator - angle;
  out += format("{} {} {}.{:03} {} ", size / kDegree, size / 60'000 % 60, size / 1000 % 60,
                size % 1000, angle >= kEquator ? positive : negative);
}

bool isAngle(std::uint32_t angle, std::uint32_t maxDegrees) noexcept {
  return angle >= kEquator - maxDegrees * kDegree && angle <= kEquator + maxDegrees * kDegree;
}

}  // namespace

bool isLocation(std::string_view data) noexcept {
  if (data.size() != kLocationLength || data[0] != 0) return false;
  for (std::size_t i = 1; i <= 3; ++i) {
    if (!isSize(static_cast<std::uint8_t>(data[i]))) return false;
  }
  return isAngle(static_cast<std::uint32_t>(numberAt(data, 4, 4)), 90) &&
         isAngle(static_cast<std::uint32_t>(numberAt(data, 8, 4)), 180);
}

Complaint parseLocation(std::span<const Word> words, std::size_t& at, std::string& out) {
  LocationReader reader(words, at);
  std::uint32_t latitude = 0;
  std::uint32_t longitude = 0;
  std::uint32_t altitude = 0;
  std::array<std::uint8_t, 3> sizes = {kDefaultSize, kDefaultHorizontal, kDefaultVertical};
  if (const auto wrong = reader.angle(90, 'N', 'S', latitude)) return wrong;
  if (const auto wrong = reader.angle(180, 'E', 'W', longitude)) return wrong;
  if (const auto wrong = reader.altitude(altitude)) return wrong;
  for (auto& size : sizes) {
    if (const auto wrong = reader.size(size)) return wrong;
  }
  out.push_back('\0');
  for (const auto size : sizes) out.push_back(static_cast<char>(size));
  put32(latitude, out);
  put32(longitude, out);
  put32(altitude, out);
  return kFine;
}

bool putLocation(std::string_view data, std::string& out) {
  if (!isLocation(data)) return false;
  putAngle(static_cast<std::uint32_t>(numberAt(data, 4, 4)), 'N', 'S', out);
  putAngle(static_cast<std::uint32_t>(numberAt(data, 8, 4)), 'E', 'W', out);
  const auto altitude = static_cast<std::int64_t>(numberAt(data, 12, 4)) - kSeaLevel;
  const std::int64_t height = altitude < 0 ? -altitude : altitude;
  out += format("{}{}.{:02}m", altitude < 0 ? "-" : "", height / 100, height % 100);
  for (std::size_t i = 1; i <= 3; ++i) {
    const auto packed = static_cast<std::uint8_t>(data[i]);
    const std::uint64_t size = unpackSize(packed);
    if (packSize(size) != packed) return false;  // 0 x 10^3 and the like
    out += format(" {}.{:02}m", size / 100, size % 100);
  }
  return true;
}

}  // namespace ropewalk::dns::detail
