// ClientService: rules C-01 to C-07, with connections that the test makes and breaks.
#include "ropewalk/core/service/client_service.h"

#include <deque>
#include <optional>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/service/policies/policies.h"
#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::assertNoResult;
using testing::failureResultOf;
using testing::successResultOf;
using State = ClientService::State;

namespace {

struct User : testing::AccumulatingProtocol {
  void handshakeCompleted() override { events.emplace_back("handshake"); }
};

/// A network whose every connection the test decides on: a failure of n in a row waits n seconds.
struct Network {
  struct Attempt {
    std::shared_ptr<Factory> factory;
    Source<Handle<Protocol>> source;
    bool cancelled = false;
    std::unique_ptr<Protocol> protocol{};
    testing::StringTransport transport{};

    void accept() {
      protocol = factory->buildProtocol(Address{});
      const Handle<Protocol> handle = handleOf(*protocol);
      transport.connect(*protocol);
      source.callback(handle);
    }
    void refuse() { source.errback(ConnectionRefusedError("refused")); }
  };

  ClientService::Connect connect() {
    return [this](std::shared_ptr<Factory> factory) {
      Attempt& attempt = attempts.emplace_back();
      attempt.factory = std::move(factory);
      attempt.source.onCancel([&attempt](Source<Handle<Protocol>>&) { attempt.cancelled = true; });
      return attempt.source.deferred();
    };
  }
  Attempt& last() { return attempts.back(); }

  log::testing::Captured captured;
  testing::Clock clock;
  std::deque<Attempt> attempts;
  ClientService service{clock, connect(), factoryFor<User>(),
                        [](int failures) { return std::chrono::seconds(failures); }};
};

/// The first attempt has succeeded.
struct Connected : Network {
  Connected() {
    service.startService();
    last().accept();
  }
};

}  // namespace

TEST_CASE("C-01: starting connects at once; a second start is ignored with a warning") {
  Network net;
  CHECK(net.service.state() == State::init);
  net.service.startService();
  CHECK(net.service.state() == State::connecting);
  net.service.startService();
  CHECK(net.attempts.size() == 1);
  CHECK(net.captured.contains(log::Level::warn, "is started already"));
  net.last().accept();
  CHECK(net.service.state() == State::connected);
  CHECK(net.service.running());
}

TEST_CASE("C-02: a failed attempt is repeated after the time for that many failures") {
  Network net;
  net.service.startService();
  net.last().refuse();
  CHECK(net.service.state() == State::waiting);
  net.clock.advance(999ms);
  CHECK(net.attempts.size() == 1);
  net.clock.advance(1ms);
  CHECK(net.attempts.size() == 2);
  net.last().refuse();
  CHECK(net.service.failures() == 2);
  net.clock.advance(1999ms);
  CHECK(net.attempts.size() == 2);
  net.clock.advance(1ms);
  CHECK(net.attempts.size() == 3);
}

TEST_CASE("C-02: success resets the count: the loss after it waits as for the first failure") {
  Network net;
  net.service.startService();
  net.last().refuse();
  net.clock.advance(1s);
  net.last().accept();
  CHECK(net.service.failures() == 0);
  net.last().transport.lose(ConnectionLost("cable"));
  CHECK(net.service.state() == State::waiting);
  CHECK(net.service.failures() == 1);
  net.clock.advance(1s);
  CHECK(net.service.state() == State::connecting);
}

TEST_CASE("C-03: the default back-off is 1.5 to 2.5 s at first, and 60 to 61 s at last") {
  RetryPolicy policy = backoffPolicy();
  for (int i = 0; i < 100; ++i) {
    const Duration first = policy(1);
    CHECK((first >= 1500ms && first <= 2500ms));
    const Duration last = policy(1000);
    CHECK((last >= 60s && last <= 61s));
  }
}

TEST_CASE("C-03: the back-off grows by its factor, up to the maximum, and adds the jitter") {
  RetryPolicy policy = backoffPolicy(
      {.initialDelay = 2s, .maxDelay = 10s, .factor = 2, .jitter = [] { return Duration(7ms); }});
  CHECK(policy(1) == 4s + 7ms);
  CHECK(policy(2) == 8s + 7ms);
  CHECK(policy(3) == 10s + 7ms);
  CHECK(policy(1'000'000) == 10s + 7ms);
}

TEST_CASE("C-04: a connection counts once it is prepared") {
  Network net;
  Source<void> ready;
  Protocol* prepared = nullptr;
  net.service.prepareConnection([&](Protocol& protocol) {
    prepared = &protocol;
    return ready.deferred();
  });
  net.service.startService();
  auto connected = net.service.whenConnected();
  net.last().accept();
  REQUIRE(dynamic_cast<User*>(prepared) != nullptr);
  CHECK(net.service.state() == State::connecting);
  assertNoResult(connected);
  ready.callback();
  CHECK(successResultOf(connected).get() == prepared);
}

