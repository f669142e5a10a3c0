// Beside, locked, flushed, renamed, and the directory flushed: in that order, so that a crash at
// any point leaves one whole file. open(2), rename(2), fsync(2), flock(2).

#include "durable_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "error.h"
#include "format.h"
#include "ropewalk/core/base/detail/link_target.h"
#include "text.h"

namespace ropewalk {

namespace {

using detail::cannotWrite;
using detail::LinkTarget;

constexpr int kFirstOther = 3;  // a copy must not become a standard descriptor
constexpr unsigned kPermissions = 0777;
constexpr std::size_t kHashDigits = 8;
// From time to time the disk begins with what there is, so that commit() has little to wait for.
constexpr std::uint64_t kBeginEvery = 8_MiB;
constexpr std::string_view kPart = ".part";

/// FNV-1a: tells names apart that were cut.
std::string digitsOf(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return format("{:08x}", hash);
}

/// name + ending; where that is too long for the file system the name is cut, between letters of
/// UTF-8, and told apart by a hash.
std::string fitting(std::string_view name, std::string_view ending, std::size_t longest) {
  std::string whole = std::string(name) + std::string(ending);
  const std::size_t more = ending.size() + 1 + kHashDigits;
  if (whole.size() <= longest || longest <= more) return whole;
  std::size_t keep = longest - more;
  while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xC0) == 0x80) --keep;
  return std::string(name.substr(0, keep)) + "~" + digitsOf(name) + std::string(ending);
}

/// @return 0 or the errno
int writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd room{fd, POLLOUT, 0};  // somebody else's flag: it is a descriptor that was handed on
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

/// Some file systems cannot flush a directory, and say so by EINVAL.
bool flushed(int fd) { return ::fsync(fd) == 0 || errno == EINVAL; }

Result<UniqueFd> openThrough(const std::string& path, const LinkTarget& at) {
  const int flags = O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC;
  const bool regular = S_ISREG(at.mode.value_or(0));
  UniqueFd fd(at.descriptor ? ::fcntl(*at.descriptor, F_DUPFD_CLOEXEC, kFirstOther)
                            : ::open(path.c_str(), flags | (regular ? O_TRUNC : 0), 0666));
  if (!fd) return cannotWrite(path, errno);
  return fd;
}

