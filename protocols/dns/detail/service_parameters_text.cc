// Service parameters as text. RFC 9460 §2.1 and appendix A.
#include <algorithm>
#include <array>
#include <vector>

#include "addresses.h"
#include "ropewalk/core/base/text.h"
#include "service_parameters.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::array<std::string_view, 9> kKeyNames = {"mandatory", "alpn",     "no-default-alpn",
                                                       "port",      "ipv4hint", "ech",
                                                       "ipv6hint",  "dohpath",  "ohttp"};

std::optional<std::uint16_t> parseKey(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kKeyNames.size(); ++i) {
    if (kKeyNames[i] == text) return static_cast<std::uint16_t>(i);
  }
  if (!text.starts_with("key")) return std::nullopt;
  text.remove_prefix(3);
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  const auto number = parseNumber<std::uint16_t>(text);
  return number == service_key::kInvalid ? std::nullopt : number;
}

void putKey(std::uint64_t key, std::string& out) {
  if (key < kKeyNames.size()) {
    out += kKeyNames[key];
  } else {
    out.append("key").append(std::to_string(key));
  }
}

/// Calls with each part between commas.
template <class Take>
Complaint eachPart(std::string_view list, Take take) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (const auto wrong = take(list.substr(0, comma))) return wrong;
    if (comma == std::string_view::npos) return kFine;
    list.remove_prefix(comma + 1);
  }
}

Complaint parseMandatory(std::string_view list, std::string& out) {
  std::vector<std::uint16_t> keys;
  const auto wrong = eachPart(list, [&keys](std::string_view part) -> Complaint {
    const auto key = parseKey(part);
    if (!key) return "mandatory lists something that is no key";
    keys.push_back(*key);
    return kFine;
  });
  if (wrong) return wrong;
  std::sort(keys.begin(), keys.end());  // §8: any order as text, ascending on the wire
  for (const std::uint16_t key : keys) put16(key, out);
  return kFine;
}

/// Appendix A.1: in a list, \, is a comma within a part, and \\ a backslash; there are no others.
Complaint parseAlpn(std::string_view list, std::string& out) {
  for (std::size_t at = 0;; ++at) {
    const std::size_t length = out.size();
    out.push_back('\0');
    for (; at < list.size() && list[at] != ','; ++at) {
      if (list[at] == '\\') {
        if (++at == list.size()) return "alpn ends in half an escape";
        if (list[at] != ',' && list[at] != '\\') {
          return "alpn escapes something else than a comma or a backslash";
        }
      }
      out.push_back(list[at]);
    }
    const std::size_t size = out.size() - length - 1;
    if (size == 0 || size > 255) return "alpn lists a name that has not 1 to 255 bytes";
    out[length] = static_cast<char>(size);
    if (at >= list.size()) return kFine;
  }
}

Complaint parseHints(std::string_view list, bool sixes, std::string& out) {
  return eachPart(list, [sixes, &out](std::string_view part) -> Complaint {
    if (sixes ? appendIPv6(part, out) : appendIPv4(part, out)) return kFine;
    return sixes ? "ipv6hint lists something that is no IPv6 address"
                 : "ipv4hint lists something that is no IPv4 address";
  });
}

Complaint parseEch(std::string_view text, std::string& out) {
  DigitReader digits(Digits::base64, out);
  if (digits.add(text) || digits.finish()) return "ech is no base64";
  return kFine;
}

Complaint parsePort(std::string_view text, std::string& out) {
  const auto port = parseNumber<std::uint16_t>(text);
  if (!port) return "port is no number from 0 to 65535";
  put16(*port, out);
  return kFine;
}

/// @param value    with its escapes resolved
/// @param generic  the key was written as keyNNN: the value is in wire form
Complaint parseValue(std::uint16_t key, bool generic, std::string_view value, std::string& out) {
  if (generic) return out.append(value), kFine;
  switch (key) {
    case service_key::kMandatory:
      return parseMandatory(value, out);
    case service_key::kAlpn:
      return parseAlpn(value, out);
    case service_key::kPort:
      return parsePort(value, out);
    case service_key::kIpv4Hint:
      return parseHints(value, false, out);
    case service_key::kEch:
      return parseEch(value, out);
    case service_key::kIpv6Hint:
      return parseHints(value, true, out);
    default:
      return out.append(value), kFine;
  }
}

struct Parameter {
  std::uint16_t key = 0;
  std::size_t word = 0;
  std::string value{};
};

