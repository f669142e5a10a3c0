// Calls of the system that fail when a test says so, in the place of the C library's.
#pragma once

#include <string>

namespace ropewalk::faults {

/// While it lives, the call number `at` (0 is the first) of open, write, fsync, rename, truncation
/// and the close of what was written that this thread makes fails with `error`, after which all work again.
class Armed {
 public:
  Armed(int at, int error);
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;
  ~Armed() { disarm(); }

  /// No more faults. @return whether one happened
  bool disarm();
  /// Of the call that failed.
  [[nodiscard]] std::string name() const;
};

/// Called before each rename of this thread; null: nothing.
void atRename(void (*f)());

}  // namespace ropewalk::faults
