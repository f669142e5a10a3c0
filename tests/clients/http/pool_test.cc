// Which connection carries which request.
#include "ropewalk/clients/http/pool.h"

#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

AgentOptions perHost(std::size_t limit) {
  AgentOptions options;
  options.pool.perHost = limit;
  return options;
}

TEST_CASE("a connection is kept, and carries the next request to the same origin") {
  World world;
  CHECK_FALSE(world.fetched("http://example.org/1", kHello).timing().reused);
  CHECK(world.agent.pool().idle() == 1);
  CHECK(world.fetched("http://example.org/2", kHello).timing().reused);
  CHECK(world.origin.size() == 1);
}

TEST_CASE("scheme, host and port together make an origin") {
  World world;
  world.agent.setConnector("https", world.origin.connector());
  for (const auto* url :
       {"http://a.example/", "http://b.example/", "http://a.example:81/", "https://a.example/"}) {
    CHECK(world.fetched(url, kHello).status == 200);
  }
  CHECK(world.origin.size() == 4);
  world.origin[0].received();
  auto same = world.get("HTTP://A.example:80/");
  CHECK(world.origin[0].received().starts_with("GET / "));
}

TEST_CASE("a response that says close, or HTTP/1.0, or a request that does, ends its connection") {
  const auto* answer = GENERATE("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                                "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  World world;
  CHECK(world.fetched("http://example.org/", answer).status == 200);
  CHECK(world.origin[0].transport.disconnecting());
  CHECK(world.agent.pool().open() == 0);
  auto pending =
      world.agent.request(http::get("http://example.org/").header("Connection", "close"));
  world.origin[1].send(kHello);
  CHECK(successResultOf(pending).status == 200);
  CHECK(world.origin[1].transport.disconnecting());
}

TEST_CASE("bytes after a response end the connection, and answer nobody") {
  World world;
  ClientResponse response =
      world.fetched("http://example.org/", std::string(kHello) + "HTTP/1.1 200 OK\r\n\r\n");
  CHECK(successResultOf(response.readBody()) == "hello");
  CHECK(world.agent.pool().idle() == 0);
  CHECK(world.origin[0].transport.disconnecting());
}

TEST_CASE("bytes on an idle connection end it at once") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  world.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(world.origin[0].transport.disconnecting());
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("an idle connection that the server closes is forgotten at once") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  world.origin[0].close();
  CHECK(world.agent.pool().idle() == 0);
  auto pending = world.get("http://example.org/");
  CHECK(world.origin.size() == 2);
}

TEST_CASE("an idle connection expires, counted from its last use") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  world.clock.advance(59s);
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  world.clock.advance(59s);
  CHECK(world.agent.pool().idle() == 1);
  world.clock.advance(1s);
  CHECK(world.agent.pool().idle() == 0);
  CHECK(world.origin[0].transport.disconnecting());
}

TEST_CASE("a server that says how long it keeps a connection is believed, less a second") {
  World world;
  const std::string_view kFiveSeconds =
      "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n";
  CHECK(world.fetched("http://example.org/", kFiveSeconds).status == 200);
  world.clock.advance(3s);
  CHECK(world.agent.pool().idle() == 1);
  world.clock.advance(1s);
  CHECK(world.agent.pool().idle() == 0);
}

TEST_CASE("a connection in use does not expire") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  world.clock.advance(50s);
  auto pending = world.get("http://example.org/");
  world.clock.advance(20s);
  world.origin[0].send(kHello);
  CHECK(successResultOf(pending).status == 200);
}

TEST_CASE("the connection used last is the first to be used again") {
  World world;
  auto first = world.get("http://example.org/");
  auto second = world.get("http://example.org/");
  world.origin[0].send(kHello);
  world.origin[1].send(kHello);
  world.origin[0].received();
  world.origin[1].received();
  auto third = world.get("http://example.org/");
  CHECK(world.origin[0].received().empty());
  CHECK_FALSE(world.origin[1].received().empty());
}

TEST_CASE("at the limit requests wait, first come, first served") {
  World world(perHost(1));
  auto first = world.get("http://example.org/1");
  auto second = world.get("http://example.org/2");
  auto third = world.get("http://example.org/3");
  auto elsewhere = world.get("http://other.example/");
  CHECK(world.origin.size() == 2);
  CHECK(world.agent.pool().waiting() == 2);
  CHECK(world.origin[0].received().starts_with("GET /1 "));
  world.origin[0].send(kHello);
  CHECK(world.origin[0].received().starts_with("GET /2 "));
  world.clock.advance(1s);
  world.origin[0].send(kHello);
  CHECK(world.origin[0].received().starts_with("GET /3 "));
  CHECK(successResultOf(first).status == 200);
}

TEST_CASE("the time in the queue is told") {
  World world(perHost(1));
  auto first = world.get("http://example.org/1");
  auto second = world.get("http://example.org/2");
  world.clock.advance(3s);
  world.origin[0].send(kHello);
  world.origin[0].send(kHello);
  CHECK(successResultOf(second).timing().queued == 3s);
}

TEST_CASE("a cancelled waiter leaves the queue") {
  World world(perHost(1));
  auto first = world.get("http://example.org/1");
  auto second = world.get("http://example.org/2");
  auto third = world.get("http://example.org/3");
  second.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(second));
  CHECK(world.agent.pool().waiting() == 1);
  world.origin[0].received();
  world.origin[0].send(kHello);
  CHECK(world.origin[0].received().starts_with("GET /3 "));
}

