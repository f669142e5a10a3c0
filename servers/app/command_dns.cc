// ropewalk dns: a name server.

#include <csignal>
#include <iostream>
#include <optional>
#include <span>

#include "commands.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/endpoint_url.h"
#include "ropewalk/core/net/loop/signals.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/dns/dns.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/tls.h"
#include "server_tls.h"
#include "serving.h"

namespace ropewalk::app {

namespace {

constexpr log::Logger kQueries{"dns.queries"};

struct DnsOptions {
  Serving serving;
  ServerTls tls;
  std::vector<std::string> zones;
  std::vector<std::string> forward;
  bool forwardSpecial = false;
  std::vector<std::string> hosts;
  std::vector<std::string> block;
  std::vector<std::string> dot;
  std::vector<std::string> doh;
  std::size_t cache = 0;
  std::uint32_t rate = 0;
  std::vector<std::string> keys;
  std::vector<std::string> transfers;
  std::vector<std::string> secondaries;
  std::vector<std::string> notify;
  std::string nsid;
  bool logQueries = false;
};

/// "example.test=zones/a.txt", or a path alone.
void addZone(dns::Server& server, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return server.zone(text);
  server.zone(text.substr(equals + 1), dns::Name(text.substr(0, equals)));
}

std::string_view carrierName(dns::Carrier carrier) {
  constexpr std::string_view kNames[] = {"udp", "tcp", "tls", "https"};
  return kNames[static_cast<std::size_t>(carrier)];
}

void logQuery(const dns::AnswerEvent& event) {
  kQueries.info("{} {} {} {} {} {}", carrierName(event.query.carrier), event.query.peer().host,
                event.query.question(), event.rcode, event.records,
                humanBytes(static_cast<std::uint64_t>(event.size)));
}

/// "192.0.2.0/24", or "key:NAME".
dns::TransferPolicy transferPolicy(const std::vector<std::string>& rules) {
  dns::TransferPolicy policy;
  for (const auto& rule : rules) {
    if (rule.starts_with("key:")) {
      policy.allowKey(dns::Name(rule.substr(4)));
    } else {
      policy.allow({rule});
    }
  }
  return policy;
}

/// "ADDRESS,key=NAME": an address, and the secret to sign with.
struct SignedPeer {
  std::string address;
  std::optional<dns::TsigKey> key;
  std::string file;
};

SignedPeer parsePeer(std::string_view text, const std::vector<dns::TsigKey>& keys) {
  const auto parts = split(text, ',');
  SignedPeer peer{std::string(parts.front()), {}, {}};
  for (const auto part : std::span(parts).subspan(1)) {
    if (part.starts_with("file=")) {
      peer.file = part.substr(5);
      continue;
    }
    const dns::Name name(part.starts_with("key=") ? part.substr(4) : part);
    for (const auto& key : keys) {
      if (key.name == name) peer.key = key;
    }
    if (!peer.key) {
      throw CommandError(kUsage, format("{}: there is no --tsig-key of the name {}", text, name));
    }
  }
  return peer;
}

void addSecondary(dns::Server& server, const std::string& text,
                  const std::vector<dns::TsigKey>& keys) {
  const auto at = text.find('@');
  if (at == std::string::npos) {
    throw CommandError(kUsage, format("--secondary {}: it reads ZONE@ADDRESS", text));
  }
  const SignedPeer peer = parsePeer(std::string_view(text).substr(at + 1), keys);
  server.secondary(dns::Name(text.substr(0, at)),
                   {.primaries = {peer.address}, .key = peer.key, .file = peer.file});
}

void addNotify(dns::Server& server, const std::string& text,
               const std::vector<dns::TsigKey>& keys) {
  const SignedPeer peer = parsePeer(text, keys);
  const EndpointUrl url = EndpointUrl::parse(peer.address);
  const Address address = Address::fromLiteral(url.host, url.port);
  if (address.family == Address::Family::none) {
    throw CommandError(kUsage, format("--notify {}: it reads ADDRESS:PORT", text));
  }
  server.notify({address, peer.key});
}

/// Those that others learn zones from, and that this one learns them from.
void addTransfers(dns::Server& server, const DnsOptions& options) {
  std::vector<dns::TsigKey> keys;
  for (const auto& key : options.keys) keys.push_back(dns::TsigKey::parse(key).value());
  for (const auto& key : keys) server.addKey(key);
  server.allowTransfers(transferPolicy(options.transfers));
  for (const auto& each : options.notify) addNotify(server, each, keys);
  for (const auto& each : options.secondaries) addSecondary(server, each, keys);
}

void addForward(dns::Server& server, const DnsOptions& options) {
  if (options.forward.empty()) return;
  dns::ForwardSetup setup;
  setup.forwarder.forwardSpecialNames = options.forwardSpecial;
  if (options.cache != 0) setup.cache = dns::CacheOptions{.entries = options.cache};
  server.forward(options.forward, std::move(setup));
}

/// One that is bad is told and missed, the others are served; all are bad: the first error.
void addZones(dns::Server& server, const std::vector<std::string>& zones) {
  std::vector<std::string> errors;
  for (const auto& zone : zones) {
    try {
      addZone(server, zone);
    } catch (const Error& error) {
      errors.emplace_back(error.what());
    }
  }
  if (!errors.empty() && errors.size() == zones.size()) {
    throw CommandError(kConfiguration, errors.front());
  }
  for (const auto& error : errors) log::error("{}; this zone is not served", error);
}

void addFiles(dns::Server& server, const DnsOptions& options) {
  server.block(options.block);
  for (const auto& file : options.hosts) server.hosts(file);
  addZones(server, options.zones);
}

std::shared_ptr<dns::Server> makeServer(const DnsOptions& options) {
  dns::ServerOptions serverOptions;
  serverOptions.answers.nsid = options.nsid;
  auto server = dns::Server::make(std::move(serverOptions));
  orFailWith(kUsage, [&] {
    addTransfers(*server, options);
    addForward(*server, options);
  });
  orFailWith(kConfiguration, [&] { addFiles(*server, options); });
  if (options.rate != 0) {
    dns::RateLimitOptions limits;
    limits.answers = limits.noData = limits.referrals = options.rate;
    limits.nameErrors = limits.errors = std::max(1U, options.rate / 2);
    server->add(std::make_shared<dns::RateLimit>(reactor(), limits));
  }
  if (options.logQueries) server->dispatcher().onAnswer(logQuery);
  return server;
}

/// ":5300" is both UDP and TCP; what names its scheme is that alone.
std::vector<std::string> bothCarriers(const std::vector<std::string>& endpoints) {
  std::vector<std::string> all;
  for (const auto& each : endpoints) {
    if (each.find("://") != std::string::npos || lowerCase(each).starts_with("unix")) {
      all.push_back(each);
    } else {
      all.push_back("udp://" + each);
      all.push_back("tcp://" + each);
    }
  }
  return all;
}

std::shared_ptr<http::Site> dohSite(const std::shared_ptr<dns::Server>& server) {
  auto site = std::make_shared<http::Site>();
  site->mount("/dns-query", server->doh());
  return site;
}

void openEncrypted(const DnsOptions& options, const std::shared_ptr<dns::Server>& server,
                   std::vector<std::unique_ptr<SignalWatch>>& watches) {
  if (options.dot.empty() && options.doh.empty()) return;
  const auto dotContext = options.tls.context({"dot"});
  const auto dohContext = options.tls.context({"http/1.1"});
  if (!dotContext) {
    throw CommandError(kUsage, "--dot and --doh need a certificate: --tls CERT,KEY or --dev-cert");
  }
  watches.push_back(keepFresh(*dotContext));
  watches.push_back(keepFresh(*dohContext));
  std::cerr << bannerOf(*dotContext) << '\n';
  for (const auto& each : options.dot) {
    options.serving.open(each, ssl::wrap(*dotContext, server), "DNS over TLS", "tls");
  }
  for (const auto& each : options.doh) {
    options.serving.open(each, ssl::wrap(*dohContext, dohSite(server)),
                         "DNS over HTTPS (/dns-query)", "https");
  }
}

int serveDns(DnsOptions& options) {
  if (options.zones.empty() && options.forward.empty() && options.hosts.empty() &&
      options.block.empty() && options.secondaries.empty()) {
    throw CommandError(kUsage,
                       "there is nothing to answer from: give --zone FILE, --hosts FILE or "
                       "--forward ADDRESS");
  }
  const auto server = makeServer(options);
  const SignalWatch reload(reactor(), {SIGHUP}, [server](int /*signal*/) { server->reload(); });
  std::vector<std::unique_ptr<SignalWatch>> watches;
  options.serving.listen = bothCarriers(options.serving.listen);
  openEncrypted(options, server, watches);
  return options.serving.run(server, "DNS", "tcp");
}

}  // namespace

UniqueFunction<int()> prepareDns(CommandLine& /*line*/, CLI::App& parser) {
  const auto options = std::make_shared<DnsOptions>();
  addExamples(parser,
              {"ropewalk dns --zone example.test.zone --listen :5300   UDP and TCP, on 127.0.0.1",
               "ropewalk dns --forward 9.9.9.9 --cache 10000 --block ads.txt --listen udp://:5300",
               "ropewalk dns --zone example.test=zones/a.txt --dev-cert --dot :8853 --doh :8443"});
  options->serving.addOptions(parser, ":53");
  const auto many = [&parser](const std::string& name, std::vector<std::string>& into,
                              const std::string& what, const std::string& type) {
    parser.add_option(name, into, what)->type_name(type)->allow_extra_args(false);
  };
  many("-z,--zone", options->zones, "Serve this master file; again for more", "[NAME=]FILE");
  many("-f,--forward", options->forward,
       "Ask these servers for the rest, in turn: 9.9.9.9, tls://…, https://…", "SERVER");
  parser.add_flag("--forward-special", options->forwardSpecial,
                  "Ask --forward for localhost, invalid and onion, too");
  many("--hosts", options->hosts, "Answer from a file like /etc/hosts", "FILE");
  many("--block", options->block,
       "Names that shall not be found; hosts, adblock, dnsmasq and unbound lists", "FILE");
  parser.add_option("--cache", options->cache, "Keep this many answers of --forward (0)")
      ->type_name("N");
  many("--dot", options->dot, "DNS over TLS here: :853", "ENDPOINT");
  many("--doh", options->doh, "DNS over HTTPS here, at /dns-query: :443", "ENDPOINT");
  options->tls.addOptions(parser);
  many("--tsig-key", options->keys,
       "A secret that questions may be signed with: [ALGORITHM:]NAME:BASE64", "KEY");
  many("--allow-transfer", options->transfers,
       "Who may have whole zones: 192.0.2.0/24, key:NAME; nobody unless told", "WHO");
  many("--secondary", options->secondaries,
       "Keep a zone the same as that server's; file=PATH keeps a copy for the next start",
       "ZONE@ADDRESS[,key=NAME]");
  many("--notify", options->notify, "Tell this server when a zone changes", "ADDRESS[,key=NAME]");
  parser
      .add_option("--rate-limit", options->rate,
                  "Answers a second to one network over UDP; past that, truncated or none (0: off)")
      ->type_name("N");
  parser.add_option("--nsid", options->nsid, "Say who answers, to those who ask (RFC 5001)")
      ->type_name("TEXT");
  parser.add_flag("--log-queries", options->logQueries, "A line for each answer in the log");
  return [options] { return serveDns(*options); };
}

}  // namespace ropewalk::app