/// key, key=value or key="value"; the last one comes as two words that touch.
Complaint parseParameter(std::span<const Word> words, std::size_t& at, Parameter& parameter) {
  const Word& word = words[at];
  if (word.quoted) return "its key stands in quotes";
  const std::size_t equals = word.text.find('=');
  const std::string_view name = word.text.substr(0, equals);
  const auto key = parseKey(name);
  if (!key) return "its key is neither known nor keyNNN";
  std::string_view raw;
  if (equals != std::string_view::npos) raw = word.text.substr(equals + 1);
  if (equals + 1 == word.text.size() && at + 1 < words.size() && words[at + 1].quoted &&
      words[at + 1].text.data() == word.text.data() + word.text.size() + 1) {
    raw = words[++at].text;
  }
  std::string text;
  if (const auto wrong = appendUnescaped(raw, text)) return wrong;
  parameter.key = *key;
  if (const auto wrong = parseValue(*key, name.starts_with("key"), text, parameter.value)) {
    return wrong;
  }
  if (isServiceValue(*key, parameter.value)) return kFine;
  return text.empty() ? "its key needs a value" : "its value has not the form of its key";
}

void putProtocols(std::string_view value, std::string& out) {
  out += '"';
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t length = static_cast<unsigned char>(rest[0]);
    if (rest.size() != value.size()) out += ',';
    for (const char c : rest.substr(1, length)) {
      if (c == ',' || c == '\\') out += "\\\\";  // the list's escape, itself escaped
      putEscaped(c, out);
    }
    rest.remove_prefix(length + 1);
  }
  out += '"';
}

/// Numbers and addresses between commas.
template <class Put>
void putList(std::string_view value, std::size_t size, Put put) {
  for (std::size_t at = 0; at < value.size(); at += size) put(at != 0, value.substr(at, size));
}

void putValue(const ServiceParameter& parameter, std::string& out) {
  const std::string_view value = parameter.value;
  const auto comma = [&out](bool wanted) { out.append(wanted ? "," : ""); };
  switch (parameter.key) {
    case service_key::kMandatory:
      return putList(value, 2, [&](bool behind, std::string_view key) {
        comma(behind);
        putKey(numberAt(key, 0, 2), out);
      });
    case service_key::kAlpn:
      return putProtocols(value, out);
    case service_key::kPort:
      out += std::to_string(numberAt(value, 0, 2));
      return;
    case service_key::kIpv4Hint:
      return putList(value, 4, [&](bool behind, std::string_view address) {
        comma(behind);
        putIPv4(address, out);
      });
    case service_key::kEch:
      out += base64Encode(value);
      return;
    case service_key::kIpv6Hint:
      return putList(value, 16, [&](bool behind, std::string_view address) {
        comma(behind);
        putIPv6(address, out);
      });
    default:
      return putQuoted(value, out);
  }
}

}  // namespace

Complaint parseServiceParameters(std::span<const Word> words, std::size_t& at, std::string& out) {
  std::vector<Parameter> parameters;
  for (; at < words.size(); ++at) {
    Parameter parameter;
    parameter.word = at;
    if (const auto wrong = parseParameter(words, at, parameter)) {
      at = parameter.word;
      return wrong;
    }
    parameters.push_back(std::move(parameter));
  }
  std::stable_sort(parameters.begin(), parameters.end(),
                   [](const Parameter& a, const Parameter& b) { return a.key < b.key; });
  const std::size_t begin = out.size();
  std::size_t first = at;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    first = std::min(first, parameters[i].word);
    if (i != 0 && parameters[i].key == parameters[i - 1].key) {
      at = parameters[i].word;
      return "its key is there twice";
    }
    if (parameters[i].value.size() > UINT16_MAX) return "it is longer than 65535 bytes";
    put16(parameters[i].key, out);
    put16(static_cast<std::uint16_t>(parameters[i].value.size()), out);
    out += parameters[i].value;
  }
  const auto wrong = checkServiceSense(std::string_view(out).substr(begin));
  if (wrong) at = first;
  return wrong;
}

void putServiceParameters(std::string_view wire, std::string& out) {
  while (!wire.empty()) {
    const auto parameter = takeServiceParameter(wire);
    out += ' ';
    putKey(parameter.key, out);
    if (parameter.value.empty()) continue;
    out += '=';
    putValue(parameter, out);
  }
}

}  // namespace ropewalk::dns::detail
