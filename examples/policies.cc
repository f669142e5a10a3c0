// Policies: an echo server with limits on connections, on idleness and on its rate, and a log of
// what is said.
#include <ropewalk/core/core.h>
#include <ropewalk/core/net/endpoint.h>
#include <ropewalk/core/service/policies/policies.h>

#include <iostream>

namespace rw = ropewalk;
using namespace std::chrono_literals;

struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override { transport().write(data); }
};

/// Says hello and then nothing, until the server has had enough.
struct Silent : rw::Protocol {
  void connectionMade() override { transport().write("hello"); }
  void dataReceived(std::string_view data) override { std::cout << "echo: " << data << std::endl; }
  void connectionLost(const rw::Failure&) override { done.callback(); }
  rw::Source<void> done;
};

rw::Deferred<void> program() {
  auto echo = rw::logTraffic(rw::factoryFor<Echo>(), [](std::string_view line) {
    std::cout << line.substr(line.find(' ') + 1) << std::endl;  // without the peer's port
  });
  auto slow = rw::throttle(echo, {.writeBytesPerSecond = 1'000'000});
  auto limited = rw::limitConnections(slow, {.total = 100, .perPeer = 1});
  auto server = rw::withTimeout(limited, 100ms);

  rw::ListeningPort port = co_await rw::listen(rw::reactor(), "tcp://127.0.0.1:0", server);
  const std::string there = rw::toText(port.getHost());
  rw::Handle<Silent> first = co_await rw::connect<Silent>(rw::reactor(), there);
  rw::Handle<Silent> second = co_await rw::connect<Silent>(rw::reactor(), there);
  rw::Deferred<void> firstDone = first->done.deferred();
  rw::Deferred<void> secondDone = second->done.deferred();
  co_await std::move(secondDone);
  std::cout << limited->refused() << " refused" << std::endl;
  co_await std::move(firstDone);
  std::cout << limited->connections() << " left" << std::endl;
}

int main() { return rw::react(program); }
