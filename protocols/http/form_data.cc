// Names and values of a query or of a form. WHATWG URL §5.
#include "form_data.h"

#include <algorithm>

#include "grammar.h"

namespace ropewalk::http {
namespace {

std::string decode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && isClass(text[i + 1], kHexDigit) &&
                        isClass(text[i + 2], kHexDigit);
    if (escape) {
      plain += static_cast<char>(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

void encode(std::string& out, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (isClass(c, kAlpha | kDigit) || c == '*' || c == '-' || c == '.' || c == '_') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out.append(1, '%').append(1, kHexDigits[byte >> 4]).append(1, kHexDigits[byte & 15]);
    }
  }
}

}  // namespace

FormData FormData::parse(std::string_view text, std::size_t maxPairs) {
  FormData form;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (form.pairs_.size() == maxPairs) {
      form.truncated_ = true;
      break;
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    form.pairs_.emplace_back(decode(pair.substr(0, equals)),
                             decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return form;
}

void FormData::add(std::string_view name, std::string_view value) {
  pairs_.emplace_back(name, value);
}

std::optional<std::string_view> FormData::get(std::string_view name) const noexcept {
  for (const Pair& pair : pairs_) {
    if (pair.first == name) return pair.second;
  }
  return std::nullopt;
}

std::vector<std::string_view> FormData::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Pair& pair : pairs_) {
    if (pair.first == name) values.emplace_back(pair.second);
  }
  return values;
}

std::string toText(const FormData& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    if (!text.empty()) text += '&';
    encode(text, name);
    text += '=';
    encode(text, value);
  }
  return text;
}

}  // namespace ropewalk::http
