// The wire form of service parameters: what is well-formed, and what makes sense. RFC 9460 §2.2, §7
// and §8.
#include "service_parameters.h"

#include "ropewalk/core/base/text.h"

namespace ropewalk::dns::detail {

namespace {

bool isKeyList(std::string_view value) noexcept {
  if (value.empty() || value.size() % 2 != 0) return false;
  std::uint64_t last = 0;  // mandatory itself must not be in it, so the first one is above 0
  for (std::size_t at = 0; at < value.size(); at += 2) {
    const std::uint64_t key = numberAt(value, at, 2);
    if (key <= last) return false;
    last = key;
  }
  return true;
}

bool isProtocolList(std::string_view value) noexcept {
  if (value.empty()) return false;
  while (!value.empty()) {
    const std::size_t length = static_cast<unsigned char>(value[0]);
    if (length == 0 || length >= value.size()) return false;
    value.remove_prefix(length + 1);
  }
  return true;
}

/// A relative URI template with the variable "dns" (RFC 9461 §5).
bool isDohPath(std::string_view value) noexcept {
  const std::size_t brace = value.find('{');
  return value.starts_with('/') && isUtf8(value) && brace != std::string_view::npos &&
         value.find("dns", brace) != std::string_view::npos;
}

bool hasKey(std::string_view wire, std::uint64_t key) noexcept {
  while (!wire.empty()) {
    if (takeServiceParameter(wire).key == key) return true;
  }
  return false;
}

}  // namespace

bool isServiceValue(std::uint16_t key, std::string_view value) noexcept {
  switch (key) {
    case service_key::kMandatory:
      return isKeyList(value);
    case service_key::kAlpn:
      return isProtocolList(value);
    case service_key::kNoDefaultAlpn:
      return value.empty();
    case service_key::kPort:
      return value.size() == 2;
    case service_key::kIpv4Hint:
      return !value.empty() && value.size() % 4 == 0;
    case service_key::kEch:
      return !value.empty();
    case service_key::kIpv6Hint:
      return !value.empty() && value.size() % 16 == 0;
    case service_key::kDohPath:
      return isDohPath(value);
    case service_key::kOhttp:
      return value.empty();
    case service_key::kInvalid:
      return false;
    default:
      return true;
  }
}

ServiceParameter takeServiceParameter(std::string_view& wire) noexcept {
  const std::size_t length = numberAt(wire, 2, 2);
  const ServiceParameter parameter{static_cast<std::uint16_t>(numberAt(wire, 0, 2)),
                                   wire.substr(4, length)};
  wire.remove_prefix(4 + length);
  return parameter;
}

Complaint checkServiceParameters(std::string_view wire) noexcept {
  for (std::int32_t last = -1; !wire.empty();) {
    if (wire.size() < 4 || wire.size() - 4 < numberAt(wire, 2, 2)) return "a parameter is cut off";
    const auto parameter = takeServiceParameter(wire);
    if (parameter.key <= last) return "its keys do not ascend";
    if (!isServiceValue(parameter.key, parameter.value)) {
      return "a value has not the form that its key asks for";
    }
    last = parameter.key;
  }
  return kFine;
}

Complaint checkServiceSense(std::string_view wire) noexcept {
  if (const auto wrong = checkServiceParameters(wire)) return wrong;
  for (std::string_view rest = wire; !rest.empty();) {
    const auto parameter = takeServiceParameter(rest);
    if (parameter.key > service_key::kNoDefaultAlpn) break;
    if (parameter.key == service_key::kNoDefaultAlpn && !hasKey(wire, service_key::kAlpn)) {
      return "no-default-alpn needs alpn beside it";
    }
    if (parameter.key != service_key::kMandatory) continue;
    for (std::size_t at = 0; at < parameter.value.size(); at += 2) {
      if (!hasKey(wire, numberAt(parameter.value, at, 2))) return "a mandatory key is missing";
    }
  }
  return kFine;
}

}  // namespace ropewalk::dns::detail
