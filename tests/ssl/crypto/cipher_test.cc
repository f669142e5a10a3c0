// AEADs and stream ciphers, against the published vectors.

#include <algorithm>
#include <stdexcept>

#include "ropewalk/ssl/crypto.h"
#include "tests/catch.h"
#include "tests/ssl/crypto/bytes.h"

using namespace ropewalk;
using namespace ropewalk::crypto;

namespace {

constexpr std::string_view kSunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    "sunscreen would be it.";

const std::string kGcmText = bytes(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
const std::string kGcmAssociated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const std::string kGcmNonce = bytes("cafebabefacedbaddecaf888");

}  // namespace

TEST_CASE("AES-128-GCM: test cases 1 and 4 of the GCM specification") {
  Aead zero(AeadCipher::aes128Gcm, std::string(16, '\0'));
  CHECK(hex(zero.seal(std::string(12, '\0'), "")) == "58e2fccefa7e3061367f1d57a4e7455a");
  Aead key(AeadCipher::aes128Gcm, bytes("feffe9928665731c6d6a8f9467308308"));
  CHECK(hex(key.seal(kGcmNonce, kGcmText, kGcmAssociated)) ==
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
        "5bc94fbc3221a5db94fae95ae7121a47");
}

TEST_CASE("AES-256-GCM: test case 16 of the GCM specification") {
  Aead key(AeadCipher::aes256Gcm,
           bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  CHECK(hex(key.seal(kGcmNonce, kGcmText, kGcmAssociated)) ==
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b");
}

TEST_CASE("ChaCha20-Poly1305: RFC 8439 §2.8.2") {
  Aead key(AeadCipher::chacha20Poly1305,
           bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
  const std::string sealed =
      key.seal(bytes("070000004041424344454647"), kSunscreen, bytes("50515253c0c1c2c3c4c5c6c7"));
  CHECK(hex(sealed) ==
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b6116"
        "1ae10b594f09e26a7e902ecbd0600691");
}

TEST_CASE("what was sealed opens again, with every cipher and also when empty") {
  for (const auto cipher :
       {AeadCipher::aes128Gcm, AeadCipher::aes256Gcm, AeadCipher::chacha20Poly1305}) {
    Aead key(cipher, randomBytes(Aead::keySize(cipher)));
    for (const std::string text : {"", "a", "hello, hello, hello, hello"}) {
      const std::string nonce = randomBytes(Aead::kNonceSize);
      const auto opened = key.open(nonce, key.seal(nonce, text, "header"), "header");
      REQUIRE(opened.ok());
      CHECK(*opened == text);
    }
  }
}

TEST_CASE("every bit that changes is noticed, and the key goes on working") {
  Aead key(AeadCipher::aes128Gcm, std::string(16, 'k'));
  const std::string nonce(12, 'n');
  const std::string sealed = key.seal(nonce, "text", "header");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto opened = key.open(nonce, changed, "header");
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.failure().check<CryptoError>() != nullptr);
  }
  CHECK_FALSE(key.open(nonce, sealed, "Header").ok());
  CHECK_FALSE(key.open(std::string(12, 'm'), sealed, "header").ok());
  CHECK_FALSE(key.open(nonce, "short", "header").ok());
  CHECK(key.open(nonce, sealed, "header").value() == "text");
}

TEST_CASE("in place, and nothing is left of a text that is not authentic") {
  Aead key(AeadCipher::chacha20Poly1305, std::string(32, 'k'));
  const std::string nonce(12, 'n');
  std::string text = "plaintext";
  Aead::Tag tag = key.sealInPlace(nonce, text, "header");
  CHECK(text + std::string(tag.data(), tag.size()) == key.seal(nonce, "plaintext", "header"));
  std::string again = text;
  CHECK(key.openInPlace(nonce, again, {tag.data(), tag.size()}, "header").ok());
  CHECK(again == "plaintext");
  tag[0] = static_cast<char>(tag[0] ^ 1);
  CHECK_FALSE(key.openInPlace(nonce, text, {tag.data(), tag.size()}, "header").ok());
  CHECK(text == std::string(9, '\0'));
}

TEST_CASE("keys, nonces and tags of the wrong size are the caller's mistake") {
  CHECK_THROWS_WITH(Aead(AeadCipher::aes256Gcm, "short"),
                    Catch::Contains("a key of 5 bytes; 32 are wanted"));
  Aead key(AeadCipher::aes128Gcm, std::string(16, 'k'));
  std::string text = "text";
  CHECK_THROWS_AS(key.seal("nonce", text), std::invalid_argument);
  CHECK_THROWS_AS(key.open("nonce", std::string(16, 't')), std::invalid_argument);
  CHECK_THROWS_AS(key.openInPlace(std::string(12, 'n'), text, "tag"), std::invalid_argument);
  CHECK_THROWS_AS(StreamCipher(Stream::aes128Ctr, "key", "counter"), std::invalid_argument);
  CHECK_THROWS_AS(poly1305("key", "text"), std::invalid_argument);
}

TEST_CASE("AES-CTR: NIST SP 800-38A F.5, the first two blocks") {
  const std::string text =
      bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const std::string counter = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  StreamCipher small(Stream::aes128Ctr, bytes("2b7e151628aed2a6abf7158809cf4f3c"), counter);
  CHECK(hex(small.applied(text)) ==
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
  StreamCipher middle(Stream::aes192Ctr, bytes("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"),
                      counter);
  CHECK(hex(middle.applied(text)) ==
        "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94");
  StreamCipher large(Stream::aes256Ctr,
                     bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
                     counter);
  CHECK(hex(large.applied(text)) ==
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
}

TEST_CASE("ChaCha20: RFC 8439 §2.4.2") {
  StreamCipher cipher(Stream::chacha20,
                      bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                      bytes("01000000 000000000000004a00000000"));
  CHECK(hex(cipher.applied(kSunscreen)) ==
        "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
        "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
        "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
        "5af90bbf74a35be6b40b8eedf2785e42874d");
}

TEST_CASE("a stream is the same however it is cut, and starts again where it is told to") {
  const std::string key(16, 'k');
  const std::string counter(16, '\xff');  // it overflows after one block
  const std::string text(100, 't');
  StreamCipher whole(Stream::aes128Ctr, key, counter);
  const std::string expected = whole.applied(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    StreamCipher pieces(Stream::aes128Ctr, key, counter);
    const std::string first = pieces.applied(text.substr(0, cut));
    REQUIRE(first + pieces.applied(text.substr(cut)) == expected);
  }
  whole.restart(counter);
  CHECK(whole.applied(expected) == text);
}

TEST_CASE("Poly1305: RFC 8439 §2.5.2") {
  CHECK(hex(poly1305(bytes("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
                     "Cryptographic Forum Research Group")) == "a8061dc1305136c6c22b8baf0c0127a9");
}
