// The program that the design is measured by, over real sockets.
#include <sys/socket.h>

#include "ropewalk/core/net/listening_port.h"
#include "tests/catch.h"
#include "tests/servers/http/plain_client.h"
#include "tests/servers/http/wire.h"
#include "tests/temporary_directory.h"

namespace rw = ropewalk;
using namespace rw::literals;

namespace ropewalk::http {

namespace {

struct Program {
  TemporaryDirectory directory;
  rw::Reactor reactor;
  std::shared_ptr<rw::http::Site> site = std::make_shared<rw::http::Site>();
  rw::ListeningPort port;

  Program() {
    directory.write("public/a.txt", "static");
    const std::string upload = directory / "upload.bin";
    site->get("/", [](rw::http::Request&) { return "hello\n"; });
    site->get("/users/:id", [](rw::http::Request& r) {
      return rw::http::json({{"id", r.param("id")}});
    });
    site->post("/files", [upload](rw::http::Request& r) -> rw::Deferred<rw::http::Response> {
      auto bytes = co_await r.saveBody(upload, 1_GiB);
      co_return rw::http::Response(201).text("{} bytes\n", bytes);
    });
    site->files("/static", directory / "public");
    port = reactor.listenTCP(0, site, {.interface = "127.0.0.1"});
  }
  /// Runs turns until the condition holds.
  template <class Condition>
  void until(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) reactor.iterate(10ms);
    REQUIRE(condition());
  }
  std::string ask(std::string_view request) {
    PlainClient client(port.port());
    client.send(request);
    until([&] { return client.receive(); });
    return client.received();
  }
  std::string get(std::string_view path) {
    return ask(format("GET {} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path));
  }
};

}  // namespace

TEST_CASE("the HTTP service of the design serves text, JSON and files over a socket") {
  Program program;
  CHECK(bodyOf(program.get("/")) == "hello\n");
  CHECK(bodyOf(program.get("/users/7")) == R"({"id":"7"})");
  CHECK(bodyOf(program.get("/static/a.txt")) == "static");
  CHECK(statusOf(program.get("/nothing")) == 404);
}

TEST_CASE("an upload of megabytes lands in its file") {
  Program program;
  const std::string body(5_MiB, 'u');
  const std::string answer = program.ask(
      format("POST /files HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
             body.size(), body));
  CHECK(statusOf(answer) == 201);
  CHECK(bodyOf(answer) == format("{} bytes\n", body.size()));
  CHECK(program.directory.read("upload.bin") == body);
}

TEST_CASE("a large file arrives whole by sendfile, and its range too") {
  Program program;
  std::string content(3_MiB, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
  program.directory.write("public/large.bin", content);
  CHECK(bodyOf(program.get("/static/large.bin")) == content);
  const std::string part = program.ask(
      "GET /static/large.bin HTTP/1.1\r\nHost: h\r\nRange: bytes=1000000-2000000\r\nConnection: "
      "close\r\n\r\n");
  CHECK(bodyOf(part) == content.substr(1000000, 1000001));
}

TEST_CASE("a refused client that still sends sees the answer, not a reset") {
  Program program;
  PlainClient client(program.port.port());
  client.send("BAD\r\n\r\n" + std::string(300'000, 'x'));
  program.until([&] { return client.receive(); });
  CHECK(statusOf(client.received()) == 400);
  CHECK_FALSE(client.reset());
}

TEST_CASE("a client that never reads does not fill the memory") {
  Program program;
  program.directory.write("public/page", std::string(60'000, 'x'));
  PlainClient client(program.port.port());
  std::string many;  // more than the buffers of the kernel
  for (int i = 0; i < 400'000; ++i) many += "GET /static/page HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(many);
  const std::size_t before = residentBytes();
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    client.sendMore();
    program.reactor.iterate(1ms);
    most = std::max(most, residentBytes());
  }
  CHECK(most < before + 128_MiB);  // of 24 GB of answers; a sanitizer keeps some of what was freed
  CHECK(client.unsent() > 0);      // it is not read to the end
}

TEST_CASE("a thousand connections opened and dropped leave nothing behind") {
  Program program;
  const std::size_t before = program.reactor.connections();
  for (int i = 0; i < 1000; ++i) {
    PlainClient client(program.port.port());
    if (i % 3 == 1) client.send("GET / HT");
    if (i % 3 == 2) client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    if (i % 2 == 0) client.resetOnClose();
    program.reactor.iterate();
  }
  program.until([&] { return program.reactor.connections() == before; });
  CHECK(bodyOf(program.get("/")) == "hello\n");
}

}  // namespace ropewalk::http
