// Reactor's listen… and connect… calls: TCP, UNIX, adopted descriptors.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/host_resolver.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stream/detail/acceptor.h"
#include "ropewalk/core/net/stream/detail/cannot_listen.h"
#include "ropewalk/core/net/stream/detail/connect_socket.h"
#include "ropewalk/core/net/stream/detail/race_connect.h"
#include "ropewalk/core/net/stream/detail/socket_file.h"
#include "ropewalk/core/net/stream/detail/stream_transport.h"

namespace ropewalk {

namespace {

using detail::cannotListen;
using detail::SocketAddress;
using detail::SocketKind;

void setOption(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

/// @return the bound, listening socket, or its errno
UniqueFd bindStream(const Address& where, const ListenOptions& options, bool dualStack,
                    int& error) {
  const SocketAddress address = SocketAddress::from(where);
  UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  error = 0;
  if (!socket) {
    error = errno;
    return socket;
  }
  setOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reusePort) setOption(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (where.family == Address::Family::IPv6)
    setOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, dualStack ? 0 : 1);
  // Inherited by what is accepted: no system call for each connection.
  // The reactor gathers writes by itself.
  setOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::bind(socket.get(), address.get(), address.length) != 0 ||
      ::listen(socket.get(), options.backlog) != 0) {
    error = errno;
  }
  return socket;
}

void makeNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void requireFactory(const Factory* factory) {
  if (factory == nullptr) throw std::invalid_argument("the factory is null");
}

detail::Acceptor& adoptAcceptor(detail::Loop& loop, UniqueFd socket,
                                std::shared_ptr<Factory> factory) {
  requireFactory(factory.get());
  auto& acceptor =
      loop.own(std::make_unique<detail::Acceptor>(loop, std::move(socket), std::move(factory)));
  acceptor.start();
  return acceptor;
}

/// Builds the protocol for an open socket and puts both on the loop.
Handle<Protocol> attach(detail::Loop& loop, UniqueFd socket, const Address& peer,
                        Factory& factory) {
  std::unique_ptr<Protocol> protocol = factory.buildProtocol(peer);
  if (!protocol) throw NoProtocol(format("the factory has no protocol for {}", peer));
  auto& stream = loop.own(std::make_unique<detail::StreamTransport>(loop, std::move(socket), peer,
                                                                    std::move(protocol)));
  stream.start();
  return handleOf(stream.protocol());
}

/// Keeps a factory started for as long as a connection attempt lasts.
class Started {
 public:
  explicit Started(std::shared_ptr<Factory> factory) : factory_(std::move(factory)) {
    requireFactory(factory_.get());
    factory_->doStart();
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  ~Started() { factory_->doStop(); }

 private:
  std::shared_ptr<Factory> factory_;
};

Deferred<Handle<Protocol>> connectHost(Reactor& reactor, std::string host, std::uint16_t port,
                                       std::shared_ptr<Factory> factory, ConnectOptions options) {
  const Started started(factory);
  std::vector<Address> addresses{Address::fromLiteral(host, port)};
  if (addresses.front().family == Address::Family::none) {
    addresses = co_await reactor.nameResolver().resolve(std::move(host), port);
    if (options.resolved()) options.resolved()();
  }
  detail::Loop& loop = reactor.loop();
  ConnectAttempt attempt = [&loop, from = options.bindAddress()](const Address& to) {
    return detail::connectSocket(loop, to, from);
  };
  Deferred<UniqueFd> winner = raceConnect(reactor, std::move(addresses), std::move(attempt));
  UniqueFd socket = co_await std::move(winner);
  const Address peer = SocketAddress::ofPeer(socket.get());
  co_return attach(loop, std::move(socket), peer, *factory);
}

Deferred<Handle<Protocol>> connectPath(Reactor& reactor, Address to,
                                       std::shared_ptr<Factory> factory) {
  const Started started(factory);
  Deferred<UniqueFd> attempt = detail::connectSocket(reactor.loop(), to, "");
  UniqueFd socket = co_await std::move(attempt);
  co_return attach(reactor.loop(), std::move(socket), to, *factory);
}

/// Gives the attempt its time, and its cancellation a name that says what was cancelled.
Deferred<Handle<Protocol>> limited(Deferred<Handle<Protocol>> attempt, Reactor& reactor,
                                   const Duration timeout, const std::string& to) {
  using Outcome = Result<Handle<Protocol>>;
  auto timedOut = [to](const Outcome& outcome, Duration after) -> Outcome {
    if (outcome.ok() || outcome.failure().check<CancelledError>() == nullptr) return outcome;
    const auto seconds = std::chrono::duration<double>(after).count();
    return Failure(
        ConnectTimeoutError(format("cannot connect to {}: no answer within {} s", to, seconds)));
  };
  return std::move(attempt)
      .addTimeout(timeout, reactor, std::move(timedOut))
      .addErrback([to](const Failure& why) -> Outcome {
        if (why.check<CancelledError>() == nullptr) return why;
        return Failure(ConnectingCancelledError(format("connecting to {} was cancelled", to)));
      });
}

}  // namespace

ListeningPort Reactor::listenTCP(std::uint16_t port, std::shared_ptr<Factory> factory,
                                 ListenOptions options) {
  const bool everywhere = options.interface.empty();
  Address where =
      everywhere ? Address::IPv6("::", port) : Address::fromLiteral(options.interface, port);
  if (where.family == Address::Family::none) {
    throw CannotListenError(format(
        "cannot listen on '{}': no IP address; a name must be resolved first", options.interface));
  }
  int error = 0;
  UniqueFd socket = bindStream(where, options, everywhere, error);
  if (everywhere && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL)) {  // a machine without IPv6
    where = Address::IPv4("0.0.0.0", port);
    socket = bindStream(where, options, false, error);
  }
  if (error != 0) cannotListen(where, SocketKind::stream, error);
  return adoptStreamPort(std::move(socket), std::move(factory));
}

