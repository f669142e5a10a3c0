// Datagrams: one message at a time, no connection. UDP (RFC 768) and UNIX datagram sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "address.h"
#include "protocol.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/base/handle.h"

namespace ropewalk {

class DatagramTransport;
class Reactor;

namespace detail {
class DatagramPeerAccess;
}

/// Who sent a datagram, and to which of our addresses: all that an answer needs, now or later.
/// A value; text is made of it only when address() is asked for, so a server that answers
/// at once pays for none.
class DatagramPeer {
 public:
  DatagramPeer() noexcept {}  // NOLINT(modernize-use-equals-default): leaves the bytes as they are
  /// To send to; of family none it is the same as a default-constructed one. Throws
  /// InvalidAddressError when the host is no literal.
  explicit DatagramPeer(const Address& address);

  /// Its address as text and port; family none when it is not known().
  [[nodiscard]] Address address() const;
  /// Our address that the datagram was sent to, with port 0; a multicast group or a broadcast
  /// address when it was sent to one. Known when the port is bound to every interface;
  /// else family none.
  [[nodiscard]] Address localAddress() const;
  /// 0 for UNIX.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// 4 or 16 bytes in the order of the network; empty for UNIX. IPv4 in IPv6 (::ffff:a.b.c.d) is
  /// given as IPv4. A view into this object.
  [[nodiscard]] std::string_view addressBytes() const noexcept;
  /// False for one that was default-constructed, or an unnamed UNIX socket: nobody to answer to.
  [[nodiscard]] bool known() const noexcept { return length_ != 0; }
  /// The number of the interface that it came in by; 0 where localAddress() is not known.
  [[nodiscard]] std::uint32_t interfaceIndex() const noexcept { return interface_; }

  /// The same sender; whom it was sent to does not matter.
  friend bool operator==(const DatagramPeer& a, const DatagramPeer& b) noexcept {
    return a.length_ == b.length_ && std::memcmp(a.storage_, b.storage_, a.length_) == 0;
  }

 private:
  friend class detail::DatagramPeerAccess;

  static constexpr std::size_t kStorage = 112;  // sockaddr_un is the longest

  alignas(8) unsigned char storage_[kStorage];  // a sockaddr, length_ bytes of it
  std::uint16_t length_ = 0;
  std::uint8_t localFamily_ = 0;  // AF_INET or AF_INET6 when local_ is known
  bool localIsOurs_ = false;      // and no group: an answer may leave from it
  std::uint32_t interface_ = 0;
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
  /// and others go to datagramReceived. Override this one to spare making an Address, or to
  /// see what was truncated.
  virtual void received(const Datagram& datagram);
  /// Connected ports only: nobody listens there (ICMP port unreachable; U-02). Once for each time
  /// that the kernel says so; the port stays.
  virtual void connectionRefused() {}

  [[nodiscard]] DatagramTransport& transport() const noexcept { return *transport_; }
  /// Owns the Deferreds that this protocol waits for; they are cancelled before it dies.
  [[nodiscard]] Lifetime& lifetime();
  [[nodiscard]] Life& life() noexcept { return life_; }

  /// Puts it on a transport and calls startProtocol: what ports and tests do.
  void makeConnection(DatagramTransport& transport);
  /// Calls stopProtocol, cancels what lifetime() owns, and leaves the null transport.
  void endConnection();

