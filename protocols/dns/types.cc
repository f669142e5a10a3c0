// The names of the DNS's numbers. IANA's registry of DNS parameters.
#include "types.h"

#include <array>

#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

struct Entry {
  std::uint16_t number;
  std::string_view name;
};

constexpr Entry kTypes[] = {
    {1, "A"},           {2, "NS"},        {3, "MD"},        {4, "MF"},       {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},        {8, "MG"},        {9, "MR"},       {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},      {13, "HINFO"},    {14, "MINFO"},   {15, "MX"},
    {16, "TXT"},        {17, "RP"},       {18, "AFSDB"},    {19, "X25"},     {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},     {23, "NSAP-PTR"}, {24, "SIG"},     {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},     {28, "AAAA"},     {29, "LOC"},     {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"},   {33, "SRV"},      {34, "ATMA"},    {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},     {38, "A6"},       {39, "DNAME"},   {40, "SINK"},
    {41, "OPT"},        {42, "APL"},      {43, "DS"},       {44, "SSHFP"},   {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},     {48, "DNSKEY"},   {49, "DHCID"},   {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},     {53, "SMIMEA"},   {55, "HIP"},     {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"},   {59, "CDS"},      {60, "CDNSKEY"}, {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"},   {64, "SVCB"},     {65, "HTTPS"},   {66, "DSYNC"},
    {67, "HHIT"},       {68, "BRID"},     {99, "SPF"},      {100, "UINFO"},  {101, "UID"},
    {102, "GID"},       {103, "UNSPEC"},  {104, "NID"},     {105, "L32"},    {106, "L64"},
    {107, "LP"},        {108, "EUI48"},   {109, "EUI64"},   {128, "NXNAME"}, {249, "TKEY"},
    {250, "TSIG"},      {251, "IXFR"},    {252, "AXFR"},    {253, "MAILB"},  {254, "MAILA"},
    {255, "ANY"},       {256, "URI"},     {257, "CAA"},     {258, "AVC"},    {259, "DOA"},
    {260, "AMTRELAY"},  {261, "RESINFO"}, {262, "WALLET"},  {263, "CLA"},    {264, "IPN"},
    {32768, "TA"},      {32769, "DLV"}};
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
