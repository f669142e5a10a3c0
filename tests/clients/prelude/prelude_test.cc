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
    opened.emplace(preluded(handleOf<Protocol>(*prelude)));
  }
  std::string last;
  Inner* inner = nullptr;
  testing::MemoryReactor world;
  testing::StringTransport transport;
  std::unique_ptr<OneByte> prelude;
  std::optional<Deferred<Handle<Protocol>>> opened;
};

TEST_CASE("once open every event reaches the inner protocol, what came behind the opening first") {
  Wire wire;
  CHECK(wire.transport.value() == "?");
  wire.prelude->dataReceived("+one");
  CHECK(wire.inner->events == "made one ");
  CHECK(successResultOf(*wire.opened).get() == wire.inner);
  wire.prelude->dataReceived("two");
  wire.prelude->readConnectionLost();
  CHECK(wire.inner->events == "made one two end ");
  wire.transport.lose();
  CHECK(wire.last == "made one two end ConnectionDone");
}

TEST_CASE("refused: the connection is given up, and the inner protocol never heard of it") {
  Wire wire;
  wire.prelude->dataReceived("-");
  CHECK(wire.transport.aborted());
  CHECK(failureResultOf<ConnectError>(*wire.opened).getErrorMessage() == "no");
  wire.prelude->dataReceived("+late");
  wire.transport.lose();
  CHECK(wire.inner->events.empty());
  CHECK(wire.last.empty());
}

TEST_CASE("lost before it was open: opened() fails with the prelude's words for it") {
  Wire wire;
  wire.transport.lose(ConnectionLost("reset"));
  CHECK(failureResultOf<ConnectError>(*wire.opened).getErrorMessage() == "early: reset");
  CHECK(wire.last.empty());
}

TEST_CASE("what came behind the opening waits for an inner protocol that has paused") {
  Wire wire;
  wire.inner->pauses = true;
  wire.prelude->dataReceived("+one");
  CHECK(wire.inner->events == "made ");
  CHECK(wire.transport.paused());
  wire.inner->transport().resumeProducing();
  CHECK(wire.inner->events == "made ");
  wire.world.advance(Duration::zero());
  CHECK(wire.inner->events == "made one ");
  CHECK(wire.transport.producing());
  CHECK(successResultOf(*wire.opened));
}

TEST_CASE("a connectionMade that throws fails opened() with the loss that follows") {
  Wire wire;
  wire.inner->throws = true;
  CHECK_THROWS(wire.prelude->dataReceived("+"));
  wire.transport.lose(ConnectionLost("thrown out"));
  CHECK(failureResultOf<ConnectionLost>(*wire.opened).getErrorMessage() == "thrown out");
  CHECK(wire.last == "made ConnectionLost");
}

TEST_CASE("what is asked for too late, or of something else, fails") {
  CHECK_NOTHROW(failureResultOf<ConnectionLost>(*std::make_optional(preluded({}))));
}

}  // namespace
}  // namespace ropewalk
