// One table of slots and generations a thread; a slot that is given back counts its generation up.

#include "handle.h"

#include <vector>

namespace ropewalk::detail {

namespace {

// A life is its slot (low half) and that slot's generation (high half); generations start
// at 1, so no life is 0.
struct LifeTable {
  std::vector<std::uint32_t> generations;
  std::vector<std::uint32_t> free;
};

LifeTable& table() {
  // The reactor touches it first, so that it outlives whatever a reactor owns.
  thread_local LifeTable table;
  return table;
}

}  // namespace

std::uint64_t acquireLife() {
  LifeTable& lives = table();
  if (lives.free.empty()) {
    lives.generations.push_back(1);
    lives.free.reserve(lives.generations.size());  // so that endLife() cannot throw
    lives.free.push_back(static_cast<std::uint32_t>(lives.generations.size() - 1));
  }
  const std::uint32_t slot = lives.free.back();
  lives.free.pop_back();
  return std::uint64_t{lives.generations[slot]} << 32 | slot;
}

void endLife(std::uint64_t life) noexcept {
  LifeTable& lives = table();
  const auto slot = static_cast<std::uint32_t>(life);
  if (slot >= lives.generations.size()) return;
  if (++lives.generations[slot] == 0) return;  // worn out after 2^32 uses: never used again
  lives.free.push_back(slot);
}

bool lifeGoesOn(std::uint64_t life) noexcept {
  const LifeTable& lives = table();
  const auto slot = static_cast<std::uint32_t>(life);
  return slot < lives.generations.size() &&
         lives.generations[slot] == static_cast<std::uint32_t>(life >> 32);
}

}  // namespace ropewalk::detail
