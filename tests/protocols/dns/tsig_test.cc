// TSIG: what dnspython signed is taken, and signed to the same bytes. RFC 8945.
#include "ropewalk/protocols/dns/tsig.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/query_view.h"
#include "tests/catch.h"

using namespace ropewalk;
using namespace ropewalk::dns;

namespace {

constexpr std::uint64_t kNow = 1'700'000'000;
constexpr Rcode kBadSig = Rcode::BADVERS;

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out += static_cast<char>(*parseNumber<unsigned>(hex.substr(i, 2), 16));
  }
  return out;
}

// Made by dnspython 2.3, with a key of the 32 bytes 0 … 31 called transfer.example: a request, its
// answer a second later, and the records that sign them. Messages are given once, without them.

const std::string kRequest = bytes("123400000001000000000000076578616d706c65036f72670000fc0001");
const std::string kAnswer = bytes(
    "123484000001000100000000076578616d706c65036f72670000fc0001c00c000100010000012c0004c0"
    "000201");

struct Vector {
  std::string_view algorithm;
  std::string_view request;
  std::string_view answer;
};
constexpr Vector kVectors[] = {
    {"hmac-sha1",
     "087472616e73666572076578616d706c650000fa00ff00000000002f09686d61632d7368613100000065"
     "53f100012c001482dfb8b7b77703079552e99d70d260e322e0c947123400000000",
     "087472616e73666572076578616d706c650000fa00ff00000000002f09686d61632d7368613100000065"
     "53f101012c0014cb2628f8fc1273d5f3c67d3904274e07ced0da7e123400000000"},
    {"hmac-sha224",
     "087472616e73666572076578616d706c650000fa00ff0000000000390b686d61632d7368613232340000"
     "006553f100012c001ca99804442f7df3391353029d5011dfc04e9a53d529f1b91d9b2832021234000000"
     "00",
     "087472616e73666572076578616d706c650000fa00ff0000000000390b686d61632d7368613232340000"
     "006553f101012c001c9b5060d82e2b2e1e32f043ea59b1849daac545b2bb2424dc74b2f00f1234000000"
     "00"},
    {"hmac-sha256",
     "087472616e73666572076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000"
     "006553f100012c0020bc595b4147448525bce54fb7f18624baf58055dff596f7e8cdbce388938f19d212"
     "3400000000",
     "087472616e73666572076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000"
     "006553f101012c00209001677fecb51b287d505fb42828f830d92a8c90b47b2e3968162e1f0a61ed4f12"
     "3400000000"},
    {"hmac-sha384",
     "087472616e73666572076578616d706c650000fa00ff00000000004d0b686d61632d7368613338340000"
     "006553f100012c003089321205ba0fef641af4b749f3629a735f4b71f48709bbb8ee1c737dbe7c184411"
     "3d7b35d6e5715b5d10702656bee0ce123400000000",
     "087472616e73666572076578616d706c650000fa00ff00000000004d0b686d61632d7368613338340000"
     "006553f101012c003067b64dcd1f6dc227f9770caacff7d069d447a93a203b7d4d8c5e863d4fdc278c85"
     "aed3fbe6180c9781f2198d0ee9abf9123400000000"},
    {"hmac-sha512",
     "087472616e73666572076578616d706c650000fa00ff00000000005d0b686d61632d7368613531320000"
     "006553f100012c004090b2c7737f06814d0ce8bab24f41e28d152f37e018224d4f8224080b62c031a0d2"
     "310eb4b113fd0249f49059fffbef1bee8cf65bf7b1f6125550ccdd75cea38f123400000000",
     "087472616e73666572076578616d706c650000fa00ff00000000005d0b686d61632d7368613531320000"
     "006553f101012c00408ae98cb4cff2986d82328327d89bced4c137ab4e2d12c385d78450f78ec6a7490b"
     "28db8257051b724105fafed07f6133dfcccd6db3e1112c012036259c941da8123400000000"},
};

// Later messages of a stream of kAnswer four times, of which the second is not signed.
const std::string kThird = bytes(
    "087472616e73666572076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000"
    "006553f102012c00201ba374d703e75b5d5faa51f1a9699a7d696b1d5021e4324a3d400f21a940af8b12"
    "3400000000");
const std::string kFourth = bytes(
    "087472616e73666572076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000"
    "006553f103012c0020e5ab23da0c7b436659f2905c757e965f3ece22f6c452e6af8f16aed59fa41e2712"
    "3400000000");

