// Server cookies: the examples of RFC 9018, and what must not be taken.
#include "ropewalk/servers/dns/guard/cookies.h"

#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/network.h"
#include "tests/catch.h"

namespace ropewalk::dns {

namespace {

std::string bytesOf(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 2 <= digits.size(); i += 2) {
    bytes += static_cast<char>(*parseNumber<unsigned>(digits.substr(i, 2), 16));
  }
  return bytes;
}

std::string peer(std::string_view literal) {
  return addressBytes(Address::fromLiteral(literal, 0));
}

Timestamp at(std::int64_t seconds) { return Timestamp::fromUnix(std::chrono::seconds(seconds)); }

std::string hexOf(const ServerCookies::Bytes& bytes) { return hex({bytes.data(), bytes.size()}); }

const std::string kSecret = bytesOf("e5e973e5a6b2a43f48e7dc849e37bfcf");
const std::string kClient = bytesOf("2464c4abcf10c957");
constexpr std::int64_t kMade = 1559731985;  // of the first example

}  // namespace

TEST_CASE("a new client gets the cookie of RFC 9018 A.1") {
  const ServerCookies cookies(kSecret);
  CHECK(hexOf(cookies.make(kClient, peer("198.51.100.100"), at(kMade))) ==
        "010000005cf79f111f8130c3eee29480");
}

TEST_CASE("a client that comes back late gets a fresh cookie, RFC 9018 A.2") {
  const ServerCookies cookies(kSecret);
  const std::string came = kClient + bytesOf("010000005cf79f111f8130c3eee29480");
  const std::string from = peer("198.51.100.100");
  CHECK(cookies.check(came, from, at(kMade + 1800)) == CookieState::good);
  CHECK(cookies.check(came, from, at(1559734385)) == CookieState::aging);
  CHECK(hexOf(cookies.make(kClient, from, at(1559734385))) == "010000005cf7a871d4a564a1442aca77");
}

TEST_CASE("reserved bytes are hashed as they came, RFC 9018 A.3") {
  const ServerCookies cookies(kSecret);
  const std::string came = bytesOf("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
  CHECK(cookies.check(came, peer("203.0.113.203"), at(1559727985)) == CookieState::good);
  CHECK(hexOf(cookies.make(came, peer("203.0.113.203"), at(1559734700))) ==
        "010000005cf7a9acf73a7810aca2381e");
}

TEST_CASE("a cookie of the secret before is taken and renewed, RFC 9018 A.4") {
  ServerCookies cookies(bytesOf("dd3bdf9344b678b185a6f5cb60fca715"));
  cookies.rotate(bytesOf("445536bcd2513298075a5d379663c962"));
  const std::string came = bytesOf("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
  const std::string from = peer("2001:db8:220:1:59de:d0f4:8769:82b8");
  CHECK(cookies.check(came, from, at(1559741961)) == CookieState::aging);
  CHECK(hexOf(cookies.make(came, from, at(1559741961))) == "010000005cf7c609a6bb79d16625507a");

  cookies.rotate();
  CHECK(cookies.check(came, from, at(1559741961)) == CookieState::bad);
}

TEST_CASE("cookies are bound to the client, its address and the time") {
  const ServerCookies cookies(kSecret);
  const std::string from = peer("198.51.100.100");
  const std::string came = kClient + bytesOf("010000005cf79f111f8130c3eee29480");
  REQUIRE(cookies.check(came, from, at(kMade)) == CookieState::good);

  CHECK(cookies.check(came, peer("198.51.100.101"), at(kMade)) == CookieState::bad);
  CHECK(cookies.check(bytesOf("2464c4abcf10c958") + came.substr(8), from, at(kMade)) ==
        CookieState::bad);
  for (const std::size_t i : {8, 9, 12, 15, 16, 23}) {
    std::string other = came;
    other[i] = static_cast<char>(other[i] ^ 1);
    INFO("byte " << i);
    CHECK(cookies.check(other, from, at(kMade)) == CookieState::bad);
  }
  CHECK(cookies.check(came, from, at(kMade + 3600)) == CookieState::aging);
  CHECK(cookies.check(came, from, at(kMade + 3601)) == CookieState::bad);
  CHECK(cookies.check(came, from, at(kMade - 300)) == CookieState::good);
  CHECK(cookies.check(came, from, at(kMade - 301)) == CookieState::bad);
}

TEST_CASE("the client's half alone is no cookie, and one of another length is none of ours") {
  const ServerCookies cookies;
  CHECK(cookies.check("", "", at(0)) == CookieState::absent);
  CHECK(cookies.check(kClient, "", at(0)) == CookieState::absent);
  CHECK(cookies.check(kClient + "12345678", "", at(0)) == CookieState::bad);
  CHECK(cookies.check(kClient + std::string(32, 'x'), "", at(0)) == CookieState::bad);
}

TEST_CASE("without a secret of its own each server has another") {
  const ServerCookies one, other;
  CHECK(hexOf(one.make(kClient, "", at(kMade))) != hexOf(other.make(kClient, "", at(kMade))));
}

}  // namespace ropewalk::dns
