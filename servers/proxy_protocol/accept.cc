// Who reads the header first, and the wrapper that shows the real addresses after it. HAProxy's
// proxy-protocol.txt §2, §4.
#include "accept.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/network.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"
#include "ropewalk/ssl/endpoint.h"

namespace ropewalk {

namespace {

/// The connection as it looks behind the header: its peer is the one that the header names.
class Proxied final : public TransportWrapper {
 public:
  Proxied(std::unique_ptr<Protocol> inner, ProxyHeader header)
      : TransportWrapper(std::move(inner)), header_(std::move(header)) {}

  [[nodiscard]] Address getPeer() const override {
    return header_.local ? transport().getPeer() : header_.source;
  }
  [[nodiscard]] Address getHost() const override {
    return header_.local ? transport().getHost() : header_.destination;
  }
  [[nodiscard]] const ProxyHeader& header() const noexcept { return header_; }

 private:
  ProxyHeader header_;
};

/// reading ──header──▶ replaced by what the factory makes
///         └──anything else, time──▶ refused
class Accepting final : public Protocol {
 public:
  Accepting(std::shared_ptr<Factory> factory, Duration timeout)
      : factory_(std::move(factory)), timeout_(timeout) {}

  void connectionMade() override {
    timer_ = transport().reactor().callLater(timeout_, [this] {
      refuse(
          format("no PROXY header within {} s", std::chrono::duration<double>(timeout_).count()));
    });
  }
  void dataReceived(std::string_view data) override {
    early_ += data;
    ProxyStep step = readProxyHeader(early_);
    if (step.kind == ProxyStep::Kind::error) return refuse(step.reason);
    if (step.kind == ProxyStep::Kind::header) open(std::move(step));
  }
  void connectionLost(const Failure& /*reason*/) override { timer_.clear(); }

 private:
  void open(ProxyStep step) {
    const Address peer = step.header.local ? transport().getPeer() : step.header.source;
    std::unique_ptr<Protocol> protocol = factory_->buildProtocol(peer);
    if (!protocol) return transport().loseConnection();
    // What came with the header is the connection's.
    transport().replaceProtocol(
        std::make_unique<Proxied>(std::move(protocol), std::move(step.header)),
        early_.substr(step.consumed));
  }

  void refuse(std::string_view reason) {
    log::warn("PROXY protocol: connection from {} is closed: {}", transport().getPeer(), reason);
    transport().abortConnection();
  }

  std::shared_ptr<Factory> factory_;
  Duration timeout_;
  std::string early_;
  ScopedCall timer_;
};

class AcceptingFactory final : public Factory {
 public:
  AcceptingFactory(std::shared_ptr<Factory> inner, const ProxyProtocolOptions& options)
      : inner_(std::move(inner)), timeout_(options.timeout) {
    for (const std::string& each : options.trusted) {
      const std::optional<Network> network = Network::parse(each);
      if (!network)
        throw std::invalid_argument(
            format("'{}' is no address or network: write 10.0.0.0/8 or ::1", each));
      trusted_.push_back(*network);
    }
  }

  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override {
    if (trusts(peer)) return std::make_unique<Accepting>(inner_, timeout_);
    log::warn(
        "PROXY protocol: connection from {} is refused: it is not among those who are trusted",
        peer);
    return nullptr;
  }
  void startFactory() override { inner_->doStart(); }
  void stopFactory() override { inner_->doStop(); }

 private:
  [[nodiscard]] bool trusts(const Address& peer) const {
    if (peer.family == Address::Family::UNIX) return true;
    return std::any_of(trusted_.begin(), trusted_.end(),
                       [&](const Network& each) { return each.contains(peer); });
  }

  std::shared_ptr<Factory> inner_;
  Duration timeout_;
  std::vector<Network> trusted_;
};

ProxyProtocolOptions optionsOf(EndpointUrl& url) {
  ProxyProtocolOptions options;
  const std::string trust = url.parameter("trust");
  url.parameters.erase("trust");
  if (trust.empty()) return options;
  options.trusted.clear();
  for (const std::string_view each : split(trust, ',')) options.trusted.emplace_back(trim(each));
  return options;
}

Deferred<ListeningPort> listenProxy(Reactor& reactor, const EndpointUrl& url,
                                    std::shared_ptr<Factory> factory) {
  EndpointUrl below = url;
  auto accepting = acceptProxyProtocol(std::move(factory), optionsOf(below));
  below.scheme = url.scheme == "tls+proxy" ? "tls" : "tcp";
  return listen(reactor, below, std::move(accepting));
}

Deferred<ListeningPort> listenProxyTls(Reactor& reactor, const EndpointUrl& url,
                                       std::shared_ptr<Factory> factory) {
  const ssl::Context context = ssl::serverContextOf(url);
  if (url.number("watch", 1, 0, 1) != 0) context.watch(reactor);
  EndpointUrl outside = ssl::withoutTls(url, "proxy+tcp");
  return listenProxy(reactor, outside, ssl::wrap(context, std::move(factory)));
}

}  // namespace

std::shared_ptr<Factory> acceptProxyProtocol(std::shared_ptr<Factory> factory,
                                             ProxyProtocolOptions options) {
  return std::make_shared<AcceptingFactory>(std::move(factory), options);
}

const ProxyHeader* proxyHeaderOf(Transport& transport) noexcept {
  for (Transport* layer = &transport; layer != nullptr; layer = layer->below()) {
    if (const auto* proxied = dynamic_cast<const Proxied*>(layer)) return &proxied->header();
  }
  return nullptr;
}

bool registerProxyEndpoints() {
  for (const char* name : {"proxy+tcp", "tls+proxy"}) {
    EndpointScheme scheme;
    scheme.listen = &listenProxy;
    registerEndpointScheme(name, std::move(scheme));
  }
  EndpointScheme outside;
  outside.listen = &listenProxyTls;
  registerEndpointScheme("proxy+tls", std::move(outside));
  return true;
}

}  // namespace ropewalk
