// Back ends tried in their order while the client is paused, then the bridge.
#include "forward.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stream/bridge.h"
#include "ropewalk/protocols/proxy_protocol/write.h"
#include "ropewalk/ssl/endpoint.h"

namespace ropewalk {

namespace {

/// What all connections of a factory share.
struct Route {
  Reactor& reactor;
  std::vector<std::string> backEnds;
  ForwardOptions options;
};

/// The back end's side: says who is there, and gives way to its end of the bridge.
class BackEnd final : public Protocol {
 public:
  BackEnd(std::unique_ptr<Protocol> bridge, std::string header)
      : bridge_(std::move(bridge)), header_(std::move(header)) {}

  void connectionMade() override {
    if (!header_.empty()) transport().write(std::move(header_));
    transport().replaceProtocol(std::move(bridge_));
  }
  void dataReceived(std::string_view /*data*/) override {}  // none before it has given way

 private:
  std::unique_ptr<Protocol> bridge_;
  std::string header_;
};

std::string headerFor(Transport& client, SendProxy version) {
  const Address from = client.getPeer();
  const Address to = client.getHost();
  if (version == SendProxy::no) return "";
  if (version == SendProxy::v1) return proxyHeaderV1(from, to);
  ProxyDetails details;
  if (const ssl::Session* tls = ssl::sessionOf(client)) {
    details.alpn = tls->negotiatedProtocol();
    details.authority = tls->serverName();
    details.tlsVersion = tls->version();
    details.cipher = tls->cipher();
    details.verified = tls->peerVerified();
    if (const auto certificate = tls->peerCertificate()) {
      details.certificate = true;
      details.commonName = certificate->commonName;
    }
  }
  return proxyHeaderV2(from, to, details);
}

/// The end of the bridge that the first back end is to have that answers; null from then on.
using BackHalf = std::shared_ptr<std::unique_ptr<BridgeEnd>>;

Deferred<Handle<Protocol>> attempt(const Route& route, const std::string& endpoint,
                                   const BackHalf& half, const std::string& header) {
  auto factory = ropewalk::factoryOf([half, header](const Address&) -> std::unique_ptr<Protocol> {
    if (!*half) return nullptr;
    return std::make_unique<BackEnd>(std::move(*half), header);
  });
  using Outcome = Result<Handle<Protocol>>;
  // Not to be taken for the client that has gone: that cancels, too.
  const auto timedOut = [endpoint](const Outcome& outcome, Duration after) -> Outcome {
    if (outcome.ok()) return outcome;
    return Failure(
        ConnectTimeoutError(format("cannot connect to {}: no answer within {} s", endpoint,
                                   std::chrono::duration<double>(after).count())));
  };
  return connect(route.reactor, endpoint, std::move(factory))
      .addTimeout(route.options.connectTimeout, route.reactor, timedOut);
}

/// Cancelled when the client is gone.
Deferred<void> findBackEnd(std::shared_ptr<const Route> route, Handle<Protocol> client,
                           BackHalf half, std::string header) {
  for (const std::string& each : route->backEnds) {
    std::optional<Failure> why;
    try {
      Deferred<Handle<Protocol>> connecting = attempt(*route, each, half, header);
      co_await std::move(connecting);
      co_return;
    } catch (...) {
      why = Failure::current();
    }
    if (!client || why->check<CancelledError>() != nullptr) co_return;
    log::warn("forward: {}: {}", each, why->getErrorMessage());
    if (!*half) break;  // it was reached, and then lost: the client may have been heard
  }
  log::error("forward: no back end for {}", client->transport().getPeer());
  client->transport().abortConnection();
}

/// The client's side, until its handshake is over: gives way to its end of the bridge, which reads
/// nothing before a back end has the other.
class Client final : public Protocol {
 public:
  explicit Client(std::shared_ptr<const Route> route) : route_(std::move(route)) {}

  void connectionMade() override {
    const ssl::Session* tls = ssl::sessionOf(transport());
    if (tls == nullptr || tls->established()) start();
  }
  void handshakeCompleted() override { start(); }
  void dataReceived(std::string_view /*data*/) override {}  // none before it has given way

 private:
  void start() {
    Source<void> over;  // each side's loss is told by the bridge; there is nobody else to tell
    over.deferred().addErrback(
        [](const Failure& why) { log::debug("forward: {}", why.getErrorMessage()); });
    const BridgeLimits limits{route_->options.idleTimeout, route_->options.writeTimeout,
                              route_->options.clock};
    auto [front, back] = BridgeEnd::pair(std::move(over), limits);
    front->passLossOn();  // an upload that was cut off must not look whole behind us
    BridgeEnd& client = *front;
    std::string header = headerFor(transport(), route_->options.sendProxy);
    auto half = std::make_shared<std::unique_ptr<BridgeEnd>>(std::move(back));
    const std::shared_ptr<const Route> route = route_;
    transport().replaceProtocol(std::move(front));
    client.lifetime().own(
        findBackEnd(route, handleOf<Protocol>(client), std::move(half), std::move(header)));
  }

  std::shared_ptr<const Route> route_;
};

}  // namespace

std::shared_ptr<Factory> forwardTo(Reactor& reactor, std::vector<std::string> backEnds,
                                   ForwardOptions options) {
  if (backEnds.empty()) throw std::invalid_argument("cannot forward to nowhere: name a back end");
  for (const std::string& each : backEnds) EndpointUrl::parse(each);
  const auto route = std::make_shared<const Route>(Route{reactor, std::move(backEnds), options});
  return ropewalk::factoryOf([route](const Address&) -> std::unique_ptr<Protocol> {
    return std::make_unique<Client>(route);
  });
}

std::shared_ptr<Factory> forwardTo(std::string backEnd, ForwardOptions options) {
  return forwardTo(reactor(), {std::move(backEnd)}, options);
}

}  // namespace ropewalk
