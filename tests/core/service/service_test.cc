// Service and MultiService: rule V-01.
#include "ropewalk/core/service/service.h"

#include <optional>
#include <stdexcept>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::assertNoResult;
using testing::successResultOf;

namespace {

using Events = std::vector<std::string>;

/// Writes down what happens to it; stops when told, if `slow`.
struct Recorded : Service {
  Recorded(Events& events, std::string label, bool slow = false)
      : events(events), label(std::move(label)), slow(slow) {}
  ~Recorded() override { events.push_back("gone " + label); }

  void privilegedStartService() override { events.push_back("privileged " + label); }
  void startService() override {
    Service::startService();
    events.push_back("start " + label);
    if (startError) throw CannotListenError("no " + label);
  }
  Deferred<void> stopService() override {
    static_cast<void>(Service::stopService());
    events.push_back("stop " + label);
    if (stopError) return fail<void>(ConnectionLost("no end of " + label));
    return slow ? stopped.emplace().deferred() : succeed();
  }

  Events& events;
  std::string label;
  bool slow;
  bool startError = false;
  bool stopError = false;
  std::optional<Source<void>> stopped;
};

std::unique_ptr<Recorded> named(Events& events, const std::string& name) {
  auto service = std::make_unique<Recorded>(events, name);
  service->setName(name);
  return service;
}

}  // namespace

TEST_CASE("V-01: children start in order and stop in reverse") {
  Events events;
  MultiService parent;
  parent.emplaceService<Recorded>(events, "a");
  parent.emplaceService<Recorded>(events, "b");
  parent.privilegedStartService();
  parent.startService();
  CHECK(parent.running());
  CHECK(events == Events{"privileged a", "privileged b", "start a", "start b"});
  events.clear();
  successResultOf(parent.stopService());
  CHECK_FALSE(parent.running());
  CHECK(events == Events{"stop b", "stop a"});
}

TEST_CASE("V-01: stopping fires when every child has stopped, whatever became of the others") {
  log::testing::Captured captured;
  Events events;
  MultiService parent;
  Recorded& slow = parent.emplaceService<Recorded>(events, "slow", true);
  Recorded& bad = parent.addService(named(events, "bad"));
  bad.stopError = true;
  parent.startService();
  Deferred<void> stopping = parent.stopService();
  assertNoResult(stopping);
  CHECK(captured.contains(log::Level::error, "cannot stop the service 'bad'"));
  slow.stopped->callback();
  successResultOf(stopping);
}

TEST_CASE("V-01: a child that is added to a running parent is started, privileged part first") {
  Events events;
  MultiService parent;
  parent.startService();
  Recorded& child = parent.emplaceService<Recorded>(events, "late");
  CHECK(events == Events{"privileged late", "start late"});
  CHECK(child.parent() == &parent);
}

TEST_CASE("V-01: removing gives the Deferred of the stop, and the child dies after it") {
  Events events;
  MultiService parent;
  Recorded& child = parent.emplaceService<Recorded>(events, "x", true);
  parent.startService();
  Deferred<void> removed = parent.removeService(child);
  CHECK(parent.size() == 0);
  assertNoResult(removed);
  CHECK(events == Events{"start x", "stop x"});
  Source<void> stopped = std::move(*child.stopped);
  stopped.callback();
  successResultOf(removed);
  CHECK(events.back() == "gone x");
}

TEST_CASE("V-01: a child of a parent that does not run is removed without a stop") {
  Events events;
  MultiService parent;
  Recorded& child = parent.emplaceService<Recorded>(events, "x");
  successResultOf(parent.removeService(child));
  CHECK(events == Events{"gone x"});
  Recorded stranger(events, "y");
  CHECK_THROWS_AS(parent.removeService(stranger), std::logic_error);
}

TEST_CASE("V-01: names are unique among children, and stay while there is a parent") {
  Events events;
  MultiService parent;
  Recorded& web = parent.addService(named(events, "web"));
  CHECK(parent.getServiceNamed("web") == &web);
  CHECK(parent.getServiceNamed("dns") == nullptr);
  CHECK_THROWS_AS(parent.addService(named(events, "web")), std::logic_error);
  CHECK_THROWS_AS(web.setName("other"), std::logic_error);
  CHECK(parent.size() == 1);
}

TEST_CASE("children without a name are not found under the empty one, and may be many") {
  Events events;
  MultiService parent;
  parent.emplaceService<Recorded>(events, "a");
  parent.emplaceService<Recorded>(events, "b");
  CHECK(parent.size() == 2);
  CHECK(parent.getServiceNamed("") == nullptr);
}

TEST_CASE("a child that cannot start: the ones before it are stopped, and the error comes out") {
  Events events;
  MultiService parent;
  parent.emplaceService<Recorded>(events, "a");
  parent.emplaceService<Recorded>(events, "b").startError = true;
  parent.emplaceService<Recorded>(events, "c");
  CHECK_THROWS_AS(parent.startService(), CannotListenError);
  CHECK_FALSE(parent.running());
  CHECK(events == Events{"start a", "start b", "stop b", "stop a"});
}

TEST_CASE("a child that cannot start in a running parent is not added") {
  Events events;
  MultiService parent;
  parent.startService();
  auto child = named(events, "bad");
  child->startError = true;
  CHECK_THROWS_AS(parent.addService(std::move(child)), CannotListenError);
  CHECK(parent.size() == 0);
  CHECK(events.back() == "gone bad");
}

TEST_CASE("a child may add a sibling while it starts, which then starts once") {
  struct Adding : Service {
    explicit Adding(Events& events) : events(events) {}
    void startService() override {
      Service::startService();
      parent()->emplaceService<Recorded>(events, "added");
    }
    Events& events;
  };
  Events events;
  MultiService parent;
  parent.emplaceService<Adding>(events);
  parent.startService();
  CHECK(events == Events{"privileged added", "start added"});
}

TEST_CASE("a MultiService may be the child of another") {
  Events events;
  MultiService root;
  auto& inner = root.emplaceService<MultiService>();
  inner.emplaceService<Recorded>(events, "leaf");
  root.startService();
  successResultOf(root.stopService());
  CHECK(events == Events{"start leaf", "stop leaf"});
}
