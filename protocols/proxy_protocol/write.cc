// Rendering PROXY headers: the line of §2.1, the binary form of §2.2 with its TLVs.
#include "write.h"

#include <arpa/inet.h>

#include <array>
#include <string_view>

#include "ropewalk/core/base/format.h"

namespace ropewalk {

namespace {

using Family = Address::Family;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr char kProxyCommand = 0x21;  // version 2, PROXY
constexpr std::size_t kUnixPath = 108;
constexpr std::size_t kLongestText = 0xFF00;  // a length has 16 bits; names are far shorter

// Types of §2.2.
constexpr char kAlpn = 0x01;
constexpr char kAuthority = 0x02;
constexpr char kSsl = 0x20;
constexpr char kSslVersion = 0x21;
constexpr char kSslCommonName = 0x22;
constexpr char kSslCipher = 0x23;
// The client field of kSsl.
constexpr char kClientSsl = 0x01;
constexpr char kClientCertificateOnConnection = 0x02;
constexpr char kClientCertificateInSession = 0x04;

std::string bigEndian(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string typed(char type, std::string_view value) {
  if (value.empty()) return "";
  value = value.substr(0, kLongestText);
  return type + bigEndian(value.size()) + std::string(value);
}

/// The bytes of an IP address; "" when it is none. A scope (%eth0) is of this machine only.
std::string addressBytes(const Address& address) {
  std::array<char, 16> bytes{};
  const bool six = address.family == Family::IPv6;
  const std::string host = address.host.substr(0, address.host.find('%'));
  if (::inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), bytes.data()) != 1) return "";
  return {bytes.data(), six ? 16U : 4U};
}

std::string unixBytes(const Address& address) {
  std::string path = address.host.substr(0, kUnixPath - 1);
  if (path.starts_with('@')) path[0] = '\0';
  path.resize(kUnixPath, '\0');
  return path;
}

/// §2.2: the byte of family and transport, the length left to come, the addresses.
struct AddressBlock {
  char family = 0x00;  // UNSPEC
  std::string bytes{};
};

AddressBlock blockOf(const Address& source, const Address& destination) {
  if (source.family != destination.family) return {};
  if (source.family == Family::UNIX) return {0x31, unixBytes(source) + unixBytes(destination)};
  const bool six = source.family == Family::IPv6;
  if (!six && source.family != Family::IPv4) return {};
  const std::string from = addressBytes(source);
  const std::string to = addressBytes(destination);
  if (from.empty() || to.empty()) return {};
  return {static_cast<char>(six ? 0x21 : 0x11),
          from + to + bigEndian(source.port) + bigEndian(destination.port)};
}

std::string sslDetails(const ProxyDetails& details) {
  if (details.tlsVersion.empty()) return "";
  char client = kClientSsl;
  if (details.certificate) client |= kClientCertificateOnConnection | kClientCertificateInSession;
  const bool refused = !details.certificate || !details.verified;
  std::string value(1, client);
  value += std::string(3, '\0');
  value += static_cast<char>(refused ? 1 : 0);  // verify: 0 for a certificate that is good
  value += typed(kSslVersion, details.tlsVersion) + typed(kSslCommonName, details.commonName) +
           typed(kSslCipher, details.cipher);
  return typed(kSsl, value);
}

}  // namespace

std::string proxyHeaderV1(const Address& source, const Address& destination) {
  const AddressBlock block = blockOf(source, destination);
  if (block.family != 0x11 && block.family != 0x21) return "PROXY UNKNOWN\r\n";
  const auto host = [](const Address& address) {
    return address.host.substr(0, address.host.find('%'));
  };
  return format("PROXY {} {} {} {} {}\r\n", block.family == 0x11 ? "TCP4" : "TCP6", host(source),
                host(destination), source.port, destination.port);
}

std::string proxyHeaderV2(const Address& source, const Address& destination,
                          const ProxyDetails& details) {
  const AddressBlock block = blockOf(source, destination);
  const std::string rest = block.bytes + typed(kAlpn, details.alpn) +
                           typed(kAuthority, details.authority) + sslDetails(details);
  std::string header(kSignature);
  header += kProxyCommand;
  header += block.family;
  return header + bigEndian(rest.size()) + rest;
}

}  // namespace ropewalk
