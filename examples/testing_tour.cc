// Testing protocols without sockets, and time-outs without waiting. Prints what it checks; ends
// with 1 if a check fails.

#include <cstdio>
#include <string>

#include "ropewalk/core/core.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/loopback.h"
#include "ropewalk/core/testing/string_transport.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;
using namespace std::chrono_literals;

int failed = 0;

void check(const char* what, bool holds) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", what);
  failed |= holds ? 0 : 1;
}

struct Timestamp : rw::LineReceiver {
  void lineReceived(std::string_view line) override {
    sendLine(rw::format("[{}] {}", rw::now(), line));
  }
};

struct Asker : rw::LineReceiver {
  void connectionMade() override { sendLine("hello"); }
  void lineReceived(std::string_view line) override {
    answer = line;
    transport().loseConnection();
  }
  void connectionLost(const rw::Failure& why) override { end = why.kind(); }
  std::string answer, end;
};

/// [one end] A StringTransport keeps what the protocol writes; the test plays the peer.
void oneEnd() {
  rw::testing::StringTransport transport;
  Timestamp protocol;
  protocol.makeConnection(transport);
  protocol.dataReceived("hel");
  protocol.dataReceived("lo\r\n");
  check("the server stamps each line", transport.value().ends_with("] hello\r\n"));
}

/// [both ends] connectInMemory carries bytes between two protocols, in pieces of any size.
void bothEnds() {
  Timestamp server;
  Asker client;
  auto pump = rw::testing::connectInMemory(server, client);
  pump.split(1);  // a byte at a time
  pump.flush();
  check("the client gets its answer", client.answer.ends_with("] hello"));
  check("and an orderly end", client.end == "ConnectionDone");
}

/// [time] A Clock moves when told: thirty seconds take no time at all.
void time() {
  rw::testing::Clock clock;
  rw::Source<std::string> nobody;
  auto reply = nobody.deferred().addTimeout(30s, clock);
  clock.advance(29s);
  rw::testing::assertNoResult(reply);
  clock.advance(1s);
  check("no answer is a time-out",
        rw::testing::failureResultOf(reply).check<rw::TimeoutError>() != nullptr);
}

int main() {
  oneEnd();
  bothEnds();
  time();
  return failed;
}
