// A Site behind TLS: what a handler learns of the connection.

#include "ropewalk/core/base/format.h"
#include "ropewalk/servers/http/http.h"
#include "tests/ssl/tls/tls_world.h"

namespace ropewalk::http {

namespace {

/// A site that says who asks, behind TLS with certificates for clients that like.
struct SecureSite {
  explicit SecureSite(World& world) : world(world) {
    site->get("/who", [](Request& request) -> std::string {
      if (!request.isSecure()) return "in the clear";
      const auto certificate = request.tls()->peerCertificate();
      return certificate ? certificate->commonName : "nobody";
    });
  }
  std::string ask(ssl::ClientOptions options) {
    TlsPair pair(world, context, clientContext(std::move(options)));
    pair.port.emplace(ssl::listenSSL(world.reactor, 0, site, context, {.interface = "127.0.0.1"}));
    if (!pair.connect() || pair.why) return "no connection";
    pair.client.protocol->transport().write(
        "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    world.until([&] { return pair.client.over; });
    const std::string& answer = pair.client.received;
    return answer.substr(answer.rfind("\r\n") + 2);
  }
  static ssl::Context asking() {
    ssl::ServerOptions options;
    options.clientCA = Pki::get().ca();
    options.clientCertificates = ssl::ClientCertificates::request;
    return serverContext(options);
  }

  World& world;
  std::shared_ptr<Site> site = std::make_shared<Site>();
  ssl::Context context = asking();
};

}  // namespace

TEST_CASE("a handler knows that it was asked over TLS, and by whose certificate") {
  EVERY_POLLER;
  SecureSite site(world);
  const auto alice = Pki::get().issue("alice", "DNS:alice");
  CHECK(site.ask({}) == "nobody");
  CHECK(site.ask({.certificate = alice.certificate, .key = alice.key}) == "alice");
}

TEST_CASE("who comes with http:// is told to use https://, in a whole response") {
  const std::string answer = useHttpsAnswer();
  const std::size_t head = answer.find("\r\n\r\n") + 4;
  const std::string body = answer.substr(head);
  CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(answer.find(format("\r\nContent-Length: {}\r\n", body.size())) < head);
  CHECK(answer.find("\r\nConnection: close\r\n") < head);
  CHECK(body.find("use https://") != std::string::npos);
}

}  // namespace ropewalk::http
