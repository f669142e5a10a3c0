// Headers: the field lines of a message that we make or keep. RFC 9110 §5.
#include "headers.h"

#include <functional>

namespace ropewalk::http {
namespace {

// A safe picture of bytes for an error message.
std::string quoteForMessage(std::string_view bytes) {
  constexpr std::size_t kShown = 64;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text.append("\\x").append({kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return text.append(bytes.size() > kShown ? "…\"" : "\"");
}

void check(std::string_view name, std::string_view value) {
  if (!isToken(name)) {
    throw InvalidHeaderError("cannot set a header named " + quoteForMessage(name) +
                             ": a name consists of letters, digits and !#$%&'*+-.^_`|~");
  }
  if (!isFieldText(value)) {
    throw InvalidHeaderError("cannot set header " + std::string(name) + " to " +
                             quoteForMessage(value) +
                             ": a value has no control characters; encode them");
  }
}

}  // namespace

Headers::Headers(FieldLines lines) {
  std::size_t size = 0;
  for (const FieldLine& line : lines) size += line.name.size() + line.value.size();
  bytes_.reserve(size);
  entries_.reserve(lines.size());
  for (const FieldLine& line : lines) append(line.name, line.value);
}

Headers::Headers(std::initializer_list<FieldLine> lines) {
  for (const FieldLine& line : lines) add(line.name, line.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  if (owns(name) || owns(value)) return add(std::string(name), std::string(value));
  value = trimOws(value);
  check(name, value);
  append(name, value);
}

void Headers::append(std::string_view name, std::string_view value) {
  const auto offset = static_cast<std::uint32_t>(bytes_.size());
  entries_.push_back(
      {offset, static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
  bytes_.append(name).append(value);
}

void Headers::set(std::string_view name, std::string_view value) {
  if (owns(name) || owns(value)) return set(std::string(name), std::string(value));
  value = trimOws(value);
  const std::size_t at = find(name);
  if (at == entries_.size()) return add(name, value);
  check(name, value);
  for (std::size_t next = find(name, at + 1); next < entries_.size(); next = find(name, next))
    erase(next);

  Entry& entry = entries_[at];
  bytes_.replace(entry.offset + entry.nameSize, entry.valueSize, value);
  for (Entry& other : entries_) {
    if (other.offset > entry.offset)
      other.offset += static_cast<std::uint32_t>(value.size()) - entry.valueSize;
  }
  entry.valueSize = static_cast<std::uint32_t>(value.size());
}

std::size_t Headers::remove(std::string_view name) {
  if (owns(name)) return remove(std::string(name));
  const std::size_t before = entries_.size();
  for (std::size_t at = find(name); at < entries_.size(); at = find(name, at)) erase(at);
  return before - entries_.size();
}

void Headers::clear() noexcept {
  bytes_.clear();
  entries_.clear();
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  const std::size_t at = find(name);
  if (at == entries_.size()) return std::nullopt;
  return (*this)[at].value;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (std::size_t at = find(name); at < entries_.size(); at = find(name, at + 1)) {
    values.push_back((*this)[at].value);
  }
  return values;
}

FieldLine Headers::operator[](std::size_t i) const noexcept {
  const Entry& entry = entries_[i];
  const std::string_view bytes = bytes_;
  return {bytes.substr(entry.offset, entry.nameSize),
          bytes.substr(entry.offset + entry.nameSize, entry.valueSize)};
}

bool operator==(const Headers& a, const Headers& b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equalIgnoreCase(a[i].name, b[i].name) || a[i].value != b[i].value) return false;
  }
  return true;
}

std::size_t Headers::find(std::string_view name, std::size_t from) const noexcept {
  while (from < entries_.size() && !equalIgnoreCase((*this)[from].name, name)) ++from;
  return from;
}

// Whether text lies in our own buffer, which the caller's change is about to move.
bool Headers::owns(std::string_view text) const noexcept {
  const std::less<const char*> before;
  return !text.empty() && !before(text.data(), bytes_.data()) &&
         before(text.data(), bytes_.data() + bytes_.size());
}

void Headers::erase(std::size_t i) {
  const Entry gone = entries_[i];
  const std::uint32_t size = gone.nameSize + gone.valueSize;
  bytes_.erase(gone.offset, size);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
  for (Entry& other : entries_) {
    if (other.offset > gone.offset) other.offset -= size;
  }
}

}  // namespace ropewalk::http
