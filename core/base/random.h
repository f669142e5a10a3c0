// Random: chance that nobody can guess, and that a test can repeat.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace ropewalk {

/// Random numbers from the kernel (getrandom), a page of a few hundred bytes at a time, so that one
/// costs no system call: for ids, ports, jitter, shuffles. Given a seed, the same numbers each time,
/// for tests, which anybody can guess. Those that have a reactor use the one of its slot. A
/// UniformRandomBitGenerator. One thread.
///
///     std::uint16_t newId(Reactor& reactor) {
///       return static_cast<std::uint16_t>(reactor.slot<Random>().next());
///     }
///     void alwaysTheSame(Reactor& reactor) { reactor.slot<Random>().seed(7); }
///
/// Keys and tokens are better had from randomBytes() (core/base/text.h), which keeps no copy. What
/// is handed out is wiped here; what is not is lost to a fork, whose child must make a new one.
class Random {
 public:
  using result_type = std::uint64_t;

  /// From the kernel.
  Random() noexcept = default;
  /// For tests.
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  /// From now on the same numbers each time.
  void seed(std::uint64_t seed) noexcept {
    state_ = seed;
    left_ = 0;
  }

  /// 64 bits, each as likely. Throws std::system_error when the kernel has none.
  [[nodiscard]] std::uint64_t next() {
    if (left_ == 0) refill();
    std::uint64_t& word = words_[--left_];
    const std::uint64_t value = word;
    word = 0;
    return value;
  }
  /// 0 … bound - 1, each as likely. Asserts that bound is no 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Bytes.
  void fill(std::span<char> out);

  [[nodiscard]] std::uint64_t operator()() { return next(); }
  [[nodiscard]] static constexpr std::uint64_t min() noexcept { return 0; }
  [[nodiscard]] static constexpr std::uint64_t max() noexcept {
    return std::numeric_limits<std::uint64_t>::max();
  }

 private:
  static constexpr std::size_t kWords = 32;  // 256 bytes, which getrandom gives whole

  void refill();

  std::array<std::uint64_t, kWords> words_{};
  std::size_t left_ = 0;
  std::optional<std::uint64_t> state_;  // of the seeded sequence
};

}  // namespace ropewalk
