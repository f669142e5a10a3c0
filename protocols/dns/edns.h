// EDNS: what a message says beyond RFC 1035. RFC 6891, options of RFC 7873, 7830, 7871, 8914.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/base/result.h"

namespace ropewalk::dns {

enum class EdnsOption : std::uint16_t {
  NSID = 3,
  CLIENT_SUBNET = 8,
  EXPIRE = 9,
  COOKIE = 10,
  TCP_KEEPALIVE = 11,
  PADDING = 12,
  EXTENDED_ERROR = 15,
};

/// An OPT record. Unknown options are kept as they came.
struct Edns {
  struct Option {
    EdnsOption code{};
    std::string data{};
    friend bool operator==(const Option&, const Option&) = default;
  };

  std::uint16_t udpSize = 1232;  ///< what the sender can take over UDP, in bytes
  std::uint8_t version = 0;
  bool dnssecOk = false;  ///< DO
  std::vector<Option> options{};

  /// The first option of that code; null when there is none.
  [[nodiscard]] const Option* find(EdnsOption code) const noexcept;
  friend bool operator==(const Edns&, const Edns&) = default;
};

/// A cookie option: 8 bytes of the client, then none or 8 to 32 of the server (RFC 7873 §4).
struct Cookie {
  std::string client{};
  std::string server{};
};
/// Nothing when the lengths are wrong (FORMERR, §5.2.2).
[[nodiscard]] std::optional<Cookie> parseCookie(std::string_view option);

}  // namespace ropewalk::dns
