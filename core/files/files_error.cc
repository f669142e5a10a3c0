// Kinds of errno.

#include "files_error.h"

#include <cerrno>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

FilesError::Kind kindOf(int code) noexcept {
  using Kind = FilesError::Kind;
  switch (code) {
    case ENOENT:
    case ELOOP:
      return Kind::notFound;
    case ENOTDIR:
      return Kind::notADirectory;
    case EISDIR:
      return Kind::isADirectory;
    case EACCES:
    case EPERM:
      return Kind::denied;
    case ENAMETOOLONG:
      return Kind::badName;
    case EEXIST:
      return Kind::exists;
    case ENOTEMPTY:
      return Kind::notEmpty;
    case ENOSPC:
    case EDQUOT:
      return Kind::noSpace;
    case EROFS:
      return Kind::readOnly;
    case EOPNOTSUPP:
    case ENXIO:
    case ENODEV:
    case ENOSYS:
      return Kind::notSupported;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EBUSY:
      return Kind::busy;
    default:
      return Kind::failed;
  }
}

}  // namespace

FilesError FilesError::of(int code, std::string_view action, std::string_view path) {
  return {kindOf(code), format("cannot {} {}: {}", action, quoteBytes(path), errnoText(code))};
}

}  // namespace ropewalk
