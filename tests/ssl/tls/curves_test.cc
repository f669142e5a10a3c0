// The key exchange groups of a context: ServerOptions::curves, ClientOptions::curves. RFC 8446
// §4.2.7, §4.1.4.

#include <openssl/ssl.h>

#include "tests/ssl/tls/openssl_client.h"

using namespace ropewalk;

namespace {

ssl::Context serving(const std::string& curves) {
  ssl::ServerOptions options;
  options.curves = curves;
  return serverContext(std::move(options));
}

ssl::Context offering(const std::string& curves) {
  ssl::ClientOptions options;
  options.curves = curves;
  return clientContext(std::move(options));
}

std::string refused(const std::function<void()>& make) {
  try {
    make();
  } catch (const ssl::ContextError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a server with P-384 only asks a client that guessed X25519 to say hello again") {
  EVERY_POLLER;
  TlsPair pair(world, serving("P-384"));
  pair.listen();
  const auto offers = [](const char* groups) {
    return [groups](SSL_CTX* context) { SSL_CTX_set1_groups_list(context, groups); };
  };
  SECTION("X25519 first: HelloRetryRequest") {
    OpenSSLClient client(world, pair.port->port(), offers("X25519:P-384"));
    REQUIRE(client.connect());
    CHECK(client.hellos() == 2);
    CHECK(client.group() == "secp384r1");
  }
  SECTION("P-384 first: none is needed") {
    OpenSSLClient client(world, pair.port->port(), offers("P-384:X25519"));
    REQUIRE(client.connect());
    CHECK(client.hellos() == 1);
  }
}

TEST_CASE("our own client guesses X25519 too, and goes on with P-384") {
  EVERY_POLLER;
  TlsPair pair(world, serving("P-384"), offering("X25519:P-384"));
  REQUIRE(pair.connect());
  CHECK_FALSE(pair.why);
  CHECK(pair.clientSession().established());
}

TEST_CASE("no group in common: each side reads why") {
  EVERY_POLLER;
  TlsPair pair(world, serving("P-384"), offering("X25519"));
  const log::testing::Captured captured(log::Level::debug);
  REQUIRE(pair.connect());
  REQUIRE(pair.why);
  CHECK_THAT(pair.why->getErrorMessage(),
             Catch::Matches("TLS handshake with 127\\.0\\.0\\.1:[0-9]+ failed: the peer refused: "
                            ".*handshake failure \\(alert 40\\)"));
  REQUIRE(world.until([&] { return pair.server.over; }));
  CHECK(pair.server.lostKind == "HandshakeError");
  CHECK(captured.contains(log::Level::debug,
                          "failed: no cipher suite or key exchange group in common"));
  CHECK(pair.serverSide.handshakes().failures[static_cast<int>(ssl::HandshakeFailure::cipher)] ==
        1);
}

TEST_CASE("curves that OpenSSL does not know are refused when the context is made") {
  CHECK(refused([] { serving("P-384:P-999"); }).find("the curves") != std::string::npos);
  CHECK(refused([] { offering("P-999"); }).find("the curves") != std::string::npos);
  CHECK(refused([] { serving("P-521"); }) == "accepted");
}
