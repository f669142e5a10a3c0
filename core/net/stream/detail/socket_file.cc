// bind(2) to a path: a dead predecessor's socket is removed first, and only our
// own file at the end.

#include "socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/detail/socket_address.h"

namespace ropewalk::detail {

namespace {

/// Does nothing while somebody has it open, or when it is no socket.
void removeStale(int socket, const std::string& path, const SocketAddress& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  int type = SOCK_STREAM;
  socklen_t size = sizeof type;
  ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size);
  const UniqueFd probe(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool refused =
      ::connect(probe.get(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
  if (refused) ::unlink(path.c_str());
}

}  // namespace

SocketFile SocketFile::bind(int socket, const std::string& path, unsigned mode, int& error) {
  const SocketAddress address = SocketAddress::from(Address::UNIX(path));
  const bool isFile = !path.starts_with('@');
  if (isFile) {
    removeStale(socket, path, address);
    ::fchmod(socket, mode);  // bind makes the file with these bits less the umask: never wider
  }
  SocketFile file;
  error = ::bind(socket, address.get(), address.length) == 0 ? 0 : errno;
  if (error != 0 || !isFile) return file;
  ::chmod(path.c_str(), mode);
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return file;
  file.path_ = path;
  file.device_ = status.st_dev;
  file.number_ = status.st_ino;
  return file;
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  number_ = other.number_;
  return *this;
}

void SocketFile::remove() noexcept {
  const std::string path = std::exchange(path_, {});
  struct stat status {};
  const bool ours = !path.empty() && ::lstat(path.c_str(), &status) == 0 &&
                    status.st_dev == device_ && status.st_ino == number_;
  if (ours) ::unlink(path.c_str());
}

}  // namespace ropewalk::detail
