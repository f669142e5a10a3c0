// Requests that may not be repeated, on kept connections that the server closes.
#include <netinet/in.h>
#include <sys/socket.h>

#include "ropewalk/clients/http/http.h"
#include "ropewalk/core/base/fd.h"
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"
#include "tests/clients/http/scripted_origin.h"

namespace ropewalk::http::testing {
namespace {

ClientRequest hello(std::string url) { return http::post(std::move(url), "hello"); }

/// A world in which one connection has answered one request.
struct Once : World {
  explicit Once(std::string_view answer = kHello) {
    CHECK(fetched("http://example.org/", answer).status == 200);
  }
};

TEST_CASE("a POST waits a moment on a connection that may be closed behind its first answer") {
  Once world;
  world.origin[0].received();
  auto pending = world.agent.request(hello("http://example.org/"));
  world.clock.advance(49ms);
  CHECK(world.origin[0].received().empty());
  world.clock.advance(1ms);
  CHECK(world.origin[0].received().starts_with("POST / "));
  world.origin[0].send(kHello);
  CHECK(successResultOf(pending).timing().reused);
}

TEST_CASE("a POST that waits goes over a new connection as soon as the server closes, or speaks") {
  const bool closes = GENERATE(true, false);
  Once world;
  world.origin[0].received();
  auto pending = world.agent.request(hello("http://example.org/"));
  closes ? world.origin[0].close() : world.origin[0].send(kHello);
  REQUIRE(world.origin.size() == 2);
  CHECK(world.origin[0].received().empty());
  CHECK(world.origin[1].received().starts_with("POST / "));
  world.origin[1].send(kHello);
  CHECK(successResultOf(pending).status == 200);
}

TEST_CASE("a body that can be had once is not lost with a connection that was closed too early") {
  Once world;
  ClientRequest request = hello("http://example.org/");
  request.body(RequestBody::pieces(
      [left = 1]() mutable { return succeed(std::string(left-- > 0 ? "once" : "")); }, 4));
  auto pending = world.agent.request(request);
  world.origin[0].close();
  CHECK(world.origin[1].received().ends_with("\r\n\r\nonce"));
}

TEST_CASE("a POST does not wait where the server keeps connections, or a GET came second") {
  SECTION("it has said so") {
    Once world("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
    world.origin[0].received();
    auto pending = world.agent.request(hello("http://example.org/"));
    CHECK(world.origin[0].received().starts_with("POST / "));
  }
  SECTION("it has done so") {
    Once world;
    CHECK(world.fetched("http://example.org/", kHello).timing().reused);
    world.origin[0].received();
    auto pending = world.agent.request(hello("http://example.org/"));
    CHECK(world.origin[0].received().starts_with("POST / "));
  }
  SECTION("it had time enough to close") {
    Once world;
    world.origin[0].received();
    world.clock.advance(1s);
    auto pending = world.agent.request(hello("http://example.org/"));
    CHECK(world.origin[0].received().starts_with("POST / "));
  }
  SECTION("a GET may be repeated") {
    Once world;
    world.origin[0].received();
    auto pending = world.get("http://example.org/");
    CHECK(world.origin[0].received().starts_with("GET / "));
  }
}

TEST_CASE("a POST that waits can be cancelled, and the connection goes with it") {
  Once world;
  auto pending = world.agent.request(hello("http://example.org/"));
  pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("a server that answers and closes without having said so loses no POST") {
  Reactor reactor;
  ScriptedOrigin origin(reactor);
  origin.answerBodies = true;
  Agent agent(reactor);
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) {
    origin.then({"HTTP/1.1 307 Temporary Redirect\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
                 Answer::Then::close});
    origin.then({sized("done"), Answer::Then::close});
    auto pending = getPage(agent, origin.url("/a"), PageOptions().method("POST").body("hello"));
    CHECK(awaitResult(reactor, std::move(pending)).body == "done");
  }
  CHECK(origin.connections == 2 * kRounds);
}

/// A server whose every step is the test's.
struct HandServer {
  explicit HandServer(Reactor& reactor) : reactor(reactor) {
    REQUIRE(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening.get(), 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
  }
  std::string url() const { return format("http://127.0.0.1:{}/", ntohs(address.sin_port)); }
  /// Turns the reactor until a client has connected, and sent something that ends in `end`.
  UniqueFd accept(std::string_view end) {
    UniqueFd fd;
    REQUIRE(runUntil(reactor, [&] {
      if (!fd) fd = UniqueFd(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK));
      return static_cast<bool>(fd);
    }));
    read(fd, end);
    return fd;
  }
  void read(const UniqueFd& fd, std::string_view end) const {
    std::string received;
    CHECK(runUntil(reactor, [&] {
      char buffer[4096];
      const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
      if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
      return received.ends_with(end);
    }));
  }
  static void say(const UniqueFd& fd, std::string_view text) {
    CHECK(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
  }

  Reactor& reactor;
  UniqueFd listening{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = 0,
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
};

constexpr std::string_view kKept =
    "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";

TEST_CASE("a POST that was written when the server had closed already is sent again") {
  const bool noticed = GENERATE(true, false);  // when it is written, or only afterwards
  Reactor reactor;
  HandServer server(reactor);
  Agent agent(reactor);
  auto first = agent.request(http::get(server.url()));
  UniqueFd connection = server.accept("\r\n\r\n");
  HandServer::say(connection, kKept);
  CHECK(awaitResult(reactor, std::move(first)).status == 200);
  if (noticed) connection.reset();  // the reactor has not turned since
  auto second = agent.request(hello(server.url()));
  connection.reset();
  const UniqueFd fresh = server.accept("\r\n\r\nhello");
  HandServer::say(fresh, kKept);
  CHECK(awaitResult(reactor, std::move(second)).status == 200);
}

TEST_CASE("a POST that the server has received is never sent again") {
  Reactor reactor;
  HandServer server(reactor);
  Agent agent(reactor);
  auto first = agent.request(http::get(server.url()));
  UniqueFd connection = server.accept("\r\n\r\n");
  HandServer::say(connection, kKept);
  CHECK(awaitResult(reactor, std::move(first)).status == 200);
  auto second = agent.request(hello(server.url()));
  server.read(connection, "hello");
  connection.reset();
  CHECK_NOTHROW(awaitFailure<ResponseNeverReceived>(reactor, std::move(second)));
}

}  // namespace
}  // namespace ropewalk::http::testing
