// What the tests of policies share: a protocol that records, below a policy, above a
// StringTransport.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

namespace ropewalk::testing {

/// Records, and counts how many of its kind live.
struct Peer : AccumulatingProtocol {
  explicit Peer(std::vector<Peer*>& all) : all(all) { all.push_back(this); }
  ~Peer() override { std::erase(all, this); }
  void connectionMade() override {
    AccumulatingProtocol::connectionMade();
    if (onMade) onMade(*this);
  }
  void dataReceived(std::string_view piece) override {
    AccumulatingProtocol::dataReceived(piece);
    if (echo) transport().write(piece);
  }
  void handshakeCompleted() override { events.emplace_back("handshake"); }

  std::vector<Peer*>& all;
  std::function<void(Peer&)> onMade;
  bool echo = false;
};

/// One connection: what a factory builds, connected to a StringTransport.
struct Connection {
  explicit Connection(Factory& factory, const Address& peer = Address::IPv4("192.0.2.1", 4000))
      : protocol(factory.buildProtocol(peer)) {
    transport.setPeer(peer);
    if (protocol) transport.connect(*protocol);
  }
  void receive(std::string_view data) { protocol->dataReceived(data); }
  void receive(std::size_t bytes) { receive(std::string(bytes, 'r')); }

  std::unique_ptr<Protocol> protocol;
  StringTransport transport;
};

/// The protocols that a factory made, in order.
struct Peers {
  std::shared_ptr<Factory> factory() {
    return factoryOf([this](const Address&) -> std::unique_ptr<Protocol> {
      auto peer = std::make_unique<Peer>(all);
      peer->onMade = onMade;
      peer->halfCloseable = true;
      return peer;
    });
  }
  Peer& last() { return *all.back(); }

  std::vector<Peer*> all;
  std::function<void(Peer&)> onMade;
};

/// A push producer that writes down what it is told: r(esume), p(ause), s(top).
struct PushLog final : Producer {
  void resumeProducing() override { log += 'r'; }
  void pauseProducing() override { log += 'p'; }
  void stopProducing() override { log += 's'; }
  std::string log;
};

}  // namespace ropewalk::testing
