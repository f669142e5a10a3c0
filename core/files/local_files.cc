// What the kernel has in memory is answered at once; what may wait for a disk goes to the pool.

#include "local_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "files_error.h"
#include "ropewalk/core/net/threads/serial_queue.h"
#include "ropewalk/core/net/threads/threads.h"

namespace ropewalk {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kMostWithinCall = 1024 * 1024;  // copying it takes a tenth of a millisecond
constexpr std::size_t kNamesAtOnce = 256;

#ifdef O_PATH
constexpr int kLook = O_PATH;
#else
constexpr int kLook = 0;
#endif

Timestamp timestampOf(const timespec& time) {
  const auto since = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  return Timestamp(Timestamp::Point(std::chrono::duration_cast<Timestamp::Point::duration>(since)));
}

FileType typeOf(mode_t mode) noexcept {
  if (S_ISREG(mode)) return FileType::file;
  if (S_ISDIR(mode)) return FileType::directory;
  return S_ISLNK(mode) ? FileType::link : FileType::other;
}

FileStatus statusOf(const struct stat& found) {
  constexpr unsigned kPermissions = 07777;
  FileStatus status;
  status.type = typeOf(found.st_mode);
  status.size = static_cast<std::uint64_t>(found.st_size);
  status.permissions = found.st_mode & kPermissions;
  status.user = found.st_uid;
  status.group = found.st_gid;
  status.links = found.st_nlink;
  status.modified = timestampOf(found.st_mtim);
  status.accessed = timestampOf(found.st_atim);
  status.changed = timestampOf(found.st_ctim);
  status.device = found.st_dev;
  status.inode = found.st_ino;
  return status;
}

/// Of an open file: its inode is in memory.
FileStatus statusOf(int fd, std::string_view action, std::string_view path) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) throw FilesError::of(errno, action, path);
  return statusOf(found);
}

UniqueFd checked(OpenedFile opened, std::string_view action, const Path& path) {
  if (!opened.fd) throw FilesError::of(opened.code, action, path.text());
  return std::move(opened.fd);
}

/// Appends what the file has from `offset` on, until `bytes` are `length`.
/// @param flags  RWF_NOWAIT, or 0
/// @return 0 when all is there, or the file ends; else an errno
int readMore(int fd, std::uint64_t offset, std::size_t length, std::string& bytes, int flags) {
  while (bytes.size() < length) {
    const std::size_t had = bytes.size();
    bytes.resize(had + std::min(kPiece, length - had));
    const iovec piece{bytes.data() + had, bytes.size() - had};
    const ssize_t got = ::preadv2(fd, &piece, 1, static_cast<off_t>(offset + had), flags);
    const int error = got < 0 ? errno : 0;
    bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return 0;
    if (got < 0 && error != EINTR) return error;
  }
  return 0;
}

class LocalFile final : public File {
 public:
  LocalFile(Reactor& reactor, UniqueFd fd, Path path)
      : reactor_(reactor),
        fd_(std::make_shared<const UniqueFd>(std::move(fd))),
        path_(std::move(path)) {}

  [[nodiscard]] Deferred<FileStatus> stat() override {
    return maybeDeferred([&] { return statusOf(fd_->get(), "look at", path_.text()); });
  }
  [[nodiscard]] Deferred<std::string> read(std::uint64_t offset, std::size_t length) override;
  [[nodiscard]] SharedFd descriptor() const override { return fd_; }

 private:
  Reactor& reactor_;
  const SharedFd fd_;
  const Path path_;
};

Deferred<std::string> LocalFile::read(std::uint64_t offset, std::size_t length) {
  constexpr std::uint64_t kFarthest = std::numeric_limits<std::int64_t>::max();
  if (offset >= kFarthest) return succeed(std::string());
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, kFarthest - offset));
  std::string bytes;
#ifdef RWF_NOWAIT
  const bool little = length <= kMostWithinCall;
  if (little && readMore(fd_->get(), offset, length, bytes, RWF_NOWAIT) == 0)
    return succeed(std::move(bytes));
#endif
  return deferToThread(
      reactor_, [fd = fd_, path = path_, offset, length, bytes = std::move(bytes)]() mutable {
        const int error = readMore(fd->get(), offset, length, bytes, 0);
        if (error != 0) throw FilesError::of(error, "read", path.text());
        return std::move(bytes);
      });
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// An open directory, read on threads of the pool.
struct OpenDirectory {
  std::unique_ptr<DIR, CloseDirectory> stream;
  Path path;

