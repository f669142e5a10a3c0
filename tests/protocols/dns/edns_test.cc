// Options of EDNS. RFC 6891 §6.1.2, RFC 7871, RFC 7830, RFC 7873 §4.
#include "ropewalk/protocols/dns/edns.h"

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;

TEST_CASE("a cookie has 8 bytes of the client, and none or 8 to 32 of the server") {
  for (std::size_t size = 0; size <= 50; ++size) {
    const std::string option =
        std::string(8, 'c').substr(0, size) + std::string(size > 8 ? size - 8 : 0, 's');
    const auto cookie = parseCookie(option);
    INFO(size << " bytes");
    CHECK(cookie.has_value() == (size == 8 || (size >= 16 && size <= 40)));
    if (!cookie) continue;
    CHECK(cookie->client == std::string(8, 'c'));
    CHECK(cookie->server == std::string(size - 8, 's'));
  }
}

TEST_CASE("options are kept as they came, and the first of a kind is found") {
  const std::string subnet = bytes("0001 18 00 c00002");
  const Edns edns{1232,
                  0,
                  false,
                  {{EdnsOption::CLIENT_SUBNET, subnet},
                   {EdnsOption::PADDING, std::string(100, '\0')},
                   {static_cast<EdnsOption>(65001), "first"},
                   {static_cast<EdnsOption>(65001), "second"}}};
  Message message;
  message.edns = edns;
  const auto read = Message::decode(message.encode());
  REQUIRE(read.ok());
  CHECK(read->edns == edns);
  CHECK(read->edns->find(EdnsOption::CLIENT_SUBNET)->data == subnet);
  CHECK(read->edns->find(static_cast<EdnsOption>(65001))->data == "first");
  CHECK(read->edns->find(EdnsOption::COOKIE) == nullptr);
}

TEST_CASE("another version of EDNS is read as it says") {
  const auto read =
      Message::decode(bytes("0000 0000 0000 0000 0000 0001 00 0029 0200 01 01 8000 0000"));
  REQUIRE(read.ok());
  REQUIRE(read->edns.has_value());
  CHECK(read->edns->version == 1);
  CHECK(read->edns->udpSize == 512);
  CHECK(read->edns->dnssecOk);
  CHECK(read->rcode == Rcode::BADVERS);
  CHECK(Message::decode(read->encode())->edns == read->edns);
}
