// Output: where a client command's data goes, as fast as its reader takes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outlet.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::app {

/// Standard output, or what a name leads to that is no regular file. The reactor is never blocked
/// by a reader that takes nothing, so that Ctrl-C is heard.
class Output {
 public:
  /// @param fd    stays the caller's
  /// @param name  for messages: "standard output"
  Output(Reactor& reactor, int fd, std::string name);
  static Output standard(Reactor& reactor) { return {reactor, 1, "standard output"}; }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  /// Fires when all of it has left; fails with OutputLost. One at a time.
  [[nodiscard]] Deferred<void> write(std::string bytes);

 private:
  void writable();

  Reactor& reactor_;
  Outlet outlet_;
  std::string bytes_;
  std::string_view left_;  // of them
  std::optional<Source<void>> done_;
};

}  // namespace ropewalk::app
