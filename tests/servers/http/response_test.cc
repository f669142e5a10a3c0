// Responses: framing, HEAD, streams with back-pressure, answers by hand. RFC 9112 §6, RFC 9110
// §9.3.2.
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

namespace {

Deferred<void> count(Request& r) {
  for (int i = 1; i <= 3; ++i) co_await r.write(format("{}\n", i));
}

}  // namespace

TEST_CASE("HEAD gets the head that GET would get, and no body") {
  TestSite site;
  site->get("/text", [](Request&) { return "hello\n"; });
  site->get("/stream", [](Request&) { return Response().stream(count); });
  Wire wire(site);
  const std::string get = wire.get("/text");
  CHECK(wire.ask("HEAD /text HTTP/1.1\r\nHost: h\r\n\r\n") == get.substr(0, get.size() - 6));
  const std::string stream = wire.ask("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(contains(stream, "Transfer-Encoding: chunked\r\n"));
  CHECK(stream.ends_with("\r\n\r\n"));
  CHECK(bodyOf(stream).empty());
}

TEST_CASE("204 and 304 have neither body nor Content-Length") {
  TestSite site;
  site->get("/204", [](Request&) { return Response(204).text("x"); });
  site->get("/304", [](Request&) { return Response(304).body("x"); });
  Wire wire(site);
  for (const char* path : {"/204", "/304"}) {
    const std::string answer = wire.get(path);
    CHECK(bodyOf(answer).empty());
    CHECK_FALSE(contains(answer, "Content-Length"));
  }
}

TEST_CASE(
    "a stream of unknown length is chunked for HTTP/1.1 and ends with the connection for "
    "HTTP/1.0") {
  TestSite site;
  site->get("/", [](Request&) { return Response().stream(count); });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(contains(answer, "Transfer-Encoding: chunked\r\n"));
  CHECK(bodyOf(answer) == "2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n");
  CHECK_FALSE(wire.closed());
  Wire old(site);
  const std::string closing = old.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(bodyOf(closing) == "1\n2\n3\n");
  CHECK(contains(closing, "Connection: close\r\n"));
  CHECK_FALSE(contains(closing, "Transfer-Encoding"));
  CHECK(old.closed());
}

TEST_CASE("a stream waits while the client takes nothing") {
  TestSite site;
  int written = 0;
  site->get("/", [&](Request&) {
    return Response().stream([&written](Request& r) -> Deferred<void> {
      const std::string piece(10'000, 'x');
      for (; written < 100; ++written) co_await r.write(piece);
    });
  });
  Wire wire(site);
  wire.transport.stall();
  wire.get("/");
  CHECK(written < 10);
  CHECK(wire.transport.pending() < 100'000);
  for (int i = 0; i < 50; ++i) wire.transport.drain();
  CHECK(written == 100);
}

TEST_CASE("a client that vanishes in the middle of a stream ends it") {
  TestSite site;
  std::string end;
  site->get("/", [&](Request&) {
    return Response().stream([&end](Request& r) -> Deferred<void> {
      try {
        while (true) co_await r.write(std::string(10'000, 'x'));
      } catch (const std::exception&) {
        end = r.connected() ? "connected" : "gone";
        throw;
      }
    });
  });
  Wire wire(site);
  wire.transport.stall();
  wire.get("/");
  wire.transport.lose(ConnectionLost("reset by peer"));
  CHECK(end == "gone");
}

TEST_CASE("a stream that fails cuts the connection, so that the client sees that it is not whole") {
  log::testing::Captured log;
  TestSite site;
  site->get("/", [](Request&) {
    return Response().stream([](Request& r) -> Deferred<void> {
      co_await r.write("part");
      throw std::runtime_error("out of luck");
    });
  });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(wire.transport.aborted());
  CHECK_FALSE(contains(answer, "0\r\n\r\n"));
  CHECK(log.contains(log::Level::error, "out of luck"));
}

TEST_CASE("a Content-Length on a stream is a promise: more or less cuts the connection") {
  log::testing::Captured log;
  const auto [promise, cut] =
      GENERATE(table<const char*, bool>({{"6", false}, {"5", true}, {"7", true}}));
  TestSite site;
  site->get("/", [length = promise](Request&) {
    return Response().header("Content-Length", length).stream(count);
  });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(wire.transport.aborted() == cut);
  CHECK(countOf(answer, "Content-Length: ") == 1);
  CHECK_FALSE(contains(answer, "Transfer-Encoding"));
  if (!cut) CHECK(bodyOf(answer) == "1\n2\n3\n");
}

TEST_CASE("an answer by hand: status, fields, pieces, finish") {
  TestSite site;
  Request* kept = nullptr;
  site->get("/", [&](Request& r) {
    r.setResponseCode(202);
    r.setHeader("X", "y");
    r.write("one ");
    kept = &r;
  });
  Wire wire(site);
  const std::string first = wire.get("/");
  CHECK(statusOf(first) == 202);
  CHECK(contains(first, "X: y\r\n"));
  CHECK(first.ends_with("4\r\none \r\n"));
  kept->write("two");
  kept->finish();
  CHECK(wire.transport.take() == "3\r\ntwo\r\n0\r\n\r\n");
  CHECK(statusOf(wire.get("/")) == 202);
}

TEST_CASE("finish() without a write is an empty body with its length") {
  TestSite site;
  site->get("/", [](Request& r) { r.finish(); });
  Wire wire(site);
  CHECK(contains(wire.get("/"), "Content-Length: 0\r\n"));
}

TEST_CASE("an empty write does not end a chunked body") {
  TestSite site;
  site->get("/", [](Request& r) {
    r.write("");
    r.write("x");
    r.finish();
  });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/")) == "1\r\nx\r\n0\r\n\r\n");
}

TEST_CASE(
    "H-02: a second finish() is logged; a write after it throws; both are ignored after the "
    "connection is lost") {
  log::testing::Captured log;
  TestSite site;
  Source<void> never;
  bool threw = false;
  site->get("/twice", [&](Request& r) -> Deferred<void> {
    r.finish();
    r.finish();
    try {
      r.write("x");
    } catch (const std::logic_error&) {
      threw = true;
    }
    co_return;
  });
  site->get("/lost", [&](Request& r) -> Deferred<void> {
    try {
      co_await never.deferred();
    } catch (const CancelledError&) {
    }
    r.write("x");
    r.finish();
  });
  Wire wire(site);
  CHECK(countOf(wire.get("/twice"), "HTTP/1.1") == 1);
  CHECK(log.contains(log::Level::warn, "finish() was called twice"));
  CHECK(threw);
  wire.get("/lost");
  wire.transport.lose();
  CHECK(wire.transport.value().empty());
}

TEST_CASE("a handler that answers twice is an error, and the client gets the first answer only") {
  log::testing::Captured log;
  TestSite site;
  site->get("/", [](Request& r) {
    r.respond("first");
    return "second";
  });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(bodyOf(answer) == "first");
  CHECK(log.contains(log::Level::error, "cannot answer a request twice"));
}

TEST_CASE("Twisted's producers write bodies by hand") {
  struct Numbers final : Producer {
    explicit Numbers(Request& request) : request(request) {}
    void resumeProducing() override {
      request.write(format("{} ", ++n));
      if (n < 3) return;
      request.unregisterProducer();
      request.finish();
    }
    void stopProducing() override {}
    Request& request;
    int n = 0;
  };
  TestSite site;
  std::optional<Numbers> numbers;
  site->get("/", [&](Request& r) { r.registerProducer(numbers.emplace(r), Streaming::pull); });
  Wire wire(site);
  std::string answer = wire.get("/");
  for (int i = 0; i < 3; ++i) wire.transport.drain();
  answer += wire.transport.take();
  CHECK(bodyOf(answer) == "2\r\n1 \r\n2\r\n2 \r\n2\r\n3 \r\n0\r\n\r\n");
}

TEST_CASE("framing fields of a handler are the server's business; a Date is not doubled") {
  TestSite site;
  site->get("/", [](Request&) {
    return Response()
        .header("Transfer-Encoding", "gzip")
        .header("Content-Length", "99")
        .header("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
        .text("abc");
  });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(contains(answer, "Content-Length: 3\r\n"));
  CHECK(countOf(answer, "Content-Length") == 1);
  CHECK_FALSE(contains(answer, "Transfer-Encoding"));
  CHECK(countOf(answer, "Date: ") == 1);
}

TEST_CASE("a header with a line end in it is refused, and becomes a 500") {
  log::testing::Captured log;
  TestSite site;
  site->get("/",
            [](Request& r) { return Response().header("X", r.arg("x").value_or("")).text("ok"); });
  Wire wire(site);
  const std::string answer = wire.get("/?x=a%0d%0aSet-Cookie:%20b");
  CHECK(statusOf(answer) == 500);
  CHECK_FALSE(contains(answer, "Set-Cookie"));
}

TEST_CASE("a Server field is sent where one is configured") {
  SiteOptions options;
  options.serverHeader = "rope";
  TestSite site(std::move(options));
  site->get("/", [](Request&) { return "x"; });
  Wire wire(site);
  CHECK(contains(wire.get("/"), "Server: rope\r\n"));
  CHECK(contains(wire.ask("bad\r\n\r\n"), "Server: rope\r\n"));
}

TEST_CASE("a Response says Connection: close") {
  TestSite site;
  site->get("/", [](Request&) { return Response().header("Connection", "close").text("bye"); });
  Wire wire(site);
  CHECK(countOf(wire.get("/"), "Connection: close\r\n") == 1);
  CHECK(wire.closed());
}

TEST_CASE("statuses that are no response's are refused") {
  CHECK_THROWS_AS(Response(100), std::invalid_argument);
  CHECK_THROWS_AS(Response(600), std::invalid_argument);
}

}  // namespace ropewalk::http
