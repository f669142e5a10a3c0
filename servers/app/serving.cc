// Endpoints opened in their order, the banner, and the run until a signal.
#include "serving.h"

#include <algorithm>
#include <chrono>
#include <iostream>

#include "ropewalk/clients/app/exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/reactor.h"
#include "until_signal.h"

namespace ropewalk::app {

namespace {

std::string shown(const Address& address, const std::string& scheme) {
  const bool overTcp =
      address.family == Address::Family::IPv4 || address.family == Address::Family::IPv6;
  if (!overTcp) return toText(address);
  Address visible = address;
  if (visible.host == "::" || visible.host == "0.0.0.0")
    visible = Address::IPv4("localhost", address.port);
  return scheme + "://" + toText(visible) + (scheme.starts_with("http") ? "/" : "");
}

}  // namespace

EndpointUrl onLoopback(EndpointUrl url, bool everywhere) {
  const bool hasPort = url.scheme == "tcp" || url.scheme == "udp";
  if (hasPort && url.host.empty() && !everywhere) url.host = "127.0.0.1";
  return url;
}

void Serving::addOptions(CLI::App& parser, const std::string& defaultEndpoint) {
  listen = {defaultEndpoint};
  parser
      .add_option("-l,--listen", listen,
                  "Where: :8080, [::1]:80, unix:/path, systemd:name; again for more (" +
                      defaultEndpoint + ")")
      ->type_name("ENDPOINT")
      ->allow_extra_args(false);
  parser.add_flag("--public", everywhere,
                  "A port without an address: on every interface, not only 127.0.0.1");
  parser
      .add_option(
          "--drain", drain,
          "On SIGTERM, time for what is in flight to finish (10); a second one ends at once")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86'400.0).description(""));
}

void Serving::open(const std::string& endpoint, const std::shared_ptr<Factory>& factory,
                   const std::string& what, const std::string& scheme) const {
  const EndpointUrl url = onLoopback(EndpointUrl::parse(endpoint), everywhere);
  Deferred<ListeningPort> listening = ropewalk::listen(reactor(), url, factory);
  // Every scheme of core listens at once; a failure is thrown here, and ends the command.
  Result<ListeningPort> port = std::move(listening).takeResult();
  const Address host = port.value().getHost();
  std::cerr << format("{} on {}\n", what,
                      host.family == Address::Family::none
                          ? endpoint
                          : shown(host, url.scheme == "udp" ? "udp" : scheme));
}

int Serving::run(const std::shared_ptr<Factory>& factory, const std::string& what,
                 const std::string& scheme) {
  constexpr double kMost = 86'400;  // a day: far from where a Duration ends
  const std::chrono::duration<double> most(std::min(drain, kMost));
  UntilSignal until(std::chrono::duration_cast<Duration>(most));
  for (const std::string& each : listen) open(each, factory, what, scheme);
  until.run();
  return kOk;
}

}  // namespace ropewalk::app
