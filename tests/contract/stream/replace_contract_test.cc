// Transport::replaceProtocol and opened() on every stream.
#include "tests/contract/stream/link.h"

using namespace ropewalk;

namespace {

/// TLS over memory has no reactor here, so that what is to come later comes at once.
bool hasLater(const Wire& wire) { return !wire.tls() || wire.carrier != Carrier::memory; }

/// Takes the connection of `old` over.
void takeOver(
    Protocol& old, Record& next, std::string rest = "",
    std::function<void(Recorder&)> prepare = [](Recorder&) {}) {
  auto successor = std::make_unique<Recorder>(next);
  prepare(*successor);
  old.transport().replaceProtocol(std::move(successor), std::move(rest));
}

}  // namespace

TEST_CASE(
    "replaceProtocol: the old one is lost at once, the new one made once its callback is over") {
  EVERY_WIRE;
  Record& next = link.world.record();
  bool inside = false;
  Handle<Protocol> old;
  link.prepareNear = [&](Recorder& near) {
    near.onData = [&](std::string_view) {
      inside = true;
      old = handleOf<Protocol>(near);
      takeOver(near, next, "rest",
               [&](Recorder& successor) { successor.onMade = [&] { CHECK_FALSE(inside); }; });
      CHECK(near.record.over);
      CHECK_FALSE(old);
      CHECK_FALSE(near.transport().connected());
      CHECK_FALSE(next.made());
      near.transport().write("swallowed");
      inside = false;
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return next.received == "rest"; }));
  link.farTransport().write("y");
  REQUIRE(link.until([&] { return next.received == "resty"; }));
  next.protocol->transport().write("z");
  REQUIRE(link.until([&] { return link.far.received == "z"; }));
  CHECK(link.near.events == Events{"made", "data", "lost"});
  CHECK(link.near.lostKind == "ProtocolReplaced");
  CHECK(next.events == Events{"made", "data", "data"});
  link.farTransport().loseConnection();
  REQUIRE(link.until([&] { return next.over && link.far.over; }));
  CHECK(next.events.back() == "lost");
  CHECK(next.lostKind == "ConnectionDone");
  CHECK(count(link.near, "lost") == 1);
}

TEST_CASE("replaceProtocol outside of any callback: nothing overtakes the rest") {
  EVERY_WIRE;
  Record& next = link.world.record();
  REQUIRE(link.connect());
  link.nearTransport().pauseProducing();
  link.farTransport().write("behind");
  link.settle();
  takeOver(*link.near.protocol, next, "rest ");
  CHECK(link.near.over);
  REQUIRE(link.until([&] { return next.received == "rest behind"; }));
  CHECK(next.events.front() == "made");
}

TEST_CASE("replaceProtocol: who pauses in connectionMade gets the rest when it resumes, in order") {
  EVERY_WIRE;
  Record& next = link.world.record();
  link.prepareNear = [&](Recorder& near) {
    near.onData = [&](std::string_view) {
      takeOver(near, next, "one ", [](Recorder& successor) {
        successor.onMade = [&successor] { successor.transport().pauseProducing(); };
      });
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return next.made(); }));
  link.farTransport().write("two");
  link.settle();
  CHECK(next.received.empty());
  next.protocol->transport().resumeProducing();
  // Nobody expects data while he calls.
  CHECK(next.received.empty() == hasLater(link.wire));
  REQUIRE(link.until([&] { return next.received == "one two"; }));
}

TEST_CASE("replaceProtocol: what was written before is sent before, and its producer goes") {
  struct Counting final : Producer {
    void resumeProducing() override {}
    void stopProducing() override {}
  };
  EVERY_WIRE;
  Record& next = link.world.record();
  Counting first;
  Counting second;
  link.prepareNear = [&](Recorder& near) {
    near.onData = [&](std::string_view) {
      near.transport().registerProducer(first, Streaming::push);
      near.transport().write("old ");
      takeOver(near, next, "", [&](Recorder& successor) {
        successor.onMade = [&] {
          successor.transport().registerProducer(second, Streaming::push);
          successor.transport().write("new");
          successor.transport().unregisterProducer();
        };
      });
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return link.far.received == "old new"; }));
}

TEST_CASE("replaceProtocol: one after the other, each from the one before") {
  EVERY_WIRE;
  Record& second = link.world.record();
  Record& third = link.world.record();
  link.prepareNear = [&](Recorder& near) {
    near.onData = [&](std::string_view) {
      takeOver(near, second, "for the third",
               [&](Recorder& each) { each.onMade = [&] { takeOver(each, third, "first "); }; });
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return third.received == "first for the third"; }));
  CHECK(second.events == Events{"made", "lost"});
  CHECK(third.events.front() == "made");
}

