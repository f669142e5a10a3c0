// HTTP dates. RFC 9110 §5.6.7.
#include "date.h"

#include <algorithm>
#include <cstring>

#include "grammar.h"

namespace ropewalk::http {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kEarliest = -62167219200;  // 0000-01-01
constexpr std::int64_t kLatest = 253402300799;    // 9999-12-31 23:59:59
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kLongDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

struct Civil {
  std::int64_t year;
  int month;  // 1 … 12
  int day;    // 1 … 31
};

// Days since 1970-01-01 of the proleptic Gregorian calendar. Years begin in March, so that a leap
// day is the last of its year.
constexpr std::int64_t daysFromCivil(Civil date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t yearOfEra = year - era * 400;
  const std::int64_t dayOfYear =
      (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const std::int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

constexpr Civil civilFromDays(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t dayOfEra = days - era * 146097;
  const std::int64_t yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::int64_t monthFromMarch = (5 * dayOfYear + 2) / 153;
  const int day = static_cast<int>(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
  const int month = static_cast<int>(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9);
  return {yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

constexpr int daysInMonth(std::int64_t year, int month) noexcept {
  constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kLengths[month - 1];
}

char* writeDigits(char* out, std::int64_t number, int digits) noexcept {
  for (int i = digits - 1; i >= 0; --i, number /= 10) out[i] = static_cast<char>('0' + number % 10);
  return out + digits;
}

char* writeText(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Takes a date apart from the front; any mismatch makes it fail for good.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  void expect(std::string_view text) noexcept {
    if (rest_.starts_with(text)) {
      rest_.remove_prefix(text.size());
    } else {
      ok_ = false;
    }
  }
  std::int64_t number(std::size_t digits) noexcept {
    if (rest_.size() < digits || spanOf(rest_.substr(0, digits), kDigit) != digits)
      return ok_ = false, 0;
    std::int64_t value = 0;
    for (const char c : rest_.substr(0, digits)) value = value * 10 + (c - '0');
    rest_.remove_prefix(digits);
    return value;
  }
  // The index of a three-letter word in a table of such, or -1.
  int word(std::string_view table) noexcept {
    for (std::size_t i = 0; i < table.size(); i += 3) {
      if (!rest_.starts_with(table.substr(i, 3))) continue;
      rest_.remove_prefix(3);
      return static_cast<int>(i / 3);
    }
    ok_ = false;
    return -1;
  }
  bool skip(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  [[nodiscard]] bool finished() const noexcept { return ok_ && rest_.empty(); }
  [[nodiscard]] bool ok() const noexcept { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct TimeOfDay {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
};

TimeOfDay readTime(Reader& reader) noexcept {
  TimeOfDay time;
  time.hour = reader.number(2);
  reader.expect(":");
  time.minute = reader.number(2);
  reader.expect(":");
  time.second = reader.number(2);
  return time;
}

std::optional<std::int64_t> combine(Civil date, TimeOfDay time) noexcept {
  if (date.month < 1 || date.day < 1 || date.day > daysInMonth(date.year, date.month))
    return std::nullopt;
  if (time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
  return daysFromCivil(date) * kDay + time.hour * 3600 + time.minute * 60 + time.second;
}

// Behind `Sun, `: 06 Nov 1994 08:49:37 GMT
std::optional<std::int64_t> readImfFixdate(Reader& reader) noexcept {
  Civil date{};
  date.day = static_cast<int>(reader.number(2));
  reader.expect(" ");
  date.month = reader.word(kMonths) + 1;
  reader.expect(" ");
  date.year = reader.number(4);
  reader.expect(" ");
  const TimeOfDay time = readTime(reader);
  reader.expect(" GMT");
  return reader.finished() ? combine(date, time) : std::nullopt;
}

// Behind `Sunday, `: 06-Nov-94 08:49:37 GMT
std::optional<std::int64_t> readRfc850(Reader& reader, std::int64_t now) noexcept {
  Civil date{};
  date.day = static_cast<int>(reader.number(2));
  reader.expect("-");
  date.month = reader.word(kMonths) + 1;
  reader.expect("-");
  const std::int64_t shortYear = reader.number(2);
  reader.expect(" ");
  const TimeOfDay time = readTime(reader);
  reader.expect(" GMT");
  if (!reader.finished()) return std::nullopt;
  // RFC 9110 §5.6.7: what seems more than 50 years ahead is the most recent past year with these
  // digits.
  now = std::clamp(now, kEarliest, kLatest);
  const Civil today = civilFromDays((now >= 0 ? now : now - kDay + 1) / kDay);
  date.year = today.year - today.year % 100 + shortYear;
  if (date.year > today.year + 50) date.year -= 100;
  if (date.year <= today.year - 50) date.year += 100;
  return combine(date, time);
}

// Behind `Sun `: Nov  6 08:49:37 1994
std::optional<std::int64_t> readAsctime(Reader& reader) noexcept {
  Civil date{};
  date.month = reader.word(kMonths) + 1;
  reader.expect(" ");
  date.day = static_cast<int>(reader.skip(" ") ? reader.number(1) : reader.number(2));
  reader.expect(" ");
  const TimeOfDay time = readTime(reader);
  reader.expect(" ");
  date.year = reader.number(4);
  return reader.finished() ? combine(date, time) : std::nullopt;
}

}  // namespace

void writeDate(char* out, std::int64_t time) noexcept {
  time = std::clamp(time, kEarliest, kLatest);
  const std::int64_t days = (time >= 0 ? time : time - kDay + 1) / kDay;
  const std::int64_t second = time - days * kDay;
  const Civil date = civilFromDays(days);
  const auto weekday =
      static_cast<std::size_t>(((days + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
  out = writeText(out, kDays.substr(weekday * 3, 3));
  out = writeText(out, ", ");
  out = writeDigits(out, date.day, 2);
  out = writeText(out, " ");
  out = writeText(out, kMonths.substr(static_cast<std::size_t>(date.month - 1) * 3, 3));
  out = writeText(out, " ");
  out = writeDigits(out, date.year, 4);
  out = writeText(out, " ");
  out = writeDigits(out, second / 3600, 2);
  out = writeText(out, ":");
  out = writeDigits(out, second / 60 % 60, 2);
  out = writeText(out, ":");
  out = writeDigits(out, second % 60, 2);
  writeText(out, " GMT");
}

std::string formatDate(std::int64_t time) {
  std::string text(kDateSize, ' ');
  writeDate(text.data(), time);
  return text;
}

std::optional<std::int64_t> parseDate(std::string_view text, std::int64_t now) noexcept {
  for (const std::string_view day : kLongDays) {
    Reader reader(text);
    if (reader.skip(day)) {
      reader.expect(", ");
      return readRfc850(reader, now);
    }
  }
  Reader reader(text);
  reader.word(kDays);
  if (!reader.ok()) return std::nullopt;
  if (reader.skip(", ")) return readImfFixdate(reader);
  reader.expect(" ");
  return readAsctime(reader);
}

}  // namespace ropewalk::http