TEST_CASE("a connection that ends makes room for the next in the queue") {
  World world(perHost(1));
  auto first = world.get("http://example.org/1");
  auto second = world.get("http://example.org/2");
  world.origin[0].reset();
  CHECK_NOTHROW(failureResultOf<ResponseNeverReceived>(first));
  REQUIRE(world.origin.size() == 2);
  CHECK(world.origin[1].received().starts_with("GET /2 "));
}

TEST_CASE("a long queue to a host that refuses fails one by one, without filling the stack") {
  World world(perHost(1));
  world.origin.hold = true;
  std::vector<Deferred<ClientResponse>> pending;
  for (int i = 0; i < 20000; ++i) pending.push_back(world.get("http://example.org/"));
  world.origin.hold = false;
  world.origin.refuse = true;
  pending.front().cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending.front()));
  for (std::size_t i = 1; i < pending.size(); ++i) failureResultOf<RequestNotSent>(pending[i]);
  CHECK(world.agent.pool().waiting() == 0);
}

TEST_CASE("no more connections are kept than idlePerHost; zero asks the server to close") {
  AgentOptions options;
  options.pool.idlePerHost = 0;
  World world(options);
  auto pending = world.get("http://example.org/");
  CHECK(world.origin[0].received().find("\r\nConnection: close\r\n") != std::string::npos);
  world.origin[0].send(kHello);
  CHECK(successResultOf(pending).status == 200);
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("closeIdleConnections closes the idle ones only") {
  World world;
  auto busy = world.get("http://a.example/");
  CHECK(world.fetched("http://b.example/", kHello).status == 200);
  world.agent.pool().closeIdleConnections();
  CHECK(world.agent.pool().open() == 1);
  world.origin[0].send(kHello);
  CHECK(successResultOf(busy).status == 200);
}

// A kept connection that turns out dead.

TEST_CASE(
    "WEB-16: a GET on a kept connection that turns out dead is sent again, once, on a new one") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  auto pending = world.get("http://example.org/again");
  world.origin[0].reset();
  REQUIRE(world.origin.size() == 2);
  CHECK(world.origin[1].received().starts_with("GET /again "));
  world.origin[1].send(kHello);
  CHECK(successResultOf(pending).status == 200);
}

TEST_CASE("WEB-16: the new connection is new, even where other kept ones are idle") {
  World world;
  auto first = world.get("http://example.org/");
  auto second = world.get("http://example.org/");
  world.origin[0].send(kHello);
  world.origin[1].send(kHello);
  auto pending = world.get("http://example.org/");
  world.origin[1].close();
  CHECK(world.origin.size() == 3);
  world.origin[2].close();
  CHECK_NOTHROW(failureResultOf<ResponseNeverReceived>(pending));
}

TEST_CASE("WEB-16: at the limit an idle connection makes room for the new one") {
  World world(perHost(2));
  auto first = world.get("http://example.org/");
  auto second = world.get("http://example.org/");
  world.origin[0].send(kHello);
  world.origin[1].send(kHello);
  auto third = world.get("http://example.org/");
  auto fourth = world.get("http://example.org/");
  world.origin[0].send(kHello);
  world.origin[1].close();
  CHECK(world.origin.size() == 3);
}

TEST_CASE(
    "WEB-16: nothing is repeated on a new connection, after a byte of response, or with a method "
    "that does things") {
  World world;
  auto fresh = world.get("http://example.org/");
  world.origin[0].reset();
  CHECK_NOTHROW(failureResultOf<ResponseNeverReceived>(fresh));

  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  auto answered = world.get("http://example.org/");
  world.origin[1].send("H");
  world.origin[1].reset();
  CHECK_NOTHROW(failureResultOf<ResponseFailed>(answered));

  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  auto post = world.agent.request(http::post("http://example.org/").body("x"));
  world.clock.advance(50ms);
  world.origin[2].reset();
  CHECK_NOTHROW(failureResultOf<ResponseNeverReceived>(post));
}

TEST_CASE("WEB-16: a PUT with a text body is repeated, one with a produced body is not") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  auto text = world.agent.request(http::put("http://example.org/").body("x"));
  world.origin[0].reset();
  REQUIRE(world.origin.size() == 2);
  CHECK(world.origin[1].received().ends_with("\r\n\r\nx"));
  world.origin[1].send(kHello);
  CHECK(successResultOf(text).status == 200);
  RequestBody produced = RequestBody::pieces([] { return succeed(std::string()); });
  auto stream = world.agent.request(http::put("http://example.org/").body(produced));
  world.clock.advance(50ms);
  world.origin[1].reset();
  CHECK_NOTHROW(failureResultOf<ResponseNeverReceived>(stream));
}

TEST_CASE("WEB-16: what was cancelled or timed out is not repeated") {
  World world;
  CHECK(world.fetched("http://example.org/", kHello).status == 200);
  auto pending = world.get("http://example.org/");
  world.clock.advance(30s);
  CHECK_NOTHROW(failureResultOf<RequestTimeout>(pending));
  CHECK(world.origin.size() == 1);
}

}  // namespace
}  // namespace ropewalk::http::testing
