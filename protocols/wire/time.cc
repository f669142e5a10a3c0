// Seconds since 1900, in 32 bits that wrap in 2036. RFC 868.
#include "time.h"

#include <cstdint>

#include "ropewalk/core/base/format.h"

namespace ropewalk::wire {

namespace {
constexpr std::int64_t kFrom1900To1970 = 2'208'988'800;
constexpr std::int64_t kRound = std::int64_t{1} << 32;
}  // namespace

std::string encodeTime(const Timestamp& time) {
  const auto seconds = static_cast<std::uint32_t>(time.unixSeconds() + kFrom1900To1970);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(seconds >> shift & 0xff);
  return bytes;
}

Result<Timestamp> decodeTime(std::string_view bytes) {
  if (bytes.size() != 4) {
    return Failure(
        ProtocolError(format("cannot read the time: {} bytes came, not 4", bytes.size())));
  }
  std::int64_t seconds = 0;
  for (const char byte : bytes) seconds = seconds << 8 | static_cast<unsigned char>(byte);
  seconds -= kFrom1900To1970;
  if (seconds < 0) seconds += kRound;
  return Timestamp::fromUnix(std::chrono::seconds(seconds));
}

}  // namespace ropewalk::wire
