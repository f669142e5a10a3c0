// SVCB and HTTPS records. RFC 9460 §2.2 and §7.
#include "rdata.h"
#include "records.h"
#include "ropewalk/protocols/dns/detail/addresses.h"
#include "ropewalk/protocols/dns/detail/data_reader.h"
#include "ropewalk/protocols/dns/detail/service_parameters.h"

namespace ropewalk::dns {

namespace {

namespace key = detail::service_key;

using Parameters = std::map<std::uint16_t, std::string>;

/// The value of a key; empty when there is none.
std::string_view valueOf(const Parameters& parameters, std::uint16_t key) {
  const auto found = parameters.find(key);
  if (found == parameters.end() || !detail::isServiceValue(key, found->second)) return {};
  return found->second;
}

}  // namespace

template <Type type>
std::vector<std::string> ServiceBinding<type>::alpn() const {
  std::vector<std::string> names;
  detail::DataReader reader(valueOf(parameters, key::kAlpn));
  while (!reader.left().empty()) names.push_back(reader.string());
  return names;
}

template <Type type>
std::uint16_t ServiceBinding<type>::port() const {
  const auto value = valueOf(parameters, key::kPort);
  return value.empty() ? std::uint16_t{0} : detail::DataReader(value).u16();
}

template <Type type>
std::vector<std::string> ServiceBinding<type>::hints() const {
  std::vector<std::string> addresses;
  const auto fours = valueOf(parameters, key::kIpv4Hint);
  for (std::size_t at = 0; at < fours.size(); at += 4) {
    detail::putIPv4(fours.substr(at, 4), addresses.emplace_back());
  }
  const auto sixes = valueOf(parameters, key::kIpv6Hint);
  for (std::size_t at = 0; at < sixes.size(); at += 16) {
    detail::putIPv6(sixes.substr(at, 16), addresses.emplace_back());
  }
  return addresses;
}

template <Type type>
std::string ServiceBinding<type>::data() const {
  std::string out;
  detail::put16(priority, out);
  out += target.wire();
  for (const auto& [number, value] : parameters) {
    if (value.size() > UINT16_MAX) {
      throw FormatError(format("the value of key{} is longer than 65535 bytes", number));
    }
    detail::put16(number, out);
    detail::put16(static_cast<std::uint16_t>(value.size()), out);
    out += value;
  }
  return out;
}

template <Type type>
Result<ServiceBinding<type>> ServiceBinding<type>::fromData(std::string_view data, Seconds ttl) {
  if (const auto fits = checkRdata(type, data); !fits) return fits.failure();
  detail::DataReader reader(data);
  ServiceBinding binding;
  binding.ttl = ttl;
  binding.priority = reader.u16();
  binding.target = reader.name();
  for (std::string_view rest = reader.left(); !rest.empty();) {
    const auto parameter = detail::takeServiceParameter(rest);
    binding.parameters.emplace(parameter.key, parameter.value);
  }
  return binding;
}

template struct ServiceBinding<Type::SVCB>;
template struct ServiceBinding<Type::HTTPS>;

}  // namespace ropewalk::dns
