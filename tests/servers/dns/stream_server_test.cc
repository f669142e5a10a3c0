// StreamServer: how a connection ends, on a transport and in a time that are the test's.
#include "ropewalk/servers/dns/stream_server.h"

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "ropewalk/servers/dns/server.h"
#include "tests/catch.h"

namespace ropewalk::dns {
namespace {

constexpr std::string_view kZone =
    "$ORIGIN a.test.\n$TTL 60\n@ SOA ns h 7 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n";

std::string framed(std::string_view name, Type type = Type::A) {
  Message message;
  message.questions = {{Name(name), type, Class::IN}};
  const std::string bytes = message.encode();
  return std::string{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size())} + bytes;
}

/// A transport whose writes may fail.
struct Fragile final : testing::StringTransport {
  using testing::StringTransport::write;
  void write(std::string_view data) override {
    if (broken) throw std::runtime_error("no room");
    testing::StringTransport::write(data);
  }
  bool broken = false;
};

struct Served {
  explicit Served(std::string_view zone = kZone) {
    server->zone(Zone::parse(zone).value());
    TransferPolicy policy;
    policy.allow({"any"});
    server->allowTransfers(policy);
  }

  testing::MemoryReactor world;
  std::shared_ptr<Server> server = Server::make(world.reactor());
};

struct Connection {
  explicit Connection(Served& served)
      : protocol(served.server->buildProtocol(Address::IPv4("192.0.2.9", 4000))) {
    transport.setPeer(Address::IPv4("192.0.2.9", 4000));
    transport.setReactor(served.world.reactor());
    transport.connect(*protocol);
  }
  std::string ask(std::string_view name, Type type = Type::A) {
    protocol->dataReceived(framed(name, type));
    return transport.take();
  }
  [[nodiscard]] bool ended() const { return transport.disconnecting(); }

  std::unique_ptr<Protocol> protocol;
  Fragile transport;
};

TEST_CASE("in drain a question on its way is answered before an idle connection ends") {
  Served served;
  Connection idle(served), late(served), fresh(served), first(served);
  (void)idle.ask("ns.a.test");
  (void)late.ask("ns.a.test");
  for (Connection* each : {&idle, &late, &fresh, &first}) each->protocol->drainBegun();
  CHECK_FALSE(idle.ended());
  CHECK_FALSE(late.ask("ns.a.test").empty());
  served.world.advance(99ms);
  CHECK_FALSE(late.ask("ns.a.test").empty());  // gives no more time
  CHECK_FALSE(idle.ended());
  served.world.advance(1ms);
  CHECK(idle.ended());
  CHECK(late.ended());
  CHECK_FALSE(fresh.ended());  // its handshake may not be done
  CHECK_FALSE(first.ask("ns.a.test").empty());
  served.world.advance(100ms);
  CHECK(first.ended());
  served.world.advance(799ms);
  CHECK_FALSE(fresh.ended());
  served.world.advance(1ms);
  CHECK(fresh.ended());
}

TEST_CASE("in drain an answer that is under way is waited for") {
  Served served;
  Source<A> slow;
  served.server->answer("slow.test", [&](const Question&) { return slow.deferred(); });
  Connection connection(served);
  CHECK(connection.ask("slow.test").empty());
  connection.protocol->drainBegun();
  served.world.advance(5s);
  CHECK_FALSE(connection.ended());
  slow.callback(A("192.0.2.9"));
  CHECK_FALSE(connection.transport.take().empty());
  CHECK(connection.ended());
}

TEST_CASE("what goes wrong in the middle of a zone is logged, and ends the connection") {
  const log::testing::Captured captured;
  std::string text(kZone);
  for (int i = 0; i < 20'000; ++i) text += "h" + std::to_string(i) + " A 192.0.2.9\n";
  Served served(text);
  Connection connection(served);
  connection.transport.stall();
  CHECK_FALSE(connection.ask("a.test", Type::AXFR).empty());
  CHECK_FALSE(connection.transport.aborted());
  connection.transport.broken = true;
  connection.transport.drain();
  CHECK(connection.transport.aborted());
  CHECK(captured.contains(log::Level::error, "no room"));
}

}  // namespace
}  // namespace ropewalk::dns
