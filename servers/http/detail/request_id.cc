// A random prefix and an atomic counter.
#include "request_id.h"

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/serializer.h"

namespace ropewalk::http {

std::string makeRequestId() {
  static const std::string prefix = hex(randomBytes(4)) + '-';
  static std::atomic<std::uint64_t> next{1};
  std::string id = prefix;
  appendHex(id, next.fetch_add(1, std::memory_order_relaxed));
  return id;
}

bool isRequestId(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (lowerCase(c) >= 'a' && lowerCase(c) <= 'z') ||
           std::string_view("._-:/+=").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace ropewalk::http
