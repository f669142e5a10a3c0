// StreamServerEndpointService: a listening port as a Service.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"
#include "service.h"

namespace ropewalk {

/// Listens on an endpoint (docs/endpoints.md) while it runs.
///
/// One thread; the reactor must outlive it. A port that cannot be had is thrown by
/// privilegedStartService or startService, whichever comes first: CannotListenError,
/// BadEndpointError. Only endpoints that answer later report failure in the log instead. Stopping
/// ends the port; connections that were accepted live on.
///
///     StreamServerEndpointService echo(reactor, "tcp://127.0.0.1:8007", factoryFor<Echo>());
///     echo.startService();
class StreamServerEndpointService : public Service {
 public:
  StreamServerEndpointService(Reactor& reactor, std::string endpoint,
                              std::shared_ptr<Factory> factory);
  ~StreamServerEndpointService() override;

  void privilegedStartService() override;
  void startService() override;
  /// Fires when the port is closed. What still waits for it is cancelled.
  Deferred<void> stopService() override;

  /// The port; an empty one while there is none.
  [[nodiscard]] ListeningPort port() const noexcept { return port_; }
  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

 private:
  //            bind          the port is there
  //     idle ───────▶ binding ───────────────▶ bound
  //       ▲              │ stop, or it failed    │ stop
  //       └──────────────┴───────────────────────┘
  enum class State : std::uint8_t { idle, binding, bound };

  void bind();
  [[nodiscard]] Deferred<void> unbind();

  Reactor& reactor_;
  const std::string endpoint_;
  const std::shared_ptr<Factory> factory_;
  State state_ = State::idle;
  ListeningPort port_;
  std::optional<Deferred<void>> binding_;
};

}  // namespace ropewalk
