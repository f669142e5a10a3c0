// The date of a second is rendered once for each thread, the milliseconds each time. RFC 3339 §5.6.

#include "timestamp.h"

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string_view>

namespace ropewalk {

namespace {

// The text of one second. No std::string: a thread may still log while its
// thread-locals are destroyed.
struct RenderedSecond {
  std::int64_t second = std::numeric_limits<std::int64_t>::min();
  char date[64] = {};  // "2026-11-20T10:11:12"
  char zone[8] = {};   // "Z" or "+01:00"
};

void renderZone(char (&zone)[8], long offset) {
  if (offset == 0) {
    zone[0] = 'Z';
    zone[1] = '\0';
    return;
  }
  const long minutes = std::labs(offset) / 60;
  const auto digit = [](long value) { return static_cast<char>('0' + value % 10); };
  const char text[] = {offset < 0 ? '-' : '+',
                       digit(minutes / 600),
                       digit(minutes / 60),
                       ':',
                       digit(minutes % 60 / 10),
                       digit(minutes % 60),
                       '\0'};
  std::char_traits<char>::copy(zone, text, sizeof(text));
}

void render(RenderedSecond& rendered, std::int64_t second,
            std::tm* (*breakDown)(const std::time_t*, std::tm*)) {
  const auto seconds = static_cast<std::time_t>(second);
  std::tm parts{};
  breakDown(&seconds, &parts);
  std::strftime(rendered.date, sizeof(rendered.date), "%Y-%m-%dT%H:%M:%S", &parts);
  renderZone(rendered.zone, parts.tm_gmtoff);
  rendered.second = second;
}

std::string assemble(const RenderedSecond& rendered, int milliseconds) {
  const char fraction[] = {'.', static_cast<char>('0' + milliseconds / 100),
                           static_cast<char>('0' + milliseconds / 10 % 10),
                           static_cast<char>('0' + milliseconds % 10)};
  std::string text;
  text.reserve(32);
  text += rendered.date;
  text.append(fraction, sizeof(fraction));
  text += rendered.zone;
  return text;
}

}  // namespace

Timestamp now() noexcept { return Timestamp(std::chrono::system_clock::now()); }

std::string toText(const Timestamp& time) {
  thread_local RenderedSecond cached;
  if (const std::int64_t second = time.unixSeconds(); cached.second != second) {
    render(cached, second, &localtime_r);
  }
  return assemble(cached, time.milliseconds());
}

std::string toTextUTC(const Timestamp& time) {
  thread_local RenderedSecond cached;
  if (const std::int64_t second = time.unixSeconds(); cached.second != second) {
    render(cached, second, &gmtime_r);
  }
  return assemble(cached, time.milliseconds());
}

}  // namespace ropewalk
