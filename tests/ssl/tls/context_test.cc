// What a Context loads, refuses, and replaces while it runs.

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

std::string refusal(ssl::ServerOptions options) {
  try {
    [[maybe_unused]] const auto context = ssl::Context::server(std::move(options));
  } catch (const ssl::ContextError& error) {
    return error.what();
  }
  return "accepted";
}

bool has(const std::string& text, std::string_view part) {
  CAPTURE(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

/// What a client sees as the server's common name.
std::string servedName(World& world, const ssl::Context& server, const std::string& host,
                       ssl::ClientOptions options = {}) {
  options.resume = false;
  TlsPair pair(world, server, clientContext(std::move(options)), host);
  if (!pair.connect()) return "timed out";
  if (pair.why) return pair.why->getErrorMessage();
  return pair.clientSession().peerCertificate()->commonName;
}

ssl::Context serving(const ssl::CertificateFiles& files) {
  ssl::ServerOptions options;
  options.certificate = files.certificate;
  options.key = files.key;
  return ssl::Context::server(options);
}

void copy(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

TEST_CASE("a certificate that is not there is named, with the reason") {
  has(refusal({.certificate = "/nowhere/a.pem"}), "cannot read /nowhere/a.pem: no such file");
  has(refusal({}), "a TLS server needs a certificate");
}

TEST_CASE("a file without a certificate, or without a key, says what it should hold") {
  Pki& pki = Pki::get();
  pki.write(pki.path("text.pem"), "just text\n");
  has(refusal({.certificate = pki.path("text.pem")}),
      "holds no certificate: a PEM file has a line");
  has(refusal({.certificate = pki.localhost().certificate}), "holds no private key");
}

TEST_CASE("a key that does not match is told with both kinds") {
  Pki& pki = Pki::get();
  const auto ec = pki.localhost();
  const auto rsa = pki.issue("rsa", "DNS:localhost", Pki::kRSA);
  const std::string why = refusal({.certificate = ec.certificate, .key = rsa.key});
  has(why, "does not match certificate");
  has(why, "RSA 2048 against EC P-256");
}

TEST_CASE("an encrypted key needs its password, and the right one") {
  Pki& pki = Pki::get();
  const auto files = pki.localhost();
  const std::string key = pki.path("encrypted.key");
  pki.run(format("openssl pkcs8 -topk8 -in {} -passout pass:secret -out {}", files.key, key));
  has(refusal({.certificate = files.certificate, .key = key}), "is encrypted: give its password");
  pki.write(pki.path("password"), "secret\nand more\n");
  CHECK(refusal(
            {.certificate = files.certificate, .key = key, .passwordFile = pki.path("password")}) ==
        "accepted");
  has(refusal({.certificate = files.certificate, .key = key, .passwordFile = "/nowhere/p"}),
      "cannot read /nowhere/p: no such file");
  has(refusal({.certificate = files.certificate, .key = key, .password = "wrong"}),
      "does not open with this password");
  CHECK(refusal({.certificate = files.certificate, .key = key, .password = "secret"}) ==
        "accepted");
}

TEST_CASE("an expired certificate is refused, with the time since") {
  Pki& pki = Pki::get();
  const auto old = pki.issueDated("expired", "DNS:localhost", "-9 days", "-73 hours");
  has(refusal({.certificate = old.certificate, .key = old.key}),
      "certificate expired 3 days ago (CN=expired)");
  const auto early = pki.issueDated("early", "DNS:localhost", "49 hours", "9 days");
  has(refusal({.certificate = early.certificate, .key = early.key}),
      "certificate is not valid yet: it will be in 2 days (CN=early)");
}

TEST_CASE("a certificate that has no part in the chain is refused") {
  Pki& pki = Pki::get();
  const auto files = pki.localhost();
  const auto other = pki.issue("other", "DNS:other");
  const std::string chain = pki.path("chain.pem");
  copy(other.certificate, chain);
  has(refusal({.certificate = files.certificate, .key = files.key, .chain = chain}),
      "the chain is out of order");
}

TEST_CASE("RSA, ECDSA and Ed25519 keys all serve") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  const auto [name, kind] = GENERATE(table<std::string, std::string>(
      {{"kind-rsa", Pki::kRSA}, {"kind-ec", Pki::kEC}, {"kind-ed", "-algorithm ED25519"}}));
  CHECK(servedName(world, serving(pki.issue(name, "DNS:localhost", kind)), "localhost") == name);
}

TEST_CASE("X-06: SNI chooses: the name itself, a wildcard, else the default") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  ssl::ServerOptions options;
  options.more = {pki.issue("one", "DNS:one.example"), pki.issue("wild", "DNS:*.wild.example"),
                  pki.issue("deep", "DNS:deep.wild.example")};
  const ssl::Context server = serverContext(options);
  CHECK(servedName(world, server, "one.example") == "one");
  CHECK(servedName(world, server, "ONE.example") == "one");
  CHECK(servedName(world, server, "any.wild.example") == "wild");
  CHECK(servedName(world, server, "deep.wild.example") == "deep");
  CHECK(servedName(world, server, "localhost") == "localhost");
  has(servedName(world, server, "a.b.wild.example"),
      "peer's certificate is for localhost, 127.0.0.1, not a.b.wild.example");
}

TEST_CASE("a directory of certificates is matched to its keys, certbot's layout too") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  const std::string directory = pki.path("live");
  for (const std::string name : {"first", "second"}) {
    const auto files = pki.issue(name, "DNS:" + name + ".example");
    std::filesystem::create_directories(directory + "/" + name);
    copy(files.certificate, directory + "/" + name + "/fullchain.pem");
    copy(files.key, directory + "/" + name + "/privkey.pem");
  }
  ssl::ServerOptions options;
  options.sniDirectory = directory;
  const ssl::Context server = ssl::Context::server(options);
  CHECK(servedName(world, server, "second.example") == "second");
  CHECK(servedName(world, server, "first.example") == "first");
}

