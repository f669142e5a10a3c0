// What holds on every stream: the order of events, writing, pausing, files. Rules S-01 to S-03,
// S-10.
#include <fcntl.h>
#include <unistd.h>

#include "tests/contract/stream/link.h"

using namespace ropewalk;

TEST_CASE("S-01: made once, data, lost once and last") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.nearTransport().write("hello");
  REQUIRE(link.until([&] { return link.far.received == "hello"; }));
  link.nearTransport().loseConnection();
  REQUIRE(link.bothOver());
  link.settle();
  CHECK(link.near.events == Events{"made", "lost"});
  CHECK(link.far.events == Events{"made", "data", "read lost", "lost"});
  CHECK(link.near.lostKind == "ConnectionDone");
  CHECK(link.far.lostKind == "ConnectionDone");
}

TEST_CASE("S-01: who closes in connectionMade is lost properly, and later") {
  EVERY_WIRE;
  link.prepareNear = [](Recorder& near) {
    near.onMade = [&near] {
      near.transport().loseConnection();
      CHECK_FALSE(near.record.over);
    };
  };
  link.start();
  REQUIRE(link.bothOver());
  CHECK(link.near.events == Events{"made", "lost"});
  CHECK(link.near.lostKind == "ConnectionDone");
  CHECK(count(link.far, "lost") == 1);
  // Over TLS the peer was still in its handshake: no connection came about.
  if (link.wire.layers.size() < 2)
    CHECK(link.far.lostKind == (link.wire.tls() ? "HandshakeError" : "ConnectionDone"));
}

TEST_CASE("S-02: writes keep their order, and leave together at the end of the turn") {
  EVERY_WIRE;
  std::size_t pending = 0;
  link.prepareNear = [&pending](Recorder& near) {
    near.onData = [&](std::string_view) {
      Transport& transport = near.transport();
      transport.write("a");
      transport.write("");
      transport.write(std::string(3000, 'b'));
      const std::string_view pieces[] = {"c", "d"};
      transport.writeSequence(pieces);
      pending = transport.pending();
    };
  };
  REQUIRE(link.connect());
  link.settle();
  link.farTransport().write("x");
  REQUIRE(link.until([&] { return link.far.received.size() >= 3003; }));
  CHECK(link.far.received == "a" + std::string(3000, 'b') + "cd");
  // Nothing had gone yet. In memory there is no turn that TLS could wait for: each write is a
  // record.
  const bool recordsAtOnce = link.wire.tls() && link.wire.carrier == Carrier::memory;
  CHECK((recordsAtOnce ? pending > 3003 : pending == 3003));
  CHECK(link.nearTransport().pending() == 0);
}

TEST_CASE("S-02: much arrives whole, both ways at once") {
  EVERY_WIRE;
  link.prepareFar = echo;
  REQUIRE(link.connect());
  const std::string text = pattern(1 << 20);
  link.nearTransport().write(std::string_view(text).substr(0, 5000));
  link.nearTransport().write(text.substr(5000));
  REQUIRE(link.until([&] { return link.near.received.size() >= text.size(); }));
  const bool same = link.near.received == text;
  CHECK(same);
}

TEST_CASE("S-02: what is written in connectionMade arrives") {
  EVERY_WIRE;
  link.prepareNear = [](Recorder& near) {
    near.onMade = [&near] { near.transport().write("early"); };
  };
  REQUIRE(link.connect());
  CHECK(link.until([&] { return link.far.received == "early"; }));
}

TEST_CASE("S-03: an exception in dataReceived ends the connection with that failure") {
  EVERY_WIRE;
  log::testing::Captured captured;
  link.prepareNear = [](Recorder& near) {
    near.onData = [](std::string_view) { throw std::runtime_error("no such luck"); };
  };
  REQUIRE(link.connect());
  link.farTransport().write("x");
  REQUIRE(link.bothOver());
  CHECK(link.near.lostKind == "std::runtime_error");
  CHECK(link.near.events == Events{"made", "data", "lost"});
  CHECK(count(link.far, "lost") == 1);
  CHECK(captured.contains(log::Level::error, "no such luck"));
}

TEST_CASE("S-10: nothing is delivered while paused, everything afterwards") {
  EVERY_WIRE;
  link.prepareNear = [](Recorder& near) {
    near.onData = [&near](std::string_view) { near.transport().pauseProducing(); };
  };
  REQUIRE(link.connect());
  link.farTransport().write("one");
  REQUIRE(link.until([&] { return link.near.received == "one"; }));
  link.farTransport().write("two");
  link.farTransport().loseWriteConnection();
  link.settle();
  REQUIRE(link.near.received == "one");
  link.nearTransport().resumeProducing();
  REQUIRE(link.until([&] { return link.near.received == "onetwo"; }));
  link.settle();
  REQUIRE(count(link.near, "read lost") == 0);  // the end waits for the next resume
  link.nearTransport().resumeProducing();
  REQUIRE(link.bothOver());
  CHECK(link.near.lostKind == "ConnectionDone");
}