TEST_CASE("replaceProtocol: the peer's end that the old one has heard of is told again") {
  EVERY_WIRE;
  Record& next = link.world.record();
  link.prepareNear = [&](Recorder& near) {
    near.onReadLost = [&] {
      takeOver(near, next, "rest", [](Recorder& each) {
        each.onReadLost = [&each] { each.transport().write("bye"); };
      });
    };
  };
  link.prepareFar = goOnAfterTheEnd;
  REQUIRE(link.connect());
  link.farTransport().loseWriteConnection();
  REQUIRE(link.until([&] { return link.far.received == "bye"; }));
  CHECK(next.events == Events{"made", "data", "read lost"});
}

TEST_CASE("replaceProtocol: a connection that is lost before is made and lost for the new one") {
  EVERY_WIRE;
  Record& next = link.world.record();
  link.prepareNear = [&](Recorder& near) {
    near.onData = [&](std::string_view) {
      Transport& wire = near.transport();
      takeOver(near, next, "rest");
      wire.abortConnection();
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return next.over; }));
  CHECK(next.events == Events{"made", "lost"});
  CHECK(next.lostKind == "ConnectionAborted");
  CHECK(link.near.lostKind == "ProtocolReplaced");
}

TEST_CASE("S-03: an exception in the new one's connectionMade ends the connection with it") {
  EVERY_WIRE;
  log::testing::Captured captured;
  Record& next = link.world.record();
  link.prepareNear = [&](Recorder& near) {
    near.onData = [&](std::string_view) {
      takeOver(near, next, "rest", [](Recorder& each) {
        each.onMade = [] { throw std::runtime_error("no such luck"); };
      });
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return next.over && link.far.over; }));
  CHECK(next.events == Events{"made", "lost"});
  CHECK(next.lostKind == "std::runtime_error");
  CHECK(captured.contains(log::Level::error, "no such luck"));
}

TEST_CASE("replaceProtocol without a protocol, or with two at once, is refused in words") {
  EVERY_WIRE;
  Record& next = link.world.record();
  Record& other = link.world.record();
  REQUIRE(link.connect());
  Transport& wire = link.nearTransport();
  CHECK_THROWS_WITH(wire.replaceProtocol(nullptr), Catch::Contains("needs a protocol"));
  CHECK_FALSE(link.near.over);
  wire.replaceProtocol(std::make_unique<Recorder>(next));
  if (!hasLater(link.wire)) return;
  CHECK_THROWS_WITH(wire.replaceProtocol(std::make_unique<Recorder>(other)),
                    Catch::Contains("about to take over"));
  REQUIRE(link.until([&] { return next.made(); }));
  CHECK_FALSE(other.made());
}

TEST_CASE("E-04: opened() fires when words go through, and after one that takes over is made") {
  EVERY_WIRE;
  std::vector<std::string> order;
  link.prepareNear = [&](Recorder& near) {
    near.onMade = [&] {
      near.transport().opened().addCallbacks([&] { order.emplace_back("opened"); },
                                             [](const Failure&) {});
      order.emplace_back("made");
    };
  };
  REQUIRE(link.connect());
  REQUIRE(link.until([&] { return order.size() == 2; }));
  CHECK(order == (link.wire.tls() ? Events{"made", "opened"} : Events{"opened", "made"}));
  Record& next = link.world.record();
  Transport& wire = link.nearTransport();
  wire.replaceProtocol(std::make_unique<Recorder>(next));
  Deferred<void> opening = wire.opened();
  CHECK(opening.ready() != hasLater(link.wire));
  REQUIRE(link.until([&] { return opening.ready(); }));
  CHECK(next.made());
  next.protocol->transport().abortConnection();
  REQUIRE(link.until([&] { return next.over; }));
}

TEST_CASE("E-04: opened() waits for the handshake, also where one takes over before it") {
  EVERY_WIRE;
  Record& next = link.world.record();
  bool opened = false;
  link.prepareNear = [&](Recorder& near) {
    near.onMade = [&] {
      Transport& wire = near.transport();
      takeOver(near, next);
      wire.opened().addCallbacks(
          [&] {
            opened = true;
            const ssl::Session* const tls = ssl::sessionOf(next.protocol->transport());
            CHECK((tls == nullptr || tls->established()));
          },
          [](const Failure&) {});
    };
  };
  link.start();
  REQUIRE(link.until([&] { return opened; }));
  CHECK(next.made());
}

TEST_CASE("E-04: opened() fails with what ended the connection before") {
  EVERY_WIRE;
  std::string why;
  link.prepareNear = [&](Recorder& near) {
    near.onMade = [&] {
      if (!link.wire.tls()) return near.transport().abortConnection();
      Deferred<void> opening = near.transport().opened();
      std::move(opening).addErrback([&](const Failure& reason) { why = reason.kind(); });
      near.transport().abortConnection();
    };
    near.onLost = [&] {
      if (link.wire.tls()) return;
      near.transport().opened().addErrback([&](const Failure& reason) { why = reason.kind(); });
    };
  };
  link.start();
  REQUIRE(link.until([&] { return link.near.over; }));
  CHECK_FALSE(why.empty());
}
