// StringDatagramTransport: a DatagramTransport that keeps what is written to it. Testing a datagram
// protocol needs no socket.
#pragma once

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ropewalk/core/net/datagram.h"

namespace ropewalk::testing {

/// Records what a datagram protocol does to its port. Nothing happens by itself.
///
///     StringDatagramTransport transport;
///     Pong protocol;
///     transport.connect(protocol);                                  // startProtocol
///     transport.receive("ping", Address::IPv4("192.0.2.1", 4711));  // datagramReceived
///     CHECK(transport.sent().at(0).data == "ping");
///     transport.end();                                              // stopProtocol
///
/// Owned by the test; a protocol that is still connected when it goes is ended then.
class StringDatagramTransport : public DatagramTransport {
 public:
  struct Sent {
    std::string data;
    Address to;
  };

  StringDatagramTransport() = default;
  StringDatagramTransport(const StringDatagramTransport&) = delete;
  StringDatagramTransport& operator=(const StringDatagramTransport&) = delete;
  ~StringDatagramTransport() override { end(); }

  // What the test does.

  /// Starts the protocol on this port.
  void connect(DatagramProtocol& protocol) {
    protocol_ = Handle<DatagramProtocol>(protocol, protocol.life());
    protocol.makeConnection(*this);
  }
  /// A datagram comes in.
  void receive(std::string_view data, const Address& from, bool truncated = false) {
    const DatagramPeer peer(from);
    ++counts_.received;
    if (truncated) ++counts_.truncated;
    if (DatagramProtocol* const protocol = protocol_.get())
      protocol->received(Datagram{data, peer, truncated});
  }
  /// Ends the port. Does nothing the second time.
  void end() {
    DatagramProtocol* const protocol = protocol_.get();
    protocol_ = {};
    if (protocol != nullptr) protocol->endConnection();
  }
  void setHost(Address host) { host_ = std::move(host); }
  /// Makes it a connected port.
  void setPeer(Address peer) { peer_ = std::move(peer); }
  /// For protocols that need timers: what reactor() gives.
  void setReactor(Reactor& reactor) noexcept { reactor_ = &reactor; }

  // What the test asks.

  /// Everything written since the start, or the last clear().
  [[nodiscard]] const std::vector<Sent>& sent() const noexcept { return sent_; }
  void clear() noexcept { sent_.clear(); }
  /// sent() and clear() in one.
  [[nodiscard]] std::vector<Sent> take() { return std::exchange(sent_, {}); }
  /// Whether the protocol has asked for the end.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] bool paused() const noexcept { return paused_; }
  /// The groups that it is in: "239.1.2.3", "232.1.2.3 from 192.0.2.1".
  [[nodiscard]] const std::vector<std::string>& groups() const noexcept { return groups_; }

  // DatagramTransport.

  using DatagramTransport::write;
  void write(std::string_view data, const DatagramPeer& to) override {
    ++counts_.sent;
    sent_.push_back(
        {std::string(data), peer_.family == Address::Family::none ? to.address() : peer_});
  }
  void write(std::string_view data) override {
    if (peer_.family == Address::Family::none)
      throw std::logic_error("cannot send without an address: this port is not connected");
    write(data, DatagramPeer());
  }
  [[nodiscard]] std::span<char> reserve(std::size_t size) override {
    room_.resize(size);
    return room_;
  }
  void commit(std::size_t size, const DatagramPeer& to) override {
    if (size > room_.size()) throw std::logic_error("cannot send more bytes than were reserved");
    write(std::string_view(room_.data(), size), to);
    room_.clear();
  }
  void stopListening() override { stopped_ = true; }
  void pauseProducing() override { paused_ = true; }
  void resumeProducing() override { paused_ = false; }
  [[nodiscard]] Address getHost() const override { return host_; }
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] DatagramCounts counts() const override { return counts_; }
  [[nodiscard]] Reactor& reactor() const override {
    if (reactor_ == nullptr) throw std::logic_error("cannot reach the reactor: call setReactor");
    return *reactor_;
  }
  void joinGroup(std::string_view group, std::string_view /*interface*/) override {
    groups_.emplace_back(group);
  }
  void leaveGroup(std::string_view group, std::string_view /*interface*/) override {
    std::erase(groups_, group);
  }
  void joinSourceGroup(std::string_view group, std::string_view source,
                       std::string_view /*interface*/) override {
    groups_.push_back(std::string(group) + " from " + std::string(source));
  }
  void leaveSourceGroup(std::string_view group, std::string_view source,
                        std::string_view /*interface*/) override {
    std::erase(groups_, std::string(group) + " from " + std::string(source));
  }
  void setMulticastInterface(std::string_view /*interface*/) override {}
  void setMulticastTTL(int /*hops*/) override {}
  void setMulticastLoopback(bool /*on*/) override {}
  void setBroadcastAllowed(bool /*on*/) override {}

 private:
  Handle<DatagramProtocol> protocol_;
  std::vector<Sent> sent_;
  std::vector<char> room_;
  std::vector<std::string> groups_;
  DatagramCounts counts_;
  Address host_ = Address::IPv4("10.0.0.1", 1234);
  Address peer_;
  Reactor* reactor_ = nullptr;
  bool stopped_ = false;
  bool paused_ = false;
};

}  // namespace ropewalk::testing
