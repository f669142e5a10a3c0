// PEM files: certificates and keys out of them.
#pragma once

#include <string>
#include <vector>

#include "openssl.h"

namespace ropewalk::ssl::detail {

/// The bytes of a file. Throws ContextError that names it and says why it cannot be read.
[[nodiscard]] std::string readFile(const std::string& file);
/// The regular files below a directory that end in .pem, .crt or .key, sorted by path; links are
/// followed. Throws ContextError.
[[nodiscard]] std::vector<std::string> pemFilesBelow(const std::string& directory);

/// Every certificate of a PEM text, in its order. Throws ContextError for one that is broken.
[[nodiscard]] std::vector<X509Ptr> certificatesIn(const std::string& pem, const std::string& file);
/// The first private key; null when there is none. Throws ContextError for one that is broken, or
/// encrypted and `password` does not fit.
[[nodiscard]] KeyPtr keyIn(const std::string& pem, const std::string& password,
                           const std::string& file);

/// The password of a key: as it was given, or the first line of a file. Throws ContextError for a
/// file that cannot be read, or both.
[[nodiscard]] std::string passwordOf(const std::string& password, const std::string& file);

/// Authorities: of a file, or of all files of a directory. Throws ContextError when there are none.
[[nodiscard]] std::vector<X509Ptr> authoritiesAt(const std::string& path);

}  // namespace ropewalk::ssl::detail
