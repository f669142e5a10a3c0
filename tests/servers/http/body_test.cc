// Request bodies: whole, in pieces, into files; limits, back-pressure, 100-continue. RFC 9112 §6,
// RFC 9110 §10.1.1.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"
#include "tests/temporary_directory.h"

namespace ropewalk::http {

namespace {

std::string post(std::string_view path, std::string_view fields, std::string_view body) {
  return format("POST {} HTTP/1.1\r\nHost: h\r\n{}\r\n{}", path, fields, body);
}
std::string post(std::string_view path, std::string_view body) {
  return post(path, format("Content-Length: {}\r\n", body.size()), body);
}

}  // namespace

TEST_CASE("a body is read whole, by length or in chunks") {
  TestSite site;
  site->post("/", [](Request& r) -> Deferred<std::string> { co_return co_await r.body(); });
  Wire wire(site);
  CHECK(bodyOf(wire.ask(post("/", "hello"))) == "hello");
  CHECK(bodyOf(wire.ask(post("/", "Transfer-Encoding: chunked\r\n",
                             "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"))) == "hello");
  CHECK(bodyOf(wire.ask(post("/", "", ""))) == "");
}

TEST_CASE(
    "a body past the site's limit is 413, by its length or by what came of it, and the connection "
    "ends") {
  SiteOptions options;
  options.limits.body = 10;
  TestSite site(std::move(options));
  site->post("/", [](Request&, std::string body) { return body; });
  Wire length(site);
  CHECK(statusOf(length.ask(post("/", "12345678901"))) == 413);
  CHECK(length.halfClosed());
  Wire chunked(site);
  const std::string answer =
      chunked.ask(post("/", "Transfer-Encoding: chunked\r\n", "b\r\n12345678901\r\n"));
  CHECK(statusOf(answer) == 413);
  CHECK(contains(answer, "Connection: close\r\n"));
  CHECK(countOf(chunked.ask(post("/", "x")), "HTTP/1.1") == 0);
}

TEST_CASE("a reader names a limit of its own") {
  TestSite site;
  site->post("/", [](Request& r) -> Deferred<std::string> { co_return co_await r.body(2); });
  Wire wire(site);
  CHECK(bodyOf(wire.ask(post("/", "ab"))) == "ab");
  CHECK(statusOf(wire.ask(post("/", "abc"))) == 413);
}

TEST_CASE("pieces of a body are pushed as they come") {
  TestSite site;
  std::vector<std::string> pieces;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    co_await r.onBody([&pieces](std::string_view piece) { pieces.emplace_back(piece); });
    co_return "done";
  });
  Wire wire(site);
  CHECK(wire.ask(post("/", "Content-Length: 6\r\n", "ab")).empty());
  wire.send("cd");
  CHECK(bodyOf(wire.ask("ef")) == "done");
  CHECK(pieces == std::vector<std::string>{"ab", "cd", "ef"});
}

