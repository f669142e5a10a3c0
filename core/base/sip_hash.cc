// SipHash-2-4 as the paper has it: two rounds a word, four at the end.
#include "sip_hash.h"

#include <bit>
#include <cassert>
#include <cstddef>

#include "text.h"

namespace ropewalk {

namespace {

std::uint64_t little64(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

SipKey SipKey::fromBytes(std::string_view bytes) noexcept {
  assert(bytes.size() == 16);
  return {little64(bytes.substr(0, 8)), little64(bytes.substr(8, 8))};
}

SipKey SipKey::random() { return fromBytes(randomBytes(16)); }

std::uint64_t sipHash24(std::string_view bytes, const SipKey& key) noexcept {
  SipState state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d,
                 key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
  const std::uint64_t length = bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state.take(little64(bytes.substr(0, 8)));
  state.take(length << 56 | little64(bytes));
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace ropewalk
