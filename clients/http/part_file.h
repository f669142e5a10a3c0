// PartFile: a file on its way to its name. Internal to clients/http.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/base/fd.h"

namespace ropewalk::http::detail {

/// Bytes written next to the target under another name; commit() renames. Unless it is kept, a file
/// that was not committed is removed by the destructor. Errors are DownloadFailed, thrown, with the
/// name of the file and the reason. Blocks for as long as the disk does.
class PartFile {
 public:
  /// A new file with a name nobody else has; to be committed or gone.
  static PartFile temporary(const std::string& target);
  /// TARGET.part, new or as an earlier attempt left it; stays when it is not committed.
  static PartFile resumable(const std::string& target);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) = delete;
  ~PartFile();

  /// Bytes in the file.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The rest of an earlier attempt at this URL that a server can confirm: its validator, to be
  /// sent as If-Range.
  [[nodiscard]] std::optional<std::string> validatorFor(std::string_view url) const;
  /// Empties the file, and remembers whose bytes will come. Without a validator the next attempt
  /// starts anew.
  void restart(std::string_view url, const std::optional<std::string>& validator);
  void append(std::string_view bytes);
  /// The file takes the target's name, and the mode of the file that had it.
  void commit();

 private:
  PartFile(std::string target, std::string path, bool keep);
  void open(int flags);
  [[nodiscard]] std::string infoPath() const { return path_ + "-info"; }

  std::string target_;
  std::string path_;
  bool keep_;
  bool done_ = false;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace ropewalk::http::detail
