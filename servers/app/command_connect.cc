// ropewalk connect: standard input and output joined to an endpoint, as netcat does.

#include <iostream>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stdio.h"
#include "ropewalk/servers/app/bridge.h"
#include "ropewalk/servers/app/client_run.h"
#include "ropewalk/servers/app/command_line.h"
#include "ropewalk/servers/app/exit_code.h"

namespace ropewalk::app {

namespace {

struct ConnectOptions {
  std::string endpoint;
  bool verbose = false;
};

/// Joins both until either is over. @return the exit status
Deferred<int> bridge(ConnectOptions options) {
  Source<void> source;
  Deferred<void> over = source.deferred();
  auto [remote, local] = BridgeEnd::pair(std::move(source));
  auto end = std::make_shared<std::unique_ptr<BridgeEnd>>(std::move(remote));
  std::unique_ptr<BridgeEnd> terminal = std::move(local);
  std::shared_ptr<Factory> factory =
      factoryOf([end](const Address&) { return std::unique_ptr<Protocol>(std::move(*end)); });
  Deferred<Handle<Protocol>> connecting = connect(reactor(), options.endpoint, factory);
  const Handle<Protocol> connected = co_await std::move(connecting);
  if (options.verbose && connected)
    std::cerr << "connected to " << toText(connected->transport().getPeer()) << '\n';
  connectStdio(reactor(), std::move(terminal));
  co_await std::move(over);
  co_return kOk;
}

int connectEndpoint(const ConnectOptions& options) {
  EndpointUrl::parse(options.endpoint);  // a usage error, before anything happens
  return runClient([&] { return bridge(options); });
}

}  // namespace

void addConnectCommand(CommandLine& line) {
  const auto options = std::make_shared<ConnectOptions>();
  CLI::App& parser =
      line.add("connect", "Talk to a server by hand: standard input and output to an endpoint",
               {"ropewalk connect localhost:7007",
                "printf 'hello\\r\\n' | ropewalk connect unix:/run/echo.sock",
                "ropewalk connect exec:'sort -n'"},
               [options] { return connectEndpoint(*options); });
  parser
      .add_option("ENDPOINT", options->endpoint, "host:port, [::1]:port, unix:/path, exec:command")
      ->required();
  parser.add_flag("-v,--verbose", options->verbose, "Say when it is connected");
}

}  // namespace ropewalk::app
