// Datagrams: one message at a time, no connection. UDP (RFC 768) and UNIX datagram sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk {

class DatagramTransport;
class Reactor;

namespace detail {
struct SocketAddress;
}

/// Who sent a datagram, and to which of our addresses: all that an answer needs, now or later. A
/// value; text is made of it only when address() is asked for, so a server that answers at once
/// pays for none.
class DatagramPeer {
 public:
  DatagramPeer() = default;
  /// To send to. Throws InvalidAddressError when the host is no literal.
  explicit DatagramPeer(const Address& address);

  [[nodiscard]] Address address() const;
  /// Our address that the datagram was sent to, with port 0: known when the port is bound to every
  /// interface; else family none.
  [[nodiscard]] Address localAddress() const;
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// 4 or 16 bytes in the order of the network; empty for UNIX. IPv4 in IPv6 (::ffff:a.b.c.d) is
  /// given as IPv4. A view into this object.
  [[nodiscard]] std::string_view addressBytes() const noexcept;
  /// False for one that was default-constructed, or an unnamed UNIX socket: nobody to answer to.
  [[nodiscard]] bool known() const noexcept { return length_ != 0; }

  friend bool operator==(const DatagramPeer& a, const DatagramPeer& b) noexcept {
    return a.length_ == b.length_ && std::memcmp(a.storage_, b.storage_, a.length_) == 0;
  }

 private:
  friend class DatagramTransport;
  friend class DatagramSocketAccess;

  static constexpr std::size_t kStorage = 112;  // sockaddr_un is the longest

  alignas(8) unsigned char storage_[kStorage];  // a sockaddr, length_ bytes of it
  std::uint16_t length_ = 0;
  std::uint8_t localFamily_ = 0;  // AF_INET or AF_INET6 when local_ is known
  std::uint32_t interface_ = 0;   // that it came in by
  unsigned char local_[16];
};

/// A datagram as it came, for protocols that need more than bytes and a sender.
struct Datagram {
  std::string_view data;  ///< dies when the call returns; may be empty
  const DatagramPeer& peer;
  /// It was longer than the port's maxPacketSize: `data` is its beginning.
  bool truncated = false;
};

/// What is said by datagrams on one port. Owned by its port; lives on the reactor's thread.
///
/// The order of events (U-01): startProtocol; any number of datagrams; stopProtocol once, last, in
/// the turn after stopListening(), and transport() is a null object from then on. An exception that
/// leaves datagramReceived is logged, and the port stays (U-02).
///
///     struct Pong : DatagramProtocol {
///       void datagramReceived(std::string_view packet, const Address& from) override {
///         transport().write(packet, from);
///       }
///     };
class DatagramProtocol {
 public:
  DatagramProtocol();
  DatagramProtocol(const DatagramProtocol&) = delete;
  DatagramProtocol& operator=(const DatagramProtocol&) = delete;
  virtual ~DatagramProtocol();

  virtual void startProtocol() {}
  virtual void stopProtocol() {}
  /// @param data  a whole datagram; dies when the call returns; may be empty
  virtual void datagramReceived(std::string_view /*data*/, const Address& /*from*/) {}
  /// Every datagram comes here first. By default a truncated one is dropped (the port counts it),
  /// and others go to datagramReceived. Override this one to spare making an Address, or to see
  /// what was truncated.
  virtual void received(const Datagram& datagram);
  /// Connected ports only: nobody listens there (ICMP port unreachable; U-02).
  virtual void connectionRefused() {}

  [[nodiscard]] DatagramTransport& transport() const noexcept { return *transport_; }
  /// Owns the Deferreds that this protocol waits for; they are cancelled before it dies.
  [[nodiscard]] Lifetime& lifetime();
  [[nodiscard]] Life& life() noexcept { return life_; }

  /// What ports and tests do.
  void makeConnection(DatagramTransport& transport);
  void endConnection();

 private:
  DatagramTransport* transport_;
  std::unique_ptr<Lifetime> lifetime_;
  Life life_;
};

/// What a port has seen. Counts from its start.
struct DatagramCounts {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t truncated = 0;        ///< longer than maxPacketSize
  std::uint64_t droppedByKernel = 0;  ///< the socket's receive buffer was full (SO_RXQ_OVFL)
  std::uint64_t dropped = 0;          ///< could not be sent: the send buffer was full, or no route
};

/// Sends datagrams. Owned by its port. Nothing blocks or fails: what is written in a turn leaves in
/// one sendmmsg at its end, and what the kernel does not take is dropped and counted, as networks
/// do.
class DatagramTransport {
 public:
  DatagramTransport() = default;
  DatagramTransport(const DatagramTransport&) = delete;
  DatagramTransport& operator=(const DatagramTransport&) = delete;
  virtual ~DatagramTransport() = default;

  /// Throws InvalidAddressError when `to` is no literal, MessageLengthError past 65,507 bytes
  /// (65,527 for IPv6).
  void write(std::string_view data, const Address& to) { write(data, DatagramPeer(to)); }
  virtual void write(std::string_view data, const DatagramPeer& to) = 0;
  /// Connected ports only.
  virtual void write(std::string_view data) = 0;
  /// Room for a datagram of at most `size` bytes, to be filled in place; until the next call of any
  /// of these. commit() sends its first `size` bytes; without it nothing happens.
  [[nodiscard]] virtual std::span<char> reserve(std::size_t size) = 0;
  virtual void commit(std::size_t size, const DatagramPeer& to) = 0;

  /// Ends the port; stopProtocol comes in a later turn.
  virtual void stopListening() = 0;
  virtual void pauseProducing() = 0;
  virtual void resumeProducing() = 0;

  [[nodiscard]] virtual Address getHost() const = 0;
  /// Whom it is connected to; family none when it is not.
  [[nodiscard]] virtual Address getPeer() const = 0;
  [[nodiscard]] virtual DatagramCounts counts() const = 0;
  [[nodiscard]] virtual Reactor& reactor() const = 0;

  // Multicast (RFC 3376, RFC 3678). `interface` is a name ("eth0") or an IPv4 literal of the
  // machine; empty: the kernel chooses. Errors throw SocketOptionError.

  virtual void joinGroup(std::string_view group, std::string_view interface = {}) = 0;
  virtual void leaveGroup(std::string_view group, std::string_view interface = {}) = 0;
  /// Only what `source` sends to the group (SSM, RFC 4607).
  virtual void joinSourceGroup(std::string_view group, std::string_view source,
                               std::string_view interface = {}) = 0;
  virtual void leaveSourceGroup(std::string_view group, std::string_view source,
                                std::string_view interface = {}) = 0;
  virtual void setMulticastInterface(std::string_view interface) = 0;
  virtual void setMulticastTTL(int hops) = 0;      // 0 … 255
  virtual void setMulticastLoopback(bool on) = 0;  // whether this machine hears itself
  virtual void setBroadcastAllowed(bool on) = 0;

  /// Swallows everything: what a protocol without a port has.
  static DatagramTransport& null() noexcept;
};

struct ListenUDPOptions {
  std::string interface {};  ///< an IP literal; empty: every interface, IPv6 and IPv4
  std::size_t maxPacketSize =
      8192;                   ///< bytes; longer datagrams are flagged as truncated; at most 65,535
  bool reusePort = false;     ///< SO_REUSEPORT: several sockets, one for each reactor
  bool reuseAddress = false;  ///< SO_REUSEADDR: several receivers of one multicast group
  std::size_t receiveBuffer = 0;  ///< SO_RCVBUF in bytes; 0: the system's
};

}  // namespace ropewalk
