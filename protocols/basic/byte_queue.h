// ByteQueue: bytes that come in at the end and go out at the front.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ropewalk {

/// A contiguous queue. Each byte is moved at most twice, however small the pieces are that leave;
/// an empty one owns no memory.
class ByteQueue {
 public:
  void append(std::string_view data) { bytes_ += data; }

  /// All of it; dies with the next append or take.
  [[nodiscard]] std::string_view view() const noexcept {
    return std::string_view(bytes_).substr(gone_);
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - gone_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// The first `count` bytes, which must be there.
  [[nodiscard]] std::string take(std::size_t count) {
    if (gone_ == 0 && count == bytes_.size()) return std::exchange(bytes_, {});
    std::string taken(view().substr(0, count));
    skip(count);
    return taken;
  }

  /// The first `count` bytes, which must be there, are gone.
  void skip(std::size_t count) {
    gone_ += count;
    if (gone_ == bytes_.size()) {
      bytes_ = {};
      gone_ = 0;
    } else if (gone_ > bytes_.size() / 2) {
      bytes_.erase(0, gone_);
      gone_ = 0;
    }
  }

 private:
  std::string bytes_;
  std::size_t gone_ = 0;  // bytes at the front that have left
};

}  // namespace ropewalk
