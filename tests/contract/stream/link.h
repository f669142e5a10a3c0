// Wires and links: every way in which two protocols can be joined here, for the rules that hold on
// all of them.
#pragma once

#include <stdlib.h>

#include <filesystem>

#include "ropewalk/core/service/policies/protocol_wrapper.h"
#include "ropewalk/core/service/policies/throttle.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/memory_endpoints.h"
#include "tests/ssl/tls/tls_world.h"

namespace ropewalk {

/// Bytes a second: nothing waits for the rate, but much for the peer.
constexpr std::size_t kPlenty = std::size_t{1} << 30;

/// What carries the bytes.
enum class Carrier { tcp, unixSocket, socketPair, memory, memoryEndpoint };
/// What stands between that and the protocols.
enum class Layer { wrapper, throttle, tls };

/// A carrier and the layers on it, the lowest first. A new kind of transport is one more line in
/// allWires().
struct Wire {
  const char* name;
  Carrier carrier;
  std::vector<Layer> layers{};

  [[nodiscard]] bool tls() const {
    return std::find(layers.begin(), layers.end(), Layer::tls) != layers.end();
  }
  /// Whether abortConnection tells the peer: UNIX sockets know no reset, it sees a plain end.
  [[nodiscard]] bool resets() const {
    return carrier == Carrier::tcp || carrier == Carrier::memory ||
           carrier == Carrier::memoryEndpoint;
  }
  /// How the peer of an aborted connection learns of it.
  [[nodiscard]] std::string afterAbort() const {
    if (resets()) return "ConnectionLost";
    return tls() ? "TruncatedError" : "ConnectionDone";
  }
};

inline std::vector<Wire> allWires() {
  return {
      {"TCP", Carrier::tcp},
      {"UNIX", Carrier::unixSocket},
      {"socket pair", Carrier::socketPair},
      {"memory", Carrier::memory},
      {"memory endpoint", Carrier::memoryEndpoint},
      {"wrapper over TCP", Carrier::tcp, {Layer::wrapper}},
      {"a throttle over TCP", Carrier::tcp, {Layer::throttle}},
      {"a throttle over TLS over TCP", Carrier::tcp, {Layer::tls, Layer::throttle}},
      {"TLS over TCP", Carrier::tcp, {Layer::tls}},
      {"TLS over UNIX", Carrier::unixSocket, {Layer::tls}},
      {"TLS over memory", Carrier::memory, {Layer::tls}},
      {"TLS over a wrapper over a socket pair", Carrier::socketPair, {Layer::wrapper, Layer::tls}},
      {"TLS in TLS over TCP", Carrier::tcp, {Layer::tls, Layer::tls}}};
}

/// A wire on a poller, looked at from the server or from the client.
struct Setting {
  Wire wire;
  std::string poller;
  bool nearIsClient;
};

inline std::string toText(const Setting& setting) {
  return format("{}, {}, from the {}", setting.wire.name, setting.poller,
                setting.nearIsClient ? "client" : "server");
}

inline std::vector<Setting> allSettings() {
  std::vector<Setting> settings;
  for (const Wire& wire : allWires()) {
    std::vector<std::string> pollers = allPollers();
    if (wire.carrier == Carrier::memory) pollers.resize(1);  // none has a part in it
    for (const std::string& poller : pollers) {
      for (const bool nearIsClient : {false, true})
        settings.push_back({wire, poller, nearIsClient});
    }
  }
  return settings;
}

/// Two Recorders at the ends of a wire. `near` is what a test is about, `far` its peer.
class Link {
 public:
  explicit Link(const Setting& setting)
      : wire(setting.wire), world(setting.poller), nearIsClient_(setting.nearIsClient) {}
  ~Link() {
    pump_.reset();  // before the protocols that it connects
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Joins both ends; they have not said anything yet.
  bool start() {
    switch (wire.carrier) {
      case Carrier::tcp:
        startTCP();
        break;
      case Carrier::unixSocket:
        startUNIX();
        break;
      case Carrier::socketPair:
        startSocketPair();
        break;
      case Carrier::memory:
        startMemory();
        break;
      case Carrier::memoryEndpoint:
        startMemoryEndpoint();
        break;
    }
    return until([this] { return near.made() && far.made(); });
  }
  /// The same, and what handshakes there are have been done.
  bool connect() {
    return start() && until([this] { return ready(near) && ready(far); });
  }
  bool until(const std::function<bool()>& condition) {
    if (!pump_) return world.until(condition);
    for (int turns = 0; !condition(); ++turns) {
      if (turns == 100'000) return false;
      pump_->pump();
    }
    return true;
  }
  void settle() {
    for (int turns = 0; pump_ && turns < 5; ++turns) pump_->pump();
    if (!pump_) world.settle();
  }
  bool bothOver() {
    return until([this] { return near.over && far.over; });
  }
  [[nodiscard]] Transport& nearTransport() const { return near.protocol->transport(); }
  [[nodiscard]] Transport& farTransport() const { return far.protocol->transport(); }

  Wire wire;
  World world;
  Record& near = world.record();
  Record& far = world.record();
  std::function<void(Recorder&)> prepareNear = [](Recorder&) {};
  std::function<void(Recorder&)> prepareFar = [](Recorder&) {};

 private:
  static bool ready(const Record& record) {
    if (record.protocol == nullptr) return false;
    const ssl::Session* session = ssl::sessionOf(record.protocol->transport());
    return session == nullptr || session->established();
  }

  std::shared_ptr<Factory> serverFactory() { return layered(!nearIsClient_, true); }
  std::shared_ptr<Factory> clientFactory() { return layered(nearIsClient_, false); }
  std::shared_ptr<Factory> layered(bool isNear, bool isServer) {
    std::shared_ptr<Factory> factory = recorderFactory(
        isNear ? near : far,
        [this, isNear](Recorder& each) { isNear ? prepareNear(each) : prepareFar(each); });
    for (auto layer = wire.layers.rbegin(); layer != wire.layers.rend(); ++layer)
      factory = layeredWith(*layer, factory, isServer);
    return factory;
  }
  static std::shared_ptr<Factory> layeredWith(Layer layer, std::shared_ptr<Factory> inner,
                                              bool isServer) {
    switch (layer) {
      case Layer::wrapper:
        return wrapped(std::move(inner));
      case Layer::throttle:  // so fast that it hardly waits, but it does
        return throttle(std::move(inner), {.readBytesPerSecond = kPlenty,
                                           .writeBytesPerSecond = kPlenty,
                                           .maxQueuedBytes = kPlenty});
      case Layer::tls:
        return encrypted(std::move(inner), isServer);
    }
    return nullptr;
  }
  static std::shared_ptr<Factory> wrapped(std::shared_ptr<Factory> inner) {
    return factoryOf([inner](const Address& peer) -> std::unique_ptr<Protocol> {
      return std::make_unique<TransportWrapper>(inner->buildProtocol(peer));
    });
  }
  static std::shared_ptr<Factory> encrypted(std::shared_ptr<Factory> inner, bool isServer) {
    static const ssl::Context server = serverContext();
    static const ssl::Context client = clientContext();
    return isServer ? ssl::wrap(server, std::move(inner))
                    : ssl::wrapClient(client, {"localhost"}, std::move(inner));
  }

  void startTCP() {
    port_.emplace(world.reactor.listenTCP(0, serverFactory(), {.interface = "127.0.0.1"}));
    connecting(world.reactor.connectTCP("127.0.0.1", port_->port(), clientFactory()));
  }
  void startUNIX() {
    std::string pattern = std::filesystem::temp_directory_path() / "ropewalk-link-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    port_.emplace(world.reactor.listenUNIX(directory_ + "/socket", serverFactory()));
    connecting(world.reactor.connectUNIX(directory_ + "/socket", clientFactory()));
  }
  void connecting(Deferred<Handle<Protocol>> attempt) {
    connecting_.emplace(std::move(attempt).addErrback(
        [](const Failure&) { return Handle<Protocol>(); }));  // the protocols have heard of it
  }
  void startSocketPair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    world.reactor.adoptStreamConnection(UniqueFd(ends[0]), serverFactory()->buildProtocol({}));
    world.reactor.adoptStreamConnection(UniqueFd(ends[1]), clientFactory()->buildProtocol({}));
  }
  void startMemory() {
    server_ = serverFactory()->buildProtocol({});
    client_ = clientFactory()->buildProtocol({});
    pump_.emplace(testing::connectInMemory(*server_, *client_));
  }
  void startMemoryEndpoint() {
    port_.emplace(testing::successResultOf(listen(world.reactor, "memory:link", serverFactory())));
    connecting_.emplace(ropewalk::connect(world.reactor, "memory:link", clientFactory()));
  }

  bool nearIsClient_;
  std::string directory_;
  std::optional<ListeningPort> port_;
  std::optional<Deferred<Handle<Protocol>>> connecting_;
  std::unique_ptr<Protocol> server_;
  std::unique_ptr<Protocol> client_;
  std::optional<testing::Pump> pump_;
};

using Events = std::vector<std::string>;

/// A text in which every piece that goes astray shows.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 >> 4);
  return text;
}

inline auto count(const Record& record, const std::string& event) {
  return std::count(record.events.begin(), record.events.end(), event);
}

inline void echo(Recorder& each) {
  each.onData = [&each](std::string_view data) { each.transport().write(data); };
}

inline void goOnAfterTheEnd(Recorder& each) {
  each.onReadLost = [] {};
}

/// Runs a test over every wire, on every poller, from both ends.
#define EVERY_WIRE                                                  \
  const Setting setting = GENERATE_COPY(from_range(allSettings())); \
  INFO(toText(setting));                                            \
  Link link(setting)

}  // namespace ropewalk
