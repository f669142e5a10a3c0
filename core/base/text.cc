// Plain loops over bytes; std::from_chars for numbers; UTF-8 by RFC 3629 §4,
// JSON strings by RFC 8259 §7.

#include "text.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <system_error>

#include "format.h"

namespace ropewalk {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void appendHexByte(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

}  // namespace

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = lowerCase(c);
  return lower;
}

bool equalIgnoreCase(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  if (a == b) return true;  // most often, and much faster
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return lowerCase(x) == lowerCase(y); });
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char delimiter) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(delimiter);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view nextWord(std::string_view& text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

template <class T>
std::optional<T> parseNumber(std::string_view text, int base) noexcept {
  T number{};
  const char* const end = text.data() + text.size();
  std::from_chars_result parsed{};
  if constexpr (std::is_floating_point_v<T>) {
    parsed = std::from_chars(text.data(), end, number);
    if (!std::isfinite(number)) return std::nullopt;
  } else {
    parsed = std::from_chars(text.data(), end, number, base);
  }
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

template std::optional<signed char> parseNumber(std::string_view, int) noexcept;
template std::optional<unsigned char> parseNumber(std::string_view, int) noexcept;
template std::optional<short> parseNumber(std::string_view, int) noexcept;
template std::optional<unsigned short> parseNumber(std::string_view, int) noexcept;
template std::optional<int> parseNumber(std::string_view, int) noexcept;
template std::optional<unsigned> parseNumber(std::string_view, int) noexcept;
template std::optional<long> parseNumber(std::string_view, int) noexcept;
template std::optional<unsigned long> parseNumber(std::string_view, int) noexcept;
template std::optional<long long> parseNumber(std::string_view, int) noexcept;
template std::optional<unsigned long long> parseNumber(std::string_view, int) noexcept;
template std::optional<float> parseNumber(std::string_view, int) noexcept;
template std::optional<double> parseNumber(std::string_view, int) noexcept;

std::string quoteBytes(std::string_view bytes, std::size_t max) {
  std::string out = "\"";
  for (const char c : bytes.substr(0, max)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          out += c;
        } else {
          out += "\\x";
          appendHexByte(out, c);
        }
    }
  }
  out += '"';
  if (bytes.size() > max) out += "... (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) appendHexByte(out, c);
  return out;
}

std::string humanBytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.5 would be shown as "1024".
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return format(value < 9.95 ? "{:.1f} {}" : "{:.0f} {}", value, kUnits[unit]);
}

std::string humanDuration(std::chrono::nanoseconds duration) {
  using namespace std::chrono_literals;
  if (duration < 0ns) {
    // The most negative duration has no positive twin.
    return "-" + humanDuration(duration == duration.min() ? duration.max() : -duration);
  }
  const auto small = [&](std::chrono::nanoseconds unit, std::string_view name) {
    const double value = static_cast<double>(duration.count()) / static_cast<double>(unit.count());
    return format(value < 9.95 && unit > 1ns ? "{:.1f} {}" : "{:.0f} {}", value, name);
  };
  if (duration < 1us) return small(1ns, "ns");
  if (duration < 999'500ns) return small(1us, "µs");
  if (duration < 999'500us) return small(1ms, "ms");
  if (duration < 59'500ms) return small(1s, "s");
  // Not std::chrono::round: it overflows near the largest duration.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count() +
                       (duration % 1s >= 500ms ? 1 : 0);
  const auto large = [](std::int64_t whole, std::string_view name, std::int64_t rest,
                        std::string_view restName) {
    return rest == 0 ? format("{} {}", whole, name)
                     : format("{} {} {} {}", whole, name, rest, restName);
  };
  if (seconds < 3600) return large(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return large(seconds / 3600, "h", seconds / 60 % 60, "min");
  return large(seconds / 86400, "d", seconds / 3600 % 24, "h");
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  // Optimal string alignment; three rows are enough, since a swap looks two rows back.
  std::vector<std::size_t> beforeLast(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(beforeLast, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lowerCase(a[i - 1]) == lowerCase(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lowerCase(a[i - 1]) == lowerCase(b[j - 2]) &&
                           lowerCase(a[i - 2]) == lowerCase(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], beforeLast[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::size_t utf8Length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;  // a continuation byte, or an overlong form
  if (first < 0xe0) return continues(1) ? 2 : 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) >= 0xa0;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  const bool overlong = first == 0xf0 && at(1) < 0x90;
  const bool tooLarge = first > 0xf4 || (first == 0xf4 && at(1) >= 0x90);
  return continues(1) && continues(2) && continues(3) && !overlong && !tooLarge ? 4 : 0;
}

bool isUtf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string jsonEscape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8Length(text.substr(i));
    const char c = text[i];
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (length == 1 && c < ' ') {
      out += "\\u00";
      appendHexByte(out, c);
    } else {
      out.append(text, i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string htmlEscape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t filled = 0; filled < count;) {
    const ssize_t got = ::getrandom(bytes.data() + filled, count - filled, 0);
    if (got >= 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "cannot get random bytes");
    }
  }
  return bytes;
}

}  // namespace ropewalk