TEST_CASE("a piece that takes time stops the flow, and the client with it") {
  TestSite site;
  std::vector<Source<void>> taken;
  std::size_t received = 0;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    co_await r.onBody(
        [&](std::string_view piece) {
          received += piece.size();
          return taken.emplace_back().deferred();
        },
        10_MiB);
    co_return "done";
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 200000\r\n", ""));
  wire.send(std::string(1000, 'x'));
  wire.send(std::string(100'000, 'x'));
  CHECK(received == 1000);
  CHECK(wire.transport.paused());
  taken[0].callback();
  CHECK(received == 101'000);
  CHECK(wire.transport.producing());
  taken[1].callback();
  wire.send(std::string(99'000, 'x'));
  taken[2].callback();
  CHECK(bodyOf(wire.transport.value()) == "done");
}

TEST_CASE("a coroutine reads a body piece by piece, and none comes before it asks") {
  TestSite site;
  std::vector<std::string> pieces;
  std::optional<Source<void>> go;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    while (true) {
      std::string piece = co_await r.readBody();
      if (piece.empty()) break;
      pieces.push_back(std::move(piece));
      co_await go.emplace().deferred();
    }
    co_return "end";
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 4\r\n", "ab"));
  wire.send("cd");
  CHECK(pieces == std::vector<std::string>{"ab"});
  go->callback();
  CHECK(pieces == std::vector<std::string>{"ab", "cd"});
  go->callback();
  CHECK(bodyOf(wire.transport.value()) == "end");
}

TEST_CASE("while nobody reads a body it is not taken from the client") {
  TestSite site;
  std::optional<Source<void>> go;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    co_await go.emplace().deferred();
    co_return format("{}", (co_await r.body()).size());
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 150000\r\n", ""));
  wire.send(std::string(100'000, 'x'));
  CHECK(wire.transport.paused());
  go->callback();
  CHECK(wire.transport.producing());
  CHECK(bodyOf(wire.ask(std::string(50'000, 'x'))) == "150000");
}

TEST_CASE("100 Continue is sent when the handler begins to read, and not before") {
  TestSite site;
  std::optional<Source<void>> go;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    co_await go.emplace().deferred();
    co_return co_await r.body();
  });
  Wire wire(site);
  CHECK(wire.ask(post("/", "Expect: 100-continue\r\nContent-Length: 2\r\n", "")).empty());
  go->callback();
  CHECK(wire.transport.take() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(bodyOf(wire.ask("hi")) == "hi");
}

TEST_CASE("100 Continue is left out for a body that is there, and for HTTP/1.0") {
  TestSite site;
  site->post("/", [](Request&, std::string body) { return body; });
  Wire there(site);
  CHECK(statusOf(there.ask(post("/", "Expect: 100-continue\r\nContent-Length: 2\r\n", "hi"))) ==
        200);
  Wire old(site);
  CHECK(old.ask("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").empty());
}

TEST_CASE(
    "who is refused while he waits for 100 Continue gets the final status, and a new connection to "
    "try again") {
  TestSite site;
  site->post("/", [](Request&) { return Response(403).text("no"); });
  Wire wire(site);
  const std::string answer =
      wire.ask(post("/", "Expect: 100-continue\r\nContent-Length: 2\r\n", ""));
  CHECK(statusOf(answer) == 403);
  CHECK(wire.halfClosed());
}

TEST_CASE("an expectation that nobody knows is 417") {
  TestSite site;
  site->post("/", [](Request&) { return "x"; });
  Wire wire(site);
  CHECK(statusOf(wire.ask(post("/", "Expect: 200-maybe\r\nContent-Length: 0\r\n", ""))) == 417);
}

TEST_CASE("a body that nobody read is dropped after the answer, and the connection goes on") {
  TestSite site;
  site->post("/", [](Request&) { return "ok"; });
  Wire wire(site);
  CHECK(bodyOf(wire.ask(post("/", "Content-Length: 6\r\n", "abc"))) == "ok");
  CHECK(wire.ask("def").empty());
  CHECK(bodyOf(wire.ask(post("/", "xyz"))) == "ok");
}

TEST_CASE("a large body that nobody read ends the connection after the answer") {
  TestSite site;
  site->post("/", [](Request&) { return "ok"; });
  Wire known(site);
  CHECK(bodyOf(known.ask(post("/", "Content-Length: 10000000\r\n", "abc"))) == "ok");
  CHECK(known.halfClosed());
  Wire chunked(site);
  chunked.send(post("/", "Transfer-Encoding: chunked\r\n", ""));
  for (int i = 0; i < 5; ++i) chunked.send("10000\r\n" + std::string(65'536, 'x') + "\r\n");
  CHECK(chunked.halfClosed());
}

TEST_CASE("what is left of a body that nobody reads is waited for ten seconds") {
  TestSite site;
  site->post("/", [](Request&) { return "ok"; });
  Wire wire(site);
  wire.send(post("/", "Transfer-Encoding: chunked\r\n", ""));
  CHECK(bodyOf(wire.transport.take()) == "ok");
  for (int i = 0; i < 9; ++i) {
    site.clock.advance(1s);
    wire.send("1000\r\n" + std::string(4096, 'x') + "\r\n");
  }
  CHECK_FALSE(wire.halfClosed());
  site.clock.advance(1s);
  CHECK(wire.halfClosed());
}

TEST_CASE("a reader that is cancelled gets no more, and the rest is dropped") {
  TestSite site;
  int pieces = 0;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    try {
      co_await r.onBody([&pieces](std::string_view) { ++pieces; }).addTimeout(1s, site.clock);
    } catch (const TimeoutError&) {
    }
    co_return "enough";
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 4\r\n", "a"));
  site.clock.advance(1s);
  CHECK(bodyOf(wire.transport.take()) == "enough");
  wire.send("bcd");
  CHECK(pieces == 1);
  CHECK(bodyOf(wire.ask(post("/", "x"))) == "enough");
}

TEST_CASE("a broken chunk is 400, once, and ends the connection") {
  TestSite site;
  site->post("/", [](Request&, std::string body) { return body; });
  Wire wire(site);
  const std::string answer = wire.ask(
      post("/", "Transfer-Encoding: chunked\r\n", "zz\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(statusOf(answer) == 400);
  CHECK(countOf(answer, "HTTP/1.1 ") == 1);
  CHECK(wire.halfClosed());
}

TEST_CASE("a body that is cut off by the client's half close is 400") {
  TestSite site;
  site->post("/", [](Request&, std::string body) { return body; });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 10\r\n", "abc"));
  wire.channel->readConnectionLost();
  CHECK(statusOf(wire.transport.value()) == 400);
  CHECK(wire.closed());
}

TEST_CASE("a body that was there before the half close is whole, though it is read after it") {
  TestSite site;
  std::optional<Source<void>> go;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    co_await go.emplace().deferred();
    co_return co_await r.body();
  });
  Wire wire(site);
  wire.send(post("/", "hello"));
  wire.channel->readConnectionLost();
  go->callback();
  CHECK(bodyOf(wire.transport.value()) == "hello");
  CHECK(wire.closed());
}

TEST_CASE("a client that vanishes in the middle of a body fails its reader") {
  TestSite site;
  std::string why;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    try {
      co_await r.body();
    } catch (const ConnectionLost& error) {
      why = error.what();
      throw;
    }
    co_return "";
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 10\r\n", "abc"));
  wire.transport.lose(ConnectionLost("reset by peer"));
  CHECK(why == "reset by peer");
}

TEST_CASE("a body that comes too slowly is 408") {
  TestSite site;
  site->post("/", [](Request&, std::string body) { return body; });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 100000\r\n", ""));
  wire.send(std::string(2400, 'x'));
  site.clock.advance(10s);
  CHECK(wire.transport.value().empty());
  wire.send(std::string(2399, 'x'));
  site.clock.advance(10s);
  CHECK(statusOf(wire.transport.value()) == 408);
  CHECK(wire.halfClosed());
}

TEST_CASE("the time that a handler takes over a body is not the client's") {
  TestSite site;
  std::optional<Source<void>> go;
  site->post("/", [&](Request& r) -> Deferred<std::string> {
    co_await go.emplace().deferred();
    co_return co_await r.body();
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 4\r\n", "ab"));
  site.clock.advance(600s);
  go->callback();
  CHECK(bodyOf(wire.ask("cd")) == "abcd");
}

TEST_CASE("a second reader of a body is an error") {
  log::testing::Captured log;
  TestSite site;
  site->post("/", [](Request& r) -> Deferred<std::string> {
    co_await r.body();
    co_return co_await r.body();
  });
  Wire wire(site);
  CHECK(statusOf(wire.ask(post("/", "x"))) == 500);
  CHECK(log.contains(log::Level::error, "cannot read a request body twice"));
}

TEST_CASE("saveBody gives the file its name once it is whole") {
  TemporaryDirectory directory;
  TestSite site;
  site->post("/", [&](Request& r) -> Deferred<Response> {
    const auto bytes = co_await r.saveBody(directory / "upload.bin", 1_GiB);
    co_return Response(201).text("{} bytes\n", bytes);
  });
  Wire wire(site);
  wire.send(post("/", "Content-Length: 6\r\n", "abc"));
  CHECK_FALSE(std::filesystem::exists(directory / "upload.bin"));
  CHECK(bodyOf(wire.ask("def")) == "6 bytes\n");
  CHECK(directory.read("upload.bin") == "abcdef");
  CHECK(directory.count() == 1);
}

TEST_CASE("an upload that fails leaves the older file and nothing else") {
  TemporaryDirectory directory;
  directory.write("upload.bin", "old");
  TestSite site;
  site->post("/", [&](Request& r) -> Deferred<Response> {
    co_await r.saveBody(directory / "upload.bin", 5);
    co_return Response(201);
  });
  {
    Wire wire(site);
    wire.send(post("/", "Content-Length: 5\r\n", "abc"));
    CHECK(directory.count() == 2);
  }
  Wire large(site);
  CHECK(statusOf(large.ask(post("/", "Transfer-Encoding: chunked\r\n", "6\r\nabcdef\r\n"))) == 413);
  CHECK(directory.read("upload.bin") == "old");
  CHECK(directory.count() == 1);
}

TEST_CASE("saving where nothing can be written is 500") {
  log::testing::Captured log;
  TestSite site;
  site->post("/", [](Request& r) -> Deferred<Response> {
    co_await r.saveBody("/nowhere/file");
    co_return Response(201);
  });
  Wire wire(site);
  CHECK(statusOf(wire.ask(post("/", "x"))) == 500);
  CHECK(log.contains(log::Level::error, "cannot write /nowhere/file: no such file or directory"));
}

}  // namespace ropewalk::http
