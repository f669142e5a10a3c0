// ropewalk connect: standard input and output joined to an endpoint, as netcat does; with TLS, as
// openssl s_client does.

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <utility>

#include "client_run.h"
#include "client_tls.h"
#include "command_line.h"
#include "commands.h"
#include "exit_code.h"
#include "output.h"
#include "ropewalk/clients/http/tunnel.h"
#include "ropewalk/clients/starttls/starttls.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stream/bridge.h"
#include "ropewalk/core/net/stream/stdio.h"
#include "ropewalk/protocols/starttls/ftp.h"
#include "ropewalk/protocols/starttls/imap.h"
#include "ropewalk/protocols/starttls/pop3.h"
#include "ropewalk/protocols/starttls/smtp.h"
#include "ropewalk/ssl/endpoint.h"

namespace ropewalk::app {

namespace {

struct ConnectOptions {
  std::string endpoint;
  bool verbose = false;
  bool tls = false;
  std::string startTls;  // a protocol
  bool showCertificates = false;
  bool keepSending = false;
  ClientTls material;
  std::string alpn;
  std::string name;

  [[nodiscard]] bool secure() const { return tls || !startTls.empty() || showCertificates; }
};

// For the words before TLS: connect has the same.
constexpr Duration kPatience = std::chrono::seconds(30);

/// Whose certificate it must be: of the host that is talked to, behind a proxy too.
ssl::ServerIdentity identityOf(const ConnectOptions& options) {
  if (!options.name.empty()) return {options.name};
  const EndpointUrl url = EndpointUrl::parse(options.endpoint);
  if (url.scheme == "http-connect")
    return {EndpointUrl::parse(url.path.substr(url.path.empty() ? 0 : 1)).host};
  if (url.host.empty() && url.scheme != "tcp")
    throw CommandError(kUsage, format("{} names no host: say with --name whose certificate it "
                                      "must be",
                                      options.endpoint));
  return {url.host.empty() ? "localhost" : url.host};
}

ssl::ClientOptions tlsOptions(const ConnectOptions& options) {
  ssl::ClientOptions client = clientOptionsOf(options.material);
  for (const std::string_view each : split(options.alpn, ',')) {
    if (!trim(each).empty()) client.alpn.emplace_back(trim(each));
  }
  return client;
}

struct StartTlsChoice {
  const char* name;
  StartTlsWords (*words)();
};

const StartTlsChoice kStartTls[] = {
    {"smtp", [] { return smtpStartTls(); }},
    {"imap", imapStartTls},
    {"ftp", ftpStartTls},
    {"pop3", pop3StartTls},
};

StartTlsWords wordsOf(const std::string& name) {
  for (const StartTlsChoice& each : kStartTls) {
    if (each.name == name) return each.words();
  }
  throw CommandError(kUsage, format("there is no STARTTLS of '{}'", name));
}

std::vector<std::string> startTlsNames() {
  std::vector<std::string> names;
  for (const StartTlsChoice& each : kStartTls) names.emplace_back(each.name);
  return names;
}

/// Connects, as the options say; fires once the factory's protocol may be used.
Deferred<Handle<Protocol>> open(const ConnectOptions& options,
                                const std::optional<ssl::Context>& context,
                                std::shared_ptr<Factory> factory) {
  if (!context) return connect(reactor(), options.endpoint, std::move(factory));
  const ssl::ServerIdentity server = identityOf(options);
  if (options.startTls.empty()) {
    return connect(reactor(), options.endpoint,
                   ssl::wrapClient(*context, server, std::move(factory)));
  }
  const StartTlsDialogue dialogue(wordsOf(options.startTls));
  return connect(reactor(), options.endpoint,
                 startTlsFirst(dialogue, *context, server, std::move(factory)))
      .addTimeout(kPatience, reactor());
}

void sayConnected(const Protocol& connected) {
  std::cerr << "connected to " << toText(connected.transport().getPeer()) << '\n';
  const ssl::Session* tls = ssl::sessionOf(connected.transport());
  if (tls == nullptr) return;
  const std::string_view chosen = tls->negotiatedProtocol();
  std::cerr << tls->version() << ", " << tls->cipher() << (chosen.empty() ? "" : ", ") << chosen
            << ": ";
  const auto certificate = tls->peerCertificate();
  std::cerr << (certificate ? certificateLine(*certificate) : "no certificate") << '\n';
}

/// Standard input and output, as one end of a bridge. Once the server has ended its side and what
/// it said is written out, nobody answers any more: somebody at a terminal is told, and it is over;
/// a program at a pipe may say the rest, until it says nothing for a while.
class LocalEnd final : public Protocol {
 public:
  explicit LocalEnd(std::unique_ptr<Protocol> bridged) : bridged_(std::move(bridged)) {}

