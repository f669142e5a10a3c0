// Typed records to and from wire form. RFC 1035 §3.3, RFC 2782, RFC 3403, RFC 3596, RFC 6698,
// RFC 7553, RFC 8659.
#include "records.h"

#include "rdata.h"
#include "ropewalk/protocols/dns/detail/addresses.h"
#include "ropewalk/protocols/dns/detail/data_reader.h"

namespace ropewalk::dns {

namespace {

using detail::DataReader;
using detail::put16;
using detail::put32;
using detail::putString;

/// Checks the data, then lets `fill` take its fields.
template <class T, class Fill>
Result<T> readFields(std::string_view data, Seconds ttl, Fill fill) {
  if (const auto fits = checkRdata(T::kType, data); !fits) return fits.failure();
  DataReader reader(data);
  T record;
  fill(reader, record);
  record.ttl = ttl;
  return record;
}

Failure noAddress(std::string_view literal, std::string_view kind) {
  return FormatError(format("{} is no {} address", quoteBytes(literal), kind));
}

std::string dataOfIPv4(std::string_view literal) {
  std::string bytes;
  if (!detail::appendIPv4(literal, bytes)) noAddress(literal, "IPv4").raise();
  return bytes;
}

std::string dataOfIPv6(std::string_view literal) {
  std::string bytes;
  if (!detail::appendIPv6(literal, bytes)) noAddress(literal, "IPv6").raise();
  return bytes;
}

}  // namespace

A::A(std::string_view literal, Seconds lifetime) : address(literal), ttl(lifetime) {
  (void)dataOfIPv4(literal);
}
std::string A::data() const { return dataOfIPv4(address); }
Result<A> A::fromData(std::string_view data, Seconds ttl) {
  return readFields<A>(data, ttl, [](DataReader& reader, A& record) {
    detail::putIPv4(reader.left(), record.address);
  });
}

AAAA::AAAA(std::string_view literal, Seconds lifetime) : address(literal), ttl(lifetime) {
  (void)dataOfIPv6(literal);
}
std::string AAAA::data() const { return dataOfIPv6(address); }
Result<AAAA> AAAA::fromData(std::string_view data, Seconds ttl) {
  return readFields<AAAA>(data, ttl, [](DataReader& reader, AAAA& record) {
    detail::putIPv6(reader.left(), record.address);
  });
}

template <Type type>
Result<NameRecord<type>> NameRecord<type>::fromData(std::string_view data, Seconds ttl) {
  return readFields<NameRecord>(
      data, ttl, [](DataReader& reader, NameRecord& record) { record.name = reader.name(); });
}
template struct NameRecord<Type::NS>;
template struct NameRecord<Type::CNAME>;
template struct NameRecord<Type::PTR>;
template struct NameRecord<Type::DNAME>;

std::string MX::data() const {
  std::string out;
  put16(preference, out);
  return out + exchange.wire();
}
Result<MX> MX::fromData(std::string_view data, Seconds ttl) {
  return readFields<MX>(data, ttl, [](DataReader& reader, MX& record) {
    record.preference = reader.u16();
    record.exchange = reader.name();
  });
}

std::string SRV::data() const {
  std::string out;
  put16(priority, out);
  put16(weight, out);
  put16(port, out);
  return out + target.wire();
}
Result<SRV> SRV::fromData(std::string_view data, Seconds ttl) {
  return readFields<SRV>(data, ttl, [](DataReader& reader, SRV& record) {
    record.priority = reader.u16();
    record.weight = reader.u16();
    record.port = reader.u16();
    record.target = reader.name();
  });
}

TXT::TXT(std::string_view text, Seconds lifetime) : ttl(lifetime) {
  do {
    strings.emplace_back(text.substr(0, 255));
    text.remove_prefix(strings.back().size());
  } while (!text.empty());
}
std::string TXT::text() const {
  std::string all;
  for (const auto& each : strings) all += each;
  return all;
}
std::string TXT::data() const {
  std::string out;
  for (const auto& each : strings) putString(each, out);
  // RFC 1035 §3.3.14: one or more.
  if (out.empty()) out.push_back('\0');
  return out;
}
Result<TXT> TXT::fromData(std::string_view data, Seconds ttl) {
  return readFields<TXT>(data, ttl, [](DataReader& reader, TXT& record) {
    while (!reader.left().empty()) record.strings.push_back(reader.string());
  });
}

std::string SOA::data() const {
  std::string out = mname.wire() + rname.wire();
  for (const std::uint32_t number : {serial, refresh, retry, expire, minimum}) put32(number, out);
  return out;
}
Result<SOA> SOA::fromData(std::string_view data, Seconds ttl) {
  return readFields<SOA>(data, ttl, [](DataReader& reader, SOA& record) {
    record.mname = reader.name();
    record.rname = reader.name();
    for (auto* number :
         {&record.serial, &record.refresh, &record.retry, &record.expire, &record.minimum}) {
      *number = reader.u32();
    }
  });
}

std::string CAA::data() const {
  std::string out(1, static_cast<char>(flags));
  putString(tag, out);
  return out + value;
}
Result<CAA> CAA::fromData(std::string_view data, Seconds ttl) {
  return readFields<CAA>(data, ttl, [](DataReader& reader, CAA& record) {
    record.flags = reader.u8();
    record.tag = reader.string();
    record.value = reader.rest();
  });
}

std::string NAPTR::data() const {
  std::string out;
  put16(order, out);
  put16(preference, out);
  putString(flags, out);
  putString(service, out);
  putString(regexp, out);
  return out + replacement.wire();
}
Result<NAPTR> NAPTR::fromData(std::string_view data, Seconds ttl) {
  return readFields<NAPTR>(data, ttl, [](DataReader& reader, NAPTR& record) {
    record.order = reader.u16();
    record.preference = reader.u16();
    record.flags = reader.string();
    record.service = reader.string();
    record.regexp = reader.string();
    record.replacement = reader.name();
  });
}

std::string TLSA::data() const {
  std::string out = {static_cast<char>(usage), static_cast<char>(selector),
                     static_cast<char>(matching)};
  return out + certificate;
}
Result<TLSA> TLSA::fromData(std::string_view data, Seconds ttl) {
  return readFields<TLSA>(data, ttl, [](DataReader& reader, TLSA& record) {
    record.usage = reader.u8();
    record.selector = reader.u8();
    record.matching = reader.u8();
    record.certificate = reader.rest();
  });
}

std::string URI::data() const {
  std::string out;
  put16(priority, out);
  put16(weight, out);
  return out + target;
}
Result<URI> URI::fromData(std::string_view data, Seconds ttl) {
  return readFields<URI>(data, ttl, [](DataReader& reader, URI& record) {
    record.priority = reader.u16();
    record.weight = reader.u16();
    record.target = reader.rest();
  });
}

Record makeRecord(Name name, std::string_view line, Seconds ttl) {
  line = trim(line);
  const std::size_t end = line.find_first_of(" \t");
  const auto type = parseType(line.substr(0, end));
  if (!type) {
    throw FormatError(format("{} is no type of record", quoteBytes(line.substr(0, end))));
  }
  const auto data =
      parseRdata(*type, end == std::string_view::npos ? std::string_view() : line.substr(end));
  return {std::move(name), *type, Class::IN, static_cast<std::uint32_t>(ttl.count()), data.value()};
}

}  // namespace ropewalk::dns
