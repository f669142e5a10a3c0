// How long an Agent waits, for what; and what cancelling does at each stage. Rule H-05.
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

Stage stageOf(const Failure& why) { return why.trap<RequestTimeout>().stage(); }

TEST_CASE("a connection that does not come within 10 s is given up") {
  World world;
  world.origin.hold = true;
  auto pending = world.get("http://example.org/");
  world.clock.advance(9999ms);
  assertNoResult(pending);
  world.clock.advance(1ms);
  const Failure why = failureResultOf<TimeoutError>(pending);
  CHECK(stageOf(why) == Stage::connect);
  CHECK(why.getErrorMessage() ==
        "cannot fetch http://example.org/: connect to example.org:80: no connection within 10 s");
  CHECK(world.origin.cancelled == 1);
}

TEST_CASE("a server that takes the request and says nothing is given up after 30 s") {
  World world;
  auto pending = world.get("http://example.org/");
  world.clock.advance(30s);
  const Failure why = failureResultOf<TimeoutError>(pending);
  CHECK(stageOf(why) == Stage::firstByte);
  CHECK(why.getErrorMessage() ==
        "cannot fetch http://example.org/: 192.0.2.1:80 sent no answer within 30 s");
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("the first byte is waited for from when the kernel has the whole request") {
  World world;
  world.origin.hold = true;
  auto pending = world.agent.request(http::put("http://h/").body(std::string(100'000, 'x')));
  world.origin.acceptHeld();
  auto& transport = world.origin[0].transport;
  world.clock.advance(1s);
  CHECK(transport.pending() == 0);
  world.clock.advance(29s);
  CHECK_NOTHROW(failureResultOf<RequestTimeout>(pending));
}

TEST_CASE("one byte is enough to stop the first-byte time; the total goes on") {
  World world;
  auto pending = world.get("http://example.org/");
  world.clock.advance(29s);
  world.origin[0].send("H");
  world.clock.advance(270s);
  assertNoResult(pending);
  world.clock.advance(1s);
  const Failure why = failureResultOf<TimeoutError>(pending);
  CHECK(stageOf(why) == Stage::total);
  CHECK(why.getErrorMessage().starts_with(
      "cannot fetch http://example.org/: no response within 5 min"));
}

TEST_CASE("the total counts redirects and the body") {
  World world;
  auto pending = world.get("http://h/");
  world.clock.advance(20s);
  world.origin[0].send("HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
  world.clock.advance(20s);
  world.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  ClientResponse response = successResultOf(pending);
  auto reading = response.readBody();
  for (int i = 0; i < 5; ++i) {
    world.clock.advance(50s);
    world.origin[0].send("x");
  }
  assertNoResult(reading);
  world.clock.advance(10s);
  CHECK(stageOf(failureResultOf<TimeoutError>(reading)) == Stage::total);
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("a body that stops coming for 60 s is given up, but only while somebody reads it") {
  World world;
  ClientResponse response =
      world.fetched("http://h/", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  world.clock.advance(100s);
  auto reading = response.readBody();
  world.clock.advance(59s);
  world.origin[0].send("x");
  world.clock.advance(59s);
  assertNoResult(reading);
  world.clock.advance(1s);
  CHECK(stageOf(failureResultOf<TimeoutError>(reading)) == Stage::idle);
}

TEST_CASE("zero waits for ever") {
  AgentOptions options;
  options.timeouts = {Duration::zero(), Duration::zero(), Duration::zero(), Duration::zero()};
  World world(options);
  world.origin.hold = true;
  auto pending = world.get("http://h/");
  world.clock.advance(1000h);
  assertNoResult(pending);
  world.origin.acceptHeld();
  world.clock.advance(1000h);
  world.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  ClientResponse response = successResultOf(pending);
  auto reading = response.readBody();
  world.clock.advance(1000h);
  assertNoResult(reading);
}

TEST_CASE("a request has time-outs of its own") {
  World world;
  auto pending = world.agent.request(http::get("http://h/").timeouts(Timeouts{.firstByte = 1s}));
  world.clock.advance(1s);
  CHECK(stageOf(failureResultOf<TimeoutError>(pending)) == Stage::firstByte);
}

TEST_CASE("nothing is left on the clock once a page is complete and its connection gone") {
  World world;
  ClientResponse response = world.fetched("http://h/", kHello);
  world.origin[0].close();
  world.origin.connections.clear();
  CHECK(world.clock.getDelayedCalls() == 0);
}

// Cancelling.

TEST_CASE("H-05: cancelling while connecting stops the attempt") {
  World world;
  world.origin.hold = true;
  auto pending = world.get("http://h/");
  pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  CHECK(world.origin.cancelled == 1);
  CHECK(world.clock.getDelayedCalls() == 0);
}

TEST_CASE("H-05: cancelling while waiting for the response aborts the connection") {
  World world;
  auto pending = world.get("http://h/");
  world.origin[0].send("HTTP/1.1 200 O");
  pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  CHECK(world.origin[0].transport.aborted());
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("H-05: cancelling readBody, deliver or read aborts the connection") {
  const int way = GENERATE(0, 1, 2);
  World world;
  ClientResponse response =
      world.fetched("http://h/", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  if (way == 0) {
    auto reading = response.readBody();
    reading.cancel();
    CHECK_NOTHROW(failureResultOf<CancelledError>(reading));
  } else if (way == 1) {
    auto reading = response.deliver([](std::string_view) {});
    reading.cancel();
    CHECK_NOTHROW(failureResultOf<CancelledError>(reading));
  } else {
    auto reading = response.read();
    reading.cancel();
    CHECK_NOTHROW(failureResultOf<CancelledError>(reading));
  }
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("H-05: cancelling after a redirect cancels the request that is under way now") {
  World world;
  auto pending = world.get("http://a.example/");
  world.origin[0].send(
      "HTTP/1.1 302 X\r\nLocation: http://b.example/\r\nContent-Length: 0\r\n\r\n");
  pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  CHECK(world.origin[1].transport.aborted());
  CHECK_FALSE(world.origin[0].transport.aborted());
}

}  // namespace
}  // namespace ropewalk::http::testing