  /// After makeConnection().
  void endAfter(Handle<Protocol> remote, std::string endpoint) {
    remote_ = std::move(remote);
    endpoint_ = std::move(endpoint);
    ends_ = true;
  }

  void connectionMade() override { bridged_->makeConnection(transport()); }
  void dataReceived(std::string_view data) override {
    active_ = true;
    bridged_->dataReceived(data);
  }
  void readConnectionLost() override { bridged_->readConnectionLost(); }
  void writeConnectionLost() override;
  void writeDrained() override { bridged_->writeDrained(); }
  void connectionLost(const Failure& reason) override {
    wait_.clear();
    bridged_->endConnection(reason);
  }

 private:
  void awaitSilence();

  const std::unique_ptr<Protocol> bridged_;
  Handle<Protocol> remote_;
  std::string endpoint_;
  bool ends_ = false;
  bool active_ = false;  // since awaitSilence()
  ScopedCall wait_;
};

void LocalEnd::writeConnectionLost() {
  bridged_->writeConnectionLost();
  if (!ends_) return;
  if (::isatty(STDIN_FILENO) != 1) return awaitSilence();
  std::cerr << format("{} has ended the connection\n", endpoint_);
  transport().loseConnection();
}

void LocalEnd::awaitSilence() {
  constexpr auto kSilence = std::chrono::milliseconds(500);  // as socat has it
  active_ = false;
  wait_ = transport().reactor().callLater(kSilence, [this] {
    const bool sending = remote_ && remote_->transport().pending() > 0;
    active_ || sending ? awaitSilence() : transport().loseConnection();
  });
}

/// Joins both until either is over. @return the exit status
Deferred<int> bridge(ConnectOptions options, std::optional<ssl::Context> context) {
  Source<void> source;
  Deferred<void> over = source.deferred();
  auto [remote, local] = BridgeEnd::pair(std::move(source));
  auto end = std::make_shared<std::unique_ptr<BridgeEnd>>(std::move(remote));
  auto terminal = std::make_unique<LocalEnd>(std::move(local));
  std::shared_ptr<Factory> factory =
      factoryOf([end](const Address&) { return std::unique_ptr<Protocol>(std::move(*end)); });
  Deferred<Handle<Protocol>> connecting = open(options, context, factory);
  // A bridge of which one end was never connected is no failure besides.
  connecting.addErrback([&over](const Failure& why) -> Result<Handle<Protocol>> {
    over.addErrback([](const Failure&) {});
    return why;
  });
  const Handle<Protocol> connected = co_await std::move(connecting);
  if (options.verbose && connected) sayConnected(*connected);
  if (!options.keepSending) terminal->endAfter(connected, options.endpoint);
  connectStdio(reactor(), std::move(terminal));
  co_await std::move(over);
  co_return kOk;
}

/// Says and hears nothing.
struct Onlooker final : Protocol {
  void dataReceived(std::string_view) override {}
};

/// Connects and writes the server's chain to standard output. @return why not
Deferred<void> writeChain(ConnectOptions options, ssl::Context context) {
  Deferred<Handle<Protocol>> connecting = open(options, context, factoryFor<Onlooker>());
  const Handle<Protocol> connected = co_await std::move(connecting);
  const ssl::Session* tls = connected ? ssl::sessionOf(connected->transport()) : nullptr;
  if (tls == nullptr) throw ConnectionLost("the connection was lost at once");
  int number = 0;
  std::string text;
  for (const ssl::CertificateInfo& each : tls->peerChain())
    text += format("certificate {}\n{}\n", number++, certificateText(each));
  text += tls->peerChainPEM();
  if (options.verbose) sayConnected(*connected);
  connected->transport().loseConnection();
  Output output = Output::standard(reactor());
  Deferred<void> writing = output.write(std::move(text));
  co_await std::move(writing);
}

/// A chain that is not accepted is shown too, and why it is not. @return the exit status
Deferred<int> showCertificates(ConnectOptions options, ssl::Context context) {
  std::optional<Failure> why;
  try {
    Deferred<void> showing = writeChain(options, context);
    co_await std::move(showing);
  } catch (const ssl::CertificateError&) {
    why = Failure::current();
  }
  if (!why) co_return kOk;
  options.material.insecure = true;
  options.material.pins.clear();
  Deferred<void> showing = writeChain(options, contextOf(tlsOptions(options)));
  co_await std::move(showing);
  co_return *why;
}

/// Mistakes are errors before anything happens.
std::optional<ssl::Context> contextFor(const ConnectOptions& options) {
  if (!options.secure()) {
    if (options.material.given() || !options.alpn.empty() || !options.name.empty())
      throw CommandError(kUsage, "options of TLS need --tls or --starttls");
    return std::nullopt;
  }
  static_cast<void>(identityOf(options));
  return contextOf(tlsOptions(options));
}

int connectEndpoint(const ConnectOptions& options) {
  EndpointUrl::parse(options.endpoint);  // a usage error, before anything happens
  const std::optional<ssl::Context> context = contextFor(options);
  return runClient([&] {
    return options.showCertificates ? showCertificates(options, *context)
                                    : bridge(options, context);
  });
}

}  // namespace

UniqueFunction<int()> prepareConnect(CommandLine& /*line*/, CLI::App& parser) {
  const auto options = std::make_shared<ConnectOptions>();
  addExamples(parser,
              {"ropewalk connect localhost:7007", "ropewalk connect --tls -v example.org:443",
               "ropewalk connect --starttls smtp --show-cert mail.example.org:25",
               "printf 'hello\\r\\n' | ropewalk connect unix:/run/echo.sock",
               "ropewalk connect exec:'sort -n'"});
  parser
      .add_option(
          "ENDPOINT", options->endpoint,
          "host:port, [::1]:port, unix:/path, exec:command, http-connect://proxy:port/host:port")
      ->required();
  parser.add_flag("-v,--verbose", options->verbose, "Say when it is connected, and to whom");
  CLI::Option* const tls = parser.add_flag("--tls", options->tls, "Speak TLS");
  parser.add_option("--starttls", options->startTls, "Begin TLS as this protocol has it")
      ->type_name("smtp|imap|ftp|pop3")
      ->check(oneOf(startTlsNames()))
      ->excludes(tls);
  parser.add_flag("--show-cert", options->showCertificates,
                  "Show the server's certificates, and end");
  parser.add_flag("--keep-sending", options->keepSending,
                  "Go on with the input after the server has ended its side");
  addClientTls(parser, options->material);
  parser.add_option("--alpn", options->alpn, "Application protocols, best first: h2,http/1.1")
      ->type_name("LIST");
  parser.add_option("--name", options->name, "Whose certificate it must be, if not the host's")
      ->type_name("HOST");
  return [options] { return connectEndpoint(*options); };
}

}  // namespace ropewalk::app