ListeningPort Reactor::listenUNIX(const std::string& path, std::shared_ptr<Factory> factory,
                                  ListenUNIXOptions options) {
  const Address where = Address::UNIX(path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) cannotListen(where, SocketKind::stream, errno);
  int error = 0;
  detail::SocketFile file = detail::SocketFile::bind(socket.get(), path, options.mode, error);
  if (error != 0) cannotListen(where, SocketKind::stream, error);
  if (::listen(socket.get(), options.backlog) != 0) cannotListen(where, SocketKind::stream, errno);
  auto& acceptor = adoptAcceptor(*loop_, std::move(socket), std::move(factory));
  acceptor.removeAtEnd(std::move(file));
  return ListeningPort(Handle<detail::Port>(acceptor, acceptor.life()));
}

ListeningPort Reactor::adoptStreamPort(UniqueFd socket, std::shared_ptr<Factory> factory) {
  makeNonBlocking(socket.get());
  auto& acceptor = adoptAcceptor(*loop_, std::move(socket), std::move(factory));
  return ListeningPort(Handle<detail::Port>(acceptor, acceptor.life()));
}

Deferred<Handle<Protocol>> Reactor::connectTCP(std::string host, std::uint16_t port,
                                               std::shared_ptr<Factory> factory,
                                               ConnectOptions options) {
  const std::string to =
      format(host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}", host, port);
  updateNow();  // outside run() nobody reads the clock, and the time-out must count from now
  const Duration timeout = options.timeout();
  return limited(connectHost(*this, std::move(host), port, std::move(factory), std::move(options)),
                 *this, timeout, to)
      .addCallback([](Handle<Protocol> connected) { return whenOpened(std::move(connected)); });
}

Deferred<Handle<Protocol>> Reactor::connectUNIX(std::string path, std::shared_ptr<Factory> factory,
                                                ConnectOptions options) {
  const Address to = Address::UNIX(path);
  updateNow();
  return limited(connectPath(*this, to, std::move(factory)), *this, options.timeout(), toText(to))
      .addCallback([](Handle<Protocol> connected) { return whenOpened(std::move(connected)); });
}

Transport& Reactor::adoptStreamConnection(UniqueFd fd, std::unique_ptr<Protocol> protocol,
                                          UniqueFd output) {
  makeNonBlocking(fd.get());
  if (output) makeNonBlocking(output.get());
  const Address peer = SocketAddress::ofPeer(fd.get());
  auto& stream = loop_->own(std::make_unique<detail::StreamTransport>(
      *loop_, std::move(fd), peer, std::move(protocol), std::move(output)));
  stream.start();
  return stream;
}

}  // namespace ropewalk