 private:
  DatagramTransport* transport_;
  std::unique_ptr<Lifetime> lifetime_;
  Life life_;
};

/// What a port has seen. Counts from its start.
struct DatagramCounts {
  std::uint64_t received = 0;         ///< the truncated ones among them
  std::uint64_t sent = 0;             ///< taken by the kernel
  std::uint64_t truncated = 0;        ///< longer than maxPacketSize
  std::uint64_t droppedByKernel = 0;  ///< the socket's receive buffer was full (SO_RXQ_OVFL)
  std::uint64_t dropped = 0;          ///< could not be sent: the send buffer was full, or no route
};

/// Sends datagrams. Owned by its port. Nothing blocks or fails: what is written in a turn leaves in
/// one sendmmsg at its end, and what the kernel does not take is dropped and counted, as networks
/// do. While the send buffer is full, up to 1 MiB waits for it.
///
/// On a port that is bound to every interface, an answer leaves from the address that the datagram
/// was sent to: always when it is written to a DatagramPeer, now or later; to an Address while that
/// datagram is being delivered.
class DatagramTransport {
 public:
  DatagramTransport() = default;
  DatagramTransport(const DatagramTransport&) = delete;
  DatagramTransport& operator=(const DatagramTransport&) = delete;
  virtual ~DatagramTransport() = default;

  /// Sends one datagram; it may be empty. Throws InvalidAddressError when `to` is no literal,
  /// MessageLengthError past 65,507 bytes (65,527 for IPv6, 1 MiB for UNIX). A datagram to nobody
  /// (a peer that is not known()) is dropped and counted; on a connected port it goes to whom the
  /// port is connected to.
  void write(std::string_view data, const Address& to) { write(data, DatagramPeer(to)); }
  virtual void write(std::string_view data, const DatagramPeer& to) = 0;
  /// Connected ports only: throws std::logic_error on others.
  virtual void write(std::string_view data) = 0;
  /// Room for a datagram of at most `size` bytes, to be filled in place; until the next call of
  /// any of these, or the end of the turn. commit() sends its first `size` bytes;
  /// without it nothing happens.
  [[nodiscard]] virtual std::span<char> reserve(std::size_t size) = 0;
  virtual void commit(std::size_t size, const DatagramPeer& to) = 0;

  /// Ends the port; stopProtocol comes in a later turn. What was written before is sent.
  virtual void stopListening() = 0;
  /// No datagramReceived until resumeProducing; the kernel keeps what comes,
  /// as far as its buffer goes.
  virtual void pauseProducing() = 0;
  virtual void resumeProducing() = 0;

  /// Where it receives, with the port that the kernel chose when 0 was asked for.
  [[nodiscard]] virtual Address getHost() const = 0;
  /// Whom it is connected to; family none when it is not.
  [[nodiscard]] virtual Address getPeer() const = 0;
  [[nodiscard]] virtual DatagramCounts counts() const = 0;
  [[nodiscard]] virtual Reactor& reactor() const = 0;

  // Multicast (RFC 3376, RFC 3678). `interface` is a name ("eth0") or an IP literal of the machine;
  // empty: the kernel chooses. Errors throw SocketOptionError. A port hears only the groups that it
  // joined itself, not those of other programs.

  /// @param group  an IP literal
  virtual void joinGroup(std::string_view group, std::string_view interface = {}) = 0;
  virtual void leaveGroup(std::string_view group, std::string_view interface = {}) = 0;
  /// Only what `source` sends to the group (SSM, RFC 4607).
  virtual void joinSourceGroup(std::string_view group, std::string_view source,
                               std::string_view interface = {}) = 0;
  virtual void leaveSourceGroup(std::string_view group, std::string_view source,
                                std::string_view interface = {}) = 0;
  virtual void setMulticastInterface(std::string_view interface) = 0;
  /// @param hops  0 … 255; 1 until it is set: no router passes it on
  virtual void setMulticastTTL(int hops) = 0;
  /// Whether this machine hears what it sends to groups; it does until this is called.
  virtual void setMulticastLoopback(bool on) = 0;
  virtual void setBroadcastAllowed(bool on) = 0;

