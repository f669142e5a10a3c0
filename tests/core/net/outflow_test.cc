// What every transport owes those who write to it: P-01 to P-05, and drains counted in bytes.
#include "ropewalk/core/net/stream/outflow.h"

#include "ropewalk/core/net/transport.h"
#include "tests/catch.h"

namespace ropewalk {

namespace {

struct Notes final : Producer {
  std::string events;
  std::function<void()> onResume = [] {};

  void resumeProducing() override {
    events += "resume ";
    onResume();
  }
  void pauseProducing() override { events += "pause "; }
  void stopProducing() override { events += "stop "; }
};

constexpr std::uint64_t kHigh = Outflow::kHighWater;

}  // namespace

TEST_CASE("an outflow with nothing pending is drained at once") {
  Outflow flow;
  CHECK(flow.drained().ready());
  flow.wrote(10);
  flow.taken(10);
  CHECK(flow.drained().ready());
  CHECK_FALSE(flow.due());
}

TEST_CASE("a drain fires when the bytes before it have left, in order") {
  Outflow flow;
  std::string fired;
  const auto wait = [&](char name) {
    flow.drained().addCallback([&fired, name] { fired += name; }).addErrback([](const Failure&) {});
  };
  flow.wrote(100);
  wait('a');
  flow.wrote(50);
  wait('b');
  flow.taken(99);
  CHECK_FALSE(flow.due());
  flow.taken(1);
  CHECK(fired.empty());  // taken() calls nobody
  CHECK(flow.due());
  flow.tell();
  CHECK(fired == "a");
  flow.wrote(1'000);
  flow.takenTo(140);
  flow.tell();
  CHECK(fired == "a");
  flow.takenTo(150);
  flow.takenTo(120);  // known already
  flow.tell();
  CHECK(fired == "ab");
  CHECK(flow.pending() == 1'000);
}

TEST_CASE("a drain that asks for another from its callback waits for what is written then") {
  Outflow flow;
  int fired = 0;
  std::function<void()> again = [&] {
    ++fired;
    flow.wrote(1);
    flow.drained().addCallback(again).addErrback([](const Failure&) {});
  };
  flow.wrote(1);
  flow.drained().addCallback(again).addErrback([](const Failure&) {});
  for (int turn = 1; turn <= 3; ++turn) {
    flow.taken(1);
    flow.tell();
    CHECK(fired == turn);
  }
  flow.lost(Failure::connectionDone());
  CHECK_FALSE(flow.awaited());
}

TEST_CASE("a cancelled drain is passed over") {
  Outflow flow;
  flow.wrote(1);
  Deferred<void> drained = flow.drained();
  drained.cancel();
  drained.addErrback([](const Failure&) {});
  flow.taken(1);
  flow.tell();
  CHECK_FALSE(flow.awaited());
}

TEST_CASE(
    "P-02: a push producer is paused once past the high water, and resumed when all has left") {
  Outflow flow;
  Notes notes;
  flow.registerProducer(notes, Streaming::push);
  flow.wrote(kHigh);
  CHECK(notes.events.empty());
  flow.wrote(1);
  flow.wrote(1);
  CHECK(notes.events == "pause ");
  flow.taken(kHigh + 1);
  CHECK_FALSE(flow.due());
  flow.taken(1);
  flow.tell();
  flow.tell();
  CHECK(notes.events == "pause resume ");
  flow.unregisterProducer();
  flow.wrote(2 * kHigh);
  CHECK(notes.events == "pause resume ");
}

TEST_CASE("P-03: a pull producer is asked when it registers, and once each time all has left") {
  Outflow flow;
  Notes notes;
  notes.onResume = [&] { flow.wrote(5); };
  flow.registerProducer(notes, Streaming::pull);
  CHECK(notes.events == "resume ");
  flow.tell();
  CHECK(notes.events == "resume ");
  flow.taken(5);
  flow.tell();
  CHECK(notes.events == "resume resume ");
  notes.onResume = [] {};  // writes later
  flow.taken(5);
  flow.tell();
  flow.tell();
  CHECK(notes.events == "resume resume resume ");
}

TEST_CASE("P-04, P-05: the loss stops the producer and fails the drains, once; two are refused") {
  Outflow flow;
  Notes notes;
  Notes other;
  flow.registerProducer(notes, Streaming::push);
  CHECK_THROWS_AS(flow.registerProducer(other, Streaming::push), std::logic_error);
  flow.wrote(7);
  std::string why;
  flow.drained().addErrback([&](const Failure& failure) { why = failure.kind(); });
  flow.lost(Failure::connectionDone());
  flow.lost(Failure::connectionDone());
  CHECK(notes.events == "stop ");
  CHECK(why == "ConnectionDone");
  CHECK(flow.pending() == 7);  // what never left
  CHECK(flow.producer() == nullptr);
}

TEST_CASE("a drain whose bytes have left before the loss was told fires") {
  Outflow flow;
  std::string fired;
  flow.wrote(5);
  flow.drained().addCallback([&] { fired += "first "; }).addErrback([](const Failure&) {});
  flow.wrote(5);
  flow.drained().addErrback([&](const Failure& why) { fired += why.kind(); });
  flow.taken(9);
  flow.lost(Failure::connectionDone());
  CHECK(fired == "first ConnectionDone");
}

TEST_CASE("a layer takes the producer over") {
  Outflow flow;
  Notes notes;
  CHECK_FALSE(flow.releaseProducer());
  flow.registerProducer(notes, Streaming::push);
  const auto registered = flow.releaseProducer();
  REQUIRE(registered);
  CHECK(&registered->producer == &notes);
  flow.wrote(2 * kHigh);
  CHECK(notes.events.empty());
}

}  // namespace ropewalk