/// What may be left of an earlier attempt, locked.
Result<UniqueFd> openKept(const UniqueFd& directory, const std::string& part,
                          const std::string& path) {
  for (;;) {
    UniqueFd fd(::openat(directory.get(), part.c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666));
    struct stat held {};
    struct stat named {};
    if (!fd || ::fstat(fd.get(), &held) != 0) return cannotWrite(path, errno);
    if (!S_ISREG(held.st_mode))
      return Failure(FileError(format("cannot write {}: not a regular file", path)));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
      return Failure(FileError(format("cannot write {}: somebody else is writing it", path)));
    // Whoever had the lock may just have given the file its name: then this one is no part.
    if (::fstatat(directory.get(), part.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        named.st_ino == held.st_ino && named.st_dev == held.st_dev)
      return fd;
  }
}

/// The owner and mode of the file that has the name, as far as we may give them away.
void inherit(int fd, const LinkTarget& at) {
  if (!at.mode) return;
  const auto unchanged = static_cast<uid_t>(-1);
  const bool grouped =
      ::fchown(fd, at.owner, at.group) == 0 || ::fchown(fd, unchanged, at.group) == 0;
  // What that group might do is not for the one that the file has now.
  const mode_t kept = grouped ? kPermissions : kPermissions & ~static_cast<mode_t>(S_IRWXG);
  [[maybe_unused]] const int permitted = ::fchmod(fd, *at.mode & kept);
}

std::string joined(const std::string& folder, const std::string& name) {
  if (folder == ".") return name;
  return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

}  // namespace

Result<DurableFile> DurableFile::create(const std::string& path, std::optional<unsigned> mode) {
  auto target = detail::linkTarget(path);
  if (!target) return target.failure();
  if (!target->replaceable) return through(path, *target);
  DurableFile file(path);
  file.part_ = fitting("." + target->name, format(".{}.part", hex(randomBytes(4))),
                       detail::longestName(target->directory));
  const unsigned narrow = target->mode ? *target->mode & kPermissions : 0666;
  file.fd_.reset(::openat(target->directory.get(), file.part_.c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode.value_or(narrow)));
  if (!file.fd_) return cannotWrite(path, errno);
  if (!mode) inherit(file.fd_.get(), *target);
  file.settle(*std::move(target));
  return file;
}

Result<DurableFile> DurableFile::resume(const std::string& path) {
  auto target = detail::linkTarget(path);
  if (!target) return target.failure();
  if (!target->replaceable) return through(path, *target);
  DurableFile file(path);
  file.kept_ = true;
  file.part_ = fitting(target->name, kPart, detail::longestName(target->directory));
  auto fd = openKept(target->directory, file.part_, joined(target->folder, file.part_));
  if (!fd) return fd.failure();
  file.fd_ = *std::move(fd);
  inherit(file.fd_.get(), *target);
  file.settle(*std::move(target));
  struct stat status {};
  if (::fstat(file.fd_.get(), &status) != 0) return cannotWrite(path, errno);
  file.size_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

Result<DurableFile> DurableFile::through(const std::string& path, const LinkTarget& target) {
  auto fd = openThrough(path, target);
  if (!fd) return fd.failure();
  DurableFile file(path);
  file.fd_ = *std::move(fd);
  return file;
}

void DurableFile::settle(LinkTarget target) {
  directory_ = std::move(target.directory);
  folder_ = std::move(target.folder);
  name_ = std::move(target.name);
}

DurableFile::~DurableFile() {
  if (!kept_) removePart();
}

void DurableFile::removePart() noexcept {
  if (directory_ && !part_.empty()) ::unlinkat(directory_.get(), part_.c_str(), 0);
}

std::string DurableFile::beside(std::string_view ending) const {
  if (writtenThrough()) return "";
  const std::string whole = std::string(kPart) + std::string(ending);
  return joined(folder_, fitting(name_, whole, detail::longestName(directory_)));
}

Result<void> DurableFile::write(std::string_view bytes) {
  if (const int error = writeAll(fd_.get(), bytes); error != 0) return cannotWrite(path_, error);
  size_ += bytes.size();
  if (!writtenThrough() && size_ - begun_ >= kBeginEvery) {
    ::sync_file_range(fd_.get(), static_cast<off64_t>(begun_), 0, SYNC_FILE_RANGE_WRITE);
    begun_ = size_;
  }
  return {};
}

Result<void> DurableFile::clear() {
  if (writtenThrough()) return {};
  if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
    return cannotWrite(path_, errno);
  size_ = begun_ = 0;
  return {};
}

Result<void> DurableFile::commit() {
  const auto closed = [this] { return ::close(fd_.release()) == 0 || errno == EINTR; };
  if (writtenThrough()) {
    if (!closed()) return cannotWrite(path_, errno);
    return {};
  }
  if (!flushed(fd_.get())) return cannotWrite(path_, errno);
  const int at = directory_.get();
  if (::renameat(at, part_.c_str(), at, name_.c_str()) != 0) return cannotWrite(path_, errno);
  part_.clear();
  // Not before: with it goes the lock, and the next who resumes would write into this very file.
  if (!closed()) return cannotWrite(path_, errno);
  // The name, too, is to be there after a crash; a directory that cannot be read cannot be flushed.
  const UniqueFd readable(::openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable ? !flushed(readable.get()) : errno != EACCES) return cannotWrite(path_, errno);
  return {};
}

Result<void> writeFile(const std::string& path, std::string_view bytes,
                       std::optional<unsigned> mode) {
  auto file = DurableFile::create(path, mode);
  if (!file) return file.failure();
  if (auto written = file->write(bytes); !written) return written;
  return file->commit();
}

Result<UniqueFd> openWrittenThrough(const std::string& path) {
  auto target = detail::linkTarget(path);
  if (!target) return target.failure();
  if (target->replaceable) return UniqueFd();
  return openThrough(path, *target);
}

}  // namespace ropewalk
