// What an Agent writes, and what it makes of the answers.
#include "ropewalk/clients/http/agent.h"

#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

TEST_CASE("a GET is one write: request line, Host, defaults, the caller's fields") {
  World world;
  auto pending =
      world.agent.request(http::get("http://example.org:8080/a?b=c#d").header("X-One", "1"));
  CHECK(world.origin[0].received() ==
        "GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: ropewalk/0.1\r\nAccept: "
        "*/*\r\nX-One: 1\r\n\r\n");
  CHECK(world.origin[0].origin == Origin{"http", "example.org", 8080});
}

TEST_CASE("the caller's Host, User-Agent and Accept replace the defaults") {
  World world;
  auto pending = world.agent.request(http::get("http://192.0.2.1/")
                                         .header("host", "example.org")
                                         .header("user-agent", "me")
                                         .header("accept", "text/html"));
  CHECK(world.origin[0].received() ==
        "GET / HTTP/1.1\r\nHost: example.org\r\nuser-agent: me\r\naccept: text/html\r\n\r\n");
}

TEST_CASE("the response has the head, and the body that came with it") {
  World world;
  ClientResponse response = world.fetched(
      "http://example.org/", "HTTP/1.1 404 Not here\r\nContent-Length: 3\r\nX: y\r\n\r\nabc");
  CHECK(response.status == 404);
  CHECK(response.reason == "Not here");
  CHECK(response.headers.get("x") == "y");
  CHECK(response.contentLength == 3);
  CHECK(response.url == "http://example.org/");
  CHECK(response.complete());
  CHECK(successResultOf(response.readBody()) == "abc");
}

TEST_CASE("a response is the same however its bytes are cut") {
  const std::string answer =
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n "
      "world\r\n0\r\nX-Sum: 11\r\n\r\n";
  World world;
  for (std::size_t cut = 1; cut < answer.size(); ++cut) {
    auto pending = world.get("http://example.org/");
    world.origin[0].send(answer.substr(0, cut));
    world.origin[0].send(answer.substr(cut));
    ClientResponse response = successResultOf(pending);
    CHECK(successResultOf(response.readBody()) == "hello world");
    CHECK(response.trailers().get("x-sum") == "11");
  }
  CHECK(world.origin.size() == 1);
}

TEST_CASE("a response that comes one byte at a time is the same") {
  World world;
  auto pending = world.get("http://example.org/");
  for (const char c : kHello) world.origin[0].send({&c, 1});
  ClientResponse response = successResultOf(pending);
  CHECK(successResultOf(response.readBody()) == "hello");
}

