// A scan for the title element past comments, and the references that stand in titles.
#include "html_title.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "ropewalk/core/base/text.h"

namespace ropewalk::http {

namespace {

// A title stands in the head; what comes later is not one.
constexpr std::size_t kSearched = 64_KiB;
constexpr std::size_t kLongest = 1_KiB;
constexpr std::size_t kLongestEntity = 10;  // "#x10ffff;" and one more

constexpr std::array<std::pair<std::string_view, char>, 6> kEntities{
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}}};

std::size_t findIgnoreCase(std::string_view text, std::string_view lower, std::size_t from) {
  const auto same = [](char a, char b) { return lowerCase(a) == b; };
  const auto at =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())),
                  text.end(), lower.begin(), lower.end(), same);
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

/// Skips comments; `<titlebar>` is not a title.
std::size_t findTitle(std::string_view html) {
  std::size_t at = 0;
  while ((at = html.find('<', at)) != std::string_view::npos) {
    const std::string_view rest = html.substr(at);
    if (rest.starts_with("<!--")) {
      at = html.find("-->", at + 4);
      if (at == std::string_view::npos) return at;
      continue;
    }
    if (rest.size() > 6 && equalIgnoreCase(rest.substr(0, 6), "<title")) {
      const char next = rest[6];
      if (next == '>' || next == '/' || next == ' ' || next == '\t' || next == '\n' || next == '\r')
        return at;
    }
    ++at;
  }
  return std::string_view::npos;
}

void appendUtf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3f));
}

/// Undoes the reference at the start of text ("&amp;…"). @return how many bytes it has; 0 when it
/// is none
std::size_t appendEntity(std::string& out, std::string_view text) {
  const std::size_t end = text.substr(0, kLongestEntity).find(';');
  if (end == std::string_view::npos) return 0;
  const std::string_view name = text.substr(1, end - 1);
  if (name.starts_with('#')) {
    const bool isHex = name.size() > 1 && lowerCase(name[1]) == 'x';
    const std::optional<std::uint32_t> code =
        parseNumber<std::uint32_t>(name.substr(isHex ? 2 : 1), isHex ? 16 : 10);
    if (!code || *code == 0 || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)) return 0;
    appendUtf8(out, *code);
    return end + 1;
  }
  for (const auto& [known, character] : kEntities) {
    if (name == known) {
      out += character;
      return end + 1;
    }
  }
  return 0;
}

std::string decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t taken = text.front() == '&' ? appendEntity(out, text) : 0;
    if (taken == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(taken, 1));
  }
  return out;
}

std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != 0x7f) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::string htmlTitle(std::string_view html) {
  html = html.substr(0, kSearched);
  const std::size_t element = findTitle(html);
  if (element == std::string_view::npos) return {};
  const std::size_t start = html.find('>', element);
  if (start == std::string_view::npos) return {};
  const std::size_t end = findIgnoreCase(html, "</title", start);
  if (end == std::string_view::npos) return {};
  std::string title = collapsed(decoded(html.substr(start + 1, end - start - 1)));
  if (title.size() > kLongest) {
    std::size_t cut = kLongest;
    while (cut > 0 && (static_cast<unsigned char>(title[cut]) & 0xc0) == 0x80) --cut;
    title.resize(cut);
  }
  return title;
}

}  // namespace ropewalk::http
