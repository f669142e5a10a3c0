// PartFile: a download on its way to its name. Internal to clients/http.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/base/durable_file.h"

namespace ropewalk::http::detail {

/// Whose bytes a part has, and how many of them there are.
struct PartNote {
  std::string validator;               // a strong one, as the server wrote it
  std::optional<std::uint64_t> total;  // bytes of the whole, where the server said so
};

/// A DurableFile, and beside one that may be resumed a note of whose bytes it has. Errors are
/// DownloadFailed, thrown, with the name of the file and the reason.
class PartFile {
 public:
  /// A new file with a name nobody else has; to be committed or gone.
  static PartFile temporary(const std::string& target);
  /// TARGET.part, new or as an earlier attempt left it; stays when it is not committed.
  static PartFile resumable(const std::string& target);

  /// Bytes in the file.
  [[nodiscard]] std::uint64_t size() const noexcept { return file_.size(); }
  /// What an earlier attempt at this URL noted, if what it left can be gone on with.
  [[nodiscard]] std::optional<PartNote> noteFor(std::string_view url) const;
  /// Empties the file, and notes whose bytes will come. Without a note the next attempt starts
  /// anew.
  void restart(std::string_view url, const std::optional<PartNote>& note);
  void append(std::string_view bytes);
  /// The file takes its name, once it is on the disk; the note goes.
  void commit();

 private:
  PartFile(DurableFile file, bool keep) : file_(std::move(file)), keep_(keep) {}
  [[nodiscard]] std::string infoPath() const { return file_.beside("-info"); }

  DurableFile file_;
  bool keep_;  // what is noted, too
};

}  // namespace ropewalk::http::detail
