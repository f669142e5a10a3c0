// Reads OpenSSL's error queue to its end.
#include "error_queue.h"

#include <openssl/err.h>

#include "ropewalk/core/base/format.h"

namespace ropewalk::crypto::detail {

void clearErrors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

std::string drainErrors() {
  std::string text;
  while (const unsigned long error = ERR_get_error()) {
    const char* words = ERR_reason_error_string(error);
    if (!text.empty()) text += "; ";
    text += words != nullptr ? std::string(words) : format("error {}", error);
  }
  return text.empty() ? "unknown error" : text;
}

}  // namespace ropewalk::crypto::detail
