// SocketFile: the file that a bound UNIX socket has, from bind() to the end of the port. unix(7).
// Private to core/net.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace ropewalk::detail {

/// Removes the file with itself, if it is still the one that was made: a successor may have put its
/// own there. To be removed while the socket is open; then no other file can have its number.
class SocketFile {
 public:
  SocketFile() noexcept = default;
  SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }
  SocketFile& operator=(SocketFile&& other) noexcept;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile() { remove(); }

  /// Binds a socket to a path; a socket that a dead process left there goes first. A name that
  /// begins with '@' is abstract, and has no file.
  /// @param mode   of the file, less the umask while it is made
  /// @param error  errno, or 0
  static SocketFile bind(int socket, const std::string& path, unsigned mode, int& error);
  void remove() noexcept;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

}  // namespace ropewalk::detail
