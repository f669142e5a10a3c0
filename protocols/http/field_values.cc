// What stands inside field values. RFC 9110 §5.6, §8.3, §12.4.
#include "field_values.h"

#include <algorithm>

namespace ropewalk::http {
namespace {

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = lowerAscii(c);
  return lower;
}

// The size of the quoted-string at the front of text, quotes included; 0 when it has no end.
std::size_t quotedSize(std::string_view text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

// Where the next `stop` lies that is not inside a quoted string; text.size() when there is none.
std::size_t findUnquoted(std::string_view text, char stop) noexcept {
  std::size_t i = 0;
  while (i < text.size() && text[i] != stop) {
    const std::size_t quoted = text[i] == '"' ? quotedSize(text.substr(i)) : 0;
    i += std::max<std::size_t>(quoted, 1);
  }
  return i;
}

std::string_view trimLeft(std::string_view text) noexcept {
  while (!text.empty() && isOws(text.front())) text.remove_prefix(1);
  return text;
}

// A token or a quoted-string at the front of text, taken off it.
// @return false when there is neither
bool takeWord(std::string_view& text, std::string& word) {
  std::size_t size = 0;
  if (!text.empty() && text[0] == '"') {
    size = quotedSize(text);
    word = unquote(text.substr(0, size));
  } else {
    size = spanOf(text, kTchar);
    word = text.substr(0, size);
  }
  text.remove_prefix(size);
  return size > 0;
}

// What an Accept field says of a media type.
struct Acceptance {
  int weight = 0;
  int rank = -1;  // how specific the range that decides is
};

Acceptance acceptance(std::string_view accept, const MediaType& offered) {
  if (trimOws(accept).empty()) return {1000, 0};
  Acceptance best;
  for (const WeightedItem& element : parseWeightedList(accept)) {
    const auto range = MediaType::parse(element.item);
    if (!range || !range->covers(offered)) continue;
    // RFC 9110 §12.5.1: the most specific range has precedence.
    const int rank = (range->type != "*" ? 1 : 0) + (range->subtype != "*" ? 1 : 0) +
                     static_cast<int>(range->parameters.size());
    if (rank > best.rank) best = {element.weight, rank};
  }
  return best;
}

}  // namespace

bool nextListItem(std::string_view& rest, std::string_view& item) noexcept {
  while (!rest.empty()) {
    const std::size_t end = findUnquoted(rest, ',');
    item = trimOws(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!item.empty()) return true;
  }
  return false;
}

bool listHas(std::string_view value, std::string_view token) noexcept {
  std::string_view item;
  while (nextListItem(value, item)) {
    if (equalIgnoreCase(item, token)) return true;
  }
  return false;
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || quotedSize(text) != text.size())
    return std::string(text);
  std::string plain;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    plain += text[i];
  }
  return plain;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += isClass(c, kFieldText) ? c : ' ';
  }
  return quoted += '"';
}

std::optional<std::vector<Parameter>> parseParameters(std::string_view text) {
  std::vector<Parameter> parameters;
  for (text = trimLeft(text); !text.empty(); text = trimLeft(text)) {
    if (text[0] != ';') return std::nullopt;
    text = trimLeft(text.substr(1));
    if (text.empty() || text[0] == ';') continue;  // RFC 9110 §5.6.6: a parameter may be missing
    const std::size_t nameSize = spanOf(text, kTchar);
    Parameter parameter{lowerCase(text.substr(0, nameSize)), {}};
    text.remove_prefix(nameSize);
    if (nameSize == 0 || text.empty() || text[0] != '=') return std::nullopt;
    text.remove_prefix(1);
    if (!takeWord(text, parameter.value)) return std::nullopt;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::optional<MediaType> MediaType::parse(std::string_view text) {
  text = trimOws(text);
  const std::size_t typeSize = spanOf(text, kTchar);
  if (typeSize == 0 || typeSize == text.size() || text[typeSize] != '/') return std::nullopt;
  const std::string_view rest = text.substr(typeSize + 1);
  const std::size_t subtypeSize = spanOf(rest, kTchar);
  if (subtypeSize == 0) return std::nullopt;
  auto parameters = parseParameters(rest.substr(subtypeSize));
  if (!parameters) return std::nullopt;
  return MediaType{lowerCase(text.substr(0, typeSize)), lowerCase(rest.substr(0, subtypeSize)),
                   std::move(*parameters)};
}

const std::string* MediaType::parameter(std::string_view name) const noexcept {
  for (const Parameter& parameter : parameters) {
    if (equalIgnoreCase(parameter.name, name)) return &parameter.value;
  }
  return nullptr;
}

bool MediaType::covers(const MediaType& other) const noexcept {
  if (type != "*" && type != other.type) return false;
  if (type == "*" && subtype != "*") return false;  // RFC 9110 §12.5.1 has no such range
  if (subtype != "*" && subtype != other.subtype) return false;
  for (const Parameter& wanted : parameters) {
    if (wanted.name == "q") break;  // what follows the weight is not of the media type
    const std::string* have = other.parameter(wanted.name);
    if (have == nullptr || !equalIgnoreCase(*have, wanted.value)) return false;
  }
  return true;
}

std::string toText(const MediaType& type) {
  std::string text = type.type + '/' + type.subtype;
  for (const Parameter& parameter : type.parameters) {
    text.append(";").append(parameter.name).append("=");
    text.append(isToken(parameter.value) ? parameter.value : quote(parameter.value));
  }
  return text;
}

std::optional<int> parseWeight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  int scale = 100;
  for (std::size_t i = 2; i < text.size(); ++i, scale /= 10) {
    if (!isDigit(text[i])) return std::nullopt;
    weight += (text[i] - '0') * scale;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

std::vector<WeightedItem> parseWeightedList(std::string_view value) {
  std::vector<WeightedItem> items;
  forEachListItem(value, [&items](std::string_view element) {
    WeightedItem item{element};
    for (std::size_t at = findUnquoted(element, ';'); at < element.size();) {
      const std::string_view rest = trimOws(element.substr(at + 1));
      const std::size_t next = at + 1 + findUnquoted(element.substr(at + 1), ';');
      if (rest.size() > 1 && lowerAscii(rest[0]) == 'q' && rest[1] == '=') {
        const auto weight = parseWeight(trimOws(rest.substr(2, rest.find(';') - 2)));
        if (!weight) return;
        item = {trimOws(element.substr(0, at)), *weight};
        break;
      }
      at = next;
    }
    items.push_back(item);
  });
  std::stable_sort(items.begin(), items.end(), [](const WeightedItem& a, const WeightedItem& b) {
    return a.weight > b.weight;
  });
  return items;
}

int acceptWeight(std::string_view accept, const MediaType& offered) {
  return acceptance(accept, offered).weight;
}

bool prefers(const FieldLines& fields, std::string_view first, std::string_view second) {
  std::string accept;  // RFC 9110 §5.3: several lines are one list
  for (const std::string_view value : fields.all("Accept")) accept.append(value).append(",");
  const auto of = [&accept](std::string_view type) {
    const auto parsed = MediaType::parse(type);
    return parsed ? acceptance(accept, *parsed) : Acceptance();
  };
  const Acceptance a = of(first);
  const Acceptance b = of(second);
  return a.weight != b.weight ? a.weight > b.weight : a.weight > 0 && a.rank > b.rank;
}

}  // namespace ropewalk::http
