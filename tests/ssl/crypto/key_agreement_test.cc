// X25519 and ECDH, against the published vectors.

#include <stdexcept>

#include "ropewalk/ssl/crypto.h"
#include "tests/catch.h"
#include "tests/ssl/crypto/bytes.h"

using namespace ropewalk;
using namespace ropewalk::crypto;

TEST_CASE("X25519: RFC 7748 §6.1") {
  const KeyAgreement alice(
      Group::x25519, bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const KeyAgreement bob(Group::x25519,
                         bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  CHECK(hex(alice.publicKey()) ==
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(hex(bob.publicKey()) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const std::string secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  CHECK(hex(alice.agree(bob.publicKey()).value()) == secret);
  CHECK(hex(bob.agree(alice.publicKey()).value()) == secret);
}

TEST_CASE("ECDH on P-256: RFC 5903 §8.1") {
  const KeyAgreement ours(
      Group::p256, bytes("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"));
  CHECK(hex(ours.publicKey()) ==
        "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
        "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3");
  const std::string theirs = bytes(
      "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
      "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
  CHECK(hex(ours.agree(theirs).value()) ==
        "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
}

TEST_CASE("ECDH on P-384: RFC 5903 §8.2") {
  const KeyAgreement ours(Group::p384,
                          bytes("099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
                                "e35b538041e649ee3faef896783ab194"));
  const KeyAgreement theirs(Group::p384,
                            bytes("41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
                                  "e0308312916b8ed2960e4bd55a7448fc"));
  CHECK(hex(ours.agree(theirs.publicKey()).value()) ==
        "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
        "d603135569b9e9d09cf5d4a270f59746");
}

TEST_CASE("fresh keys agree, and are others each time") {
  for (const Group group : {Group::x25519, Group::p256, Group::p384, Group::p521}) {
    const KeyAgreement one(group);
    const KeyAgreement two(group);
    CHECK(one.publicKey() != two.publicKey());
    CHECK(one.agree(two.publicKey()).value() == two.agree(one.publicKey()).value());
  }
}

TEST_CASE("a key of the peer's that is none is told, and does no harm") {
  const KeyAgreement edwards(Group::x25519);
  CHECK_FALSE(edwards.agree("").ok());
  CHECK_FALSE(edwards.agree(std::string(31, 'k')).ok());
  // RFC 7748 §6.1: points of small order make the secret zero.
  const auto zero = edwards.agree(std::string(32, '\0'));
  REQUIRE_FALSE(zero.ok());
  CHECK(zero.failure().getErrorMessage() == "the peer's key of X25519 makes every secret the same");

  const KeyAgreement curve(Group::p256);
  std::string outside = KeyAgreement(Group::p256).publicKey();
  outside.back() = static_cast<char>(outside.back() ^ 1);
  for (const std::string& bad : {std::string(), std::string(1, '\0'), std::string(65, '\x04'),
                                 outside, outside.substr(0, 64), std::string(32, 'k')}) {
    const auto agreed = curve.agree(bad);
    REQUIRE_FALSE(agreed.ok());
    CHECK(agreed.failure().check<CryptoError>() != nullptr);
  }
  CHECK_FALSE(curve.agree(KeyAgreement(Group::p384).publicKey()).ok());
}

TEST_CASE("a private key of our own that is none is the caller's mistake") {
  CHECK_THROWS_WITH(KeyAgreement(Group::x25519, "short"), Catch::Contains("X25519"));
  CHECK_THROWS_AS(KeyAgreement(Group::p256, std::string(32, '\0')), std::invalid_argument);
  CHECK_THROWS_AS(KeyAgreement(Group::p256, std::string(32, '\xff')), std::invalid_argument);
  CHECK_THROWS_AS(KeyAgreement(Group::p384, std::string(32, 'k')), std::invalid_argument);
}