TEST_CASE("S-10: a pause at every piece loses nothing of what came before the end") {
  EVERY_WIRE;
  bool paused = false;
  link.prepareNear = [&paused](Recorder& near) {
    near.onData = [&near, &paused](std::string_view) {
      near.transport().pauseProducing();
      paused = true;
    };
  };
  REQUIRE(link.connect());
  const std::string text = pattern(200'000);
  link.farTransport().write(text);
  link.farTransport().loseConnection();
  // A peer that says close_notify and goes: data, it, and the end of the wire are all there at
  // once.
  if (link.wire.tls()) link.farTransport().below()->loseConnection();
  while (!link.near.over) {
    if (std::exchange(paused, false)) link.nearTransport().resumeProducing();
    REQUIRE(link.until([&] { return paused || link.near.over; }));
    link.settle();
  }
  INFO(link.near.received.size() << " of " << text.size());
  const bool same = link.near.received == text;
  CHECK(same);
  CHECK(link.near.lostKind == "ConnectionDone");
}

TEST_CASE("a file goes out in its place between texts") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  char path[] = "/tmp/ropewalk_test_XXXXXX";
  const auto file = std::make_shared<const UniqueFd>(::mkstemp(path));
  ::unlink(path);
  const std::string content = pattern(300'000);
  REQUIRE(::write(file->get(), content.data(), content.size()) == 300'000);
  link.nearTransport().write("<");
  link.nearTransport().writeFile(file, 10, 250'000);
  link.nearTransport().write(">");
  REQUIRE(link.until([&] { return link.far.received.size() >= 250'002; }));
  const bool same = link.far.received == "<" + content.substr(10, 250'000) + ">";
  CHECK(same);
}

TEST_CASE("a file that is shorter than promised ends the connection, and not as if all was well") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  char path[] = "/tmp/ropewalk_test_XXXXXX";
  const auto file = std::make_shared<const UniqueFd>(::mkstemp(path));
  ::unlink(path);
  link.nearTransport().writeFile(file, 0, 100);
  REQUIRE(link.bothOver());
  CHECK(link.near.lostKind == "ConnectionLost");
  if (link.wire.tls()) CHECK(link.far.lostKind != "ConnectionDone");
}

TEST_CASE("drained fires once the kernel has everything, and fails when the loss comes first") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.farTransport().pauseProducing();
  bool fired = false;
  link.nearTransport().write(std::string(16 << 20, 'x'));
  Deferred<void> first = link.nearTransport().drained();
  first.addCallback([&] { fired = true; });
  link.settle();
  REQUIRE_FALSE(fired);
  link.farTransport().resumeProducing();
  REQUIRE(link.until([&] { return fired; }));
  link.farTransport().pauseProducing();
  link.nearTransport().write(std::string(16 << 20, 'x'));
  std::string kind;
  Deferred<void> second = link.nearTransport().drained();
  second.addErrback([&](const Failure& why) { kind = why.kind(); });
  link.nearTransport().abortConnection();
  REQUIRE(link.until([&] { return link.near.over; }));
  CHECK(kind == "ConnectionAborted");
}

TEST_CASE("drained fires when what was written before it has left, whatever is written after it") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  bool first = false;
  bool second = false;
  bool always = true;  // something is pending at each look
  Transport& transport = link.nearTransport();
  transport.write(std::string(1 << 20, 'x'));
  transport.drained().addCallback([&] { first = true; }).addErrback([](const Failure&) {});
  std::size_t written = 1 << 20;
  const bool fired = link.until([&] {
    while (transport.pending() < 16 << 20) {  // more than any socket takes
      transport.write(std::string(1 << 20, 'y'));
      written += 1 << 20;
    }
    always = always && transport.pending() > 0;
    return first;
  });
  CHECK(fired);
  CHECK(always);
  transport.drained().addCallback([&] { second = true; }).addErrback([](const Failure&) {});
  CHECK_FALSE(second);
  REQUIRE(link.until([&] { return link.far.received.size() == written; }));
  REQUIRE(link.until([&] { return second; }));
}

TEST_CASE("drained fires although loseConnection follows at once") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  std::string told;
  link.nearTransport().write("last words");
  link.nearTransport()
      .drained()
      .addCallback([&] { told = "drained"; })
      .addErrback([&](const Failure& why) { told = why.kind(); });
  link.nearTransport().loseConnection();
  REQUIRE(link.bothOver());
  CHECK(link.far.received == "last words");
  CHECK(told == "drained");
}

TEST_CASE("drained may be asked before anything was written, in the middle of a handshake") {
  EVERY_WIRE;
  bool fired = false;
  link.prepareNear = [&](Recorder& each) {
    each.onMade = [&each, &fired] {
      each.transport()
          .drained()
          .addCallback([&fired] { fired = true; })
          .addErrback([](const Failure&) {});
    };
  };
  REQUIRE(link.connect());
  REQUIRE(link.until([&] { return fired; }));
}

TEST_CASE("after the loss a handle gives null") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  const Handle<Protocol> handle = handleOf(*link.near.protocol);
  REQUIRE(handle.get() == link.near.protocol);
  REQUIRE(link.nearTransport().connected());
  link.farTransport().loseConnection();
  REQUIRE(link.bothOver());
  CHECK(handle.get() == nullptr);
}

TEST_CASE("each end's peer is the other's host") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  if (!link.wire.resets()) return;  // UNIX clients have no name
  CHECK(link.nearTransport().getPeer() == link.farTransport().getHost());
  CHECK(link.nearTransport().getHost() == link.farTransport().getPeer());
}
