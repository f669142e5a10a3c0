// Names of certificate types and DNSSEC algorithms. RFC 4398 §2.1, RFC 4034 §A.1. Private to this
// folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::dns::detail {

/// "PKIX" or "1".
[[nodiscard]] std::optional<std::uint16_t> parseCertType(std::string_view text) noexcept;
/// "PKIX"; a number where there is no name for it.
[[nodiscard]] std::string certTypeToText(std::uint16_t type);
/// "RSASHA256" or "8".
[[nodiscard]] std::optional<std::uint8_t> parseAlgorithm(std::string_view text) noexcept;

}  // namespace ropewalk::dns::detail
