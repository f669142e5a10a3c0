// What was logged, for tests.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "log.h"

namespace ropewalk::log {

namespace detail {
/// While the sum of the changes is above 0, events that no destination takes are
/// not printed on stderr.
void hushStderr(int change) noexcept;
}  // namespace detail

namespace testing {

/// Collects the events of its scope, of all threads, instead of having warnings printed on stderr.
///
///     log::testing::Captured captured;
///     server.refuse(peer);
///     CHECK(captured.contains(log::Level::warn, "too many connections"));
class Captured {
 public:
  /// Levels stay as they are.
  Captured();
  /// Within the scope, all modules log from this level on.
  explicit Captured(Level atLeast);
  ~Captured();
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  [[nodiscard]] std::vector<Event> events() const;
  /// The messages alone, oldest first.
  [[nodiscard]] std::vector<std::string> messages() const;
  /// Whether an event of just this level has this in its message.
  [[nodiscard]] bool contains(Level level, std::string_view part) const;
  /// How many events are of this level or worse.
  [[nodiscard]] std::size_t count(Level atLeast = Level::trace) const;
  /// Forgets what came so far.
  void clear();

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
  std::string formerLevels_;  // empty: not changed
  ObserverHandle observer_;
};

}  // namespace testing
}  // namespace ropewalk::log
