// HostsFile: the names that /etc/hosts gives addresses to. hosts(5).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "file_stamp.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

/// Reads the file when it is first asked, and again when it has changed. One thread.
///
/// c-ares has a reader of its own, but it knows one path only, and reads the file
/// anew for every name.
class HostsFile {
 public:
  /// @param path  a file that is not there (or "") names nobody
  explicit HostsFile(std::string path) : path_(std::move(path)) {}

  /// The addresses of `name`, in the order of the file, without duplicates;
  /// empty when it is not listed. Letter case and a final dot do not matter. Lines that make no
  /// sense are passed over, as everybody does.
  [[nodiscard]] std::vector<Address> lookup(std::string_view name, std::uint16_t port);

  /// The names of an address, in lower case, the first line's first; a literal in any spelling.
  [[nodiscard]] std::vector<std::string> namesOf(std::string_view literal);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void readIfChanged();
  void readLine(std::string_view line);

  std::string path_;
  FileStamp stamp_;
  std::unordered_map<std::string, std::vector<Address>> addresses_;  // by name, lower case
  std::unordered_map<std::string, std::vector<std::string>> names_;  // by literal
};

/// "WWW.Example.ORG." -> "www.example.org": how names are compared. ASCII only, by RFC 4343.
[[nodiscard]] std::string canonicalName(std::string_view name);

}  // namespace ropewalk::detail
