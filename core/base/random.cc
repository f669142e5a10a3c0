// From the kernel by getrandom; from a seed by SplitMix64 (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", 2014).
#include "random.h"

#include <sys/random.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ropewalk {

namespace {

std::uint64_t splitMix(std::uint64_t& state) noexcept {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

}  // namespace

void Random::refill() {
  if (state_) {
    // Handed out from the end: in the order of the sequence.
    for (std::size_t i = kWords; i-- > 0;) words_[i] = splitMix(*state_);
  } else {
    // Up to 256 bytes come whole; EINTR only while the kernel has not begun to be random.
    while (::getrandom(words_.data(), sizeof words_, 0) != sizeof words_) {
      if (errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "cannot get random bytes");
    }
  }
  left_ = kWords;
}

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  // The first 2^64 mod bound are one too many of the smallest; another draw instead.
  const std::uint64_t tooMany = (0 - bound) % bound;
  while (true) {
    const std::uint64_t drawn = next();
    if (drawn >= tooMany) return drawn % bound;
  }
}

void Random::fill(std::span<char> out) {
  while (!out.empty()) {
    const std::uint64_t word = next();
    const std::size_t some = std::min(out.size(), sizeof word);
    std::memcpy(out.data(), &word, some);
    out = out.subspan(some);
  }
}

}  // namespace ropewalk
