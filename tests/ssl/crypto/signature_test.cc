// Signatures: the published vectors, and what the openssl command makes and checks.

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "ropewalk/ssl/crypto.h"
#include "tests/catch.h"
#include "tests/ssl/crypto/bytes.h"
#include "tests/ssl/pki.h"

using namespace ropewalk;
using namespace ropewalk::crypto;

namespace {

constexpr KeyKind kKinds[] = {KeyKind::ed25519, KeyKind::p256, KeyKind::p384, KeyKind::p521,
                              KeyKind::rsa};

/// One key of each kind; RSA takes a while.
const PrivateKey& keyOf(KeyKind kind) {
  static const std::vector<PrivateKey> keys = [] {
    std::vector<PrivateKey> made;
    for (const KeyKind each : kKinds) made.push_back(PrivateKey::generate(each, 2048));
    return made;
  }();
  return keys[static_cast<std::size_t>(kind)];
}

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("Ed25519: RFC 8032 §7.1, tests 1 and 2") {
  const auto key = PrivateKey::fromRaw(
      KeyKind::ed25519, bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  CHECK(hex(key->publicKey().raw()) ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(hex(key->sign("")) ==
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const auto other = PublicKey::fromRaw(
      KeyKind::ed25519, bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  const std::string signature = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  CHECK(other->verify("\x72", signature).ok());
  CHECK_FALSE(other->verify("\x73", signature).ok());
}

TEST_CASE("ECDSA on P-256: RFC 6979 A.2.5") {
  const auto key = PrivateKey::fromRaw(
      KeyKind::p256, bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"));
  const PublicKey check = key->publicKey();
  CHECK(hex(check.raw()) ==
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
  const auto signature = ecdsaToDER(
      KeyKind::p256, bytes("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                           "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"));
  CHECK(check.verify("sample", *signature).ok());
  CHECK_FALSE(check.verify("sample", *signature, {.hash = Hash::sha384}).ok());
  CHECK_FALSE(check.verify("Sample", *signature).ok());
}

TEST_CASE("what a key signs, its public half accepts, and nothing else") {
  for (const KeyKind kind : kKinds) {
    INFO(toText(kind));
    const PublicKey check = keyOf(kind).publicKey();
    const std::string signature = keyOf(kind).sign("message");
    CHECK(check.verify("message", signature).ok());
    CHECK_FALSE(check.verify("massage", signature).ok());
    CHECK_FALSE(check.verify("message", "").ok());
    CHECK_FALSE(check.verify("message", signature.substr(1)).ok());
    std::string changed = signature;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    const auto refused = check.verify("message", changed);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.failure().check<CryptoError>() != nullptr);
    CHECK_FALSE(PrivateKey::generate(kind, 2048).publicKey().verify("message", signature).ok());
  }
}

TEST_CASE("both paddings of RSA with each hash; one is not taken for the other") {
  const PrivateKey& key = keyOf(KeyKind::rsa);
  for (const Hash hash : {Hash::sha1, Hash::sha256, Hash::sha384, Hash::sha512}) {
    const Signing pss{.hash = hash, .padding = RsaPadding::pss};
    const Signing pkcs1{.hash = hash, .padding = RsaPadding::pkcs1};
    CHECK(key.publicKey().verify("message", key.sign("message", pss), pss).ok());
    CHECK(key.publicKey().verify("message", key.sign("message", pkcs1), pkcs1).ok());
    CHECK_FALSE(key.publicKey().verify("message", key.sign("message", pss), pkcs1).ok());
    CHECK_FALSE(key.publicKey().verify("message", key.sign("message", pkcs1), pss).ok());
  }
}

TEST_CASE("keys are the same after a way through PEM, bytes and numbers") {
  for (const KeyKind kind : kKinds) {
    INFO(toText(kind));
    const PrivateKey& key = keyOf(kind);
    const std::string signature = key.sign("message");
    const auto reread = PrivateKey::fromPEM(key.toPEM());
    REQUIRE(reread.ok());
    CHECK(reread->kind() == kind);
    CHECK(key.publicKey().verify("message", reread->sign("message")).ok());
    const auto check = PublicKey::fromPEM(key.publicKey().toPEM());
    REQUIRE(check.ok());
    CHECK(check->kind() == kind);
    CHECK(check->verify("message", signature).ok());
    if (kind == KeyKind::rsa) {
      const auto numbers = PublicKey::fromRSA(key.publicKey().rsa());
      CHECK(numbers->verify("message", signature).ok());
      CHECK(hex(key.publicKey().rsa().exponent) == "010001");
    } else {
      CHECK(PrivateKey::fromRaw(kind, key.raw())->raw() == key.raw());
      CHECK(PublicKey::fromRaw(kind, check->raw())->verify("message", signature).ok());
    }
  }
}

TEST_CASE("what is no key is told, and why") {
  const auto message = [](const auto& result) { return result.failure().getErrorMessage(); };
  CHECK_THAT(message(PublicKey::fromPEM("nothing")), Catch::Contains("BEGIN PUBLIC KEY"));
  CHECK_THAT(message(PrivateKey::fromPEM("nothing")), Catch::Contains("BEGIN PRIVATE KEY"));
  CHECK_THAT(message(PublicKey::fromRaw(KeyKind::ed25519, "short")),
             Catch::Contains("5 bytes are no public key of Ed25519"));
  CHECK_FALSE(PublicKey::fromRaw(KeyKind::p256, std::string(65, '\x04')).ok());
  CHECK_FALSE(PrivateKey::fromRaw(KeyKind::p256, std::string(32, '\xff')).ok());
  CHECK_FALSE(PrivateKey::fromRaw(KeyKind::ed25519, "short").ok());
  CHECK_FALSE(PublicKey::fromRSA({std::string(64, '\xff'), bytes("010001")}).ok());
  CHECK_FALSE(PublicKey::fromRSA({"", ""}).ok());
  CHECK_THROWS_AS(PublicKey::fromRaw(KeyKind::rsa, ""), std::logic_error);
  CHECK_THROWS_AS(keyOf(KeyKind::rsa).raw(), std::logic_error);
  CHECK_THROWS_AS(keyOf(KeyKind::p256).publicKey().rsa(), std::logic_error);
}

TEST_CASE("an encrypted key opens with its password only") {
  const Pki& pki = Pki::get();
  pki.run(format("openssl genpkey {} -aes-256-cbc -pass pass:open -out {}", Pki::kEC,
                 pki.path("sealed.key")));
  const std::string pem = contents(pki.path("sealed.key"));
  CHECK(PrivateKey::fromPEM(pem, "open").ok());
  CHECK_THAT(PrivateKey::fromPEM(pem, "wrong").failure().getErrorMessage(),
             Catch::Contains("does not open with this password"));
  CHECK_THAT(PrivateKey::fromPEM(pem).failure().getErrorMessage(),
             Catch::Contains("is encrypted: give its password"));
}

TEST_CASE("the openssl command makes the same PKCS #1 signature, and checks ours") {
  const Pki& pki = Pki::get();
  const PrivateKey& key = keyOf(KeyKind::rsa);
  const auto file = [&](const std::string& name) { return pki.path("sign." + name); };
  pki.write(file("message"), "message");
  pki.write(file("key"), key.toPEM());
  pki.write(file("pub"), key.publicKey().toPEM());
  pki.run(format("openssl dgst -sha256 -sign {} -out {} {}", file("key"), file("out"),
                 file("message")));
  CHECK(contents(file("out")) == key.sign("message"));
  pki.write(file("pss"), key.sign("message", {.hash = Hash::sha384, .padding = RsaPadding::pss}));
  CHECK_NOTHROW(
      pki.run(format("openssl dgst -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48 "
                     "-verify {} -signature {} {} >/dev/null",
                     file("pub"), file("pss"), file("message"))));
}

TEST_CASE("ECDSA signatures change between their two forms, and nothing else passes") {
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    for (int i = 0; i < 20; ++i) {  // numbers with leading zeros come up
      const std::string der = keyOf(kind).sign("message");
      const auto fixed = ecdsaFromDER(kind, der);
      REQUIRE(fixed.ok());
      CHECK(ecdsaToDER(kind, *fixed).value() == der);
      CHECK_FALSE(ecdsaFromDER(kind, der + "x").ok());
    }
  }
  CHECK_FALSE(ecdsaFromDER(KeyKind::p256, "").ok());
  CHECK_FALSE(ecdsaFromDER(KeyKind::p256, keyOf(KeyKind::p384).sign("message")).ok());
  CHECK_FALSE(ecdsaFromDER(KeyKind::p256, bytes("30060201ff020101")).ok());  // a negative number
  CHECK_FALSE(ecdsaToDER(KeyKind::p256, std::string(63, 'x')).ok());
  CHECK_FALSE(ecdsaToDER(KeyKind::rsa, std::string(64, 'x')).ok());
}
