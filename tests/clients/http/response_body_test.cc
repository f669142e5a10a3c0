// The body of a response: who gets it, when it flows, how it ends. Rule H-04.
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

constexpr std::string_view kTenBytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
constexpr std::string_view kUntilClose = "HTTP/1.1 200 OK\r\n\r\n";

TEST_CASE("H-04: the connection is paused until somebody reads, and what came before is kept") {
  World world;
  ClientResponse response = world.fetched("http://h/", std::string(kTenBytes) + "01234");
  CHECK(world.origin[0].transport.paused());
  auto reading = response.readBody();
  CHECK(world.origin[0].transport.producing());
  assertNoResult(reading);
  world.origin[0].send("56789");
  CHECK(successResultOf(reading) == "0123456789");
  CHECK(world.agent.pool().idle() == 1);
}

TEST_CASE("H-04: a body can be read once") {
  World world;
  ClientResponse response = world.fetched("http://h/", kHello);
  CHECK(successResultOf(response.readBody()) == "hello");
  CHECK_THROWS_AS(static_cast<void>(response.readBody()), std::logic_error);
  CHECK_THROWS_AS(static_cast<void>(response.deliver([](std::string_view) {})), std::logic_error);
  CHECK_THROWS_AS(static_cast<void>(response.read()), std::logic_error);
}

