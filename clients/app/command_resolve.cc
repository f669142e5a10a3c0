// ropewalk resolve: asks the DNS, as dig does.

#include <algorithm>
#include <iostream>
#include <iterator>

#include "client_run.h"
#include "client_tls.h"
#include "command_line.h"
#include "commands.h"
#include "exit_code.h"
#include "output.h"
#include "resolve_output.h"
#include "ropewalk/clients/dns/dns.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/http/idna.h"

namespace ropewalk::app {

namespace {

struct ResolveOptions {
  std::string name;
  std::string type;
  std::vector<std::string> servers;
  bool tcp = false;
  bool overTls = false;
  bool overHttps = false;
  bool trace = false;
  std::vector<std::string> roots;
  bool json = false;
  bool brief = false;
  bool dnssec = false;
  std::string key;
  double timeout = 0;  // seconds; 0: the defaults
  int tries = 0;
  ClientTls tls;
};

/// The labels beyond ASCII in the form that the DNS has: "xn--bcher-kva.test" of "bücher.test".
/// Label by label: what stands beside them may be no part of a host's name ("_imap").
std::string asciiOf(const std::string& name) {
  std::string ascii;
  for (const std::string_view label : split(name, '.')) {
    if (label.data() != name.data()) ascii += '.';
    const bool beyond = std::any_of(label.begin(), label.end(),
                                    [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
    ascii += beyond ? http::hostToAscii(label).value() : std::string(label);
  }
  return ascii;
}

bool isLiteral(const std::string& name) { return dns::Name::reverse(name).ok(); }

dns::Question questionOf(const ResolveOptions& options) {
  const bool literal = isLiteral(options.name);
  const std::string text =
      !options.type.empty() ? options.type : std::string(literal ? "PTR" : "A");
  const auto type = dns::parseType(std::string_view(text).substr(0, text.find('=')));
  if (!type || (text.find('=') != std::string::npos && *type != dns::Type::IXFR))
    throw CommandError(kUsage, format("there is no type of record '{}'", text));
  const bool backwards = literal && *type == dns::Type::PTR;
  return orFailWith(kUsage, [&] {
    return dns::Question{
        backwards ? dns::Name::reverse(options.name).value() : dns::Name(asciiOf(options.name)),
        *type};
  });
}

/// A --server, with the wire that --tcp and its like ask for.
std::string serverOf(const ResolveOptions& options, const std::string& server) {
  if (server.find("://") != std::string::npos) return server;
  if (options.overTls) return "tls://" + server;
  if (options.overHttps)
    return "https://" + server + (server.find('/') == std::string::npos ? "/dns-query" : "");
  return server;
}

Duration secondsOf(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

dns::ClientOptions clientOptionsOf(const ResolveOptions& options) {
  dns::ClientOptions client;
  for (const std::string& server : options.servers) {
    client.servers.push_back(serverOf(options, server));
    orFailWith(kUsage, [&] { return dns::ServerAddress::parse(client.servers.back()); });
  }
  if ((options.overTls || options.overHttps) && options.servers.empty())
    throw CommandError(kUsage, "--tls and --https need a --server");
  client.tcp = options.tcp;
  client.dnssecOk = options.dnssec;
  client.tls = app::clientOptionsOf(options.tls);
  if (options.timeout > 0) client.timeout = client.streamTimeout = secondsOf(options.timeout);
  if (options.tries > 0) client.tries = options.tries;
  return client;
}

/// @param servers  who was asked, once each
dns::RecursiveOptions recursiveOptionsOf(const ResolveOptions& options,
                                         std::vector<std::string>* servers = nullptr) {
  dns::RecursiveOptions recursive;
  recursive.wire.dnssecOk = options.dnssec;
  if (options.timeout > 0) recursive.timeout = secondsOf(options.timeout);
  recursive.trace = [servers](const dns::TraceStep& step) {
    std::cerr << traceLine(step);
    const std::string& server = step.server.addresses.front();
    if (std::find(servers->begin(), servers->end(), server) == servers->end())
      servers->push_back(server);
  };
  if (options.roots.empty()) return recursive;
  recursive.roots.clear();
  for (const std::string& root : options.roots) {
    const auto where = orFailWith(kUsage, [&] { return dns::ServerAddress::parse(root); });
    recursive.roots.push_back({dns::Name(), {where.host}});
    recursive.port = where.port;
  }
  return recursive;
}

int exitOf(const dns::Message& answer) {
  if (answer.rcode == dns::Rcode::NXDOMAIN) return kNoName;
  if (answer.rcode != dns::Rcode::NOERROR) return kServerError;
  const bool found =
      !answer.questions.empty() && !follow(answer, answer.questions.front()).records.empty();
  if (found) return kOk;
  return deniesRecords(answer) ? kNoRecord : kServerError;
}

void say(const dns::Message& answer) {
  if (answer.questions.empty()) return;
  const Result<void> good = checkRcode(answer, answer.questions.front());
  std::cerr << "ropewalk: "
            << (good.ok() ? nothingFound(answer, answer.questions.front()) : good.failure())
                   .getErrorMessage()
            << '\n';
}

std::string shown(const ResolveOptions& options, const dns::Message& answer,
                  const std::vector<std::string>& servers, Duration took) {
  if (options.json) return jsonAnswer(answer, servers, took);
  if (options.brief) return shortAnswer(answer);
  std::string names;
  for (const std::string& each : servers) names += (names.empty() ? "" : ", ") + each;
  return wholeAnswer(answer, names, took);
}

Deferred<int> ask(const ResolveOptions& options, dns::Question question) {
  std::shared_ptr<dns::Resolver> resolver;
  std::vector<std::string> servers;
  if (options.trace) {
    auto recursive = recursiveOptionsOf(options, &servers);
    resolver = std::make_shared<dns::RecursiveResolver>(reactor(), std::move(recursive));
  } else {
    const auto client = std::make_shared<dns::Client>(reactor(), clientOptionsOf(options));
    servers = client->servers();
    resolver = client;
  }
  const auto begun = std::chrono::steady_clock::now();
  Deferred<dns::Message> asking = resolver->ask(question);
  const dns::Message answer = co_await std::move(asking);
  const Duration took = std::chrono::steady_clock::now() - begun;
  Output output = Output::standard(reactor());
  Deferred<void> writing = output.write(shown(options, answer, servers, took));
  co_await std::move(writing);
  if (exitOf(answer) != kOk) say(answer);
  co_return exitOf(answer);
}

/// The serial of "IXFR=2026112100", which dig calls so, too.
std::uint32_t sinceOf(const std::string& type) {
  const auto equals = type.find('=');
  const auto serial = equals == std::string::npos
                          ? std::nullopt
                          : parseNumber<std::uint32_t>(std::string_view(type).substr(equals + 1));
  if (serial) return *serial;
  throw CommandError(kUsage, "IXFR needs the serial that you have: IXFR=2026112100");
}

/// In the order that they came in.
std::vector<dns::Record> recordsOf(dns::ZoneUpdate update) {
  using Form = dns::ZoneUpdate::Form;
  if (update.form != Form::changes) return std::move(update.records);
  std::vector<dns::Record> all{update.soa};
  for (dns::ZoneUpdate::Step& step : update.steps) {
    std::move(step.removed.begin(), step.removed.end(), std::back_inserter(all));
    std::move(step.added.begin(), step.added.end(), std::back_inserter(all));
  }
  all.push_back(std::move(update.soa));
  return all;
}

dns::ZoneTransferOptions transferOptionsOf(const ResolveOptions& options) {
  dns::ZoneTransferOptions how;
  if (!options.servers.empty()) how.server(serverOf(options, options.servers.front()));
  how.tls(app::clientOptionsOf(options.tls));
  if (options.timeout > 0) how.timeout(secondsOf(options.timeout));
  if (!options.key.empty()) how.key(dns::TsigKey::parse(options.key).value());
  return how;
}

Deferred<int> transfer(const ResolveOptions& options, dns::Question question) {
  const std::string zone = toText(question.name);
  dns::ZoneTransferOptions how = transferOptionsOf(options);
  Deferred<std::vector<dns::Record>> transferring =
      question.type == dns::Type::AXFR
          ? dns::lookupZone(reactor(), zone, std::move(how))
          : dns::lookupZoneChanges(reactor(), zone, sinceOf(options.type), std::move(how))
                .addCallback(recordsOf);
  dns::Message answer;
  answer.answers = co_await std::move(transferring);
  std::string text;
  if (options.json) {
    text = jsonAnswer(answer, options.servers, Duration::zero());
  } else {
    for (const dns::Record& record : answer.answers) text += toText(record) + "\n";
  }
  Output output = Output::standard(reactor());
  Deferred<void> writing = output.write(std::move(text));
  co_await std::move(writing);
  co_return kOk;
}

/// As exitOf() an answer has it.
Result<int> exitOfTransfer(const Failure& why) {
  const bool answered = why.check<dns::DNSFormatError>() != nullptr ||
                        why.check<dns::DNSServerError>() != nullptr ||
                        why.check<dns::DNSNameError>() != nullptr ||
                        why.check<dns::DNSNotImplementedError>() != nullptr ||
                        why.check<dns::DNSQueryRefusedError>() != nullptr ||
                        why.check<dns::DNSUnknownError>() != nullptr;
  if (!answered) return why;
  std::cerr << "ropewalk: " << why.getErrorMessage() << '\n';
  return static_cast<int>(kServerError);
}

/// A server that says nothing, or nothing that can be read, is one that failed.
Result<int> exitOfSilence(const Failure& why) {
  if (why.check<dns::DNSQueryTimeoutError>() == nullptr) return why;
  std::cerr << "ropewalk: " << why.getErrorMessage() << '\n';
  return static_cast<int>(kServerError);
}

int resolve(const ResolveOptions& options) {
  const dns::Question question = questionOf(options);
  static_cast<void>(clientOptionsOf(options));  // mistakes are errors before anything is sent
  static_cast<void>(recursiveOptionsOf(options));
  if (options.tls.given()) static_cast<void>(contextOf(app::clientOptionsOf(options.tls)));
  if (!options.key.empty())
    orFailWith(kUsage, [&] { return dns::TsigKey::parse(options.key).value(); });
  if (question.type == dns::Type::IXFR) static_cast<void>(sinceOf(options.type));
  if (question.type == dns::Type::AXFR || question.type == dns::Type::IXFR)
    return runClient([&] { return transfer(options, question).addErrback(exitOfTransfer); });
  if (!options.key.empty()) throw CommandError(kUsage, "--tsig-key is for AXFR and IXFR only");
  return runClient([&] { return ask(options, question).addErrback(exitOfSilence); });
}

void addServerOptions(CLI::App& parser, ResolveOptions& options) {
  parser
      .add_option("-s,--server", options.servers,
                  "Ask this one, not those of /etc/resolv.conf; again for more")
      ->type_name("ADDRESS|URL")
      ->allow_extra_args(false);
  CLI::Option* const tcp = parser.add_flag("--tcp", options.tcp, "Over TCP from the start");
  CLI::Option* const tls =
      parser.add_flag("--tls", options.overTls, "The --server speaks TLS (port 853)")
          ->excludes(tcp);
  parser.add_flag("--https", options.overHttps, "The --server speaks HTTPS (/dns-query)")
      ->excludes(tcp)
      ->excludes(tls);
  addClientTls(parser, options.tls);
}

}  // namespace

UniqueFunction<int()> prepareResolve(CommandLine& /*line*/, CLI::App& parser) {
  const auto options = std::make_shared<ResolveOptions>();
  addExamples(parser, {"ropewalk resolve example.org MX", "ropewalk resolve 192.0.2.1",
                       "ropewalk resolve example.org --server tls://dns.example.net --json",
                       "ropewalk resolve www.example.org --trace",
                       "ropewalk resolve example.org AXFR --server 192.0.2.1"});
  parser.footer(parser.get_footer() + "\n\n" + std::string(kExitCodes));
  parser.add_option("NAME", options->name, "A name, or an address: its PTR")->required();
  parser.add_option("TYPE", options->type, "MX, TXT, HTTPS, TYPE731, AXFR, IXFR=SERIAL …; else A");
  addServerOptions(parser, *options);
  parser.add_flag("--trace", options->trace, "Ask from the root down; each step on standard error");
  parser.add_option("--root", options->roots, "Root servers of --trace; their port is for all")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  CLI::Option* const json = parser.add_flag("--json", options->json, "As a JSON object");
  parser.add_flag("--short", options->brief, "The data of the records only")->excludes(json);
  parser.add_flag("--dnssec", options->dnssec, "Ask for signatures (nobody here checks them)");
  parser.add_option("--tsig-key", options->key, "Signs an AXFR or IXFR: [ALGORITHM:]NAME:BASE64")
      ->type_name("KEY");
  parser.add_option("--timeout", options->timeout, "For the first try, in seconds")
      ->type_name("SECONDS")
      ->check(seconds());
  parser.add_option("--tries", options->tries, "Rounds through the servers")
      ->type_name("N")
      ->check(CLI::Range(1, 20).description(""));
  return [options] { return resolve(*options); };
}

}  // namespace ropewalk::app