TEST_CASE("reload serves the new certificate to new connections; open ones go on") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  const ssl::CertificateFiles live{pki.path("live.pem"), pki.path("live.key")};
  const auto put = [&](const ssl::CertificateFiles& from) {
    copy(from.certificate, live.certificate);
    copy(from.key, live.key);
  };
  put(pki.issue("old", "DNS:localhost"));
  const ssl::Context server = serving(live);
  TlsPair open(world, server);
  REQUIRE(open.connect());

  put(pki.issue("new", "DNS:localhost"));
  server.reload();
  CHECK(servedName(world, server, "localhost") == "new");
  open.client.protocol->transport().write("still here");
  CHECK(world.until([&] { return open.server.received == "still here"; }));
}

TEST_CASE("a bad set leaves the old one in place, and says why") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  const ssl::CertificateFiles live{pki.path("bad-live.pem"), pki.path("bad-live.key")};
  const auto good = pki.issue("old", "DNS:localhost");
  copy(good.certificate, live.certificate);
  copy(good.key, live.key);
  ssl::ServerOptions options;
  options.certificate = live.certificate;
  options.key = live.key;
  options.names = {"localhost"};
  const ssl::Context server = ssl::Context::server(options);

  const auto other = pki.issue("other", "DNS:other");
  copy(other.certificate, live.certificate);
  CHECK_THROWS_WITH(server.reload(), Catch::Contains("does not match certificate"));
  copy(other.key, live.key);
  CHECK_THROWS_WITH(server.reload(),
                    Catch::Contains("no certificate is for localhost, which must be covered"));
  CHECK(servedName(world, server, "localhost") == "old");
}

TEST_CASE("watched files are loaded again once they have changed and settled") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  const ssl::CertificateFiles live{pki.path("watched.pem"), pki.path("watched.key")};
  const auto put = [&](const ssl::CertificateFiles& from) {
    copy(from.certificate, live.certificate);
    copy(from.key, live.key);
  };
  put(pki.issue("old", "DNS:localhost"));
  const ssl::Context server = serving(live);
  server.watch(world.reactor, 5ms);
  put(pki.issue("new", "DNS:localhost"));
  CHECK(world.until([&] { return server.certificates().front().commonName == "new"; }));
}

