// A client that comes back: its server hangs up after each greeting, and it connects again, three
// times.
#include <ropewalk/core/core.h>
#include <ropewalk/core/service/client_service.h>
#include <ropewalk/core/service/endpoint_service.h>

#include <iostream>

namespace rw = ropewalk;
using namespace std::chrono_literals;

/// Says which visit this is, and hangs up.
struct Greeter : rw::Protocol {
  explicit Greeter(int& visits) : visits(visits) {}
  void connectionMade() override {
    transport().write(rw::format("visit {}", ++visits));
    transport().loseConnection();
  }
  void dataReceived(std::string_view) override {}
  int& visits;
};

struct Visitor : rw::Protocol {
  explicit Visitor(int& greetings) : greetings(greetings) {}
  void dataReceived(std::string_view data) override {
    std::cout << data << std::endl;
    if (++greetings == 3) transport().reactor().stop();
  }
  int& greetings;
};

int main() {
  int visits = 0;
  int greetings = 0;
  rw::Reactor& reactor = rw::reactor();
  rw::StreamServerEndpointService server(reactor, "tcp://127.0.0.1:0",
                                         rw::factoryFor<Greeter>(std::ref(visits)));
  server.startService();

  auto policy = rw::backoffPolicy({.initialDelay = 20ms, .jitter = [] { return rw::Duration(0); }});
  rw::ClientService client(reactor, rw::toText(server.port().getHost()),
                           rw::factoryFor<Visitor>(std::ref(greetings)), std::move(policy));
  client.startService();
  reactor.addSystemEventTrigger(rw::Phase::before, "shutdown",
                                [&] { return client.stopService(); });
  reactor.run();
}
