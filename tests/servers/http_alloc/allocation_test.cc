// What a request costs in allocations: on the synchronous path, none.

#include "ropewalk/servers/http/http1/detail/channel.h"
#include "tests/catch.h"
#include "tests/counted_new.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

namespace {

constexpr std::string_view kRequest =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: some client\r\nAccept: */*\r\n\r\n";

/// How many allocations one more request takes, once everything is warm.
std::size_t perRequest(TestSite& site, std::string_view request, bool expectOk = true) {
  Wire wire(site);
  constexpr int kRequests = 100;
  std::size_t before = 0;
  for (int i = 0; i < 2 * kRequests; ++i) {
    if (i == kRequests) before = allocations;
    wire.transport.clear();
    wire.channel->dataReceived(request);
  }
  const std::size_t made = allocations - before;
  REQUIRE((statusOf(wire.transport.value()) == 200) == expectOk);
  return made / kRequests;
}

}  // namespace

TEST_CASE("a request that is answered at once with text allocates nothing") {
  TestSite site;
  site->get("/", [](Request&) { return "hello\n"; });
  CHECK(perRequest(site, kRequest) == 0);
}

TEST_CASE("neither do sixteen of them in one read") {
  TestSite site;
  site->get("/", [](Request&) { return "hello\n"; });
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += kRequest;
  CHECK(perRequest(site, sixteen) == 0);
}

TEST_CASE("nor do names in the path, arguments that are not asked for, and fields of the answer") {
  TestSite site;
  site->get("/users/:id", [](Request& r) {
    r.setHeader("X-Id", r.param("id"));
    return r.param("id");
  });
  CHECK(perRequest(site, "GET /users/7?x=y HTTP/1.1\r\nHost: h\r\n\r\n") == 0);
}

TEST_CASE("a coroutine that does not wait takes its frame from the pool") {
  TestSite site;
  site->get("/", [](Request&) -> Deferred<std::string> { co_return "hello\n"; });
  CHECK(perRequest(site, kRequest) <= 1);
}

TEST_CASE("a small file from memory takes a few allocations for its fields") {
  TestSite site;
  site->files("/", "tests/servers/http");
  CHECK(perRequest(site, "GET /wire.h HTTP/1.1\r\nHost: h\r\n\r\n") <= 12);
}

TEST_CASE("a connection between requests holds less than half a KiB") {
  CHECK(sizeof(Channel) <= 512);
}

}  // namespace ropewalk::http
