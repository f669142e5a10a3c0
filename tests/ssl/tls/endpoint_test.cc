// tls:// endpoints.

#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

std::string listening(const std::string& parameters) {
  const ssl::CertificateFiles files = Pki::get().localhost();
  return format("tls://127.0.0.1:0?cert={}&key={}{}", files.certificate, files.key, parameters);
}

std::string whyNot(World& world, const std::string& endpoint) {
  std::string why = "it listens";
  Record& record = world.record();
  listen(world.reactor, endpoint, recorderFactory(record)).addErrback([&](const Failure& failure) {
    why = failure.getErrorMessage();
    return ListeningPort();
  });
  return why;
}

}  // namespace

TEST_CASE("E-04: connecting to tls:// fires after the handshake, with the protocol inside") {
  EVERY_POLLER;
  struct Hello : Protocol {
    void connectionMade() override { transport().write("hello"); }
    void dataReceived(std::string_view) override {}
  };
  Record& server = world.record();
  const ListeningPort port =
      listen(world.reactor, listening("&alpn=a,b"), recorderFactory(server)).takeResult().value();
  Handle<Hello> client;
  auto connecting = connect<Hello>(
      world.reactor, format("tls://localhost:{}?ca={}&alpn=b", port.port(), Pki::get().ca()));
  connecting.addCallback([&](Handle<Hello>& made) { client = made; });
  REQUIRE(world.until([&] { return server.received == "hello" && client; }));
  CHECK(ssl::sessionOf(client->transport())->negotiatedProtocol() == "b");
}

TEST_CASE("E-04: a certificate that is not accepted fails the connecting, in words") {
  EVERY_POLLER;
  Record& server = world.record();
  const ListeningPort port =
      listen(world.reactor, listening(""), recorderFactory(server)).takeResult().value();
  std::string why;
  auto connecting =
      connect(world.reactor,
              format("tls://localhost:{}?ca={}&name=other.example", port.port(), Pki::get().ca()),
              recorderFactory(world.record()));
  connecting.addErrback([&](const Failure& failure) {
    why = failure.getErrorMessage();
    return Handle<Protocol>();
  });
  REQUIRE(world.until([&] { return !why.empty(); }));
  CHECK(why == "peer's certificate is for localhost, 127.0.0.1, not other.example");
}

TEST_CASE("what is wrong with a tls:// string is told") {
  EVERY_POLLER;
  CHECK(whyNot(world, listening("&profil=modern")).find("did you mean 'profile'?") !=
        std::string::npos);
  CHECK(whyNot(world, listening("&profile=old")).find("choose one of modern, intermediate") !=
        std::string::npos);
  CHECK(whyNot(world, "tls://127.0.0.1:0").find("a TLS server needs a certificate") !=
        std::string::npos);
  CHECK(whyNot(world, listening("&backlog=16")) == "it listens");
}
