// MemoryOrigin: the other end of an Agent's connections, played by the test. No socket, no time but
// the Clock's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ropewalk/clients/http/agent.h"
#include "ropewalk/core/async/unhandled.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

namespace ropewalk::http::testing {

using ropewalk::testing::assertNoResult;
using ropewalk::testing::failureResultOf;
using ropewalk::testing::successResultOf;

/// One connection that the agent opened.
class MemoryConnection {
 public:
  MemoryConnection(Origin origin, std::unique_ptr<Protocol> protocol)
      : origin(std::move(origin)), protocol_(std::move(protocol)) {
    transport.setPeer(Address::IPv4("192.0.2.1", 80));
    transport.connect(*protocol_);
  }

  /// What the agent has sent since the last call.
  std::string received() { return transport.take(); }
  void send(std::string_view bytes) {
    speaker_->dataReceived(bytes);
    if (Protocol* const next = transport.settle()) speaker_ = next;
  }
  /// The peer closes its side; then the connection ends, as the real transports end it.
  void close() {
    if (!transport.connected()) return;
    speaker_->readConnectionLost();
    transport.lose();
  }
  void reset() { transport.lose(ConnectionLost("connection reset by peer")); }

  Origin origin;
  ropewalk::testing::StringTransport transport;

 private:
  std::unique_ptr<Protocol> protocol_;
  Protocol* speaker_ = protocol_.get();
};

/// All the servers in the world.
class MemoryOrigin {
 public:
  /// For Agent::setConnector.
  Connector connector() {
    return [this](const Origin& origin, std::shared_ptr<Factory> factory, const ConnectOptions&,
                  ConnectReport&) {
      if (refuse)
        return fail<Handle<Protocol>>(
            ConnectionRefusedError("cannot connect to 192.0.2.1:80: connection refused"));
      if (!hold) return succeed(accept(origin, *factory));
      Source<Handle<Protocol>> source;
      auto deferred = source.deferred();
      source.onCancel([this](Source<Handle<Protocol>>&) { ++cancelled; });
      held_.push_back({origin, std::move(factory), std::move(source)});
      return deferred;
    };
  }
  /// Ends the oldest attempt that is held.
  void acceptHeld() {
    Held one = std::move(held_.front());
    held_.erase(held_.begin());
    one.source.callback(accept(one.origin, *one.factory));
  }

  bool refuse = false;
  bool hold = false;  // attempts wait for acceptHeld
  int cancelled = 0;  // attempts
  std::vector<std::unique_ptr<MemoryConnection>> connections;

  MemoryConnection& operator[](std::size_t i) { return *connections.at(i); }
  [[nodiscard]] std::size_t size() const { return connections.size(); }

 private:
  struct Held {
    Origin origin;
    std::shared_ptr<Factory> factory;
    Source<Handle<Protocol>> source;
  };

  Handle<Protocol> accept(const Origin& origin, Factory& factory) {
    auto protocol = factory.buildProtocol(Address::IPv4("192.0.2.1", origin.port));
    Protocol& made = *protocol;
    connections.push_back(std::make_unique<MemoryConnection>(origin, std::move(protocol)));
    return handleOf(made);
  }

  std::vector<Held> held_;
};

/// Requests that a test leaves behind are cancelled with its agent, and nobody hears of it; any
/// other failure that nobody hears of fails the test.
class UnhandledFailures {
 public:
  UnhandledFailures() : before_(setUnhandledHook(&report)) {}
  UnhandledFailures(const UnhandledFailures&) = delete;
  UnhandledFailures& operator=(const UnhandledFailures&) = delete;
  ~UnhandledFailures() { setUnhandledHook(before_); }

 private:
  static void report(const Failure& why) {
    if (why.check<CancelledError>() == nullptr) FAIL_CHECK("nobody handled " << why.getTraceback());
  }
  UnhandledHook before_;
};

/// An agent in a fake world.
struct World {
  explicit World(AgentOptions options = {}) : agent(clock, std::move(options)) {
    agent.setConnector("http", origin.connector());
  }

  Deferred<ClientResponse> get(std::string url) { return agent.request(http::get(std::move(url))); }
  /// Asks for a page, answers it on the connection that carries it, and gives the response.
  ClientResponse fetched(std::string url, std::string_view answer) {
    auto pending = get(std::move(url));
    origin.connections.back()->send(answer);
    return successResultOf(pending);
  }

  UnhandledFailures unhandled;
  ropewalk::testing::Clock clock;
  MemoryOrigin origin;
  Agent agent;  // goes first
};

inline constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
inline constexpr std::string_view kEmpty = "HTTP/1.1 204 No Content\r\n\r\n";

}  // namespace ropewalk::http::testing
