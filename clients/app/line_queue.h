// LineQueue: the lines of a server's log, for a reader that may stand still.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "outlet.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::app {

/// Whole lines in their order, to standard output or error. A pager that shows one page, a terminal
/// after Ctrl-S, a log driver with a full disk take nothing for as long as they like: then lines
/// wait, up to 1 MiB of them; later ones are lost, and counted, and the log tells how many once
/// half of that has left. A server does not end because its log cannot be written; but it says so,
/// once.
///
/// Made by make_shared, on the reactor's thread, and destroyed there. Lines may come from any
/// thread.
class LineQueue : public std::enable_shared_from_this<LineQueue> {
 public:
  /// @param fd    stays the caller's
  /// @param name  of that: "standard output"
  /// @param what  the lines are: "access log"
  LineQueue(Reactor& reactor, int fd, std::string name, std::string what);
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;
  ~LineQueue() { finish(); }

  /// Never waits, and never logs.
  /// @param line  with its line feed
  void add(std::string_view line);
  /// Once the reactor has stopped: waits a second, at most, for what is left to leave.
  void finish() noexcept;
  /// Whether something could not be written, at any time.
  [[nodiscard]] bool failed() const;

 private:
  void writable();
  void attempt();
  void watch(bool on);
  void report();

  Reactor& reactor_;
  const std::string what_;
  const std::thread::id thread_ = std::this_thread::get_id();

  mutable std::mutex mutex_;  // for what follows
  Outlet outlet_;
  std::string waiting_;
  std::size_t lost_ = 0;  // lines; none is taken while this is not 0
  bool watching_ = false;
  bool failing_ = false;
  bool failed_ = false;
  std::optional<std::string> trouble_;  // not yet said
};

}  // namespace ropewalk::app
