// Progress: the bar that fetch shows on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ropewalk::app {

/// One line on standard error, drawn again at most ten times a second; nothing at all when that is
/// no terminal.
class Progress {
 public:
  explicit Progress(std::string name);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends the line of a bar that was not finished: what is said next begins on its own.
  ~Progress();
  void show(std::uint64_t received, std::optional<std::uint64_t> total);
  void finish();

 private:
  using SystemClock = std::chrono::steady_clock;

  void draw(std::uint64_t received, std::optional<std::uint64_t> total);

  std::string name_;
  bool terminal_;
  bool drawn_ = false;  // and the line has no end yet
  SystemClock::time_point started_ = SystemClock::now();
  SystemClock::time_point next_{};
  std::optional<std::uint64_t> first_;  // what an earlier attempt had brought
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> total_;
};

/// "file.iso  42 % [########            ]  4.2 MiB of 10.0 MiB, 1.3 MiB/s, 4 s left". `seconds`
/// have passed for all but `first` bytes.
[[nodiscard]] std::string progressLine(const std::string& name, std::uint64_t first,
                                       std::uint64_t received, std::optional<std::uint64_t> total,
                                       double seconds);

}  // namespace ropewalk::app
