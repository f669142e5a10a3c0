// ConnectingProxy: a proxy for tests that opens every tunnel it is asked for, to one place.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::http::testing {

/// Whatever target it is told, the tunnel ends at `port` of this machine: so names need not exist.
class ConnectingProxy {
 public:
  using Wrap = std::function<std::shared_ptr<Factory>(std::shared_ptr<Factory>)>;

  /// @param wrap  puts TLS around it, say
  ConnectingProxy(Reactor& reactor, std::uint16_t port, const Wrap& wrap = {})
      : reactor_(reactor), target_(port) {
    std::shared_ptr<Factory> factory = factoryFor<Near>(this);
    if (wrap) factory = wrap(std::move(factory));
    port_.emplace(reactor.listenTCP(0, std::move(factory), {.interface = "127.0.0.1"}));
  }
  [[nodiscard]] std::string address() const { return format("127.0.0.1:{}", port_->port()); }
  [[nodiscard]] std::uint16_t port() const { return port_->port(); }

  std::vector<std::string> heads;  // of the requests

 private:
  /// The side of the client.
  struct Near final : Protocol {
    explicit Near(ConnectingProxy* proxy) : proxy(proxy) {}
    void dataReceived(std::string_view data) override {
      if (far) return far->transport().write(data);
      waiting += data;
      const std::size_t end = waiting.find("\r\n\r\n");
      if (end == std::string::npos || asked) return;
      asked = true;
      proxy->heads.push_back(waiting.substr(0, end));
      waiting.erase(0, end + 4);
      auto connecting =
          proxy->reactor_.connectTCP("127.0.0.1", proxy->target_, factoryFor<Far>(handleOf(*this)));
      connecting.addCallback([self = handleOf(*this)](Handle<Protocol>& connected) {
        if (self) self->joined(connected);
      });
      lifetime().own(std::move(connecting));
    }
    void joined(const Handle<Protocol>& connected) {
      far = connected;
      transport().write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (!waiting.empty()) far->transport().write(std::exchange(waiting, {}));
    }
    void connectionLost(const Failure&) override {
      if (far) far->transport().loseConnection();
    }

    ConnectingProxy* proxy;
    Handle<Protocol> far;
    std::string waiting;
    bool asked = false;
  };
  /// The side of the origin.
  struct Far final : Protocol {
    explicit Far(Handle<Near> near) : near(std::move(near)) {}
    void dataReceived(std::string_view data) override {
      if (near) near->transport().write(data);
    }
    void connectionLost(const Failure&) override {
      if (near) near->transport().loseConnection();
    }
    Handle<Near> near;
  };

  Reactor& reactor_;
  std::uint16_t target_;
  std::optional<ListeningPort> port_;
};

}  // namespace ropewalk::http::testing
