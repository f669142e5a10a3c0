// What the datagram tests share: a protocol that records, and plain sockets as peers.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "tests/core/net/world.h"

namespace ropewalk {

struct DatagramRecorder;

/// What happened to a datagram protocol. May go before or after it.
struct DatagramRecord {
  DatagramRecord() = default;
  DatagramRecord(const DatagramRecord&) = delete;
  DatagramRecord& operator=(const DatagramRecord&) = delete;
  ~DatagramRecord();

  [[nodiscard]] bool stopped() const { return !events.empty() && events.back() == "stop"; }
  [[nodiscard]] DatagramTransport& transport() const;

  std::vector<std::string> events;
  std::vector<std::string> received;  // the whole ones
  std::vector<Address> senders;
  std::vector<bool> truncated;
  DatagramRecorder* protocol = nullptr;  // while it lives
};

/// Writes down what happens to it.
struct DatagramRecorder : DatagramProtocol {
  explicit DatagramRecorder(DatagramRecord& record) : record(&record) { record.protocol = this; }
  ~DatagramRecorder() override {
    if (record != nullptr) record->protocol = nullptr;
  }

  void startProtocol() override {
    note("start");
    if (onStart) onStart(*this);
  }
  void stopProtocol() override {
    note("stop");
    if (onStop) onStop(*this);
  }
  void received(const Datagram& datagram) override {
    if (record == nullptr) return;
    record->truncated.push_back(datagram.truncated);
    if (onDatagram) onDatagram(datagram);
    DatagramProtocol::received(datagram);
  }
  void datagramReceived(std::string_view data, const Address& from) override {
    record->received.emplace_back(data);
    record->senders.push_back(from);
    if (onReceived) onReceived(*this, data, from);
  }
  void connectionRefused() override {
    note("refused");
    if (onRefused) onRefused(*this);
  }
  void note(const char* event) const {
    if (record != nullptr) record->events.emplace_back(event);
  }

  DatagramRecord* record;  // null once that has gone
  std::function<void(DatagramRecorder&)> onStart;
  std::function<void(DatagramRecorder&)> onStop;
  std::function<void(DatagramRecorder&)> onRefused;
  std::function<void(const Datagram&)> onDatagram;
  std::function<void(DatagramRecorder&, std::string_view, const Address&)> onReceived;
};

inline DatagramRecord::~DatagramRecord() {
  if (protocol == nullptr) return;
  protocol->record = nullptr;
  protocol->onStart = protocol->onStop = protocol->onRefused = nullptr;  // what they refer to goes
}

inline DatagramTransport& DatagramRecord::transport() const { return protocol->transport(); }

inline std::unique_ptr<DatagramRecorder> datagramRecorder(
    DatagramRecord& record, std::function<void(DatagramRecorder&)> prepare = {}) {
  auto protocol = std::make_unique<DatagramRecorder>(record);
  if (prepare) prepare(*protocol);
  return protocol;
}

/// Sends back what comes.
struct Echo : DatagramProtocol {
  void datagramReceived(std::string_view data, const Address& from) override {
    transport().write(data, from);
  }
};

/// A UDP socket without a reactor.
class Peer {
 public:
  /// @param host  an IP literal to bind to
  explicit Peer(std::string_view host = "127.0.0.1", std::uint16_t port = 0, bool reuse = false) {
    auto own = detail::SocketAddress::from(Address::fromLiteral(host, port));
    socket_ = UniqueFd(::socket(own.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (reuse) ::setsockopt(fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bound_ = ::bind(fd(), own.get(), own.length) == 0;
  }

  [[nodiscard]] bool ok() const { return bound_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] Address address() const { return detail::SocketAddress::ofHost(fd()); }
  void close() { socket_.reset(); }
  /// @return whether the kernel took it
  bool send(std::string_view data, const Address& to) const {
    const auto name = detail::SocketAddress::from(to);
    return ::sendto(fd(), data.data(), data.size(), MSG_NOSIGNAL, name.get(), name.length) ==
           static_cast<ssize_t>(data.size());
  }
  /// What has come.
  std::vector<std::string> take() {
    std::vector<std::string> all;
    std::vector<char> buffer(1 << 16);
    for (;;) {
      detail::SocketAddress from;
      const ssize_t got =
          ::recvfrom(fd(), buffer.data(), buffer.size(), 0, from.get(), &from.length);
      if (got < 0) return all;
      all.emplace_back(buffer.data(), static_cast<std::size_t>(got));
      sender_ = from.toAddress();
    }
  }
  /// Waits until so many have come.
  std::vector<std::string> take(World& world, std::size_t count) {
    std::vector<std::string> all;
    world.until([&] {
      for (auto& each : take()) all.push_back(std::move(each));
      return all.size() >= count;
    });
    return all;
  }
  /// Who sent the last one.
  [[nodiscard]] const Address& sender() const { return sender_; }

 private:
  UniqueFd socket_;
  bool bound_ = false;
  Address sender_;
};

inline Address loopback(std::uint16_t port) { return Address::IPv4("127.0.0.1", port); }

/// Whether this machine has IPv6 on its loopback interface.
inline bool hasIPv6() { return Peer("::1").ok(); }

}  // namespace ropewalk
