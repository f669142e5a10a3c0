// Agent::forward: one request, one response, and no opinion about either.
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

constexpr std::string_view kMoved =
    "HTTP/1.1 301 Moved\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n";

TEST_CASE("what is forwarded has the fields that it came with, and Host") {
  World world;
  auto pending = world.agent.forward(http::get("http://h:81/a?b").header("X-A", "1"));
  CHECK(world.origin[0].received() == "GET /a?b HTTP/1.1\r\nHost: h:81\r\nX-A: 1\r\n\r\n");
  world.origin[0].send(kHello);
  CHECK(successResultOf(pending).status == 200);
}

TEST_CASE("a redirect is a response like any other") {
  World world;
  auto pending = world.agent.forward(http::get("http://h/"));
  world.origin[0].send(kMoved);
  const ClientResponse response = successResultOf(pending);
  CHECK(response.status == 301);
  CHECK(response.redirects.empty());
  CHECK(world.origin.size() == 1);
}

TEST_CASE("a kept connection is used, and one that turns out dead is told of") {
  World world;
  world.fetched("http://h/", kHello);
  auto pending = world.agent.forward(http::get("http://h/"));
  REQUIRE(world.origin.size() == 1);
  world.origin[0].close();
  CHECK_NOTHROW(failureResultOf<ResponseNeverReceived>(pending));
  CHECK(world.origin.size() == 1);
}

TEST_CASE("user and password of the URL stay behind, the caller's own do not") {
  World world;
  auto pending =
      world.agent.forward(http::get("http://u:p@h/").header("Authorization", "Bearer x"));
  CHECK(world.origin[0].received() ==
        "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer x\r\n\r\n");
  world.origin[0].send(kHello);
  CHECK(successResultOf(pending).url == "http://h/");
}

TEST_CASE("what cannot be sent is refused all the same") {
  World world;
  CHECK_NOTHROW(failureResultOf<InvalidRequest>(
      world.agent.forward(http::get("http://h/").header("Content-Length", "1"))));
  CHECK_NOTHROW(failureResultOf<InvalidUrl>(world.agent.forward(http::get("http://h/\r\nX: y"))));
  CHECK_NOTHROW(failureResultOf<SchemeNotSupported>(world.agent.forward(http::get("https://h/"))));
}

TEST_CASE("it is cancelled, in the queue and on its connection, and timed out") {
  AgentOptions options;
  options.pool.perHost = 1;
  World world(options);
  auto first = world.agent.forward(http::get("http://h/"));
  auto second = world.agent.forward(http::get("http://h/"));
  second.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(second));
  auto third = world.agent.forward(http::get("http://h/").timeout(20s));
  world.clock.advance(20s);
  CHECK(failureResultOf<RequestTimeout>(third).trap<RequestTimeout>().stage() == Stage::total);
  first.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(first));
  CHECK(world.origin[0].transport.aborted());
}

}  // namespace
}  // namespace ropewalk::http::testing
