// logTraffic: what is said, in lines.
#include "ropewalk/core/service/policies/log_traffic.h"

#include <stdexcept>

#include "ropewalk/core/base/log_capture.h"
#include "tests/core/service/policy_kit.h"

using namespace ropewalk;
using testing::Connection;
using testing::Peers;

namespace {

struct Logged {
  explicit Logged(TrafficOptions options = {})
      : factory(logTraffic(
            peers.factory(), [this](std::string_view line) { lines.emplace_back(line); },
            options)) {}
  std::vector<std::string> lines;
  Peers peers;
  std::shared_ptr<Factory> factory;
  Connection connection{*factory};
};

}  // namespace

TEST_CASE("logTraffic: both directions, the beginning and the end") {
  Logged logged;
  logged.connection.receive("GET /\r\n");
  logged.peers.last().transport().write("200");
  logged.connection.protocol->readConnectionLost();
  logged.connection.transport.lose();
  CHECK(logged.lines ==
        std::vector<std::string>{"192.0.2.1:4000 made",
                                 "192.0.2.1:4000 received 7 bytes \"GET /\\r\\n\"",
                                 "192.0.2.1:4000 sent 3 bytes \"200\"", "192.0.2.1:4000 read lost",
                                 "192.0.2.1:4000 lost " + toText(Failure::connectionDone())});
}

TEST_CASE("logTraffic: hexadecimal, cut after so many bytes") {
  Logged logged({.bytes = TrafficOptions::Bytes::hex, .cut = 3});
  logged.connection.receive(std::string_view("\x00\xff\x10", 3));
  logged.connection.receive("abcd");
  CHECK(logged.lines[1] == "192.0.2.1:4000 received 3 bytes 00 ff 10");
  CHECK(logged.lines[2] == "192.0.2.1:4000 received 4 bytes 61 62 63 ...");
}

TEST_CASE("logTraffic: text is cut too, and with a cut of 0 only sizes are told") {
  Logged text({.cut = 3});
  text.connection.receive("abc");
  text.connection.receive("abcd");
  CHECK(text.lines[1] == "192.0.2.1:4000 received 3 bytes \"abc\"");
  CHECK(text.lines[2].starts_with("192.0.2.1:4000 received 4 bytes \"abc\"..."));
  Logged sizes({.cut = 0});
  sizes.connection.receive("x");
  CHECK(sizes.lines[1] == "192.0.2.1:4000 received 1 byte");
}

TEST_CASE("logTraffic: a sink that throws is reported once, and ends nothing") {
  log::testing::Captured captured;
  Peers peers;
  const auto factory =
      logTraffic(peers.factory(), [](std::string_view) { throw std::runtime_error("disk full"); });
  Connection connection(*factory);
  connection.receive("x");
  CHECK(peers.last().data == "x");
  CHECK(captured.count(log::Level::error) == 1);
}
