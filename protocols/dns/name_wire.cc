// Names as bytes: read from messages, compared, hashed; without allocations. RFC 1035 §4.1.4,
// RFC 4034 §6.1.
#include <array>
#include <cstring>

#include "name.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns::wire {

namespace {

constexpr unsigned char kPointer = 0xC0;
// As many as a name has labels. Pointers that lead to pointers say nothing that one could not, but
// a message of names that all go through a chain of thousands takes minutes (CVE-2026-42304).
constexpr unsigned kMaxPointers = 127;

unsigned char byteAt(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

/// Where each label begins; at most 127 labels fit into 255 bytes.
struct Labels {
  std::array<unsigned char, 128> at;
  std::size_t count = 0;

  explicit Labels(std::string_view name) noexcept {
    for (std::size_t i = 0; byteAt(name, i) != 0; i += byteAt(name, i) + 1U) {
      at[count++] = static_cast<unsigned char>(i);
    }
  }
};

int compareLabels(std::string_view a, std::string_view b) noexcept {
  const std::size_t shorter = a.size() < b.size() ? a.size() : b.size();
  for (std::size_t i = 0; i < shorter; ++i) {
    const auto left = static_cast<unsigned char>(lowerCase(a[i]));
    const auto right = static_cast<unsigned char>(lowerCase(b[i]));
    if (left != right) return left < right ? -1 : 1;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

}  // namespace

NameRead readName(std::string_view message, std::size_t offset, char* out) noexcept {
  std::size_t at = offset;
  std::size_t barrier = offset;  // pointers must point before it: each jump lowers it, so all ends
  std::size_t next = 0;
  std::size_t length = 0;
  unsigned pointers = 0;
  for (;;) {
    if (at >= message.size()) return {};
    const unsigned char size = byteAt(message, at);
    if (size >= kPointer) {
      if (at + 1 >= message.size()) return {};
      const std::size_t target =
          static_cast<std::size_t>(size & 0x3F) << 8 | byteAt(message, at + 1);
      if (next == 0) next = at + 2;
      if (target >= barrier || ++pointers > kMaxPointers) return {};
      barrier = at = target;
      continue;
    }
    if (size > kMaxLabelLength || at + 1 + size > message.size()) return {};
    if (length + 1 + size + (size != 0 ? 1 : 0) > kMaxNameLength) return {};
    std::memcpy(out + length, message.data() + at, size + 1U);
    length += size + 1U;
    at += size + 1U;
    if (size == 0) return {next != 0 ? next : at, length};
  }
}

std::size_t skipName(std::string_view message, std::size_t offset) noexcept {
  std::array<char, kMaxNameLength> scratch;
  return readName(message, offset, scratch.data()).next;
}

std::size_t nameLength(std::string_view bytes) noexcept {
  std::size_t at = 0;
  for (;;) {
    if (at >= bytes.size()) return 0;
    const std::size_t size = byteAt(bytes, at);
    if (size > kMaxLabelLength) return 0;
    at += size + 1;
    if (at > kMaxNameLength || at > bytes.size()) return 0;
    if (size == 0) return at;
  }
}

bool equalNames(std::string_view a, std::string_view b) noexcept {
  // Length bytes are below 64 and so no letters: one pass compares them with the rest.
  if (a.size() != b.size()) return false;
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lowerCase(a[i]) != lowerCase(b[i])) return false;
  }
  return true;
}

std::weak_ordering compareNames(std::string_view a, std::string_view b) noexcept {
  const Labels left(a);
  const Labels right(b);
  const std::size_t shorter = left.count < right.count ? left.count : right.count;
  for (std::size_t i = 1; i <= shorter; ++i) {
    const std::size_t l = left.at[left.count - i];
    const std::size_t r = right.at[right.count - i];
    const int order = compareLabels(a.substr(l + 1, byteAt(a, l)), b.substr(r + 1, byteAt(b, r)));
    if (order != 0) return order < 0 ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return left.count <=> right.count;
}

void lowerName(std::string_view name, char* out) noexcept {
  for (std::size_t i = 0; i < name.size(); ++i) out[i] = lowerCase(name[i]);
}

std::uint64_t hashName(std::string_view name, std::uint64_t seed) noexcept {
  // FNV-1a's steps with a stronger last mix (that of MurmurHash3).
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(lowerCase(c))) * 0x100000001b3ULL;
  }
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33);
}

std::size_t countLabels(std::string_view name) noexcept { return Labels(name).count; }

bool isBelow(std::string_view name, std::string_view ancestor) noexcept {
  if (name.size() < ancestor.size()) return false;
  const std::size_t cut = name.size() - ancestor.size();
  std::size_t at = 0;
  while (at < cut) at += byteAt(name, at) + 1U;
  return at == cut && equalNames(name.substr(cut), ancestor);
}

std::string nameToText(std::string_view name) {
  if (name.size() == 1) return ".";
  std::string text;
  text.reserve(name.size());
  for (std::size_t at = 0; byteAt(name, at) != 0; at += byteAt(name, at) + 1U) {
    for (const char c : name.substr(at + 1, byteAt(name, at))) {
      const auto value = static_cast<unsigned char>(c);
      if (c == '.' || c == '\\' || c == '"' || c == ';' || c == '(' || c == ')' || c == '@' ||
          c == '$') {
        text += {'\\', c};
      } else if (value > 0x20 && value < 0x7f) {
        text += c;
      } else {
        text += {'\\', static_cast<char>('0' + value / 100),
                 static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
      }
    }
    text += '.';
  }
  return text;
}

}  // namespace ropewalk::dns::wire
