// ResolvConf: which name servers the machine is configured for, and how they are asked.
// resolv.conf(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file_stamp.h"
#include "ropewalk/core/async/clock.h"

namespace ropewalk::detail {

/// What the file says that lookups (clients/dns) and connecting by name (AresResolver) both go by;
/// the search list is c-ares's to read, where it can.
struct ResolvConf {
  /// Where nothing else is said: for the first round through the servers, each further one has
  /// twice that; and how many rounds.
  static constexpr Duration kTimeout = std::chrono::seconds(2);
  static constexpr int kAttempts = 3;

  /// Literals in order, also with a port, "192.0.2.1:5353"; none: 127.0.0.1, as the manual says.
  std::vector<std::string> servers{};
  std::optional<Duration> timeout{};
  std::optional<int> attempts{};
  bool rotate = false;
  bool tcp = false;  ///< use-vc
  /// Of the last line "search" or "domain", as it stands there; unset: there is none.
  std::optional<std::vector<std::string>> search{};

  /// Lines that make no sense are passed over, as everybody does.
  static ResolvConf parse(std::string_view text);
};

/// A resolv.conf that is read again when it has changed. One thread.
class ResolvConfFile {
 public:
  /// @param path  a file that is not there is an empty one
  explicit ResolvConfFile(std::string path) : path_(std::move(path)) {}

  /// Looks at the file (one stat).
  /// @return whether it differs from what was read; always true the first time
  bool reread();
  [[nodiscard]] const ResolvConf& content() const noexcept { return content_; }

 private:
  std::string path_;
  std::optional<FileStamp> stamp_{};
  ResolvConf content_{};
};

}  // namespace ropewalk::detail
