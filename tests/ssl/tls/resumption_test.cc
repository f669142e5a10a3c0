// Sessions that are resumed: how long a ticket's key lives (RFC 5077 §5.5), and session ids (RFC
// 5246 §7.3).

#include <openssl/ssl.h>

#include "tests/ssl/tls/openssl_client.h"

using namespace ropewalk;

namespace {

/// A server whose ticket keys age by a clock that stands still.
struct AgingServer {
  AgingServer() {
    ssl::ServerOptions options;
    options.now = [this] { return now; };
    context.emplace(serverContext(options));
  }

  TimePoint now{};
  std::optional<ssl::Context> context;
};

/// One connection, long enough to get a ticket. @return whether a session was resumed
bool visit(World& world, const AgingServer& server, const ssl::Context& client) {
  TlsPair pair(world, *server.context, client);
  pair.prepareServer = [](Recorder& each) {
    each.onMade = [&each] { each.transport().write("hi"); };
  };
  REQUIRE(pair.connect());
  REQUIRE_FALSE(pair.why);
  REQUIRE(world.until([&] { return pair.client.received == "hi"; }));
  const bool resumed = pair.clientSession().resumed();
  pair.client.protocol->transport().loseConnection();
  REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
  return resumed;
}

void tls12WithoutTickets(SSL_CTX* context) {
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
}

}  // namespace

TEST_CASE("a ticket opens for two turns of its server's keys, 12 hours each, and then no more") {
  EVERY_POLLER;
  const int turns = GENERATE(0, 1, 2, 3);
  const bool busy = GENERATE(false, true);  // or nobody came in the meantime
  AgingServer server;
  const ssl::Context client = clientContext();
  CHECK_FALSE(visit(world, server, client));
  for (int turn = 0; turn < turns; ++turn) {
    server.now += 12h;
    if (busy) CHECK_FALSE(visit(world, server, clientContext()));
  }
  CHECK(visit(world, server, client) == (turns < 3));
}

TEST_CASE("a ticket opens until the last second of its key") {
  EVERY_POLLER;
  AgingServer server;
  const ssl::Context client = clientContext();
  visit(world, server, client);
  server.now += 36h - 1s;
  CHECK(visit(world, server, client));
}

TEST_CASE("who returns with a ticket of an old key gets one of the key that seals now") {
  EVERY_POLLER;
  AgingServer server;
  const ssl::Context client = clientContext();
  visit(world, server, client);
  for (int day = 0; day < 4; ++day) {
    server.now += 24h;
    CHECK(visit(world, server, client));
  }
}

TEST_CASE("a busy server's keys turn by its clock, not by how often it is asked") {
  EVERY_POLLER;
  AgingServer server;
  const ssl::Context client = clientContext();
  visit(world, server, client);
  for (int hour = 0; hour < 35; ++hour) {
    server.now += 1h;
    visit(world, server, clientContext());
  }
  CHECK(visit(world, server, client));
}

TEST_CASE("TLS 1.2: a session id is resumed where sessionCache is on; by default it is not") {
  EVERY_POLLER;
  ssl::ServerOptions options;
  options.sessionCache = GENERATE(false, true);
  options.tickets = GENERATE(false, true);  // this client wants none
  TlsPair pair(world, serverContext(options));
  pair.listen();
  OpenSSLClient first(world, pair.port->port(), &tls12WithoutTickets);
  REQUIRE(first.connect());
  REQUIRE_FALSE(first.resumed());
  first.close();
  REQUIRE(world.until([&] { return pair.server.over; }));

  OpenSSLClient second(world, pair.port->port(), &tls12WithoutTickets, first.session());
  REQUIRE(second.connect());
  CHECK(second.resumed() == options.sessionCache);
  REQUIRE(world.until([&] { return pair.serverSide.handshakes().completed == 2; }));
  CHECK(pair.serverSide.handshakes().resumed == (options.sessionCache ? 1 : 0));
}

TEST_CASE("tickets off: TLS 1.3 sends none, so nothing is resumed") {
  EVERY_POLLER;
  ssl::ServerOptions options;
  options.tickets = GENERATE(false, true);
  TlsPair pair(world, serverContext(options));
  pair.prepareServer = [](Recorder& each) {
    each.onMade = [&each] { each.transport().write("!"); };
  };
  pair.listen();
  OpenSSLClient client(world, pair.port->port(), [](SSL_CTX*) {});
  REQUIRE(client.connect());
  REQUIRE(client.read());
  CHECK(SSL_SESSION_is_resumable(client.session().get()) == (options.tickets ? 1 : 0));
}
