// How every stream ends: whole, half, aborted, by the peer. Rules S-04 to S-09.
#include "tests/contract/stream/link.h"

using namespace ropewalk;

TEST_CASE("S-04: loseConnection sends what is pending, and delivers nothing more") {
  EVERY_WIRE;
  link.prepareNear = [](Recorder& near) {
    near.onData = [&near](std::string_view) {
      near.transport().write("bye");
      near.transport().loseConnection();
      near.transport().loseConnection();
      CHECK(near.transport().disconnecting());
      near.transport().write(" bye");
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return link.far.received.size() >= 3; }));
  if (!link.far.over) link.farTransport().write("more");
  REQUIRE(link.bothOver());
  CHECK(link.near.received == "x");
  CHECK(link.near.lostKind == "ConnectionDone");
  // close_notify is the last word of a TLS connection, and it is said at once.
  CHECK(link.far.received == (link.wire.tls() ? "bye" : "bye bye"));
}

TEST_CASE("S-04: the peer reads the last words although it had sent more than was read") {
  EVERY_WIRE;
  link.prepareNear = [](Recorder& near) {
    near.onData = [&near](std::string_view) {
      near.transport().write("enough");
      near.transport().loseConnection();
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write(std::string(400'000, 'x'));
  REQUIRE(link.until([&] { return link.far.received.size() >= 6 || link.far.over; }));
  CHECK(link.far.received == "enough");
}

TEST_CASE(
    "S-04: the peer may read the last words when we have gone, and have left something unread") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.settle();
  link.nearTransport().pauseProducing();
  link.farTransport().write("nobody reads this");
  link.settle();
  link.farTransport().pauseProducing();
  link.nearTransport().write("last words");
  link.nearTransport().loseConnection();
  link.settle();
  link.farTransport().resumeProducing();
  REQUIRE(link.bothOver());
  CHECK(link.far.received == "last words");
  CHECK(link.far.lostKind == "ConnectionDone");
  CHECK(link.near.received.empty());
}

TEST_CASE("S-06: abortConnection drops what is pending, and reports in a later turn") {
  EVERY_WIRE;
  link.prepareNear = [](Recorder& near) {
    near.onData = [&near](std::string_view) {
      near.transport().write("never sent");
      near.transport().abortConnection();
      near.transport().abortConnection();
      CHECK_FALSE(near.record.over);
    };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.bothOver());
  CHECK(link.near.events == Events{"made", "data", "lost"});
  CHECK(link.near.lostKind == "ConnectionAborted");
  CHECK(link.far.received.empty());
  CHECK(link.far.lostKind == link.wire.afterAbort());
}

TEST_CASE("S-06: abortConnection wins over a loseConnection that still sends") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.farTransport().pauseProducing();
  link.nearTransport().write(std::string(16 << 20, 'x'));
  link.nearTransport().loseConnection();
  link.settle();
  REQUIRE_FALSE(link.near.over);
  link.nearTransport().abortConnection();
  REQUIRE(link.until([&] { return link.near.over; }));
  CHECK(link.near.lostKind == "ConnectionAborted");
}

TEST_CASE("S-07: what was sent before the end is delivered, and the answer still comes back") {
  EVERY_WIRE;
  link.prepareFar = echo;
  REQUIRE(link.connect());
  const std::string text = pattern(300'000);
  link.nearTransport().write(text);
  link.nearTransport().loseWriteConnection();
  REQUIRE(link.bothOver());
  const bool same = link.near.received == text;
  CHECK(same);
  CHECK(link.near.lostKind == "ConnectionDone");
  CHECK(link.far.lostKind == "ConnectionDone");
}

TEST_CASE("S-07: a protocol that knows half-closed streams goes on writing") {
  EVERY_WIRE;
  link.prepareFar = goOnAfterTheEnd;
  REQUIRE(link.connect());
  link.nearTransport().loseWriteConnection();
  REQUIRE(link.until([&] { return count(link.far, "read lost") == 1; }));
  link.settle();
  link.farTransport().write("still here");
  REQUIRE(link.until([&] { return link.near.received == "still here"; }));
  CHECK_FALSE(link.far.over);
  CHECK_FALSE(link.near.over);
  link.farTransport().loseConnection();
  REQUIRE(link.bothOver());
  CHECK(link.far.lostKind == "ConnectionDone");
  CHECK(link.near.lostKind == "ConnectionDone");
}

TEST_CASE("S-08: loseWriteConnection ends what we say, and reading goes on") {
  EVERY_WIRE;
  link.prepareFar = goOnAfterTheEnd;
  REQUIRE(link.connect());
  link.nearTransport().write("last");
  link.nearTransport().loseWriteConnection();
  link.nearTransport().loseWriteConnection();
  link.nearTransport().write("ignored");
  REQUIRE(link.until([&] { return count(link.near, "write lost") == 1; }));
  REQUIRE(link.until([&] { return count(link.far, "read lost") == 1; }));
  CHECK(link.far.received == "last");
  link.farTransport().write("reply");
  REQUIRE(link.until([&] { return link.near.received == "reply"; }));
  link.farTransport().loseConnection();
  REQUIRE(link.bothOver());
  CHECK(link.near.lostKind == "ConnectionDone");
  CHECK(count(link.near, "write lost") == 1);
}

TEST_CASE("S-08: an exception in readConnectionLost ends the connection with that failure") {
  EVERY_WIRE;
  log::testing::Captured captured;
  link.prepareFar = [](Recorder& far) { far.onReadLost = [] { throw std::logic_error("oops"); }; };
  REQUIRE(link.connect());
  link.nearTransport().loseWriteConnection();
  REQUIRE(link.bothOver());
  CHECK(link.far.lostKind == "std::logic_error");
  CHECK(count(link.far, "lost") == 1);
}

TEST_CASE("S-08: both halves closed are one connectionLost at each end") {
  EVERY_WIRE;
  link.prepareNear = goOnAfterTheEnd;
  link.prepareFar = goOnAfterTheEnd;
  REQUIRE(link.connect());
  link.nearTransport().loseWriteConnection();
  link.farTransport().loseWriteConnection();
  REQUIRE(link.bothOver());
  link.settle();
  CHECK(count(link.near, "lost") == 1);
  CHECK(count(link.far, "lost") == 1);
  CHECK(link.near.lostKind == "ConnectionDone");
  CHECK(link.far.lostKind == "ConnectionDone");
}

TEST_CASE("S-09: writing to a peer that has gone ends in ConnectionLost, not in a signal") {
  EVERY_WIRE;
  link.prepareNear = goOnAfterTheEnd;
  REQUIRE(link.connect());
  link.farTransport().abortConnection();
  REQUIRE(link.until([&] {
    if (link.near.protocol != nullptr) link.nearTransport().write("is anybody there?");
    return link.near.over;
  }));
  // TLS may see first that the end came without close_notify; that is a ConnectionLost too.
  const bool truncated = link.wire.tls() && link.near.lostKind == "TruncatedError";
  if (!truncated) CHECK(link.near.lostKind == "ConnectionLost");
}
