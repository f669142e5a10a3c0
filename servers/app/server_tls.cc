// --tls and --dev-cert to a context that is watched, and loaded again on SIGHUP.
#include "server_tls.h"

#include <csignal>

#include "ropewalk/clients/app/client_tls.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/http/use_https.h"
#include "ropewalk/ssl/development.h"

namespace ropewalk::app {

void ServerTls::addOptions(CLI::App& parser) {
  auto* files = parser
                    .add_option("--tls", pair,
                                "Speak TLS with this certificate; loaded again on SIGHUP, and when "
                                "the files change")
                    ->type_name("CERT[,KEY]");
  addKeyPassword(parser, passwordFile);
  parser
      .add_flag("--dev-cert", development,
                "Speak TLS with a certificate for localhost, made when it is missing")
      ->excludes(files);
}

std::optional<ssl::Context> ServerTls::context(std::vector<std::string> alpn) const {
  if (pair.empty() && !development) return std::nullopt;
  ssl::ServerOptions options;
  const auto comma = pair.find(',');
  options.certificate = pair.substr(0, comma);
  if (comma != std::string::npos) options.key = pair.substr(comma + 1);
  options.passwordFile = passwordFile;
  options.development = development;
  options.alpn = std::move(alpn);
  return serverContext(std::move(options));
}

ssl::Context serverContext(ssl::ServerOptions options) {
  options.plaintextAnswer = http::useHttpsAnswer();
  return orBadTls([&] { return ssl::Context::server(std::move(options)); });
}

std::unique_ptr<SignalWatch> keepFresh(const ssl::Context& context) {
  context.watch(reactor());
  return std::make_unique<SignalWatch>(
      reactor(), std::initializer_list<int>{SIGHUP}, [context](int /*signal*/) {
        try {
          context.reload();
          log::info("TLS: reloaded: {}", bannerOf(context));
        } catch (const std::exception& error) {
          log::error("TLS: not reloaded, the old certificates stay: {}", error.what());
        }
      });
}

std::string bannerOf(const ssl::Context& context) {
  const ssl::CertificateInfo first = context.certificates().front();
  std::string names;
  for (const std::string& name : first.names) names += (names.empty() ? "" : ", ") + name;
  return format("certificate for {}: {}", names.empty() ? "no host" : names,
                certificateLine(first));
}

}  // namespace ropewalk::app