TEST_CASE("client certificates: none asked, requested, required") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  ssl::ServerOptions options;
  options.clientCA = pki.ca();
  options.clientCertificates =
      GENERATE(ssl::ClientCertificates::request, ssl::ClientCertificates::require);
  const bool required = options.clientCertificates == ssl::ClientCertificates::require;
  const auto alice = pki.issue("alice", "DNS:alice");
  SECTION("with one the server knows who it is") {
    TlsPair pair(world, serverContext(options),
                 clientContext({.certificate = alice.certificate, .key = alice.key}));
    REQUIRE(pair.connect());
    REQUIRE(world.until([&] { return pair.serverSession().established(); }));
    CHECK(pair.serverSession().peerCertificate()->commonName == "alice");
    CHECK(pair.serverSession().peerVerified());
  }
  SECTION("without one") {
    TlsPair pair(world, serverContext(options));
    REQUIRE(pair.connect());
    if (required) {
      REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
      CHECK(pair.serverSide.handshakes()
                .failures[static_cast<int>(ssl::HandshakeFailure::missingCertificate)] == 1);
    } else {
      REQUIRE(world.until([&] { return pair.serverSession().established(); }));
      CHECK_FALSE(pair.serverSession().peerCertificate());
    }
  }
}

TEST_CASE("the reasons why a server's certificate is not accepted, in words") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  SECTION("another host") {
    has(servedName(world, serverContext(), "www.example.com"),
        "peer's certificate is for localhost, 127.0.0.1, not www.example.com");
  }
  SECTION("an IP address is looked for among the addresses") {
    CHECK(servedName(world, serverContext(), "127.0.0.1") == "localhost");
    has(servedName(world, serverContext(), "127.0.0.2"), "not 127.0.0.2");
  }
  SECTION("an authority that nobody knows") {
    const auto alice = pki.issue("alice", "DNS:alice");
    has(servedName(world, serverContext(), "localhost", {.trust = alice.certificate}),
        "unknown authority: CN=Test authority");
  }
  SECTION("a wildcard is one whole label") {
    const auto files = pki.issue("partial", "DNS:w*w.example");
    has(servedName(world, serving(files), "www.example"),
        "peer's certificate is for w*w.example, not www.example");
  }
  SECTION("a common name is no name (RFC 9525 §2)") {
    const auto files = pki.issue("only-cn.example", "DNS:other.example");
    has(servedName(world, serving(files), "only-cn.example"), "not only-cn.example");
  }
}

TEST_CASE("pins: a key of the chain must be among them, besides being valid") {
  EVERY_POLLER;
  const ssl::Context server = serverContext();
  const std::string pin = server.certificates().front().pin;
  CHECK(servedName(world, server, "localhost", {.pins = {"not this", pin}}) == "localhost");
  has(servedName(world, server, "localhost", {.pins = {"AAAA"}}), "no key of the chain is pinned");
  has(servedName(world, server, "localhost", {.verify = false, .pins = {"AAAA"}}),
      "no key of the chain is pinned");
}

TEST_CASE("without verification anybody may answer") {
  EVERY_POLLER;
  CHECK(servedName(world, serverContext(), "www.example.com", {.verify = false}) == "localhost");
}

TEST_CASE("several servers share ticket keys from a file") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  pki.run(format("openssl rand -base64 80 | tr -d '\\n' > {}", pki.path("tickets")));
  const ssl::Context client = clientContext();
  for (int server = 0; server < 2; ++server) {
    ssl::ServerOptions options;
    options.ticketKeys = pki.path("tickets");
    TlsPair pair(world, serverContext(options), client);
    pair.prepareServer = [](Recorder& each) {
      each.onMade = [&each] { each.transport().write("hi"); };
    };
    REQUIRE(pair.connect());
    CHECK(pair.clientSession().resumed() == (server == 1));
    REQUIRE(world.until([&] { return pair.client.received == "hi"; }));
  }
  pki.write(pki.path("bad-tickets"), "short");
  has(refusal({.certificate = pki.localhost().certificate,
               .key = pki.localhost().key,
               .ticketKeys = pki.path("bad-tickets")}),
      "neither keys of 80 bytes nor lines of base64");
}

TEST_CASE("the key log is written only when asked for, for its owner's eyes") {
  EVERY_POLLER;
  const std::string file = Pki::get().path("keys.log");
  std::filesystem::remove(file);
  ssl::ServerOptions options;
  options.keyLog = file;
  CHECK(servedName(world, serverContext(options), "localhost") == "localhost");
  std::ifstream log(file);
  std::string first;
  std::getline(log, first);
  CHECK(first.starts_with("SERVER_HANDSHAKE_TRAFFIC_SECRET "));
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 077) == 0);
}
