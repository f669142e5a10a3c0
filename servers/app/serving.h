// Serving: what every server command does: listen where it was told, on loopback unless told
// otherwise, and run until a signal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/core/net/endpoint_url.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk::app {

/// The options --listen and --public, and what they mean.
struct Serving {
  std::vector<std::string> listen;
  bool everywhere = false;
  double drain = 10;  ///< seconds for what is in flight at the end

  void addOptions(CLI::App& parser, const std::string& defaultEndpoint);
  /// Listens, says where on standard error, and runs until SIGINT or SIGTERM, and until what is in
  /// flight then has finished (until_signal.h).
  /// @param what    a line for the banner: "serving /srv"
  /// @param scheme  is shown in front of TCP addresses: "http"
  /// @throws CannotListenError, BadEndpointError
  int run(const std::shared_ptr<Factory>& factory, const std::string& what,
          const std::string& scheme);
  /// The first half of that, for one endpoint.
  void open(const std::string& endpoint, const std::shared_ptr<Factory>& factory,
            const std::string& what, const std::string& scheme) const;
};

/// The endpoint with 127.0.0.1 in the place of "everywhere", unless `everywhere` is asked for.
[[nodiscard]] EndpointUrl onLoopback(EndpointUrl url, bool everywhere);

}  // namespace ropewalk::app