// The answer of a server whose clock is 4,000 s ahead.
const std::string kBadTime = bytes("123480090001000000000000076578616d706c65036f72670000fc0001");
const std::string kBadTimeSignature = bytes(
    "087472616e73666572076578616d706c650000fa00ff0000000000430b686d61632d7368613235360000"
    "006553f100012c0020c6f0c0c455f3ab5634e5fbdf7f30ccfcfa820100350bd3c3427b3e9d6c9b241c12"
    "34001200060000655400a0");

TsigKey keyOf(std::string_view algorithm) {
  TsigKey key;
  key.name = Name("transfer.example");
  key.algorithm = algorithm;
  for (int i = 0; i < 32; ++i) key.secret += static_cast<char>(i);
  return key;
}
const TsigKey kKey = keyOf("hmac-sha256");
const Vector& kVector = kVectors[2];

/// A message with one additional record more.
std::string with(std::string message, const std::string& record) {
  ++message[11];
  return message + record;
}
const std::string kSignedRequest = with(kRequest, bytes(kVector.request));
const std::string kSignedAnswer = with(kAnswer, bytes(kVector.answer));

struct Checked {
  TsigCheck check;
  const TsigKey* key = nullptr;
};
std::vector<TsigKey> knownKeys{keyOf("hmac-sha1"), kKey};
Checked checkAt(const std::string& message, std::uint64_t now = kNow) {
  QueryView view;
  REQUIRE(readQuery(message, view) == QueryFault::none);
  REQUIRE(view.tsigAt != 0);
  Checked checked;
  checked.check = checkRequest(message, view.tsigAt, knownKeys, now, &checked.key);
  return checked;
}

/// A session whose request is the one of the vectors.
TsigSession asked(const TsigKey& key = kKey) {
  TsigSession session(key);
  std::string request = kRequest;
  session.sign(request, kNow);
  return session;
}

}  // namespace

TEST_CASE("a request is signed as dnspython signs it, with every algorithm") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.algorithm);
    TsigSession session(keyOf(vector.algorithm));
    std::string request = kRequest;
    session.sign(request, kNow);
    CHECK(hex(request) == hex(with(kRequest, bytes(vector.request))));
  }
}

TEST_CASE("what dnspython signed is checked and answered, with every algorithm") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.algorithm);
    const std::vector<TsigKey> keys{keyOf(vector.algorithm)};
    const std::string request = with(kRequest, bytes(vector.request));
    const TsigKey* key = nullptr;
    const auto check = checkRequest(request, kRequest.size(), keys, kNow, &key);
    REQUIRE(check.error == Rcode::NOERROR);
    REQUIRE(key == keys.data());

    TsigSession session(*key, check.mac);
    std::string answer = kAnswer;
    session.sign(answer, kNow + 1);
    CHECK(hex(answer) == hex(with(kAnswer, bytes(vector.answer))));
  }
}

TEST_CASE("an answer that dnspython signed is taken, with every algorithm") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.algorithm);
    TsigSession session = asked(keyOf(vector.algorithm));
    const auto check = session.checkAnswer(with(kAnswer, bytes(vector.answer)), kNow + 2);
    CHECK(check.error == Rcode::NOERROR);
    CHECK(session.covered());
  }
}

TEST_CASE("a stream is chained: each signature covers the one before and what came between") {
  TsigSession session = asked();
  REQUIRE(session.checkAnswer(kSignedAnswer, kNow + 1).error == Rcode::NOERROR);
  REQUIRE(session.checkAnswer(kAnswer, kNow + 1).error == Rcode::NOERROR);
  CHECK_FALSE(session.covered());
  REQUIRE(session.checkAnswer(with(kAnswer, kThird), kNow + 2).error == Rcode::NOERROR);
  CHECK(session.covered());
  CHECK(session.checkAnswer(with(kAnswer, kFourth), kNow + 3).error == Rcode::NOERROR);
}

