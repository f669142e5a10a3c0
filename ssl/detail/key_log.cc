// One write a line, to a file opened for appending with mode 600.
#include "key_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

KeyLog::KeyLog(const std::string& file)
    : file_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  if (!file_) throw ContextError(format("cannot write the key log {}: {}", file, errnoText(errno)));
  log::warn("the secrets of TLS sessions are written to {}: whoever reads it can read them", file);
}

void KeyLog::add(const char* line) {
  const std::string text = std::string(line) + "\n";
  [[maybe_unused]] const auto written = ::write(file_.get(), text.data(), text.size());
}

}  // namespace ropewalk::ssl::detail
