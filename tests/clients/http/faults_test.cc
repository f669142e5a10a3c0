// One scenario, a redirect and a chunked page, with something going wrong after each of its bytes.
#include "ropewalk/clients/http/page.h"
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

const std::string kMoved =
    "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 4\r\n\r\nmove";
const std::string kPage =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;x=\"y\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n";

/// A page on its way, of which the first `bytes` bytes have come, one at a time.
struct Halfway {
  explicit Halfway(std::size_t bytes) : world(std::make_unique<World>()) {
    pending.emplace(getPage(world->agent, "http://example.org/"));
    for (std::size_t i = 0; i < bytes; ++i) {
      // The page is asked for on a second connection as soon as the head of the redirect is there.
      const bool moved = i < kMoved.size();
      const char byte = moved ? kMoved[i] : kPage[i - kMoved.size()];
      world->origin[moved ? 0 : 1].send({&byte, 1});
    }
  }
  /// The connection that the page is waited for on.
  MemoryConnection& current() { return *world->origin.connections.back(); }

  std::unique_ptr<World> world;
  std::optional<Deferred<Page>> pending;
};

/// Every number of bytes after which the page is not complete.
constexpr int kSteps = 200;
std::size_t complete() { return (kMoved + kPage).size(); }

template <class F>
void atEachByte(F goWrong) {
  REQUIRE(complete() < kSteps);
  for (std::size_t bytes = 0; bytes < complete(); ++bytes) {
    INFO("after " << bytes << " bytes");
    Halfway halfway(bytes);
    goWrong(halfway);
  }
}

TEST_CASE("all bytes: the page") {
  Halfway halfway(complete());
  CHECK(successResultOf(*halfway.pending).body == "hello!");
}

TEST_CASE("the server closes after each byte: never a page, always a reason") {
  atEachByte([](Halfway& halfway) {
    halfway.current().close();
    halfway.world->clock.advance(400s);
    CHECK_THROWS_AS(failureResultOf(*halfway.pending).raise(), Error);
  });
}

TEST_CASE("the server resets after each byte") {
  atEachByte([](Halfway& halfway) {
    halfway.current().reset();
    halfway.world->clock.advance(400s);
    CHECK_THROWS_AS(failureResultOf(*halfway.pending).raise(), Error);
  });
}

TEST_CASE("the server falls silent after each byte: a time-out, and no connection is left open") {
  atEachByte([](Halfway& halfway) {
    halfway.world->clock.advance(30s);
    halfway.world->clock.advance(60s);
    halfway.world->clock.advance(300s);
    CHECK_NOTHROW(failureResultOf<TimeoutError>(*halfway.pending));
    halfway.world->clock.advance(60s);
    CHECK(halfway.world->agent.pool().open() == 0);
  });
}

TEST_CASE("the caller cancels after each byte") {
  atEachByte([](Halfway& halfway) {
    halfway.pending->cancel();
    CHECK_NOTHROW(failureResultOf<CancelledError>(*halfway.pending));
    halfway.world->clock.advance(400s);
    CHECK(halfway.world->agent.pool().open() == 0);
  });
}

TEST_CASE("the agent goes away after each byte") {
  atEachByte([](Halfway& halfway) {
    halfway.world.reset();
    CHECK_NOTHROW(failureResultOf<CancelledError>(*halfway.pending));
  });
}

TEST_CASE("the caller forgets the page after each byte: its connections end all the same") {
  atEachByte([](Halfway& halfway) {
    halfway.pending->addErrback([](const Failure&) {});
    halfway.pending.reset();
    halfway.world->clock.advance(400s);
    CHECK(halfway.world->agent.pool().open() == 0);
  });
}

TEST_CASE("a byte of the head or the framing that is replaced by a NUL never makes a page") {
  for (std::size_t at = 0; at < kPage.size(); ++at) {
    INFO("byte " << at);
    World world;
    auto pending = getPage(world.agent, "http://example.org/");
    std::string broken = kPage;
    broken[at] = '\0';
    world.origin[0].send(broken);
    world.clock.advance(400s);
    if (pending.result()->ok()) {
      const std::string body = successResultOf(pending).body;
      CHECK(body.size() == 6);
      CHECK(body.find('\0') != std::string::npos);
    } else {
      CHECK_THROWS_AS(failureResultOf(pending).raise(), Error);
    }
  }
}

}  // namespace
}  // namespace ropewalk::http::testing