TEST_CASE("H-04: a body that ends with the connection is whole as far as anybody knows") {
  World world;
  ClientResponse response = world.fetched("http://h/", std::string(kUntilClose) + "hel");
  CHECK(response.closeDelimited());
  auto reading = response.readBody();
  world.origin[0].send("lo");
  world.origin[0].close();
  CHECK(successResultOf(reading) == "hello");
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("H-04: a body that is cut short fails, and says how much came") {
  const auto [head, part, message] = GENERATE(table<std::string_view, std::string, std::string>({
      {kTenBytes, "0123", "after 4 of 10 bytes of the body"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\n012",
       "after 3 bytes of the body"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\n0123\r\n0\r\n",
       "after 4 bytes of the body"},
  }));
  World world;
  ClientResponse response = world.fetched("http://h/", head);
  auto reading = response.readBody();
  world.origin[0].send(part);
  world.origin[0].close();
  const Failure why = failureResultOf<ResponseFailed>(reading);
  CHECK(why.getErrorMessage() == "cannot read http://h/: 192.0.2.1:80 closed the connection " +
                                     message + ": connection was closed cleanly");
  CHECK(why.check<ResponseFailed>()->cause()->check<ConnectionDone>());
}

TEST_CASE("a reset is no end, not even of a body that ends with the connection") {
  World world;
  ClientResponse response = world.fetched("http://h/", kUntilClose);
  auto reading = response.readBody();
  world.origin[0].send("hello");
  world.origin[0].reset();
  CHECK_NOTHROW(failureResultOf<ResponseFailed>(reading));
}

TEST_CASE("a malformed chunk fails the body and ends the connection") {
  World world;
  ClientResponse response =
      world.fetched("http://h/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  auto reading = response.readBody();
  world.origin[0].send("5\r\nhello!\r\n");
  CHECK_NOTHROW(failureResultOf<ResponseFailed>(reading));
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("a body that failed before anybody read it fails when it is read") {
  World world;
  ClientResponse response = world.fetched("http://h/", std::string(kTenBytes) + "0123");
  world.origin[0].reset();
  CHECK_NOTHROW(failureResultOf<ResponseFailed>(response.readBody()));
}

TEST_CASE("readBody refuses more than its limit: as announced, as it comes, and as it lies there") {
  World world;
  ClientResponse announced = world.fetched("http://h/", kTenBytes);
  CHECK_NOTHROW(failureResultOf<BodyTooLarge>(announced.readBody(9)));
  CHECK(world.origin[0].transport.aborted());

  ClientResponse coming = world.fetched("http://h/", kUntilClose);
  auto reading = coming.readBody(9);
  world.origin[1].send("01234");
  world.origin[1].send("56789");
  CHECK_NOTHROW(failureResultOf<BodyTooLarge>(reading));
  CHECK(world.origin[1].transport.aborted());

  ClientResponse there = world.fetched("http://h/", std::string(kTenBytes) + "0123456789");
  CHECK_NOTHROW(failureResultOf<BodyTooLarge>(there.readBody(9)));
  ClientResponse fits = world.fetched("http://h/", std::string(kTenBytes) + "0123456789");
  CHECK(successResultOf(fits.readBody(10)) == "0123456789");
}

TEST_CASE("deliver gives the pieces as they come, and fires after the last") {
  World world;
  ClientResponse response = world.fetched("http://h/", std::string(kTenBytes) + "012");
  std::vector<std::string> pieces;
  auto done = response.deliver([&](std::string_view piece) { pieces.emplace_back(piece); });
  world.origin[0].send("345");
  assertNoResult(done);
  world.origin[0].send("6789");
  CHECK_NOTHROW(successResultOf(done));
  CHECK(pieces == std::vector<std::string>{"012", "345", "6789"});
}

TEST_CASE("pauseProducing holds pieces back, and stops the connection") {
  World world;
  ClientResponse response = world.fetched("http://h/", kTenBytes);
  std::string got;
  auto done = response.deliver([&](std::string_view piece) {
    got += piece;
    response.pauseProducing();
  });
  world.origin[0].send("01234");
  CHECK(world.origin[0].transport.paused());
  world.origin[0].send("56789");
  CHECK(got == "01234");
  response.resumeProducing();
  CHECK(got == "0123456789");
  response.resumeProducing();
  CHECK_NOTHROW(successResultOf(done));
}

TEST_CASE("an exception of the receiver aborts the connection and is the failure") {
  World world;
  ClientResponse response = world.fetched("http://h/", kTenBytes);
  auto done = response.deliver([](std::string_view) { throw std::runtime_error("disk full"); });
  world.origin[0].send("01234");
  CHECK(failureResultOf<std::runtime_error>(done).getErrorMessage() == "disk full");
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE(
    "read gives one piece a call, the connection paused between calls, and then nothing for ever") {
  World world;
  ClientResponse response = world.fetched("http://h/", kTenBytes);
  auto first = response.read();
  CHECK(world.origin[0].transport.producing());
  world.origin[0].send("01234");
  CHECK(successResultOf(first) == "01234");
  CHECK(world.origin[0].transport.paused());
  world.origin[0].send("56789");
  CHECK(successResultOf(response.read()) == "56789");
  CHECK(successResultOf(response.read()).empty());
  CHECK(successResultOf(response.read()).empty());
}

Deferred<std::string> readAll(ClientResponse response) {
  std::string all;
  for (;;) {
    Deferred<std::string> reading = response.read();
    std::string piece = co_await std::move(reading);
    if (piece.empty()) co_return all;
    all += piece + "|";
  }
}

TEST_CASE("a coroutine reads piece by piece") {
  World world;
  auto all = readAll(world.fetched("http://h/", kTenBytes));
  world.origin[0].send("0123");
  world.origin[0].send("456");
  world.origin[0].send("789");
  CHECK(successResultOf(all) == "0123|456|789|");
  CHECK(world.agent.pool().idle() == 1);
}

TEST_CASE("a response that is dropped with its body unread aborts the connection") {
  World world;
  { const ClientResponse response = world.fetched("http://h/", std::string(kTenBytes) + "012"); }
  CHECK(world.origin[0].transport.aborted());
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("a response that is dropped complete leaves the connection alone") {
  World world;
  { const ClientResponse response = world.fetched("http://h/", kHello); }
  CHECK(world.agent.pool().idle() == 1);
}

TEST_CASE("readBody goes on when the response is dropped") {
  World world;
  auto reading = world.get("http://h/").addCallback([](ClientResponse response) {
    return response.readBody();
  });
  world.origin[0].send(kTenBytes);
  world.origin[0].send("0123456789");
  CHECK(successResultOf(reading) == "0123456789");
}

TEST_CASE("a response that nobody waits for any more aborts the connection") {
  World world;
  { auto dropped = world.get("http://h/"); }
  world.origin[0].send(kTenBytes);
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("a reader may ask for the next page before the end of this one is told") {
  World world;
  ClientResponse response = world.fetched("http://h/", kTenBytes);
  std::optional<Deferred<ClientResponse>> next;
  auto done = response.deliver([&](std::string_view) { next.emplace(world.get("http://h/next")); });
  world.origin[0].send("0123456789");
  CHECK_NOTHROW(successResultOf(done));
  CHECK(world.origin.size() == 2);
  CHECK(world.origin[1].received().starts_with("GET /next "));
}

TEST_CASE("abort gives up the rest") {
  World world;
  ClientResponse response = world.fetched("http://h/", kTenBytes);
  auto reading = response.readBody();
  response.abort();
  CHECK_NOTHROW(failureResultOf<CancelledError>(reading));
  CHECK(world.origin[0].transport.aborted());
}

}  // namespace
}  // namespace ropewalk::http::testing
