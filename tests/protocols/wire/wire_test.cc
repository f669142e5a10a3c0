// Echo, discard, chargen, quote, daytime, time: what they say. RFC 862 to 868.
#include <string>

#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/loopback.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "ropewalk/protocols/wire/announcement.h"
#include "ropewalk/protocols/wire/chargen.h"
#include "ropewalk/protocols/wire/echo.h"
#include "ropewalk/protocols/wire/time.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::AccumulatingProtocol;
using testing::StringTransport;

namespace {

template <class Server>
struct Connection {
  template <class... Args>
  explicit Connection(Args... args) : server(std::move(args)...) {
    transport.connect(server);
  }
  StringTransport transport;
  Server server;
};

constexpr std::string_view kFirstLine =
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n";

Timestamp at(std::int64_t seconds) { return Timestamp::fromUnix(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("echo sends back what comes, NULs too") {
  Connection<wire::Echo> c;
  const std::string bytes("a\0\r\n\xff", 5);
  c.server.dataReceived(bytes);
  CHECK(c.transport.value() == bytes);
}

TEST_CASE("echo reads no more while its peer does not, and goes on after that") {
  testing::MemoryReactor memory;
  Connection<wire::Echo> c;
  c.transport.setReactor(memory.reactor());
  c.transport.setAccepted();
  c.transport.stall();
  c.server.dataReceived(std::string(65'000, 'x'));
  CHECK(c.transport.producing());
  c.server.dataReceived(std::string(1'000, 'x'));
  CHECK(c.transport.paused());
  c.transport.drain();
  CHECK(c.transport.producing());
}

TEST_CASE("echo cuts off who takes nothing for 10 s") {
  testing::MemoryReactor memory;
  Connection<wire::Echo> c;
  c.transport.setReactor(memory.reactor());
  c.transport.setAccepted();
  c.transport.stall();
  c.server.dataReceived(std::string(66'000, 'x'));
  memory.advance(10s - 1ms);
  CHECK_FALSE(c.transport.aborted());
  memory.advance(1ms);
  CHECK(c.transport.aborted());
}

TEST_CASE("a server that is shut down ends echo, discard and chargen after what is pending") {
  Connection<wire::Echo> echo;
  echo.transport.stall();
  echo.server.dataReceived("last words");
  echo.server.drainBegun();
  CHECK(echo.transport.disconnecting());
  CHECK_FALSE(echo.transport.aborted());
  Connection<wire::Discard> discard;
  discard.server.drainBegun();
  CHECK(discard.transport.disconnecting());
  Connection<wire::Chargen> chargen;
  chargen.server.drainBegun();
  CHECK(chargen.transport.disconnecting());
  CHECK(chargen.transport.producer() == nullptr);
}

TEST_CASE("P-05: echo sends everything before it closes with its peer") {
  wire::Echo server;
  AccumulatingProtocol client;
  auto pump = testing::connectInMemory(server, client, {.wireCapacity = 1000});
  client.transport().write(std::string(100'000, 'x'));
  client.transport().loseWriteConnection();
  pump.flush();
  CHECK(client.data.size() == 100'000);
  CHECK(client.events.back() == "lost ConnectionDone");
}

TEST_CASE("discard says nothing") {
  Connection<wire::Discard> c;
  c.server.dataReceived("anything");
  CHECK(c.transport.value().empty());
  c.server.readConnectionLost();
  CHECK(c.transport.disconnecting());
}

TEST_CASE("chargen's pattern: 95 lines of 72 characters, each one further") {
  const std::string_view pattern = wire::chargenPattern();
  CHECK(pattern.size() == 95 * 74);
  CHECK(pattern.substr(0, 74) == kFirstLine);
  CHECK(pattern.substr(74, 10) == "!\"#$%&'()*");
  CHECK(pattern.substr(94 * 74, 10) == "~ !\"#$%&'(");
}

TEST_CASE(
    "P-03: chargen writes one turn of the pattern each time the kernel has taken all, no more") {
  Connection<wire::Chargen> c;
  const std::size_t turn = wire::chargenPattern().size();
  CHECK(c.transport.value().size() == turn);
  c.transport.stall();
  c.server.dataReceived("ignored");
  CHECK(c.transport.value().size() == turn);
  c.transport.drain();
  CHECK(c.transport.value().size() == 2 * turn);
}

TEST_CASE("chargen ends with its peer") {
  wire::Chargen server;
  AccumulatingProtocol client;
  auto pump = testing::connectInMemory(server, client);
  pump.pump();
  CHECK(client.data.starts_with(kFirstLine));
  SECTION("in order") { client.transport().loseConnection(); }
  SECTION("by a reset") { client.transport().abortConnection(); }
  SECTION("half") { client.transport().loseWriteConnection(); }
  pump.flush();
  CHECK(client.lost == 1);
  CHECK_FALSE(server.transport().connected());
}

TEST_CASE("an announcement says its text, made anew each time, and closes") {
  int made = 0;
  auto text = std::make_shared<wire::Text>([&made] { return "text " + std::to_string(++made); });
  Connection<wire::Announcement> first(text);
  Connection<wire::Announcement> second(text);
  first.server.dataReceived("ignored");
  CHECK(first.transport.value() == "text 1");
  CHECK(first.transport.disconnecting());
  CHECK(second.transport.value() == "text 2");
}

TEST_CASE("RFC 867: daytime in words, in UTC, whatever the locale") {
  CHECK(wire::daytimeText(at(0)) == "Thursday, January 1, 1970 00:00:00-UTC\r\n");
  CHECK(wire::daytimeText(at(951'826'509)) == "Tuesday, February 29, 2000 12:15:09-UTC\r\n");
}

TEST_CASE("RFC 865: a quote has one line end, and at most 512 bytes") {
  CHECK(wire::quoteText("q") == "q\r\n");
  CHECK(wire::quoteText("q\nr\n\r\n") == "q\nr\r\n");
  CHECK(wire::quoteText(std::string(600, 'q')).size() == 512);
}

TEST_CASE("RFC 868: seconds since 1900 in four bytes; the examples of the RFC") {
  const auto [unix, wire] =
      GENERATE(table<std::int64_t, std::uint32_t>({{0, 2'208'988'800U},
                                                   {1, 2'208'988'801U},
                                                   {192'585'600, 2'401'574'400U},
                                                   {325'728'000, 2'534'716'800U},
                                                   {433'036'800, 2'642'025'600U}}));
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(wire >> shift & 0xff);
  CHECK(wire::encodeTime(at(unix)) == bytes);
  CHECK(wire::decodeTime(bytes).value().unixSeconds() == unix);
}

TEST_CASE("RFC 868: after February 2036 the count starts again") {
  const std::int64_t wrap = 2'085'978'496;  // 2036-02-07T06:28:16Z
  CHECK(wire::encodeTime(at(wrap)) == std::string(4, '\0'));
  CHECK(wire::decodeTime(std::string(4, '\0')).value().unixSeconds() == wrap);
  CHECK(wire::decodeTime(wire::encodeTime(at(wrap + 5))).value().unixSeconds() == wrap + 5);
}

TEST_CASE("a time of other than four bytes is refused") {
  CHECK(wire::decodeTime("abc").failure().check<ProtocolError>());
  CHECK(wire::decodeTime("abcde").failure().check<ProtocolError>());
}