  /// Swallows everything: what a protocol without a port has.
  static DatagramTransport& null() noexcept;
};

/// How listenUDP receives.
struct ListenUDPOptions {
  std::string interface {};  ///< an IP literal; empty: every interface, IPv6 and IPv4
  /// In bytes, 1 … 65,535; longer datagrams are flagged as truncated.
  std::size_t maxPacketSize = 8192;
  bool reusePort = false;       ///< SO_REUSEPORT: several sockets, one for each reactor
  bool reuseAddress = false;    ///< SO_REUSEADDR: several receivers of one multicast group
  bool broadcast = false;       ///< SO_BROADCAST: may send to broadcast addresses
  std::size_t receiveBuffer{};  ///< SO_RCVBUF in bytes; 0: the system's
  /// Multicast groups to join before startProtocol: "239.1.2.3", or with
  /// an interface "239.1.2.3%eth0".
  std::vector<std::string> groups{};
  /// Lets the kernel hand over runs of datagrams from one sender at once (UDP_GRO), where it can.
  /// They are delivered one by one all the same. For bulk: it takes 1 MiB of buffers, and helps
  /// only where senders or network cards make such runs.
  bool coalesce = false;
};

/// How connectUDP sends and receives.
struct ConnectUDPOptions {
  std::string bindAddress{};         ///< an IP literal to send from; empty: the kernel chooses
  std::uint16_t bindPort = 0;        ///< 0: the kernel chooses
  std::size_t maxPacketSize = 8192;  ///< this and the rest as in ListenUDPOptions
  std::size_t receiveBuffer{};
  bool coalesce = false;
};

/// For UNIX datagram sockets, listening and connecting.
struct UNIXDatagramOptions {
  unsigned mode = 0666;              ///< of the socket's file
  std::size_t maxPacketSize = 8192;  ///< bytes, 1 … 262,144
  /// Connecting: the path to send from, removed at the end; empty: an abstract name that the kernel
  /// chooses, so that the other side can answer.
  std::string bindPath{};
};

namespace detail {
template <class F>
class DatagramFactory final : public Factory {
 public:
  explicit DatagramFactory(F build) : build_(std::move(build)) {}
  /// Refuses streams.
  std::unique_ptr<Protocol> buildProtocol(const Address& /*peer*/) override { return nullptr; }
  std::unique_ptr<DatagramProtocol> buildDatagramProtocol() override { return build_(); }

 private:
  F build_;
};
}  // namespace detail

/// A factory for listen("udp://…") and listen("unixgram:…") that makes a P from the same arguments
/// each time: `listen("udp://:7007", datagramFactoryFor<Pong>())`.
template <class P, class... Args>
[[nodiscard]] std::shared_ptr<Factory> datagramFactoryFor(Args... args) {
  auto build = [arguments = std::tuple<Args...>(std::move(args)...)] {
    return std::apply(
        [](const auto&... each) -> std::unique_ptr<DatagramProtocol> {
          return std::make_unique<P>(each...);
        },
        arguments);
  };
  return std::make_shared<detail::DatagramFactory<decltype(build)>>(std::move(build));
}

/// Connects by an endpoint string: "udp://host:port" (names are resolved by the reactor's resolver;
/// its first address is taken), "unixgram:/path". Fires after startProtocol. Cancelling stops the
/// attempt (ConnectingCancelledError). udp takes ?bind=ADDRESS&max=BYTES&rcvbuf=BYTES.
[[nodiscard]] Deferred<Handle<DatagramProtocol>> connectDatagram(
    Reactor& reactor, std::string_view endpoint, std::unique_ptr<DatagramProtocol> protocol);

/// The same for a protocol of one's own:
/// `auto probe = co_await connectDatagram<Probe>("udp://db:514", settings);`
template <class P, class... Args>
[[nodiscard]] Deferred<Handle<P>> connectDatagram(Reactor& reactor, std::string_view endpoint,
                                                  Args... args) {
  return connectDatagram(reactor, endpoint,
                         std::unique_ptr<DatagramProtocol>(std::make_unique<P>(std::move(args)...)))
      .addCallback([](Handle<DatagramProtocol> protocol) {
        if (!protocol) return Handle<P>();
        P& mine = static_cast<P&>(*protocol);
        return Handle<P>(mine, mine.life());
      });
}

}  // namespace ropewalk
