// ropewalk tls-terminate: TLS in front of any TCP protocol.

#include <iostream>

#include "commands.h"
#include "ropewalk/clients/app/client_tls.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/forward/forward.h"
#include "ropewalk/servers/proxy_protocol/accept.h"
#include "ropewalk/ssl/tls.h"
#include "server_tls.h"
#include "serving.h"

namespace ropewalk::app {

namespace {

struct TerminateOptions {
  Serving serving;
  ssl::ServerOptions tls;
  std::string alpn;
  std::string profile = "intermediate";
  std::string sendProxy = "no";
  bool acceptProxy = false;
  std::string proxies;
  bool clientOptional = false;
  std::vector<std::string> to;
};

ssl::ServerOptions serverOptionsOf(const TerminateOptions& options) {
  ssl::ServerOptions tls = options.tls;
  if (tls.certificate.empty() && tls.sniDirectory.empty() && !tls.development) {
    throw CommandError(kUsage,
                       "a certificate is needed: give --cert FILE, with --key FILE where the key "
                       "is not in it; or --sni-dir DIR; or --dev-cert, for localhost");
  }
  for (const std::string_view each : split(options.alpn, ',')) {
    if (!trim(each).empty()) tls.alpn.emplace_back(trim(each));
  }
  if (options.profile == "modern") tls.profile = ssl::Profile::modern;
  if (!tls.clientCA.empty()) {
    tls.clientCertificates = options.clientOptional ? ssl::ClientCertificates::request
                                                    : ssl::ClientCertificates::require;
  }
  return tls;
}

std::shared_ptr<Factory> behindProxies(const TerminateOptions& options,
                                       std::shared_ptr<Factory> factory) {
  ProxyProtocolOptions trust;
  if (!options.proxies.empty()) {
    trust.trusted.clear();
    for (const std::string_view each : split(options.proxies, ','))
      trust.trusted.emplace_back(trim(each));
  }
  try {
    return acceptProxyProtocol(std::move(factory), std::move(trust));
  } catch (const std::invalid_argument& error) {
    throw CommandError(kUsage, format("--proxies: {}", error.what()));
  }
}

int terminate(TerminateOptions& options) {
  const ssl::Context context = serverContext(serverOptionsOf(options));
  ForwardOptions forward;
  if (options.sendProxy == "v1") forward.sendProxy = SendProxy::v1;
  if (options.sendProxy == "v2") forward.sendProxy = SendProxy::v2;
  auto backEnds = forwardTo(reactor(), options.to, forward);
  const auto fresh = keepFresh(context);
  std::cerr << bannerOf(context) << '\n';
  std::string where;
  for (const std::string& each : options.to) where += (where.empty() ? "" : ", then ") + each;
  std::shared_ptr<Factory> secure = ssl::wrap(context, std::move(backEnds));
  if (options.acceptProxy || !options.proxies.empty())
    secure = behindProxies(options, std::move(secure));
  return options.serving.run(secure, format("forwarding to {}", where), "tls");
}

void addTlsOptions(CLI::App& parser, TerminateOptions& options) {
  auto& tls = options.tls;
  parser.add_option("--cert", tls.certificate, "The certificate, its chain behind it (PEM)")
      ->type_name("FILE");
  parser.add_option("--key", tls.key, "Its key, where that is a file of its own")
      ->type_name("FILE");
  addKeyPassword(parser, tls.passwordFile);
  parser.add_flag("--dev-cert", tls.development,
                  "A certificate for localhost, made when it is missing");
  parser.add_option("--sni-dir", tls.sniDirectory, "A directory of *.pem, chosen by name (SNI)")
      ->type_name("DIR");
  parser.add_option("--client-ca", tls.clientCA, "Clients need a certificate of these authorities")
      ->type_name("FILE|DIR");
  parser.add_flag("--client-optional", options.clientOptional,
                  "… or none: only what they show is verified");
  parser.add_option("--alpn", options.alpn, "Application protocols, best first: h2,http/1.1")
      ->type_name("LIST");
  parser
      .add_option("--profile", options.profile, "intermediate (TLS 1.2 and 1.3; default) or modern")
      ->type_name("NAME")
      ->check(oneOf({"intermediate", "modern"}));
  parser
      .add_option("--ticket-keys", tls.ticketKeys, "Keys of session tickets, for several servers")
      ->type_name("FILE");
  parser.add_option("--ocsp", tls.ocspStaple, "An OCSP response to staple (DER)")
      ->type_name("FILE");
}

}  // namespace

UniqueFunction<int()> prepareTlsTerminate(CommandLine& /*line*/, CLI::App& parser) {
  const auto options = std::make_shared<TerminateOptions>();
  addExamples(parser,
              {"ropewalk tls-terminate --dev-cert --to 127.0.0.1:8080",
               "ropewalk tls-terminate -l :443 --public --cert site.pem --key site.key --to :8080",
               "ropewalk tls-terminate --sni-dir /etc/letsencrypt/live --to unix:/run/app.sock "
               "--send-proxy v2"});
  options->serving.addOptions(parser, ":8443");
  parser.add_option("--to", options->to, "The back end; again for those to try next")
      ->type_name("ENDPOINT")
      ->required()
      ->allow_extra_args(false);
  addTlsOptions(parser, *options);
  parser
      .add_option("--send-proxy", options->sendProxy,
                  "Tell the back end who is there by the PROXY protocol: v1, v2 or no (default)")
      ->type_name("VERSION")
      ->check(oneOf({"v1", "v2", "no"}));
  parser.add_flag("--accept-proxy", options->acceptProxy,
                  "Connections begin with a PROXY header, of a balancer on this machine");
  parser.add_option("--proxies", options->proxies, "… or of these addresses: 10.0.0.0/8,::1")
      ->type_name("NETWORKS");
  return [options] { return terminate(*options); };
}

}  // namespace ropewalk::app
