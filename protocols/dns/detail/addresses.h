// IP addresses as records have them: four or sixteen bytes, and text. RFC 1035 §3.4.1, RFC 3596
// §2.2 and §2.4. Private to this folder.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::dns::detail {

/// Appends four bytes; false, and nothing, for what is no address.
[[nodiscard]] bool appendIPv4(std::string_view text, std::string& out);
[[nodiscard]] bool appendIPv6(std::string_view text, std::string& out);
/// @param bytes  four
void putIPv4(std::string_view bytes, std::string& out);
/// @param bytes  sixteen
void putIPv6(std::string_view bytes, std::string& out);

}  // namespace ropewalk::dns::detail