TEST_CASE("C-04: a preparation that fails is a failed attempt, and its connection is aborted") {
  Network net;
  net.service.prepareConnection([](Protocol&) { throw std::runtime_error("bad password"); });
  net.service.startService();
  auto connected = net.service.whenConnected(1);
  net.last().accept();
  CHECK(net.service.state() == State::waiting);
  CHECK(net.last().transport.aborted());
  CHECK(failureResultOf(connected).getErrorMessage() == "bad password");
  net.last().transport.lose(ConnectionAborted("aborted"));
  CHECK(net.service.failures() == 1);
}

TEST_CASE("C-04: a connection that is lost while it is prepared cancels that, and counts once") {
  Network net;
  Source<void> ready;
  net.service.prepareConnection([&](Protocol&) { return ready.deferred(); });
  net.service.startService();
  auto connected = net.service.whenConnected(1);
  net.last().accept();
  net.last().transport.lose(ConnectionLost("cable"));
  CHECK(ready.called());
  CHECK(net.service.failures() == 1);
  CHECK(failureResultOf(connected).getErrorMessage() == "cable");
}

TEST_CASE("C-05: whenConnected gives the user's protocol, at once or with the next connection") {
  Network net;
  auto early = net.service.whenConnected<User>();
  net.service.startService();
  net.last().refuse();
  assertNoResult(early);
  net.clock.advance(1s);
  net.last().accept();
  const Handle<User> user = successResultOf(early);
  REQUIRE(user);
  CHECK(user->made == 1);
  CHECK(successResultOf(net.service.whenConnected()).get() == user.get());
  net.last().transport.lose();
  CHECK_FALSE(user);
}

TEST_CASE("C-05: failAfterFailures counts the failures from now on") {
  Network net;
  net.service.startService();
  net.last().refuse();
  auto two = net.service.whenConnected(2);
  auto patient = net.service.whenConnected();
  net.clock.advance(1s);
  net.last().refuse();
  assertNoResult(two);
  net.clock.advance(2s);
  net.last().refuse();
  CHECK(failureResultOf(two).check<ConnectionRefusedError>());
  assertNoResult(patient);
  successResultOf(net.service.stopService());
  CHECK(failureResultOf(patient).check<CancelledError>());
}

TEST_CASE("C-05: on a stopped service whenConnected fails at once; a cancelled one is forgotten") {
  Network net;
  auto cancelled = net.service.whenConnected();
  cancelled.cancel();
  CHECK(failureResultOf(cancelled).check<CancelledError>());
  net.service.startService();
  net.last().accept();
  Deferred<void> stopping = net.service.stopService();
  net.last().transport.lose();
  successResultOf(stopping);
  CHECK(failureResultOf(net.service.whenConnected()).check<CancelledError>());
}

TEST_CASE("C-06: stopping while connecting cancels the attempt") {
  Network net;
  net.service.startService();
  auto waiting = net.service.whenConnected();
  successResultOf(net.service.stopService());
  CHECK(net.last().cancelled);
  CHECK(net.service.state() == State::stopped);
  CHECK(failureResultOf(waiting).check<CancelledError>());
  CHECK(net.clock.getDelayedCalls() == 0);
}

TEST_CASE("C-06: stopping while waiting cancels the timer") {
  Network net;
  net.service.startService();
  net.last().refuse();
  successResultOf(net.service.stopService());
  CHECK(net.clock.getDelayedCalls() == 0);
  net.clock.advance(1h);
  CHECK(net.attempts.size() == 1);
}

TEST_CASE("C-06: stopping while connected closes, and fires every stop when the loss is reported") {
  Connected net;
  Deferred<void> first = net.service.stopService();
  Deferred<void> second = net.service.stopService();
  CHECK(net.last().transport.disconnecting());
  CHECK(net.service.state() == State::disconnecting);
  assertNoResult(first);
  net.last().transport.lose();
  successResultOf(first);
  successResultOf(second);
  CHECK(net.service.state() == State::stopped);
}

TEST_CASE("C-06: a start while disconnecting connects again once the old connection has ended") {
  Connected net;
  Deferred<void> stopping = net.service.stopService();
  net.service.startService();
  CHECK(net.service.state() == State::restarting);
  CHECK(net.attempts.size() == 1);
  net.last().transport.lose();
  successResultOf(stopping);
  CHECK(net.service.state() == State::connecting);
  CHECK(net.attempts.size() == 2);
}

TEST_CASE("C-06: a stop while restarting is the last word") {
  Connected net;
  Deferred<void> first = net.service.stopService();
  net.service.startService();
  Deferred<void> second = net.service.stopService();
  net.last().transport.lose();
  successResultOf(first);
  successResultOf(second);
  CHECK(net.service.state() == State::stopped);
  CHECK(net.attempts.size() == 1);
}

TEST_CASE(
    "C-06: a stop before the start, or after the stop, fires at once; it can be started anew") {
  Network net;
  successResultOf(net.service.stopService());
  successResultOf(net.service.stopService());
  net.service.startService();
  net.last().accept();
  CHECK(net.service.state() == State::connected);
}

