// The names of the DNS's numbers. IANA's registry of DNS parameters.
#include "ropewalk/protocols/dns/types.h"

#include <array>

#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

struct Entry {
  std::uint16_t number;
  std::string_view name;
};

constexpr Entry kTypes[] = {
    {1, "A"},           {2, "NS"},     {5, "CNAME"},   {6, "SOA"},    {12, "PTR"},
    {13, "HINFO"},      {15, "MX"},    {16, "TXT"},    {17, "RP"},    {18, "AFSDB"},
    {28, "AAAA"},       {29, "LOC"},   {33, "SRV"},    {35, "NAPTR"}, {36, "KX"},
    {37, "CERT"},       {39, "DNAME"}, {41, "OPT"},    {43, "DS"},    {44, "SSHFP"},
    {46, "RRSIG"},      {47, "NSEC"},  {48, "DNSKEY"}, {49, "DHCID"}, {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},  {53, "SMIMEA"}, {59, "CDS"},   {60, "CDNSKEY"},
    {61, "OPENPGPKEY"}, {62, "CSYNC"}, {63, "ZONEMD"}, {64, "SVCB"},  {65, "HTTPS"},
    {99, "SPF"},        {250, "TSIG"}, {251, "IXFR"},  {252, "AXFR"}, {255, "ANY"},
    {256, "URI"},       {257, "CAA"},
};
constexpr Entry kClasses[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};
constexpr Entry kOpcodes[] = {
    {0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}};
constexpr Entry kRcodes[] = {{0, "NOERROR"}, {1, "FORMERR"},  {2, "SERVFAIL"},  {3, "NXDOMAIN"},
                             {4, "NOTIMP"},  {5, "REFUSED"},  {6, "YXDOMAIN"},  {7, "YXRRSET"},
                             {8, "NXRRSET"}, {9, "NOTAUTH"},  {10, "NOTZONE"},  {16, "BADVERS"},
                             {17, "BADKEY"}, {18, "BADTIME"}, {22, "BADTRUNC"}, {23, "BADCOOKIE"}};

template <std::size_t N>
std::string nameOf(const Entry (&table)[N], std::uint16_t number, std::string_view otherwise) {
  for (const auto& entry : table) {
    if (entry.number == number) return std::string(entry.name);
  }
  return std::string(otherwise) + std::to_string(number);
}

/// @param prefix  of the form for numbers without a name: "TYPE", "CLASS" (RFC 3597 §5)
template <std::size_t N>
std::optional<std::uint16_t> numberOf(const Entry (&table)[N], std::string_view text,
                                      std::string_view prefix) {
  for (const auto& entry : table) {
    if (equalIgnoreCase(entry.name, text)) return entry.number;
  }
  if (text.size() <= prefix.size() || !equalIgnoreCase(text.substr(0, prefix.size()), prefix)) {
    return std::nullopt;
  }
  return parseNumber<std::uint16_t>(text.substr(prefix.size()));
}

}  // namespace

std::string toText(Type type) { return nameOf(kTypes, static_cast<std::uint16_t>(type), "TYPE"); }

std::string toText(Class klass) {
  return nameOf(kClasses, static_cast<std::uint16_t>(klass), "CLASS");
}

std::string toText(Opcode opcode) {
  return nameOf(kOpcodes, static_cast<std::uint16_t>(opcode), "OPCODE");
}

std::string toText(Rcode rcode) {
  return nameOf(kRcodes, static_cast<std::uint16_t>(rcode), "RCODE");
}

std::optional<Type> parseType(std::string_view text) {
  const auto number = numberOf(kTypes, text, "TYPE");
  if (!number) return std::nullopt;
  return static_cast<Type>(*number);
}

std::optional<Class> parseClass(std::string_view text) {
  const auto number = numberOf(kClasses, text, "CLASS");
  if (!number) return std::nullopt;
  return static_cast<Class>(*number);
}

}  // namespace ropewalk::dns