TEST_CASE("HEAD, 204 and 304 have no body, whatever their fields say") {
  World world;
  auto pending = world.agent.request(http::head("http://example.org/"));
  world.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
  ClientResponse response = successResultOf(pending);
  CHECK(response.contentLength == 1000000000);
  CHECK(successResultOf(response.readBody()).empty());

  ClientResponse notModified = world.fetched(
      "http://example.org/", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  CHECK(successResultOf(notModified.readBody()).empty());
  ClientResponse noContent = world.fetched("http://example.org/", kEmpty);
  CHECK(successResultOf(noContent.readBody()).empty());
  CHECK(world.origin.size() == 1);
}

TEST_CASE("interim responses are skipped, but not for ever") {
  World world;
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  ClientResponse response =
      world.fetched("http://example.org/", interim + interim + std::string(kHello));
  CHECK(response.status == 200);

  auto pending = world.get("http://example.org/");
  for (int i = 0; i < 17; ++i) world.origin[0].send(interim);
  CHECK(failureResultOf<ResponseFailed>(pending).getErrorMessage().ends_with(
      "too many interim responses"));
}

TEST_CASE("a 101 that nobody asked for is an error") {
  World world;
  auto pending = world.get("http://example.org/");
  world.origin[0].send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  CHECK_NOTHROW(failureResultOf<ResponseFailed>(pending));
  CHECK(world.origin[0].transport.aborted());
}

struct Recorder : Protocol {
  explicit Recorder(std::string& log) : log(log) {}
  void connectionMade() override { transport().write("made "); }
  void dataReceived(std::string_view data) override { log += data; }
  void connectionLost(const Failure& why) override { log += "|" + why.kind(); }
  std::string& log;
};

TEST_CASE("a 101 that was asked for hands the connection to the new protocol") {
  World world;
  std::string log;
  auto pending = world.agent.request(http::get("http://example.org/")
                                         .header("Connection", "upgrade")
                                         .header("Upgrade", "x")
                                         .upgradeTo(factoryFor<Recorder>(std::ref(log))));
  world.origin[0].received();
  world.origin[0].send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nfirst");
  CHECK(successResultOf(pending).status == 101);
  CHECK(world.origin[0].received() == "made ");
  world.origin[0].send(" second");
  world.origin[0].reset();
  CHECK(log == "first second|ConnectionLost");
  CHECK(world.agent.pool().open() == 0);
}

TEST_CASE("what is malformed fails with ResponseFailed, says why, and ends the connection") {
  const auto [answer, reason] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nX:\rY\r\n\r\n", "bare CR"},
      {"HTTP/2.0 200 OK\r\n\r\n", "HTTP version"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "malformed status line"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", "too long"},
  }));
  World world;
  auto pending = world.get("http://example.org/");
  world.origin[0].send(answer);
  const Failure why = failureResultOf<ResponseFailed>(pending);
  CHECK(why.getErrorMessage().starts_with(
      "cannot fetch http://example.org/: malformed response from 192.0.2.1:80: "));
  CHECK_THAT(why.getErrorMessage(), Catch::Contains(reason));
  CHECK(why.check<ResponseFailed>()->cause()->check<ProtocolError>());
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("a head may have 64 KiB and 1000 fields, by option more") {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 900; ++i) head += "Set-Cookie: " + std::string(50, 'x') + "\r\n";
  World world;
  ClientResponse response = world.fetched("http://example.org/", head + "\r\n");
  CHECK(response.headers.size() == 901);
  AgentOptions options;
  options.heads.head = 1_MiB;
  World patient(options);
  head += "X: " + std::string(900'000, 'x') + "\r\n\r\n";
  CHECK(patient.fetched("http://example.org/", head).headers.get("X")->size() == 900'000);
}

TEST_CASE("what is no HTTP is refused with its first bytes, not when a time-out ends") {
  for (const char* greeting : {"2", "SSH-2.0-x", "* OK IMAP", "HTTPS/1.1"}) {
    World world;
    auto pending = world.get("http://example.org/");
    world.origin[0].send("HT");
    if (*greeting != 'H') world.origin[0].send(greeting);
    if (*greeting == 'H') world.origin[0].send(greeting + 2);
    CHECK_NOTHROW(failureResultOf<ResponseFailed>(pending));
  }
}

TEST_CASE("a connection that ends before the head is complete says how far it came") {
  World world;
  auto silent = world.get("http://example.org/");
  world.origin[0].close();
  CHECK(failureResultOf<ResponseNeverReceived>(silent).getErrorMessage() ==
        "cannot fetch http://example.org/: 192.0.2.1:80 closed the connection without an answer: "
        "connection was closed cleanly");
  auto cut = world.get("http://example.org/");
  world.origin[1].send("HTTP/1.1 200 OK\r\nContent-");
  world.origin[1].reset();
  CHECK(failureResultOf<ResponseFailed>(cut).getErrorMessage() ==
        "cannot fetch http://example.org/: 192.0.2.1:80 closed the connection in the middle of the "
        "response head: "
        "connection reset by peer");
}

TEST_CASE("a connection that is refused says which address and why") {
  World world;
  world.origin.refuse = true;
  auto pending = world.get("http://example.org/x");
  const Failure why = failureResultOf<RequestNotSent>(pending);
  CHECK(why.getErrorMessage() ==
        "cannot fetch http://example.org/x: connect to 192.0.2.1:80: connection refused");
  CHECK(why.check<RequestNotSent>()->cause()->check<ConnectionRefusedError>());
}

TEST_CASE("line ends in anything that the caller says are refused") {
  World world;
  CHECK_NOTHROW(failureResultOf<InvalidUrl>(world.get("http://example.org/\r\nX: y")));
  CHECK_NOTHROW(failureResultOf<InvalidUrl>(world.get("http://example.org/a\nb")));
  CHECK_NOTHROW(failureResultOf<InvalidUrl>(world.get(std::string("http://example.org/\0", 20))));
  CHECK_NOTHROW(failureResultOf<InvalidRequest>(
      world.agent.request(ClientRequest("http://h/").method("GET / HTTP/1.1\r\nX:"))));
  CHECK_THROWS_AS((Headers{{"X", "a\r\nY: b"}}), InvalidHeaderError);
  CHECK(world.origin.size() == 0);
}

TEST_CASE("what the framing says is not the caller's to say") {
  World world;
  const auto* name = GENERATE("content-length", "Transfer-Encoding", "Expect");
  CHECK_NOTHROW(failureResultOf<InvalidRequest>(
      world.agent.request(http::get("http://h/").header(name, "1"))));
  CHECK_NOTHROW(failureResultOf<InvalidRequest>(
      world.agent.request(ClientRequest("http://h/").method("CONNECT"))));
}

TEST_CASE("a scheme without a Connector is refused, with those there are") {
  World world;
  CHECK(failureResultOf<SchemeNotSupported>(world.get("https://example.org/")).getErrorMessage() ==
        "cannot fetch https://example.org/: scheme https is not supported; this agent knows http");
  CHECK_NOTHROW(failureResultOf<SchemeNotSupported>(world.get("file:///etc/passwd")));
}

TEST_CASE("a Connector makes a scheme work") {
  World world;
  world.agent.setConnector("https", world.origin.connector());
  auto pending = world.get("https://example.org/");
  CHECK(world.origin[0].origin == Origin{"https", "example.org", 443});
  CHECK(world.origin[0].received().starts_with("GET / HTTP/1.1\r\nHost: example.org\r\n"));
}

TEST_CASE("credentials in a URL become Basic credentials, and are not told to anybody else") {
  World world;
  ClientResponse response = world.fetched("http://user:p%40ss@example.org/", kHello);
  CHECK(world.origin[0].received().find("\r\nAuthorization: Basic dXNlcjpwQHNz\r\n") !=
        std::string::npos);
  CHECK(response.url == "http://example.org/");
}

TEST_CASE("timing tells what was reused and how long it took") {
  World world;
  auto first = world.get("http://example.org/");
  world.clock.advance(20ms);
  world.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
  ClientResponse response = successResultOf(first);
  world.clock.advance(5ms);
  world.origin[0].send("x");
  CHECK_FALSE(response.timing().reused);
  CHECK(response.timing().firstByte == 20ms);
  CHECK(response.timing().total == 25ms);
  CHECK(world.fetched("http://example.org/", kHello).timing().reused);
}

TEST_CASE("an agent that goes away cancels what is under way") {
  auto world = std::make_unique<World>();
  auto waiting = world->get("http://example.org/");
  world->origin.hold = true;
  auto connecting = world->get("http://other.example/");
  ClientResponse response = [&] {
    world->origin.hold = false;
    auto pending = world->get("http://third.example/");
    world->origin[1].send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    return successResultOf(pending);
  }();
  auto reading = response.readBody();
  world.reset();
  CHECK_NOTHROW(failureResultOf<CancelledError>(waiting));
  CHECK_NOTHROW(failureResultOf<CancelledError>(connecting));
  CHECK_NOTHROW(failureResultOf<CancelledError>(reading));
}

TEST_CASE("a callback may destroy the agent that calls it") {
  auto world = std::make_unique<World>();
  auto* origin = &world->origin;
  world->origin.refuse = true;
  bool told = false;
  world->get("http://example.org/")
      .addErrback([&](const Failure&) -> Result<ClientResponse> {
        told = true;
        return Failure(CancelledError("seen"));
      })
      .addErrback([](const Failure&) {});
  CHECK(told);
  origin->refuse = false;
  auto agent = std::make_unique<Agent>(world->clock, AgentOptions{});
  agent->setConnector("http", origin->connector());
  auto done = agent->request(http::get("http://example.org/"))
                  .addBoth([&](Result<ClientResponse> response) {
                    agent.reset();
                    return response;
                  });
  (*origin)[0].send(kHello);
  CHECK(successResultOf(done).status == 200);
}

}  // namespace
}  // namespace ropewalk::http::testing
