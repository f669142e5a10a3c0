// IP addresses both ways. RFC 1035 §3.4.1, RFC 3596, RFC 5952.
#include "addresses.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "presentation.h"

namespace ropewalk::dns::detail {

bool appendIPv4(std::string_view text, std::string& out) {
  std::array<char, 4> bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t begin = at;
    unsigned value = 0;
    for (; at < text.size() && isDigit(text[at]) && at - begin < 3; ++at) {
      value = value * 10 + static_cast<unsigned>(text[at] - '0');
    }
    // No leading zeros: some read them as octal.
    if (at == begin || value > 255 || (text[begin] == '0' && at - begin > 1)) return false;
    bytes[i] = static_cast<char>(value);
  }
  if (at != text.size()) return false;
  out.append(bytes.data(), bytes.size());
  return true;
}

bool appendIPv6(std::string_view text, std::string& out) {
  std::array<char, INET6_ADDRSTRLEN> literal{};
  if (text.size() >= literal.size()) return false;
  std::memcpy(literal.data(), text.data(), text.size());
  std::array<char, 16> bytes{};
  if (text.find('\0') != std::string_view::npos) return false;
  if (::inet_pton(AF_INET6, literal.data(), bytes.data()) != 1) return false;
  out.append(bytes.data(), bytes.size());
  return true;
}

void putIPv4(std::string_view bytes, std::string& out) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    out += std::to_string(static_cast<unsigned char>(bytes[i]));
  }
}

void putIPv6(std::string_view bytes, std::string& out) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()) != nullptr) out += text.data();
}

}  // namespace ropewalk::dns::detail
