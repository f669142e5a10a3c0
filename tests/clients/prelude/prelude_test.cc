// Prelude: who hears what, before and after the protocol behind it has the connection.
#include "ropewalk/clients/prelude/prelude.h"

#include <optional>

#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

namespace ropewalk {
namespace {

using testing::failureResultOf;
using testing::successResultOf;

/// The first byte decides: '+' opens, '-' refuses.
struct OneByte final : Prelude {
  using Prelude::Prelude;
  void begin() override { transport().write("?"); }
  void answered(std::string_view data) override {
    data[0] == '+' ? open(data.substr(1)) : refuse(ConnectError("no"));
  }
  Failure closedEarly(const Failure& reason) override {
    return ConnectError("early: " + reason.getErrorMessage());
  }
};

struct Inner final : Protocol {
  void connectionMade() override {
    events += "made ";
    if (throws) throw std::runtime_error("broken");
    if (pauses) transport().pauseProducing();
  }
  void dataReceived(std::string_view data) override { events += std::string(data) + " "; }
  void readConnectionLost() override { events += "end "; }
  void connectionLost(const Failure& reason) override { *last = events + reason.kind(); }
  std::string events;
  std::string* last = nullptr;
  bool pauses = false;
  bool throws = false;
};

struct Wire {
  Wire() {
    auto made = std::make_unique<Inner>();
    inner = made.get();
    inner->last = &last;
    prelude = std::make_unique<OneByte>(std::move(made));
    transport.setReactor(world.reactor());
    transport.connect(*prelude);
    opened.emplace(whenOpened(handleOf<Protocol>(*prelude)));
  }
  std::string last;
  Inner* inner = nullptr;
  testing::MemoryReactor world;
  testing::StringTransport transport;
  std::unique_ptr<OneByte> prelude;
  std::optional<Deferred<Handle<Protocol>>> opened;
};

TEST_CASE(
    "once open the next protocol has the connection, and first what came behind the opening") {
  Wire wire;
  CHECK(wire.transport.value() == "?");
  wire.prelude->dataReceived("+one");
  CHECK(wire.inner->events.empty());  // the prelude's own callback is not over
  CHECK_FALSE(wire.opened->ready());
  CHECK(wire.transport.settle() == wire.inner);
  CHECK(wire.inner->events == "made one ");
  CHECK(successResultOf(*wire.opened).get() == wire.inner);
  CHECK(&wire.inner->transport() == &wire.transport);
  CHECK_FALSE(wire.prelude->transport().connected());
  wire.transport.lose();
  CHECK(wire.last == "made one ConnectionDone");
}

TEST_CASE("refused: the connection is given up, and the inner protocol never heard of it") {
  Wire wire;
  wire.prelude->dataReceived("-");
  CHECK(wire.transport.aborted());
  CHECK(failureResultOf<ConnectError>(*wire.opened).getErrorMessage() == "no");
  wire.prelude->dataReceived("+late");
  wire.transport.lose();
  CHECK(wire.last.empty());
}

TEST_CASE("lost before it was open: opened() fails with the prelude's words for it") {
  Wire wire;
  wire.transport.lose(ConnectionLost("reset"));
  CHECK(failureResultOf<ConnectError>(*wire.opened).getErrorMessage() == "early: reset");
  CHECK(wire.last.empty());
}

TEST_CASE("what came behind the opening waits for a next protocol that has paused") {
  Wire wire;
  wire.inner->pauses = true;
  wire.prelude->dataReceived("+one");
  wire.transport.settle();
  CHECK(wire.inner->events == "made ");
  CHECK(wire.transport.paused());
  CHECK(successResultOf(*wire.opened));
  wire.inner->transport().resumeProducing();
  CHECK(wire.inner->events == "made ");
  wire.transport.settle();
  CHECK(wire.inner->events == "made one ");
  CHECK(wire.transport.producing());
}

TEST_CASE("a connectionMade that throws fails who waits for the opening") {
  Wire wire;
  wire.inner->throws = true;
  wire.prelude->dataReceived("+");
  CHECK_THROWS(wire.transport.settle());
  CHECK(failureResultOf<std::runtime_error>(*wire.opened).getErrorMessage() == "broken");
  wire.transport.lose(ConnectionLost("thrown out"));
  CHECK(wire.last == "made ConnectionLost");
}

TEST_CASE("what is asked for too late, or of something else, fails") {
  CHECK_NOTHROW(failureResultOf<ConnectionLost>(*std::make_optional(whenOpened({}))));
}

}  // namespace
}  // namespace ropewalk
