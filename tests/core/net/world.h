// What the stream tests share: a reactor of each kind, protocols that record, plain sockets as
// peers.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/async/task.h"
#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/core.h"
#include "ropewalk/core/net/host_resolver.h"
#include "tests/catch.h"

namespace ropewalk {

/// Writes down what happens to a protocol; outlives it.
struct Record {
  std::vector<std::string> events;
  std::string received;
  std::string lostKind;
  Protocol* protocol = nullptr;
  bool over = false;
  [[nodiscard]] bool made() const { return !events.empty(); }
};

/// A reactor with one of this machine's pollers: use with GENERATE, so that every test runs on each
/// of them.
struct World {
  explicit World(std::string_view poller) : reactor(poller) {}

  /// Turns the reactor until the condition holds; false after ten seconds without it.
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reactor.iterate(20ms);
    }
    return true;
  }
  /// A few turns without waiting: whatever is due happens.
  void settle() {
    for (int turns = 0; turns < 5; ++turns) reactor.iterate();
  }

  /// Lives as long as the reactor, whose connections write to it to the very end.
  Record& record() { return records.emplace_back(); }

  std::deque<Record> records;
  Reactor reactor;
};

/// Every poller of this machine, for GENERATE_COPY(from_range(allPollers())).
inline std::vector<std::string> allPollers() {
  std::vector<std::string> names;
  for (const auto name : reactorTypes()) names.emplace_back(name);
  return names;
}

#define EVERY_POLLER World world(GENERATE_COPY(from_range(allPollers())))

struct Recorder : Protocol {
  explicit Recorder(Record& record) : record(record) {}

  void connectionMade() override {
    record.protocol = this;
    record.events.emplace_back("made");
    if (onMade) onMade();
  }
  void dataReceived(std::string_view data) override {
    record.received += data;
    record.events.emplace_back("data");
    if (onData) onData(data);
  }
  void readConnectionLost() override {
    record.events.emplace_back("read lost");
    if (onReadLost) return onReadLost();
    Protocol::readConnectionLost();
  }
  void writeConnectionLost() override { record.events.emplace_back("write lost"); }
  void writeDrained() override { record.events.emplace_back("drained"); }
  void connectionLost(const Failure& reason) override {
    record.events.emplace_back("lost");
    record.lostKind = reason.kind();
    record.protocol = nullptr;
    record.over = true;
    if (onLost) onLost();
  }

  Record& record;
  std::function<void()> onMade;
  std::function<void(std::string_view)> onData;
  std::function<void()> onReadLost;
  std::function<void()> onLost;
};

/// A factory of Recorders; `prepare` may set their hooks.
inline std::shared_ptr<Factory> recorderFactory(
    Record& record, std::function<void(Recorder&)> prepare = [](Recorder&) {}) {
  return factoryOf([&record, prepare](const Address&) {
    auto protocol = std::make_unique<Recorder>(record);
    prepare(*protocol);
    return protocol;
  });
}

/// A blocking socket connected to a port of this process.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) socket_.reset();
  }
  [[nodiscard]] bool ok() const { return static_cast<bool>(socket_); }
  [[nodiscard]] int fd() const { return socket_.get(); }
  void send(std::string_view data) const {
    ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
  }
  void finish() const { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.reset();
  }
  /// What has arrived; sets ended() at the end of the stream and error() to its errno.
  std::string take() {
    std::string all;
    std::vector<char> buffer(1 << 16);
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) {
        all.append(buffer.data(), static_cast<std::size_t>(got));
        continue;
      }
      if (got == 0) ended_ = true;
      if (got < 0 && errno != EAGAIN) error_ = errno;
      return all;
    }
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  UniqueFd socket_;
  bool ended_ = false;
  int error_ = 0;
};

/// Both ends of one connection: ours with a Recorder, the peer a plain socket.
struct Pair {
  explicit Pair(
      World& world, std::function<void(Recorder&)> prepare = [](Recorder&) {})
      : world(world),
        port(world.reactor.listenTCP(0, recorderFactory(record, std::move(prepare)),
                                     {.interface = "127.0.0.1"})),
        peer(port.port()) {
    world.until([&] { return record.made(); });
  }
  [[nodiscard]] Transport& transport() const { return record.protocol->transport(); }
  /// Reads at the peer until it has `size` bytes or the stream has ended.
  std::string peerReads(std::size_t size) {
    std::string all;
    world.until([&] {
      all += peer.take();
      return all.size() >= size || peer.ended() || peer.error() != 0;
    });
    return all;
  }

  World& world;
  Record& record = world.record();
  ListeningPort port;
  Client peer;
};

}  // namespace ropewalk
