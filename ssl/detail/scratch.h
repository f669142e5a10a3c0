// Scratch: a place for plaintext while a protocol looks at it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace ropewalk::ssl::detail {

/// One of this thread's buffers, for as long as this lives. Several are in use at once only where
/// TLS runs in TLS, or where a protocol has another one receive while it receives itself.
class Scratch {
 public:
  static constexpr std::size_t kSize = 64 * 1024;  // four records: as much as one read of a socket

  Scratch() {
    if (spare().empty()) {
      buffer_ = std::make_unique<char[]>(kSize);  // NOLINT(*-avoid-c-arrays)
    } else {
      buffer_ = std::move(spare().back());
      spare().pop_back();
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { spare().push_back(std::move(buffer_)); }

  [[nodiscard]] char* data() const noexcept { return buffer_.get(); }

 private:
  using Buffer = std::unique_ptr<char[]>;  // NOLINT(*-avoid-c-arrays)

  static std::vector<Buffer>& spare() {
    static thread_local std::vector<Buffer> all;
    return all;
  }

  Buffer buffer_;
};

}  // namespace ropewalk::ssl::detail
