// Uploads of any size with little memory, and an answer that is made while it is sent.
//
// curl -T big.iso http://127.0.0.1:8082/files/big.iso      into a file
//
// curl --data-binary @big.iso http://127.0.0.1:8082/count  counted as it comes, kept nowhere
//
// curl -N http://127.0.0.1:8082/numbers                    streamed, as fast as you read
#include <ropewalk/servers/http/http.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace rw = ropewalk;
using namespace rw::literals;
using rw::http::Request;
using rw::http::Response;

namespace {

rw::Deferred<Response> save(Request& r) {
  const std::string name(r.param("name"));
  if (name.find('/') != std::string::npos || name.starts_with('.'))
    throw rw::http::RequestError(400, "no such name");
  const auto bytes = co_await r.saveBody("uploads/" + name, 4_GiB);
  co_return Response(201).text("{} bytes\n", bytes);
}

rw::Deferred<std::string> count(Request& r) {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  while (true) {
    const std::string piece = co_await r.readBody(4_GiB);
    if (piece.empty()) break;
    bytes += piece.size();
    for (const char c : piece) lines += c == '\n' ? 1 : 0;
  }
  co_return rw::format("{} bytes, {} lines\n", bytes, lines);
}

// Each write waits until the client has taken what is pending: the memory stays small however slow
// it reads.
rw::Deferred<void> numbers(Request& r) {
  for (int i = 1; i <= 1'000'000; ++i) co_await r.write(rw::format("{}\n", i));
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8082);
  std::filesystem::create_directory("uploads");

  auto site = std::make_shared<rw::http::Site>();
  site->put("/files/:name", save);
  site->post("/count", count);
  site->get("/numbers", [](Request&) {
    return Response().header("Content-Type", "text/plain").stream(numbers);
  });

  const auto listening = rw::reactor().listenTCP(port, site, {.interface = "127.0.0.1"});
  std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
