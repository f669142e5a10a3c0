// STARTTLS in front of a factory: dialogue, handshake, then the protocol; in memory and over TCP.
#include "ropewalk/clients/starttls/starttls.h"

#include <optional>

#include "ropewalk/protocols/basic/basic.h"
#include "ropewalk/protocols/starttls/smtp.h"
#include "tests/ssl/tls/tls_world.h"

namespace ropewalk {
namespace {

/// An SMTP server of four commands; after TLS it says so.
struct MailServer final : LineReceiver {
  MailServer(std::optional<ssl::Context> context, std::string behind)
      : context(std::move(context)), behind(std::move(behind)) {}
  void connectionMade() override { sendLine("220 mail"); }
  void lineReceived(std::string_view line) override {
    if (line == "STARTTLS") {
      transport().write("220 go ahead\r\n" + behind);
      return ssl::startTLS(transport(), *context);
    }
    if (line.starts_with("EHLO")) {
      sendLine("250-mail");
      return sendLine(context && !secure ? "250 STARTTLS" : "250 SIZE");
    }
    sendLine(secure ? "250 in private" : "250 in the clear");
  }
  void handshakeCompleted() override { secure = true; }

  std::optional<ssl::Context> context;
  std::string behind;  // said in the clear after the reply
  bool secure = false;
};

/// Connects over TCP; the recorder stands behind STARTTLS.
struct Mail {
  Mail(World& world, std::optional<ssl::Context> serverSide, ssl::Context clientSide,
       std::string behind = "")
      : world(world),
        port(world.reactor.listenTCP(0, factoryFor<MailServer>(std::move(serverSide), behind),
                                     {.interface = "127.0.0.1"})) {
    auto inner = recorderFactory(client, [](Recorder&) {});
    world.reactor
        .connectTCP("127.0.0.1", port.port(),
                    startTlsFirst(StartTlsDialogue(smtpStartTls()), std::move(clientSide),
                                  {"localhost"}, std::move(inner)))
        .addBoth([this](Result<Handle<Protocol>> result) {
          settled = true;
          if (!result.ok()) why = result.failure();
          return Handle<Protocol>();
        });
    CHECK(world.until([this] { return settled; }));
    if (!why) client.protocol->transport().write("NOOP\r\n");
  }

  World& world;
  Record& client = world.record();
  ListeningPort port;
  bool settled = false;
  std::optional<Failure> why;
};

TEST_CASE("the protocol has the connection once TLS is there, and hears of nothing before") {
  EVERY_POLLER;
  Mail mail(world, serverContext(), clientContext());
  REQUIRE_FALSE(mail.why);
  REQUIRE(ssl::sessionOf(mail.client.protocol->transport()) != nullptr);
  CHECK(ssl::sessionOf(mail.client.protocol->transport())->established());
  CHECK(world.until([&] { return mail.client.received == "250 in private\r\n"; }));
}

TEST_CASE("what was slipped in behind the server's reply in the clear never arrives") {
  EVERY_POLLER;
  Mail mail(world, serverContext(), clientContext(), "250 injected\r\n235 welcome\r\n");
  REQUIRE_FALSE(mail.why);
  CHECK(world.until([&] { return mail.client.received == "250 in private\r\n"; }));
}

TEST_CASE("a server that cannot, or whose certificate is not accepted: nothing in the clear") {
  EVERY_POLLER;
  Mail without(world, std::nullopt, clientContext());
  REQUIRE(without.why);
  CHECK(without.why->getErrorMessage() == "cannot begin TLS: the server offers no STARTTLS");
  CHECK_FALSE(without.client.made());
  Mail unknown(world, serverContext(), ssl::Context::client({}));
  REQUIRE(unknown.why);
  CHECK(unknown.why->check<ssl::CertificateError>() != nullptr);
  CHECK_FALSE(unknown.client.made());
  CHECK(world.until([&] { return world.reactor.connections() == 0; }));
}

TEST_CASE("a server that goes away in the middle of the dialogue") {
  EVERY_POLLER;
  struct Leaver final : Protocol {
    void connectionMade() override {
      transport().write("220 mail\r\n");
      transport().loseConnection();
    }
    void dataReceived(std::string_view) override {}
  };
  const ListeningPort port =
      world.reactor.listenTCP(0, factoryFor<Leaver>(), {.interface = "127.0.0.1"});
  std::optional<Failure> why;
  auto& record = world.record();
  world.reactor
      .connectTCP("127.0.0.1", port.port(),
                  startTlsFirst(StartTlsDialogue(smtpStartTls()), clientContext(), {"localhost"},
                                recorderFactory(record, [](Recorder&) {})))
      .addErrback([&](const Failure& reason) {
        why = reason;
        return Handle<Protocol>();
      });
  REQUIRE(world.until([&] { return why.has_value(); }));
  CHECK(why->check<ConnectionLost>() != nullptr);
  CHECK_FALSE(record.made());
}

}  // namespace
}  // namespace ropewalk
