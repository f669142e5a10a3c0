// ResolvConf: which name servers the machine is configured for. resolv.conf(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/async/timer_queue.h"
#include "ropewalk/core/net/dns/file_stamp.h"

namespace ropewalk::dns {

/// What the file says that a stub resolver of full names needs: no search list (the reactor's
/// resolver has that).
struct ResolvConf {
  std::vector<std::string> servers{};  ///< literals, in order; none: 127.0.0.1, as the manual says
  std::optional<Duration> timeout{};
  std::optional<int> attempts{};
  bool rotate = false;
  bool tcp = false;  ///< use-vc

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
  std::optional<ropewalk::detail::FileStamp> stamp_{};
  ResolvConf content_{};
};

}  // namespace ropewalk::dns
