// The time in words, without strftime; quotes cut to size. RFC 867, RFC 865.
#include "announcement.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "ropewalk/core/base/format.h"

namespace ropewalk::wire {

namespace {

// Not by strftime: a locale must not change what is on the wire.
constexpr std::array kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                           "Thursday", "Friday", "Saturday"};
constexpr std::array kMonths{"January", "February", "March",     "April",   "May",      "June",
                             "July",    "August",   "September", "October", "November", "December"};
constexpr std::size_t kMostOfQuote = 512;

}  // namespace

std::string daytimeText(const Timestamp& time) {
  const std::time_t seconds = time.unixSeconds();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return format("{}, {} {}, {} {:02}:{:02}:{:02}-UTC\r\n",
                kDays[static_cast<std::size_t>(utc.tm_wday)],
                kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_mday, utc.tm_year + 1900,
                utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string quoteText(std::string quote) {
  while (quote.ends_with('\n') || quote.ends_with('\r')) quote.pop_back();
  quote.resize(std::min(quote.size(), kMostOfQuote - 2));
  return quote + "\r\n";
}

}  // namespace ropewalk::wire