TEST_CASE("a stream that misses a message, or has one more, is refused") {
  TsigSession session = asked();
  REQUIRE(session.checkAnswer(kSignedAnswer, kNow + 1).error == Rcode::NOERROR);
  SECTION("missed") {
    CHECK(session.checkAnswer(with(kAnswer, kThird), kNow + 2).error == kBadSig);
  }
  SECTION("one more") {
    REQUIRE(session.checkAnswer(kAnswer, kNow + 1).error == Rcode::NOERROR);
    REQUIRE(session.checkAnswer(kAnswer, kNow + 1).error == Rcode::NOERROR);
    CHECK(session.checkAnswer(with(kAnswer, kThird), kNow + 2).error == kBadSig);
  }
}

TEST_CASE("a server signs a stream as a client checks it") {
  const auto check = checkAt(kSignedRequest).check;
  TsigSession server(kKey, check.mac);
  TsigSession client = asked();
  for (int i = 0; i < 5; ++i) {
    std::string answer = kAnswer;
    server.sign(answer, kNow + static_cast<std::uint64_t>(i));
    CHECK(client.checkAnswer(answer, kNow).error == Rcode::NOERROR);
  }
}

TEST_CASE("ninety-nine messages in a row may be unsigned, not one more, and not the first") {
  TsigSession session = asked();
  CHECK(session.checkAnswer(kAnswer, kNow).error == Rcode::FORMERR);
  REQUIRE(session.checkAnswer(kSignedAnswer, kNow + 1).error == Rcode::NOERROR);
  for (int i = 0; i < 99; ++i) {
    REQUIRE(session.checkAnswer(kAnswer, kNow).error == Rcode::NOERROR);
  }
  CHECK(session.checkAnswer(kAnswer, kNow).error == Rcode::FORMERR);
}

TEST_CASE("names of keys and algorithms are compared without case") {
  std::string request = kSignedRequest;
  request.replace(kRequest.size() + 1, 8, "TRANSFER");
  const auto checked = checkAt(request);
  CHECK(checked.check.error == Rcode::NOERROR);
  CHECK(checked.key == &knownKeys[1]);
}

TEST_CASE("a request that was changed anywhere in its message or its signature is refused") {
  for (std::size_t at = 0; at < kSignedRequest.size(); ++at) {
    std::string changed = kSignedRequest;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    const TsigKey* key = nullptr;
    const auto check = checkRequest(changed, kRequest.size(), knownKeys, kNow, &key);
    // The id may change: it is the original one that is signed, for forwarders (section 4.2).
    // Bit 6 of letters is not their case.
    CAPTURE(at);
    CHECK((check.error != Rcode::NOERROR || at < 2));
  }
}

TEST_CASE("the wrong key: BADKEY for one that is not known, BADSIG for another secret") {
  const TsigKey* key = nullptr;
  const auto check = [&](std::vector<TsigKey> keys) {
    return checkRequest(kSignedRequest, kRequest.size(), keys, kNow, &key).error;
  };
  CHECK(check({}) == Rcode::BADKEY);
  CHECK(key == nullptr);
  CHECK(check({keyOf("hmac-sha512")}) == Rcode::BADKEY);
  TsigKey other = kKey;
  other.secret += '!';
  CHECK(check({other}) == kBadSig);
  CHECK(key != nullptr);
}

TEST_CASE("clocks may differ by 300 seconds") {
  CHECK(checkAt(kSignedRequest, kNow + 300).check.error == Rcode::NOERROR);
  CHECK(checkAt(kSignedRequest, kNow - 300).check.error == Rcode::NOERROR);
  CHECK(checkAt(kSignedRequest, kNow + 301).check.error == Rcode::BADTIME);
  CHECK(checkAt(kSignedRequest, kNow - 301).check.error == Rcode::BADTIME);
}

TEST_CASE("a MAC may be cut to half of its length, not further") {
  const auto cutTo = [&](std::size_t length) {
    std::string record = bytes(kVector.request);
    const std::size_t mac = record.size() - 6 - 32;
    record.erase(mac + length, 32 - length);
    record[mac - 1] = static_cast<char>(length);
    char& dataLength = record[18 + 8 + 1];  // its low byte
    dataLength = static_cast<char>(dataLength - static_cast<char>(32 - length));
    const TsigKey* key = nullptr;
    return checkRequest(with(kRequest, record), kRequest.size(), knownKeys, kNow, &key).error;
  };
  CHECK(cutTo(32) == Rcode::NOERROR);
  CHECK(cutTo(31) == Rcode::NOERROR);
  CHECK(cutTo(16) == Rcode::NOERROR);
  CHECK(cutTo(15) == Rcode::FORMERR);
  CHECK(cutTo(0) == Rcode::FORMERR);
}

