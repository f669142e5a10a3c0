// The bar, and the rate and time left that it tells: of what this attempt brought.
#include "progress.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::app {

namespace {
constexpr std::size_t kBarWidth = 20;
}

std::string progressLine(const std::string& name, std::uint64_t first, std::uint64_t received,
                         std::optional<std::uint64_t> total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(received - first) / seconds : 0;
  const std::string speed = humanBytes(static_cast<std::uint64_t>(rate)) + "/s";
  if (!total || *total == 0) return format("{}  {}, {}", name, humanBytes(received), speed);
  const auto percent = received * 100 / *total;
  const auto filled = static_cast<std::size_t>(received * kBarWidth / *total);
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, ' ');
  std::string line = format("{} {:>3} % [{}]  {} of {}, {}", name, percent, bar,
                            humanBytes(received), humanBytes(*total), speed);
  if (rate > 0 && received < *total) {
    const auto left = std::chrono::seconds(1) + std::chrono::seconds(static_cast<std::int64_t>(
                                                    static_cast<double>(*total - received) / rate));
    line += format(", {} left", humanDuration(left));
  }
  return line;
}

Progress::Progress(std::string name)
    : name_(std::move(name)), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_) std::cerr << '\n';
}

void Progress::show(std::uint64_t received, std::optional<std::uint64_t> total) {
  if (!first_) first_ = received;
  received_ = received;
  total_ = total;
  if (!terminal_ || SystemClock::now() < next_) return;
  next_ = SystemClock::now() + std::chrono::milliseconds(100);
  draw(received, total);
}

void Progress::finish() {
  if (!terminal_) return;
  draw(received_, total_ ? total_ : received_);
  std::cerr << '\n';
  drawn_ = false;
}

void Progress::draw(std::uint64_t received, std::optional<std::uint64_t> total) {
  const double seconds = std::chrono::duration<double>(SystemClock::now() - started_).count();
  std::cerr << '\r' << progressLine(name_, first_.value_or(0), received, total, seconds) << "\x1b[K"
            << std::flush;
  drawn_ = true;
}

}  // namespace ropewalk::app
