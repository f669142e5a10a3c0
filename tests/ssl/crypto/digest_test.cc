// Digests, HMAC, HKDF, PBKDF2 and what secrets need, against the published vectors.

#include <stdexcept>

#include "ropewalk/ssl/crypto.h"
#include "tests/catch.h"
#include "tests/ssl/crypto/bytes.h"

using namespace ropewalk;
using namespace ropewalk::crypto;

TEST_CASE("digests of \"abc\" are those of RFC 1321 and FIPS 180-4") {
  CHECK(hex(digest(Hash::md5, "abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(digest(Hash::sha1, "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(digest(Hash::sha256, "abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(digest(Hash::sha384, "abc")) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
  CHECK(hex(digest(Hash::sha512, "abc")) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(hex(digest(Hash::md5, {})) == "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_CASE("a digest in pieces is that of the whole, wherever it is cut") {
  const std::string text(200, 'x');
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Digest pieces(Hash::sha256);
    pieces.update(text.substr(0, cut)).update(text.substr(cut));
    REQUIRE(pieces.finish() == digest(Hash::sha256, text));
  }
}

TEST_CASE("a digest begins again when it is finished, and a copy goes its own way") {
  Digest one(Hash::sha1);
  one.update("a");
  Digest two = one;
  CHECK(two.update("b").finish() == digest(Hash::sha1, "ab"));
  CHECK(one.update("bc").finish() == digest(Hash::sha1, "abc"));
  CHECK(one.finish() == digest(Hash::sha1, ""));
  two = one.update("z");
  CHECK(two.finish() == digest(Hash::sha1, "z"));
}

TEST_CASE("HMAC: RFC 4231 §4.2, §4.3, §4.7, and RFC 2104 with MD5") {
  const std::string key = bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  CHECK(hex(hmac(Hash::sha256, key, "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac(Hash::sha384, key, "Hi There")) ==
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
        "faea9ea9076ede7f4af152e8b2fa9cb6");
  CHECK(hex(hmac(Hash::sha512, key, "Hi There")) ==
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  CHECK(hex(hmac(Hash::sha256, "Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac(Hash::sha256, std::string(131, '\xaa'),
                 "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex(hmac(Hash::md5, "Jefe", "what do ya want for nothing?")) ==
        "750c783e6ab0b503eaa86e310a5db738");
}

TEST_CASE("HMAC takes the empty key, goes in pieces, and keeps its key") {
  CHECK(hex(hmac(Hash::sha256, {}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  Hmac mac(Hash::sha256, "Jefe");
  mac.update("what do ya ");
  const std::string first = mac.update("want for nothing?").finish();
  CHECK(first == hmac(Hash::sha256, "Jefe", "what do ya want for nothing?"));
  CHECK(mac.update("more").finish() == hmac(Hash::sha256, "Jefe", "more"));
}

TEST_CASE("HKDF: RFC 5869 A.1, A.2's length, and A.3 without salt and info") {
  const std::string secret(22, '\x0b');
  const std::string salt = bytes("000102030405060708090a0b0c");
  const std::string info = bytes("f0f1f2f3f4f5f6f7f8f9");
  CHECK(hex(hkdfExtract(Hash::sha256, salt, secret)) ==
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  CHECK(hex(hkdf(Hash::sha256, secret, salt, info, 42)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(hex(hkdf(Hash::sha256, secret, {}, {}, 42)) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  CHECK(hkdf(Hash::sha256, secret, salt, info, 82)
            .starts_with(hkdf(Hash::sha256, secret, salt, info, 42)));
}

TEST_CASE("HKDF ends after 255 digests") {
  CHECK(hkdfExpand(Hash::sha1, "key", "", 255 * 20).size() == 255 * 20);
  CHECK_THROWS_AS(hkdfExpand(Hash::sha1, "key", "", 255 * 20 + 1), std::invalid_argument);
}

TEST_CASE("PBKDF2: RFC 6070, RFC 7914 §11, and SCRAM's example (RFC 7677 §3)") {
  CHECK(hex(pbkdf2(Hash::sha1, "password", "salt", 4096, 20)) ==
        "4b007901b765489abead49d926f721d065a429c1");
  CHECK(hex(pbkdf2(Hash::sha1, {"pass\0word", 9}, {"sa\0lt", 5}, 4096, 16)) ==
        "56fa6aa75548099dcc37d7f03425e0c3");
  CHECK(hex(pbkdf2(Hash::sha256, "passwd", "salt", 1, 64)) ==
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
  const auto salt = base64Decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  const std::string salted = pbkdf2(Hash::sha256, "pencil", salt.value(), 4096, 32);
  const std::string stored = digest(Hash::sha256, hmac(Hash::sha256, salted, "Client Key"));
  CHECK(base64Encode(stored) == "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  CHECK_THROWS_AS(pbkdf2(Hash::sha1, "password", "salt", 0, 20), std::invalid_argument);
}

TEST_CASE("the comparison in constant time tells equal from different") {
  CHECK(equalConstantTime("", {}));
  CHECK(equalConstantTime("secret", "secret"));
  CHECK_FALSE(equalConstantTime("secret", "secreT"));
  CHECK_FALSE(equalConstantTime("secret", "secre"));
}

TEST_CASE("a wiped secret is empty, and its bytes are zeros") {
  std::string secret(100, 's');
  const char* const place = secret.data();
  wipe(secret);
  CHECK(secret.empty());
  secret.resize(1);  // the string's own again, at the same place
  REQUIRE(secret.data() == place);
  CHECK(place[0] == '\0');
}
