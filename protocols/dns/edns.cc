// Options of EDNS. RFC 6891 §6.1.2, RFC 7873 §4.
#include "edns.h"

namespace ropewalk::dns {

const Edns::Option* Edns::find(EdnsOption code) const noexcept {
  for (const auto& option : options) {
    if (option.code == code) return &option;
  }
  return nullptr;
}

std::optional<Cookie> parseCookie(std::string_view option) {
  constexpr std::size_t kClient = 8;
  const bool whole = option.size() >= kClient + 8 && option.size() <= kClient + 32;
  if (option.size() != kClient && !whole) return std::nullopt;
  return Cookie{std::string(option.substr(0, kClient)), std::string(option.substr(kClient))};
}

}  // namespace ropewalk::dns
