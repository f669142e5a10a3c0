// The parameters of SVCB and HTTPS records. RFC 9460 §2.1, §7, §8 and appendix A; RFC 9461 §5,
// RFC 9540 §4. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "presentation.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

namespace service_key {
constexpr std::uint16_t kMandatory = 0;
constexpr std::uint16_t kAlpn = 1;
constexpr std::uint16_t kNoDefaultAlpn = 2;
constexpr std::uint16_t kPort = 3;
constexpr std::uint16_t kIpv4Hint = 4;
constexpr std::uint16_t kEch = 5;
constexpr std::uint16_t kIpv6Hint = 6;
constexpr std::uint16_t kDohPath = 7;
constexpr std::uint16_t kOhttp = 8;
constexpr std::uint16_t kInvalid = 65535;
}  // namespace service_key

/// Whether the value has the form of its key; any value will do for a key that is not known.
[[nodiscard]] bool isServiceValue(std::uint16_t key, std::string_view value) noexcept;
/// What is wrong with parameters in wire form: keys must ascend, values have their form (§2.2).
[[nodiscard]] Complaint checkServiceParameters(std::string_view wire) noexcept;
/// The same, and what §8 and §7.1.1 ask of a record that makes sense: mandatory keys are there, and
/// so is alpn beside no-default-alpn.
[[nodiscard]] Complaint checkServiceSense(std::string_view wire) noexcept;

/// Takes the next parameter off a list that was checked.
struct ServiceParameter {
  std::uint16_t key = 0;
  std::string_view value{};
};
[[nodiscard]] ServiceParameter takeServiceParameter(std::string_view& wire) noexcept;

/// Reads all the words, in any order of keys.
/// @param at  the word that is being read; the one at fault in the end
[[nodiscard]] Complaint parseServiceParameters(std::span<const Word> words, std::size_t& at,
                                               std::string& out);
/// A blank before each. Only for parameters that make sense.
void putServiceParameters(std::string_view wire, std::string& out);

}  // namespace ropewalk::dns::detail
