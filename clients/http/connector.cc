#include "ropewalk/clients/http/connector.h"

#include <utility>

#include "ropewalk/core/base/format.h"

namespace ropewalk::http {

std::string toText(const Origin& origin) {
  const bool isIPv6 = origin.host.find(':') != std::string::npos;
  return format(isIPv6 ? "[{}]:{}" : "{}:{}", origin.host, origin.port);
}

Connector tcpConnector(Reactor& reactor) {
  return [&reactor](const Origin& origin, std::shared_ptr<Factory> factory,
                    const ConnectOptions& options, ConnectReport& report) {
    ConnectOptions timed = options;
    timed.resolved = [&reactor, &report, began = reactor.now()] {
      report.dns = reactor.now() - began;
    };
    return reactor.connectTCP(origin.host, origin.port, std::move(factory), std::move(timed));
  };
}

}  // namespace ropewalk::http
