// Request::saveBody: a request body on its way into a file.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/servers/http/request.h"

namespace ropewalk::http {

namespace {

/// A new file beside the one it is to become; gone with this object unless it was committed.
class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".part-XXXXXX") {
    fd_.reset(mkostemp(temporary_.data(), O_CLOEXEC));
    if (!fd_) raise("create", path_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_) unlink(temporary_.c_str());
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t taken = ::write(fd_.get(), bytes.data(), bytes.size());
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0) raise("write", temporary_);
      bytes.remove_prefix(static_cast<std::size_t>(taken));
      size_ += static_cast<std::uint64_t>(taken);
    }
  }

  /// @return its size
  std::uint64_t commit() {
    // mkostemp gives 0600; a file made by open() would have had this.
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(fd_.get(), 0666 & ~mask);
    if (rename(temporary_.c_str(), path_.c_str()) != 0) raise("replace", path_);
    fd_.reset();
    return size_;
  }

 private:
  [[noreturn]] static void raise(const char* action, const std::string& path) {
    throw std::system_error(errno, std::generic_category(),
                            std::string("cannot ") + action + ' ' + path);
  }

  std::string path_;
  std::string temporary_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace

Deferred<std::uint64_t> Request::saveBody(std::string path, std::optional<std::uint64_t> limit) {
  std::shared_ptr<NewFile> file;
  try {
    file = std::make_shared<NewFile>(std::move(path));
  } catch (...) {
    return ropewalk::fail<std::uint64_t>(Failure::current());
  }
  Deferred<void> end = body_.consume(*this, limit, [file = file.get()](std::string_view piece) {
    file->write(piece);
    return succeed();
  });
  // The last holder: where this is cancelled or fails, the unfinished file goes at once.
  return std::move(end).addCallback([file] { return file->commit(); });
}

}  // namespace ropewalk::http
