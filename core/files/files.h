// Files: a tree of files that is read, whatever keeps it. What HTTP, FTP, SFTP and WebDAV serve.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "path.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/timestamp.h"

namespace ropewalk {

/// What a name in a tree stands for.
enum class FileType : std::uint8_t { file, directory, link, other };

/// What is known of a file without reading it.
class FileStatus {
 public:
  FileType type = FileType::other;
  std::uint64_t size = 0;    ///< bytes
  unsigned permissions = 0;  ///< the nine bits of rwxrwxrwx, and the three above
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint64_t links = 1;  ///< names that it has
  Timestamp modified;
  Timestamp accessed;
  Timestamp changed;  ///< its status, or its content
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  ///< with device: the same number, the same file

  friend bool operator==(const FileStatus&, const FileStatus&) = default;
};

/// An open file. Destroying it closes it; what was asked for is still answered.
class File {
 public:
  virtual ~File() = default;

  [[nodiscard]] virtual Deferred<FileStatus> stat() = 0;
  /// @return  fewer than `length` bytes only where the file ends; none behind its end
  [[nodiscard]] virtual Deferred<std::string> read(std::uint64_t offset, std::size_t length) = 0;
  /// For Transport::writeFile; null where there is no descriptor to send from.
  [[nodiscard]] virtual SharedFd descriptor() const { return nullptr; }
};

/// The names in a directory, piece by piece.
class Listing {
 public:
  /// A name, and what it stands for; links are not followed.
  class Entry {
   public:
    std::string name;
    FileStatus status;
  };

  virtual ~Listing() = default;
  /// Some hundreds, in no order, without "." and ".."; none at the end. Calls are answered in turn.
  [[nodiscard]] virtual Deferred<std::vector<Entry>> next() = 0;
};

/// Which links are followed that a path ends with; those on the way are.
enum class LastLink : std::uint8_t { follow, stay };

/// A tree of files. Belongs to a reactor, on whose thread it is called and answers; FilesError is
/// what fails. Where the answer is at hand the Deferred has fired when the call returns.
///
///     Deferred<std::string> headOf(Files& files, Path path) {
///       const std::unique_ptr<File> file = co_await files.open(path);
///       co_return co_await file->read(0, 512);
///     }
class Files {
 public:
  virtual ~Files() = default;

  [[nodiscard]] virtual Deferred<FileStatus> stat(Path path, LastLink last) = 0;
  [[nodiscard]] Deferred<FileStatus> stat(Path path) {
    return stat(std::move(path), LastLink::follow);
  }
  [[nodiscard]] virtual Deferred<std::unique_ptr<Listing>> list(Path path) = 0;
  /// A regular file, for reading.
  [[nodiscard]] virtual Deferred<std::unique_ptr<File>> open(Path path) = 0;
  /// Where a link leads, as it is written in it: it may be relative, and may lead out of the tree.
  [[nodiscard]] virtual Deferred<std::string> readLink(Path path) = 0;
};

}  // namespace ropewalk
