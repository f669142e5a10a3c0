// SipHash-2-4: the vectors of its paper, and keys that differ.
#include "ropewalk/core/base/sip_hash.h"

#include <string>

#include "tests/catch.h"

using namespace ropewalk;

TEST_CASE("SipHash-2-4 gives the values of its paper") {
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(i);
  const SipKey key = SipKey::fromBytes(bytes);
  CHECK(sipHash24("", key) == 0x726fdb47dd0e0e31);
  CHECK(sipHash24(bytes.substr(0, 15), key) == 0xa129ca6149be45e5);
  CHECK(sipHash24(bytes.substr(0, 8), key) == 0x93f5f5799a932462);
}

TEST_CASE("another key gives another SipHash of the same bytes") {
  CHECK(sipHash24("ropewalk", {1, 2}) != sipHash24("ropewalk", {2, 1}));
  CHECK(SipKey::random() != SipKey::random());
}
