// UniqueFd: owns a file descriptor. SharedFd: several own it, the last one closes it.
#pragma once

#include <memory>
#include <utility>

namespace ropewalk {

/// Owns one descriptor and closes it. -1 means none.
class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Gives it up without closing it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes it, and owns `fd` instead. Keeps errno.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

/// A file that several writes may still need.
using SharedFd = std::shared_ptr<const UniqueFd>;

}  // namespace ropewalk
