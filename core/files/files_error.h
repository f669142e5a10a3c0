// FilesError: what went wrong with a tree of files, in kinds that every protocol can map.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/base/error.h"

namespace ropewalk {

/// Fails what Files and File give. FTP, SFTP, HTTP and WebDAV each have a number for each kind.
class FilesError : public FileError {
 public:
  enum class Kind : std::uint8_t {
    notFound,       ///< also what may not be seen: a link that leads out of the tree
    notADirectory,  ///< something on the way, or what was to be listed, is none
    isADirectory,   ///< what was to be read is one
    denied,         ///< by the permissions
    badName,        ///< too long, or with a NUL
    exists,
    notEmpty,
    noSpace,       ///< or the quota is used up
    readOnly,      ///< the whole tree
    notSupported,  ///< a device, a FIFO, a socket; what this tree cannot do
    busy,          ///< later it may work: no descriptors, no memory
    failed         ///< the medium, or what has no other kind
  };

  FilesError(Kind reason, std::string message) : FileError(std::move(message)), reason_(reason) {}
  /// From an errno: "cannot open "/pub/a": permission denied".
  /// @param action  "open"
  static FilesError of(int code, std::string_view action, std::string_view path);

  [[nodiscard]] Kind reason() const noexcept { return reason_; }
  std::string_view kind() const noexcept override { return "FilesError"; }

 private:
  Kind reason_;
};

}  // namespace ropewalk
