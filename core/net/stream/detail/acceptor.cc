// accept4 in batches of 64, which errors mean one connection and which want of descriptors; and the
// handle on a port, which only its own thread may ask.

#include "acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"
#include "stream_transport.h"

namespace ropewalk {

namespace detail {

namespace {
constexpr int kAcceptsPerTurn = 64;  // then those who are connected already have their turn
// Want of descriptors comes and goes many times a second while it lasts.
constexpr Duration kTellAgain = std::chrono::minutes(1);
}  // namespace

Acceptor::Acceptor(Loop& loop, UniqueFd socket, std::shared_ptr<Factory> factory)
    : Watch(loop, socket.get()), socket_(std::move(socket)), factory_(std::move(factory)) {}

Acceptor::~Acceptor() = default;

void Acceptor::start() {
  factory_->doStart();
  wantReading(true);
}

void Acceptor::readable() {
  for (int accepted = 0; accepted < kAcceptsPerTurn; ++accepted) {
    if (!acceptOne()) return;
    if (!readingWanted()) return;  // a protocol of ours stopped the port
  }
}

bool Acceptor::acceptOne() {
  SocketAddress peer;
  UniqueFd socket(::accept4(socket_.get(), peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) {
    connected(std::move(socket), peer.toAddress());
    return true;
  }
  switch (errno) {
    case EAGAIN:
#if EAGAIN != EWOULDBLOCK
    case EWOULDBLOCK:
#endif
      readBlocked();
      return false;
    // accept(2): network errors of the new connection come out here, and mean only that one.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
      return true;
    default:  // EMFILE, ENFILE, ENOMEM …: it would fail again at once
      outOfDescriptors(errno);
      return false;
  }
}

void Acceptor::outOfDescriptors(int error) {
  starved_ = true;
  const TimePoint now = loop().reactor().now();
  if (!toldAt_ || now - *toldAt_ >= kTellAgain) {
    toldAt_ = now;
    log::warn("cannot accept on {}: {}; waiting until a descriptor is free", getHost(),
              errnoText(error));
  }
  wantReading(false);
  loop().notifyWhenDescriptorFreed(*this);
  lookAgain_ =
      loop().reactor().callLater(std::chrono::milliseconds(100), [this] { notifyLater(); });
}

void Acceptor::notified() {
  if (!starved_) return;
  lookAgain_.clear();
  starved_ = false;
  if (draining_) return takeRest();
  wantReading(true);
  readAgain();
}

void Acceptor::connected(UniqueFd socket, const Address& peer) {
  try {
    std::unique_ptr<Protocol> protocol = factory_->buildProtocol(peer);
    if (!protocol) return;  // refused
    auto& stream = loop().own(
        std::make_unique<StreamTransport>(loop(), std::move(socket), peer, std::move(protocol)));
    stream.setAccepted();
    stream.start();
    if (draining_) stream.drain();
  } catch (...) {
    log::error("cannot serve a connection from {}: {}", peer, Failure::current().getTraceback());
  }
}

void Acceptor::stop() {
  if (retired()) return;
  loop().retire(*this);
  file_.remove();
  socket_.reset();
  if (draining_) loop().acceptedClosed();
  loop().descriptorFreed();
  factory_->doStop();
}

void Acceptor::drain() {
  if (std::exchange(draining_, true)) return;
  loop().acceptedOpened();  // whoever waits here is waited for
  takeRest();
}

/// Those for whom there is no descriptor now get one that a connection leaves: closed, the
/// port would reset them.
void Acceptor::takeRest() {
  starved_ = false;
  while (!retired() && rest_ > 0 && acceptOne()) --rest_;
  if (!starved_ || rest_ == 0) stop();
}

Deferred<void> Acceptor::stopped() {
  Source<void> source;
  Deferred<void> done = source.deferred();
  loop().callSoon([source = std::move(source)]() mutable { source.callback(); });
  return done;
}

Address Acceptor::getHost() const { return SocketAddress::ofHost(socket_.get()); }

}  // namespace detail

namespace {
/// An address that no other living thread has.
const void* thisThread() noexcept {
  thread_local const char mark = 0;
  return &mark;
}
}  // namespace

ListeningPort::ListeningPort(Handle<detail::Port> port) : port_(port), thread_(thisThread()) {}

detail::Port* ListeningPort::get() const {
  if (thread_ != nullptr && thread_ != thisThread()) {
    throw std::logic_error(
        "a ListeningPort can be asked on its reactor's thread only: use "
        "blockingCallFromThread(reactor, [port] { return port.port(); })");
  }
  return port_.get();
}

Address ListeningPort::getHost() const {
  const detail::Port* port = get();
  return port != nullptr ? port->getHost() : Address{};
}

bool ListeningPort::listening() const { return get() != nullptr; }

Deferred<void> ListeningPort::stopListening() {
  detail::Port* port = get();
  if (port == nullptr) return succeed();
  Deferred<void> done = port->stopped();
  port->stop();
  return done;
}

}  // namespace ropewalk
