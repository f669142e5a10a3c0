// Reading whole files, with reasons where it cannot be done.
#include "read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "errno_text.h"
#include "fd.h"
#include "format.h"

namespace ropewalk {

namespace {

Failure cannotRead(const std::string& path, int error) {
  return FileError(format("cannot read {}: {}", path, errnoText(error)));
}

}  // namespace

Result<std::string> readFile(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return cannotRead(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannotRead(path, errno);
  if (S_ISDIR(status.st_mode)) return cannotRead(path, EISDIR);
  std::string text;
  std::size_t length = 0;
  for (;;) {
    // One byte more than the file has, so that its end is seen by the first read.
    text.resize(length + (length == 0 ? static_cast<std::size_t>(status.st_size) + 1 : 64 * 1024));
    const ssize_t got = ::read(file.get(), text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannotRead(path, errno);
    length += static_cast<std::size_t>(got);
    if (got == 0) break;
  }
  text.resize(length);
  return text;
}

}  // namespace ropewalk
