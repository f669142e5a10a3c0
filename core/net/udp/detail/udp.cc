// Reactor's datagram calls: UDP and UNIX, bound and connected.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "datagram_port.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stream/detail/cannot_listen.h"
#include "ropewalk/core/net/stream/detail/connect_socket.h"
#include "ropewalk/core/net/stream/detail/socket_file.h"
#include "udp.h"
#include "udp_socket.h"

namespace ropewalk {

namespace {

using detail::cannotListen;
using detail::DatagramPort;
using detail::SocketAddress;
using detail::SocketFile;
using detail::SocketKind;

constexpr std::size_t kMaxUDPPacket = 65'535;
constexpr std::size_t kMaxUNIXPacket = 256 * 1024;  // the kernel's default send buffer is less

void checkPacketSize(std::size_t size, std::size_t most) {
  if (size >= 1 && size <= most) return;
  throw CannotListenError(
      format("cannot receive datagrams of {} bytes: maxPacketSize is 1 to {}", size, most));
}

/// Puts a socket on the loop, and starts its protocol.
ListeningPort openPort(Reactor& reactor, UniqueFd socket,
                       std::unique_ptr<DatagramProtocol> protocol, DatagramPort::Options options) {
  if (!protocol) throw std::invalid_argument("the protocol for datagrams is null");
  detail::Loop& loop = reactor.loop();
  if (options.coalesce) options.coalesce = detail::setCoalescing(socket.get());
  auto& port = loop.own(std::make_unique<DatagramPort>(loop, std::move(socket), std::move(protocol),
                                                       std::move(options)));
  const Handle<detail::Port> handle(port, port.life());
  port.start();
  return ListeningPort(handle);
}

UniqueFd unixSocket(const Address& where) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) cannotListen(where, SocketKind::datagram, errno);
  return socket;
}

/// @return what removes the file again
SocketFile bindPath(int fd, const std::string& path, unsigned mode) {
  int error = 0;
  SocketFile file = SocketFile::bind(fd, path, mode, error);
  if (error != 0) cannotListen(Address::UNIX(path), SocketKind::datagram, error);
  return file;
}

/// unix(7): bound with a family alone, a socket gets an abstract name of its own.
void bindAnyName(int fd) {
  sockaddr_un any{};
  any.sun_family = AF_UNIX;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any.sun_family) != 0)
    cannotListen(Address::UNIX(""), SocketKind::datagram, errno);
}

}  // namespace

namespace detail {

ListeningPort listenUDP(Reactor& reactor, std::uint16_t port,
                        std::unique_ptr<DatagramProtocol> protocol, const ListenUDPOptions& options,
                        std::shared_ptr<Factory> factory) {
  checkPacketSize(options.maxPacketSize, kMaxUDPPacket);
  const bool everywhere = options.interface.empty();
  Address where =
      everywhere ? Address::IPv6("::", port) : Address::fromLiteral(options.interface, port);
  if (where.family == Address::Family::none) {
    throw CannotListenError(
        format("cannot receive datagrams on '{}': no IP address; a name must be resolved first",
               options.interface));
  }
  int error = 0;
  UniqueFd socket = bindUDP(where, options, everywhere, error);
  if (everywhere && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL)) {  // a machine without IPv6
    where = Address::IPv4("0.0.0.0", port);
    socket = bindUDP(where, options, false, error);
  }
  if (error != 0) cannotListen(where, SocketKind::datagram, error);
  for (const std::string& group : options.groups)
    changeMembership(socket.get(), Membership::join, group, {}, {});
  return openPort(reactor, std::move(socket), std::move(protocol),
                  {.maxPacketSize = options.maxPacketSize,
                   .coalesce = options.coalesce,
                   .factory = std::move(factory)});
}

ListeningPort listenUNIXDatagram(Reactor& reactor, const std::string& path,
                                 std::unique_ptr<DatagramProtocol> protocol,
                                 const UNIXDatagramOptions& options,
                                 std::shared_ptr<Factory> factory) {
  checkPacketSize(options.maxPacketSize, kMaxUNIXPacket);
  UniqueFd socket = unixSocket(Address::UNIX(path));
  SocketFile file = bindPath(socket.get(), path, options.mode);
  return openPort(reactor, std::move(socket), std::move(protocol),
                  {.maxPacketSize = options.maxPacketSize,
                   .file = std::move(file),
                   .factory = std::move(factory)});
}

ListeningPort connectUDP(Reactor& reactor, const std::vector<Address>& addresses,
                         std::unique_ptr<DatagramProtocol> protocol,
                         const ConnectUDPOptions& options) {
  checkPacketSize(options.maxPacketSize, kMaxUDPPacket);
  UniqueFd socket;
  std::size_t tried = 0;
  while (!socket) {
    try {
      socket = connectedUDP(addresses.at(tried), options);
    } catch (const ConnectError&) {  // no route, or of another family than the address to send from
      if (++tried >= addresses.size()) throw;
    }
  }
  return openPort(reactor, std::move(socket), std::move(protocol),
                  {.maxPacketSize = options.maxPacketSize,
                   .peer = addresses[tried],
                   .coalesce = options.coalesce});
}

}  // namespace detail

ListeningPort Reactor::listenUDP(std::uint16_t port, std::unique_ptr<DatagramProtocol> protocol,
                                 ListenUDPOptions options) {
  return detail::listenUDP(*this, port, std::move(protocol), options, nullptr);
}

ListeningPort Reactor::listenUNIXDatagram(const std::string& path,
                                          std::unique_ptr<DatagramProtocol> protocol,
                                          UNIXDatagramOptions options) {
  return detail::listenUNIXDatagram(*this, path, std::move(protocol), options, nullptr);
}

ListeningPort Reactor::connectUDP(const Address& peer, std::unique_ptr<DatagramProtocol> protocol,
                                  ConnectUDPOptions options) {
  return detail::connectUDP(*this, {peer}, std::move(protocol), options);
}

ListeningPort Reactor::connectUNIXDatagram(const std::string& path,
                                           std::unique_ptr<DatagramProtocol> protocol,
                                           UNIXDatagramOptions options) {
  checkPacketSize(options.maxPacketSize, kMaxUNIXPacket);
  const Address peer = Address::UNIX(path);
  const SocketAddress to = SocketAddress::from(peer);
  UniqueFd socket = unixSocket(peer);
  SocketFile file;
  if (options.bindPath.empty()) {
    bindAnyName(socket.get());
  } else {
    file = bindPath(socket.get(), options.bindPath, options.mode);
  }
  if (::connect(socket.get(), to.get(), to.length) != 0)
    detail::connectFailure(peer, errno).raise();
  return openPort(*this, std::move(socket), std::move(protocol),
                  {.maxPacketSize = options.maxPacketSize, .peer = peer, .file = std::move(file)});
}

}  // namespace ropewalk
