// Endpoints: the same server on TCP and on a UNIX socket, and a client that is told where by a
// string.
#include <ropewalk/core/core.h>
#include <ropewalk/core/net/endpoint.h>
#include <unistd.h>

#include <iostream>

namespace rw = ropewalk;

struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override { transport().write(data); }
};

/// Says a word, prints what comes back, and closes.
struct Client : rw::Protocol {
  explicit Client(std::string word) : word(std::move(word)) {}
  void connectionMade() override { transport().write(word); }
  void dataReceived(std::string_view data) override {
    std::cout << data << std::endl;
    transport().loseConnection();
  }
  void connectionLost(const rw::Failure&) override { done.callback(); }

  std::string word;
  rw::Source<void> done;
};

rw::Deferred<void> talk(std::string endpoint, std::string word) {
  rw::Handle<Client> client =
      co_await rw::connect<Client>(rw::reactor(), endpoint, std::move(word));
  rw::Deferred<void> done = client->done.deferred();
  co_await std::move(done);
}

rw::Deferred<void> program() {
  const std::string path = rw::format("unix:/tmp/ropewalk-endpoints-{}.sock?mode=600", ::getpid());
  rw::ListeningPort tcp =
      co_await rw::listen(rw::reactor(), "tcp://127.0.0.1:0?backlog=64", rw::factoryFor<Echo>());
  rw::ListeningPort local = co_await rw::listen(rw::reactor(), path, rw::factoryFor<Echo>());
  co_await talk(rw::toText(tcp.getHost()), "over TCP");
  co_await talk(rw::toText(local.getHost()), "over UNIX");
}

int main() { return rw::react(program); }
