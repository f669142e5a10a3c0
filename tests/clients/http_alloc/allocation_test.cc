// What a GET over a kept connection costs in allocations.

#include "ropewalk/core/async/pool.h"
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"
#include "tests/counted_new.h"

namespace ropewalk::http::testing {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; "
    "charset=utf-8\r\nContent-Length: 6\r\n\r\nhello\n";

/// How many allocations one more request takes, once everything is warm, its URL included.
template <class Ask>
std::size_t perRequest(World& world, const Ask& ask) {
  constexpr int kRequests = 100;
  std::size_t before = 0;
  for (int i = 0; i < 2 * kRequests; ++i) {
    if (i == kRequests) before = allocations;
    auto pending = ask(std::string("http://127.0.0.1:8080/some/path"));
    MemoryConnection& connection = world.origin[0];
    connection.transport.clear();
    connection.send(kAnswer);
    ClientResponse response = std::move(*std::move(pending).takeResult());
    REQUIRE(*response.readBody().takeResult() == "hello\n");
  }
  return (allocations - before) / kRequests;
}

/// The blocks of Deferreds and exchanges come from a pool, but where a sanitizer watches.
constexpr std::size_t kUnpooled = ropewalk::detail::kPoolEnabled ? 0 : 3;

TEST_CASE("a GET allocates its URL, that of its response, and the fields of the response") {
  World world;
  CHECK(perRequest(world, [&](std::string url) { return world.agent.get(std::move(url)); }) <=
        4 + kUnpooled);
}

TEST_CASE("a forwarded one allocates no more") {
  World world;
  CHECK(perRequest(world, [&](std::string url) {
          return world.agent.forward(http::get(std::move(url)));
        }) <= 4 + kUnpooled);
}

TEST_CASE("fields of the caller are not copied") {
  World world;
  const auto ask = [&](std::string url) {
    ClientRequest request(std::move(url));
    request.header("Accept", "text/plain");
    return world.agent.request(std::move(request));
  };
  CHECK(perRequest(world, ask) <= 6 + kUnpooled);  // two of them the caller's own
}

}  // namespace
}  // namespace ropewalk::http::testing
