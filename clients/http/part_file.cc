#include "ropewalk/clients/http/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "ropewalk/clients/http/download.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http::detail {

namespace {

constexpr std::size_t kInfoAtMost = 16_KiB;

[[noreturn]] void failed(std::string_view action, const std::string& path, int error) {
  throw DownloadFailed(format("cannot {} {}: {}", action, path, errnoText(error)));
}

void writeAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) failed("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string readSmallFile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return {};
  std::string text(kInfoAtMost, '\0');
  const ssize_t size = ::read(fd.get(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace

PartFile::PartFile(std::string target, std::string path, bool keep)
    : target_(std::move(target)), path_(std::move(path)), keep_(keep) {}

PartFile::PartFile(PartFile&& other) noexcept
    : target_(std::move(other.target_)),
      path_(std::move(other.path_)),
      keep_(other.keep_),
      done_(std::exchange(other.done_, true)),
      fd_(std::move(other.fd_)),
      size_(other.size_) {}

PartFile::~PartFile() {
  if (done_ || keep_ || !fd_) return;
  ::unlink(path_.c_str());
}

PartFile PartFile::temporary(const std::string& target) {
  PartFile file(target, format("{}.{}.part", target, hex(randomBytes(4))), false);
  file.open(O_EXCL);
  return file;
}

PartFile PartFile::resumable(const std::string& target) {
  PartFile file(target, target + ".part", true);
  file.open(O_NOFOLLOW);
  if (::flock(file.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw DownloadFailed(format("cannot write {}: another download is writing it", file.path_));
  }
  struct stat status {};
  if (::fstat(file.fd_.get(), &status) != 0) failed("look at", file.path_, errno);
  if (!S_ISREG(status.st_mode))
    throw DownloadFailed(format("cannot write {}: not a regular file", file.path_));
  file.size_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

void PartFile::open(int flags) {
  fd_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666));
  if (!fd_) failed("write", path_, errno);
}

std::optional<std::string> PartFile::validatorFor(std::string_view url) const {
  if (!keep_ || size_ == 0) return std::nullopt;
  const std::string info = readSmallFile(infoPath());
  const std::vector<std::string_view> lines = split(info, '\n');
  // The last line is there only when the whole was written.
  if (lines.size() != 3 || lines[0] != url || lines[1].empty()) return std::nullopt;
  return std::string(lines[1]);
}

void PartFile::restart(std::string_view url, const std::optional<std::string>& validator) {
  if (::ftruncate(fd_.get(), 0) != 0) failed("write", path_, errno);
  size_ = 0;
  if (!keep_) return;
  if (!validator) {
    ::unlink(infoPath().c_str());
    return;
  }
  const UniqueFd info(
      ::open(infoPath().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!info) failed("write", infoPath(), errno);
  writeAll(info.get(), format("{}\n{}\n", url, *validator), infoPath());
}

void PartFile::append(std::string_view bytes) {
  writeAll(fd_.get(), bytes, path_);
  size_ += bytes.size();
}

void PartFile::commit() {
  struct stat old {};
  if (::stat(target_.c_str(), &old) == 0 && S_ISREG(old.st_mode)) {
    [[maybe_unused]] const int kept =
        ::fchmod(fd_.get(), old.st_mode & 0777);  // a courtesy: not ours to insist on
  }
  // close() is where some file systems tell that the disk is full.
  if (::close(fd_.release()) != 0 && errno != EINTR) {
    const int error = errno;
    if (!keep_) ::unlink(path_.c_str());
    failed("write", path_, error);
  }
  if (std::rename(path_.c_str(), target_.c_str()) != 0) {
    const int error = errno;
    if (!keep_) ::unlink(path_.c_str());
    failed("rename the download to", target_, error);
  }
  done_ = true;
  if (keep_) ::unlink(infoPath().c_str());
}

}  // namespace ropewalk::http::detail
