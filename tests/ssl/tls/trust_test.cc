// Whom a client trusts that was given no authority: the system's store, which SSL_CERT_FILE and
// SSL_CERT_DIR may point elsewhere. And whom it verifies (RFC 9525, RFC 4007 §11).

#include "tests/ssl/tls/openssl_client.h"

using namespace ropewalk;

namespace {

/// A variable of the environment, for a scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;  // NOLINT(concurrency-mt-unsafe)
    ::setenv(name, value.c_str(), 1);                     // NOLINT(concurrency-mt-unsafe)
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (old_) ::setenv(name_, old_->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    if (!old_) ::unsetenv(name_);                 // NOLINT(concurrency-mt-unsafe)
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

/// What a client says of a server: "trusted", or why not.
std::string verdict(World& world, const ssl::Context& client, const std::string& host = "localhost",
                    ssl::Context server = serverContext()) {
  TlsPair pair(world, std::move(server), client, host);
  if (!pair.connect()) return "timed out";
  return pair.why ? pair.why->getErrorMessage() : "trusted";
}

ssl::Context serving(const std::string& name, const std::string& names) {
  const auto files = Pki::get().issue(name, names);
  ssl::ServerOptions options;
  options.certificate = files.certificate;
  options.key = files.key;
  return ssl::Context::server(std::move(options));
}

}  // namespace

TEST_CASE("without an authority of its own a client trusts those of the system: SSL_CERT_FILE") {
  EVERY_POLLER;
  Pki& pki = Pki::get();
  const std::string nobody = pki.path("nobody.pem");
  pki.write(nobody, "");
  const Variable noDirectory("SSL_CERT_DIR", pki.path("no-such-directory"));
  SECTION("a private authority there is trusted") {
    const Variable file("SSL_CERT_FILE", pki.ca());
    CHECK(verdict(world, ssl::Context::client()) == "trusted");
  }
  SECTION("an empty file trusts nobody") {
    const Variable file("SSL_CERT_FILE", nobody);
    CHECK(verdict(world, ssl::Context::client()) ==
          "unknown authority: CN=Test authority; to trust it, name a file with its certificate");
  }
  SECTION("the error tells that it is the authority") {
    const Variable file("SSL_CERT_FILE", nobody);
    TlsPair pair(world, serverContext(), ssl::Context::client(), "localhost");
    REQUIRE(pair.connect());
    REQUIRE(pair.why);
    const auto* refused = pair.why->check<ssl::CertificateError>();
    REQUIRE(refused != nullptr);
    CHECK(refused->unknownAuthority());
  }
  SECTION("an authority of its own takes the place of the system's") {
    const Variable file("SSL_CERT_FILE", pki.ca());
    const auto other = pki.issue("other-authority", "DNS:other");
    CHECK(verdict(world, ssl::Context::client({.trust = other.certificate})) ==
          "unknown authority: CN=Test authority; to trust it, name a file with its certificate");
  }
}

TEST_CASE("SSL_CERT_DIR: authorities by the hash of their names") {
  EVERY_POLLER;
  const Pki& pki = Pki::get();
  const std::string directory = pki.path("trusted");
  std::filesystem::create_directories(directory);
  pki.run(format("cp {0} {1} && openssl rehash {1}", pki.ca(), directory));
  const Variable noFile("SSL_CERT_FILE", pki.path("no-such-file"));
  const Variable where("SSL_CERT_DIR", directory);
  CHECK(verdict(world, ssl::Context::client()) == "trusted");
}

TEST_CASE("an IPv6 address is verified as what it is, without its scope and without brackets") {
  EVERY_POLLER;
  const int form = GENERATE(0, 1, 2);
  const std::string host = std::array{"::1", "[::1]", "::1%lo"}[static_cast<std::size_t>(form)];
  CHECK(verdict(world, clientContext(), host, serving("v6", "IP:::1")) == "trusted");
  CHECK(verdict(world, clientContext(), host, serving("other-v6", "IP:::2")) ==
        "peer's certificate is for ::2, not " + host);
  CHECK(verdict(world, clientContext(), host) ==
        "peer's certificate is for localhost, 127.0.0.1, not " + host);
}

TEST_CASE("the final dot of an absolute name is in no certificate, and not sent (RFC 6066 §3)") {
  EVERY_POLLER;
  TlsPair pair(world, serverContext(), clientContext(), "localhost.");
  REQUIRE(pair.connect());
  CHECK_FALSE(pair.why);
  REQUIRE(world.until([&] { return pair.serverSession().established(); }));
  CHECK(pair.serverSession().serverName() == "localhost");
  CHECK(verdict(world, clientContext(), "other.") ==
        "peer's certificate is for localhost, 127.0.0.1, not other");
}

TEST_CASE("a server asked for an absolute name serves the certificate of that name") {
  EVERY_POLLER;
  ssl::ServerOptions options;
  options.more = {Pki::get().issue("one", "DNS:one.example"),
                  Pki::get().issue("wild", "DNS:*.wild.example")};
  TlsPair pair(world, serverContext(options));
  pair.listen();
  const auto [asked, name] = GENERATE(table<const char*, const char*>(
      {{"One.example.", "one.example"}, {"a.wild.example.", "a.wild.example"}}));
  OpenSSLClient client(world, pair.port->port(), [](SSL_CTX*) {});
  client.ask(asked);
  REQUIRE(client.connect());
  CHECK(client.gotCertificateFor(name));
  REQUIRE(world.until([&] { return pair.serverSession().established(); }));
  CHECK(lowerCase(pair.serverSession().serverName()) == name);
}

TEST_CASE("a wildcard covers a label with underscores, and no other name because of that") {
  EVERY_POLLER;
  const ssl::Context server = serving("wild", "DNS:*.wild.example");
  const auto check = [&](const char* host) {
    return verdict(world, clientContext(), host, server);
  };
  CHECK(check("my_host.wild.example") == "trusted");
  CHECK(check("My_Host.Wild.example.") == "trusted");
  for (const std::string host : {"a.my_host.wild.example", "my_host.example",
                                 "my_host.tame.example", "my*_host.wild.example"})
    CHECK(check(host.c_str()) == "peer's certificate is for *.wild.example, not " + host);
  CHECK(verdict(world, clientContext(), "x_.example", serving("short", "DNS:*.example")) ==
        "peer's certificate is for *.example, not x_.example");
}
