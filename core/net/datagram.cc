// DatagramProtocol, and the transport of one that has no port.

#include "datagram.h"

#include <algorithm>
#include <stdexcept>

namespace ropewalk {

DatagramProtocol::DatagramProtocol() : transport_(&DatagramTransport::null()) {}

DatagramProtocol::~DatagramProtocol() {
  if (lifetime_) lifetime_->end();
}

Lifetime& DatagramProtocol::lifetime() {
  if (!lifetime_) lifetime_ = std::make_unique<Lifetime>();
  return *lifetime_;
}

void DatagramProtocol::received(const Datagram& datagram) {
  if (!datagram.truncated) datagramReceived(datagram.data, datagram.peer.address());
}

void DatagramProtocol::makeConnection(DatagramTransport& transport) {
  transport_ = &transport;
  startProtocol();
}

void DatagramProtocol::endConnection() {
  // Whatever stopProtocol throws, nobody may reach the transport or the protocol afterwards.
  struct Ending {
    DatagramProtocol& self;
    ~Ending() {
      if (self.lifetime_) self.lifetime_->end();
      self.life_.end();
      self.transport_ = &DatagramTransport::null();
    }
  } const ending{*this};
  stopProtocol();
}

namespace {

class NullDatagramTransport final : public DatagramTransport {
 public:
  using DatagramTransport::write;
  void write(std::string_view /*data*/, const DatagramPeer& /*to*/) override {}
  void write(std::string_view /*data*/) override {}
  [[nodiscard]] std::span<char> reserve(std::size_t size) override {
    thread_local std::vector<char> nowhere;
    nowhere.resize(std::max(nowhere.size(), size));
    return {nowhere.data(), size};
  }
  void commit(std::size_t /*size*/, const DatagramPeer& /*to*/) override {}
  void stopListening() override {}
  void pauseProducing() override {}
  void resumeProducing() override {}
  [[nodiscard]] Address getHost() const override { return {}; }
  [[nodiscard]] Address getPeer() const override { return {}; }
  [[nodiscard]] DatagramCounts counts() const override { return {}; }
  [[nodiscard]] Reactor& reactor() const override {
    throw std::logic_error("cannot reach the reactor: this protocol has no port");
  }
  void joinGroup(std::string_view /*group*/, std::string_view /*interface*/) override {}
  void leaveGroup(std::string_view /*group*/, std::string_view /*interface*/) override {}
  void joinSourceGroup(std::string_view /*group*/, std::string_view /*source*/,
                       std::string_view /*interface*/) override {}
  void leaveSourceGroup(std::string_view /*group*/, std::string_view /*source*/,
                        std::string_view /*interface*/) override {}
  void setMulticastInterface(std::string_view /*interface*/) override {}
  void setMulticastTTL(int /*hops*/) override {}
  void setMulticastLoopback(bool /*on*/) override {}
  void setBroadcastAllowed(bool /*on*/) override {}
};

}  // namespace

DatagramTransport& DatagramTransport::null() noexcept {
  static NullDatagramTransport transport;  // no state of its own: all threads may share it
  return transport;
}

}  // namespace ropewalk
