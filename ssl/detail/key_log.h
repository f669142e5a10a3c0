// KeyLog: the secrets of sessions, for looking into captures of them. The NSS key log format.
#pragma once

#include <string>

#include "ropewalk/core/base/fd.h"

namespace ropewalk::ssl::detail {

/// Appends lines to a file that only its owner may read. Any thread: each line is one write.
class KeyLog {
 public:
  /// Throws ContextError.
  explicit KeyLog(const std::string& file);
  void add(const char* line);

 private:
  UniqueFd file_;
};

}  // namespace ropewalk::ssl::detail
