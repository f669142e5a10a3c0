// Output: where a client command's data goes, as fast as its reader takes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::app {

/// Standard output, or what a name leads to that is no regular file. Others may share it, so its
/// flags stay as they are: a terminal or pipe is opened once more where that can be, and else gets
/// small pieces when it has room. The reactor is never blocked by a reader that takes nothing, so
/// that Ctrl-C is heard.
class Output {
 public:
  /// @param fd    stays the caller's
  /// @param name  for messages: "standard output"
  Output(Reactor& reactor, int fd, std::string name);
  static Output standard(Reactor& reactor) { return {reactor, 1, "standard output"}; }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  /// Fires when all of it has left; fails with OutputError. One at a time.
  [[nodiscard]] Deferred<void> write(std::string bytes);

 private:
  /// What a write does when there is no room.
  enum class Kind {
    file,   // there always is: a regular file, /dev/null
    own,    // EAGAIN: a description of our own
    shared  // it would block: ask first
  };

  [[nodiscard]] bool attempt();
  [[nodiscard]] ssize_t writeSome();
  void writable();

  Reactor& reactor_;
  UniqueFd own_;
  int fd_;  // own_'s, or the caller's
  Kind kind_;
  std::string name_;
  std::string bytes_;
  std::string_view left_;  // of them
  std::optional<Source<void>> done_;
};

}  // namespace ropewalk::app
