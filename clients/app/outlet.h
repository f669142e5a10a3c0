// Outlet: a descriptor that is written to without waiting for its reader.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "ropewalk/core/base/fd.h"

namespace ropewalk::app {

/// Standard output or error, or what a name leads to that is no regular file. Others may share it,
/// so its flags stay as they are: a terminal or pipe is opened once more where that can be, and
/// else gets small pieces when it has room. A file takes everything at once.
class Outlet {
 public:
  /// @param fd    stays the caller's
  /// @param name  for messages: "standard output"
  Outlet(int fd, std::string name);

  /// Writes what there is room for, and takes it off the front. Throws OutputLost.
  void write(std::string_view& bytes);
  /// To wait for room at: a watch of the reactor, or poll().
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  /// What a write does when there is no room.
  enum class Kind {
    file,   // there always is: a regular file, /dev/null
    own,    // EAGAIN: a description of our own
    shared  // it would block: ask first
  };

  [[nodiscard]] ssize_t writeSome(std::string_view bytes) const;

  UniqueFd own_;
  int fd_;  // own_'s, or the caller's
  Kind kind_;
  std::string name_;
};

}  // namespace ropewalk::app