  std::vector<Listing::Entry> next() const {
    std::vector<Listing::Entry> entries;
    while (entries.size() < kNamesAtOnce) {
      errno = 0;
      const dirent* const each = ::readdir(stream.get());
      if (each == nullptr) {
        if (errno != 0) throw FilesError::of(errno, "list", path.text());
        break;
      }
      const std::string_view name = each->d_name;
      if (name == "." || name == "..") continue;
      struct stat found {};
      if (::fstatat(::dirfd(stream.get()), each->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        continue;  // it has gone meanwhile
      Listing::Entry& entry = entries.emplace_back();
      entry.name = name;
      entry.status = statusOf(found);
    }
    return entries;
  }
};

class LocalListing final : public Listing {
 public:
  LocalListing(Reactor& reactor, std::shared_ptr<OpenDirectory> directory)
      : directory_(std::move(directory)), queue_(reactor) {}
  [[nodiscard]] Deferred<std::vector<Entry>> next() override {
    return queue_.defer([directory = directory_] { return directory->next(); });
  }

 private:
  const std::shared_ptr<OpenDirectory> directory_;
  SerialQueue queue_;
};

}  // namespace

LocalFiles::LocalFiles(Reactor& reactor, const std::string& directory, Symlinks symlinks)
    : reactor_(reactor),
      symlinks_(symlinks),
      root_(std::make_shared<const UniqueFd>(
          ::open(directory.c_str(), kLook | O_DIRECTORY | O_CLOEXEC))) {
  if (!*root_) throw FilesError::of(errno, "serve", directory);
}

namespace {

/// Opens a file, within the call or on a thread, and gives what `use` makes of it.
template <class F>
auto openAnd(Reactor& reactor, const SharedFd& root, Symlinks symlinks, Path path, int flags,
             std::string_view action, F use) {
  using R = std::invoke_result_t<F, UniqueFd, const Path&>;
  OpenedFile cached = openCached(root->get(), path.relative(), symlinks, flags);
  if (cached.code != EAGAIN) {
    return maybeDeferred(
        [&]() -> R { return use(checked(std::move(cached), action, path), path); });
  }
  return deferToThread(reactor, [=, use = std::move(use), path = std::move(path)]() -> R {
    return use(checked(openBeneath(root->get(), path.relative(), symlinks, flags), action, path),
               path);
  });
}

}  // namespace

Deferred<FileStatus> LocalFiles::stat(Path path, LastLink last) {
  const bool stays = last == LastLink::stay;
  const int flags = kLook | (stays ? O_NOFOLLOW : 0);
  return openAnd(reactor_, root_, symlinks_, std::move(path), flags, "look at",
                 [stays](const UniqueFd& fd, const Path& at) {
                   FileStatus status = statusOf(fd.get(), "look at", at.text());
                   // Without openat2 no link is followed.
                   if (!stays && status.type == FileType::link)
                     throw FilesError::of(ENOENT, "look at", at.text());
                   return status;
                 });
}

Deferred<std::unique_ptr<File>> LocalFiles::open(Path path) {
  struct Checked {
    UniqueFd fd;
    Path path;
  };
  return openAnd(reactor_, root_, symlinks_, std::move(path), 0, "open",
                 [](UniqueFd fd, const Path& at) {
                   const FileType type = statusOf(fd.get(), "open", at.text()).type;
                   if (type == FileType::directory) throw FilesError::of(EISDIR, "open", at.text());
                   if (type != FileType::file) throw FilesError::of(EOPNOTSUPP, "open", at.text());
                   return Checked{std::move(fd), at};
                 })
      .addCallback([&reactor = reactor_](Checked&& opened) -> std::unique_ptr<File> {
        return std::make_unique<LocalFile>(reactor, std::move(opened.fd), std::move(opened.path));
      });
}

Deferred<std::unique_ptr<Listing>> LocalFiles::list(Path path) {
  // Reading a directory may always wait for the disk: there is no way to ask only for what is known.
  return deferToThread(reactor_,
                       [root = root_, symlinks = symlinks_, path = std::move(path)] {
                         UniqueFd fd = checked(
                             openBeneath(root->get(), path.relative(), symlinks, O_DIRECTORY),
                             "list", path);
                         DIR* const stream = ::fdopendir(fd.get());
                         if (stream == nullptr) throw FilesError::of(errno, "list", path.text());
                         (void)fd.release();
                         auto opened = std::make_shared<OpenDirectory>();
                         opened->stream.reset(stream);
                         opened->path = path;
                         return opened;
                       })
      .addCallback(
          [&reactor = reactor_](std::shared_ptr<OpenDirectory> opened) -> std::unique_ptr<Listing> {
            return std::make_unique<LocalListing>(reactor, std::move(opened));
          });
}

Deferred<std::string> LocalFiles::readLink(Path path) {
  return deferToThread(reactor_, [root = root_, symlinks = symlinks_, path = std::move(path)] {
    const UniqueFd fd = checked(
        openBeneath(root->get(), path.relative(), symlinks, kLook | O_NOFOLLOW), "read", path);
    std::string target(Path::kLongest, '\0');
    const ssize_t size = ::readlinkat(fd.get(), "", target.data(), target.size());
    // ENOENT: it is no link (readlinkat(2), of a descriptor).
    if (size < 0) {
      throw FilesError::of(errno == ENOENT ? EINVAL : errno, "read the link", path.text());
    }
    target.resize(static_cast<std::size_t>(size));
    return target;
  });
}

}  // namespace ropewalk
