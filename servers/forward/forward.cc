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
#include "ropewalk/core/service/policies/protocol_wrapper.h"
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

/// The back end's side: says who is there, and is one end of the bridge from then on.
class BackEnd final : public ProtocolWrapper {
 public:
  BackEnd(std::unique_ptr<Protocol> bridge, std::string header)
      : ProtocolWrapper(std::move(bridge)), header_(std::move(header)) {}

  void connectionMade() override {
    if (!header_.empty()) transport().write(std::exchange(header_, {}));
    ProtocolWrapper::connectionMade();
  }

 private:
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

/// The client's side: finds a back end, and is the other end of the bridge.
class Client final : public ProtocolWrapper {
 public:
  using Ends = std::pair<std::unique_ptr<BridgeEnd>, std::unique_ptr<BridgeEnd>>;

  static std::unique_ptr<Client> make(std::shared_ptr<const Route> route) {
    Source<void> over;  // each side's loss is told by the bridge; there is nobody else to tell
    over.deferred().addErrback(
        [](const Failure& why) { log::debug("forward: {}", why.getErrorMessage()); });
    const BridgeLimits limits{route->options.idleTimeout, route->options.writeTimeout,
                              route->options.clock};
    Ends ends = BridgeEnd::pair(std::move(over), limits);
    ends.first->passLossOn();  // an upload that was cut off must not look whole behind us
    return std::unique_ptr<Client>(new Client(std::move(route), std::move(ends)));
  }

  void connectionMade() override {
    ProtocolWrapper::connectionMade();  // which pauses until the other end is there
    const ssl::Session* tls = ssl::sessionOf(transport());
    if (tls == nullptr || tls->established()) start();
  }
  void handshakeCompleted() override { start(); }

 private:
  Client(std::shared_ptr<const Route> route, Ends ends)
      : ProtocolWrapper(std::move(ends.first)),
        route_(std::move(route)),
        back_(std::move(ends.second)) {}

  void start() {
    if (!std::exchange(started_, true)) lifetime().own(findBackEnd());
  }

  Deferred<void> findBackEnd() {
    const std::string header = headerFor(transport(), route_->options.sendProxy);
    for (const std::string& each : route_->backEnds) {
      std::optional<Failure> why;
      try {
        Deferred<Handle<Protocol>> connecting = attempt(each, header);
        co_await std::move(connecting);
        co_return;
      } catch (...) {
        why = Failure::current();
      }
      if (why->check<CancelledError>() != nullptr) co_return;  // the client is gone
      log::warn("forward: {}: {}", each, why->getErrorMessage());
      if (!back_) break;  // it was reached, and then lost: the client may have been heard
    }
    log::error("forward: no back end for {}", transport().getPeer());
    transport().abortConnection();
  }

  Deferred<Handle<Protocol>> attempt(const std::string& endpoint, const std::string& header) {
    auto factory = ropewalk::factoryOf(
        [self = handleOf(*this), header](const Address&) -> std::unique_ptr<Protocol> {
          if (!self || !self->back_) return nullptr;
          return std::make_unique<BackEnd>(std::move(self->back_), header);
        });
    using Outcome = Result<Handle<Protocol>>;
    // Not to be taken for the client that has gone: that cancels, too.
    const auto timedOut = [endpoint](const Outcome& outcome, Duration after) -> Outcome {
      if (outcome.ok()) return outcome;
      return Failure(
          ConnectTimeoutError(format("cannot connect to {}: no answer within {} s", endpoint,
                                     std::chrono::duration<double>(after).count())));
    };
    return connect(route_->reactor, endpoint, std::move(factory))
        .addTimeout(route_->options.connectTimeout, route_->reactor, timedOut);
  }

  std::shared_ptr<const Route> route_;
  std::unique_ptr<BridgeEnd> back_;  // until a back end has it
  bool started_ = false;
};

}  // namespace

std::shared_ptr<Factory> forwardTo(Reactor& reactor, std::vector<std::string> backEnds,
                                   ForwardOptions options) {
  if (backEnds.empty()) throw std::invalid_argument("cannot forward to nowhere: name a back end");
  for (const std::string& each : backEnds) EndpointUrl::parse(each);
  const auto route = std::make_shared<const Route>(Route{reactor, std::move(backEnds), options});
  return ropewalk::factoryOf(
      [route](const Address&) -> std::unique_ptr<Protocol> { return Client::make(route); });
}

std::shared_ptr<Factory> forwardTo(std::string backEnd, ForwardOptions options) {
  return forwardTo(reactor(), {std::move(backEnd)}, options);
}

}  // namespace ropewalk
