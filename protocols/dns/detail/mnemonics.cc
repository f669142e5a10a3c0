// The tables of names. RFC 4398 §2.1; IANA's registry of DNSSEC algorithm numbers.
#include "mnemonics.h"

#include "ropewalk/core/base/text.h"

namespace ropewalk::dns::detail {

namespace {

struct Mnemonic {
  std::uint16_t number;
  std::string_view name;
};

constexpr Mnemonic kCertTypes[] = {{1, "PKIX"},  {2, "SPKI"}, {3, "PGP"},    {4, "IPKIX"},
                                   {5, "ISPKI"}, {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"},
                                   {253, "URI"}, {254, "OID"}};

constexpr Mnemonic kAlgorithms[] = {{0, "DELETE"},
                                    {1, "RSAMD5"},
                                    {2, "DH"},
                                    {3, "DSA"},
                                    {4, "ECC"},
                                    {5, "RSASHA1"},
                                    {6, "DSA-NSEC3-SHA1"},
                                    {6, "NSEC3DSA"},
                                    {7, "RSASHA1-NSEC3-SHA1"},
                                    {7, "NSEC3RSASHA1"},
                                    {8, "RSASHA256"},
                                    {10, "RSASHA512"},
                                    {12, "ECC-GOST"},
                                    {12, "ECCGOST"},
                                    {13, "ECDSAP256SHA256"},
                                    {14, "ECDSAP384SHA384"},
                                    {15, "ED25519"},
                                    {16, "ED448"},
                                    {252, "INDIRECT"},
                                    {253, "PRIVATEDNS"},
                                    {254, "PRIVATEOID"}};

template <class Number, std::size_t N>
std::optional<Number> numberOf(const Mnemonic (&table)[N], std::string_view text) noexcept {
  if (const auto number = parseNumber<Number>(text)) return number;
  for (const auto& entry : table) {
    if (equalIgnoreCase(entry.name, text)) return static_cast<Number>(entry.number);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint16_t> parseCertType(std::string_view text) noexcept {
  return numberOf<std::uint16_t>(kCertTypes, text);
}

std::string certTypeToText(std::uint16_t type) {
  for (const auto& entry : kCertTypes) {
    if (entry.number == type) return std::string(entry.name);
  }
  return std::to_string(type);
}

std::optional<std::uint8_t> parseAlgorithm(std::string_view text) noexcept {
  return numberOf<std::uint8_t>(kAlgorithms, text);
}

}  // namespace ropewalk::dns::detail