TEST_CASE("a signature that is cut off or has bytes behind it is malformed") {
  const TsigKey* key = nullptr;
  for (std::size_t size = kRequest.size(); size < kSignedRequest.size(); ++size) {
    CHECK(checkRequest(std::string_view(kSignedRequest).substr(0, size), kRequest.size(), knownKeys,
                       kNow, &key)
              .error == Rcode::FORMERR);
  }
  CHECK(checkRequest(kSignedRequest + '\0', kRequest.size(), knownKeys, kNow, &key).error ==
        Rcode::FORMERR);
}

TEST_CASE("an answer that is cut off anywhere, or is signed twice, is malformed") {
  for (std::size_t size = 0; size < kSignedAnswer.size(); ++size) {
    TsigSession session = asked();
    CHECK(session.checkAnswer(std::string_view(kSignedAnswer).substr(0, size), kNow).error ==
          Rcode::FORMERR);
  }
  TsigSession session = asked();
  CHECK(session.checkAnswer(with(kSignedAnswer, bytes(kVector.answer)), kNow).error ==
        Rcode::FORMERR);
}

TEST_CASE("BADTIME is answered with the server's time, signed, as dnspython does it") {
  const auto checked = checkAt(kSignedRequest, kNow + 4000);
  REQUIRE(checked.check.error == Rcode::BADTIME);
  std::string answer = kBadTime;
  appendTsigError(answer, kSignedRequest, kRequest.size(), checked.check, checked.key, kNow + 4000);
  CHECK(hex(answer) == hex(with(kBadTime, kBadTimeSignature)));

  TsigSession client = asked();
  const auto seen = client.checkAnswer(answer, kNow);
  CHECK(seen.error == Rcode::BADTIME);
  CHECK(seen.why == "the server refuses our time");
}

TEST_CASE("BADKEY and BADSIG are answered without a signature") {
  const Rcode error = GENERATE(Rcode::BADKEY, kBadSig);
  std::string answer = kBadTime;
  appendTsigError(answer, kSignedRequest, kRequest.size(), {error, {}, {}}, &kKey, kNow);
  const auto message = Message::decode(answer);
  REQUIRE(message);
  REQUIRE(message->tsig);
  CHECK(message->tsig->name == kKey.name);

  TsigSession client = asked();
  const auto seen = client.checkAnswer(answer, kNow);
  CHECK(seen.error == error);
  CHECK(seen.why == "the server refuses our signature");
}

TEST_CASE("a request whose signature is malformed is answered without a TSIG") {
  std::string answer = kBadTime;
  appendTsigError(answer, kSignedRequest, kRequest.size(), {Rcode::FORMERR, {}, {}}, nullptr, kNow);
  CHECK(answer == kBadTime);
}

TEST_CASE("a key is [algorithm:]name:base64") {
  const auto key = TsigKey::parse("hmac-sha512:transfer.example:c2VjcmV0");
  REQUIRE(key);
  CHECK(key->name == Name("transfer.example"));
  CHECK(key->algorithm == "hmac-sha512");
  CHECK(key->secret == "secret");
  CHECK(TsigKey::parse("transfer.example.:c2VjcmV0")->algorithm == "hmac-sha256");
  CHECK(TsigKey::parse("HMAC-SHA1.:k:c2VjcmV0")->algorithm == "hmac-sha1");

  CHECK(TsigKey::parse("hmac-md5:k:c2VjcmV0").failure().getErrorMessage() ==
        "\"hmac-md5\" is no TSIG algorithm: use hmac-sha256");
  for (const auto* bad : {"", "k", "k:", "k:!", "a..b:c2VjcmV0", "hmac-sha1:a:b:c2VjcmV0"}) {
    CAPTURE(bad);
    CHECK_FALSE(TsigKey::parse(bad));
  }
}

TEST_CASE("a key says how long its record is at most") {
  for (const Vector& vector : kVectors) {
    CHECK(keyOf(vector.algorithm).recordSize() == bytes(vector.request).size() + 6);
  }
  CHECK(kKey.recordSize() == kBadTimeSignature.size());
}

TEST_CASE("signing with an algorithm that nobody has is a mistake of the program") {
  std::string request = kRequest;
  CHECK_THROWS_AS(TsigSession(keyOf("hmac-md5")).sign(request, kNow), std::invalid_argument);
}
