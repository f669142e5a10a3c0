// DurableFile: a file on its way to its name, and there also after a crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fd.h"
#include "result.h"

namespace ropewalk {

namespace detail {
struct LinkTarget;
}

/// Writes bytes beside `path` under another name; commit() flushes them to the disk and gives them
/// the name. So whoever opens `path` finds the old file or the new one, whole, also after a crash.
///
/// Only a regular file, or nothing, is replaced so. Links stay links: what they lead to is written.
/// A device, a FIFO, a file that is mounted there, or an open descriptor (/dev/stdout) is written
/// through: the bytes are gone as they come, and commit() only closes. A link that somebody else
/// left in a directory where everybody may write is not followed.
///
///     Result<void> save(std::string_view text) {
///       auto file = DurableFile::create("zone.txt");
///       if (!file) return file.failure();
///       if (auto written = file->write(text); !written) return written;
///       return file->commit();
///     }
///
/// Without commit() the old file is as it was, and the new one is removed by the destructor.
/// Every call blocks for as long as the disk does (and a FIFO until somebody reads it); any thread,
/// one at a time. Errors are FileError: "cannot write PATH: no space left on device".
class DurableFile {
 public:
  /// @param mode  of the file; without one it is that of the file that had the name, or what open()
  ///              makes of 0666
  [[nodiscard]] static Result<DurableFile> create(const std::string& path,
                                                  std::optional<unsigned> mode = {});
  /// The same on PATH.part (cut where that would be too long a name), new or as an earlier
  /// attempt left it; it stays when it is not committed, for the next attempt. Fails while
  /// somebody else writes it.
  [[nodiscard]] static Result<DurableFile> resume(const std::string& path);

  DurableFile(DurableFile&& other) noexcept = default;
  DurableFile& operator=(DurableFile&& other) = delete;
  ~DurableFile();

  /// Appends. After a failure it is not known how much of it was written.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Forgets what was written, where it is not written through.
  [[nodiscard]] Result<void> clear();
  /// Gives the file its name, once. After a failure the name may still be the old file's.
  [[nodiscard]] Result<void> commit();

  /// Bytes written so far, those of an earlier attempt included.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Whether the bytes go where they cannot be taken back.
  [[nodiscard]] bool writtenThrough() const noexcept { return !directory_; }
  /// A file beside this one, for notes: PART + ending, cut as that is;
  /// "" where it is written through.
  [[nodiscard]] std::string beside(std::string_view ending) const;

 private:
  explicit DurableFile(std::string path) : path_(std::move(path)) {}
  static Result<DurableFile> through(const std::string& path, const detail::LinkTarget& target);
  void settle(detail::LinkTarget target);
  void removePart() noexcept;

  std::string path_;    // as it was asked for: of messages
  UniqueFd directory_;  // where the links led; none where it is written through
  std::string folder_;  // its path
  std::string name_;    // in it
  std::string part_;    // likewise, until it is committed
  bool kept_ = false;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  std::uint64_t begun_ = 0;  // what the disk has been told of
};

/// All of a file at once, as DurableFile has it.
[[nodiscard]] Result<void> writeFile(const std::string& path, std::string_view bytes,
                                     std::optional<unsigned> mode = {});

/// What `path` leads to, open for writing, where DurableFile would write through it; else none.
[[nodiscard]] Result<UniqueFd> openWrittenThrough(const std::string& path);

}  // namespace ropewalk