TEST_CASE("C-06: a stop from inside prepareConnection closes the connection that was just made") {
  Network net;
  std::optional<Deferred<void>> stopping;
  net.service.prepareConnection([&](Protocol&) { stopping.emplace(net.service.stopService()); });
  net.service.startService();
  net.last().accept();
  CHECK(net.last().transport.disconnecting());
  net.last().transport.lose();
  successResultOf(*stopping);
  CHECK(net.service.state() == State::stopped);
}

TEST_CASE("C-06: a stop while a connection is prepared cancels that, and aborts the connection") {
  Network net;
  Source<void> ready;
  net.service.prepareConnection([&](Protocol&) { return ready.deferred(); });
  net.service.startService();
  net.last().accept();
  successResultOf(net.service.stopService());
  CHECK(ready.called());
  CHECK(net.last().transport.aborted());
  net.last().transport.lose();
  CHECK(net.service.state() == State::stopped);
}

TEST_CASE("C-06: a stop sends what a policy of the factory holds back") {
  Network net;
  ClientService service(
      net.clock, net.connect(),
      throttle(factoryFor<User>(), {.writeBytesPerSecond = 1000, .clock = &net.clock}));
  service.startService();
  net.last().accept();
  const Handle<Protocol> policy = successResultOf(service.whenConnected());
  static_cast<ProtocolWrapper&>(*policy).innermostTransport().write(std::string(1100, 'w'));
  static_cast<void>(service.stopService());
  CHECK_FALSE(net.last().transport.disconnecting());
  net.clock.advance(100ms);
  CHECK(net.last().transport.value().size() == 1100);
  CHECK(net.last().transport.disconnecting());
}

TEST_CASE("C-07: every event reaches the user's protocol") {
  Connected net;
  const Handle<User> user = successResultOf(net.service.whenConnected<User>());
  user->halfCloseable = true;
  Protocol& outer = *net.last().protocol;
  outer.handshakeCompleted();
  outer.dataReceived("x");
  outer.writeDrained();
  outer.writeConnectionLost();
  outer.readConnectionLost();
  CHECK(user->drained == 1);
  CHECK(user->events ==
        std::vector<std::string>{"made", "handshake", "data x", "write lost", "read lost"});
  CHECK(&user->transport() == &net.last().transport);
}

TEST_CASE("ClientService: a retry policy that throws does not end the service") {
  testing::Clock clock;
  Network net;
  ClientService service(clock, net.connect(), factoryFor<User>(),
                        [](int) -> Duration { throw std::bad_alloc(); });
  service.startService();
  net.last().refuse();
  CHECK(service.state() == State::waiting);
  CHECK(net.captured.contains(log::Level::error, "retry policy"));
  CHECK(clock.getDelayedCalls() == 1);
}

TEST_CASE("ClientService: a null protocol is a failed attempt") {
  Network net;
  ClientService service(net.clock, net.connect(),
                        factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); }),
                        [](int) { return Duration(1s); });
  service.startService();
  CHECK(net.last().factory->buildProtocol(Address{}) == nullptr);
  net.last().source.errback(NoProtocol("none"));
  CHECK(service.state() == State::waiting);
}

TEST_CASE("ClientService: destroying it aborts its connection and tells those who wait") {
  Network net;
  auto service = std::make_unique<ClientService>(net.clock, net.connect(), factoryFor<User>());
  service->startService();
  net.last().accept();
  Deferred<void> stopping = service->stopService();
  service.reset();
  CHECK(net.last().transport.aborted());
  successResultOf(stopping);
  net.last().transport.lose();
  CHECK(net.clock.getDelayedCalls() == 0);
}

TEST_CASE("ClientService: it may be destroyed by who waits for its connection, or for its end") {
  Network net;
  auto service = std::make_unique<ClientService>(net.clock, net.connect(), factoryFor<User>());
  auto connected = service->whenConnected();
  connected.addCallback([&](const Handle<Protocol>&) { service.reset(); });
  service->startService();
  net.last().accept();
  CHECK(service == nullptr);
  service = std::make_unique<ClientService>(net.clock, net.connect(), factoryFor<User>());
  service->startService();
  net.last().accept();
  Deferred<void> stopping = service->stopService();
  stopping.addCallback([&] { service.reset(); });
  net.last().transport.lose();
  CHECK(service == nullptr);
}

TEST_CASE("ClientService: endpoints of any scheme, in the time of a memory reactor") {
  testing::MemoryReactor world;
  log::testing::Captured captured;
  int attempts = 0;
  registerEndpointScheme("scripted",
                         {{}, [&](Reactor&, const EndpointUrl&, std::shared_ptr<Factory>) {
                            ++attempts;
                            return fail<Handle<Protocol>>(ConnectionRefusedError("refused"));
                          }});
  ClientService service(world.reactor(), "scripted:x", factoryFor<User>(),
                        backoffPolicy({.jitter = [] { return Duration(0); }}));
  service.startService();
  CHECK(attempts == 1);
  world.advance(1499ms);
  CHECK(attempts == 1);
  world.advance(1ms);
  CHECK(attempts == 2);
  CHECK(captured.contains(log::Level::info, "cannot connect to scripted:x"));
}
