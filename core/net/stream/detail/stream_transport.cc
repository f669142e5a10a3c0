// Reads, half closes and losses of one stream; what each errno of recv means for it.

#include "stream_transport.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/filter.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::detail {

namespace {

constexpr log::Logger kLog{"net"};
constexpr int kReadsPerTurn = 4;                     // 256 KiB: then the others have their turn
constexpr std::size_t kDiscarded = 4 * 1024 * 1024;  // of what the peer sent too late

bool isSocket(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/// Closing on unread bytes would reset the connection, and the peer could lose our last words:
/// throws away what is there.
void discardUnread(int fd) {
  // With MSG_TRUNC the kernel drops them without a copy (tcp(7)); of UNIX sockets it does not.
  if (::recv(fd, nullptr, kDiscarded, MSG_TRUNC | MSG_DONTWAIT) >= 0 || errno != EFAULT) return;
  std::array<char, 16 * 1024> scrap;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  ssize_t got = 1;
  for (std::size_t all = 0; got > 0 && all < kDiscarded; all += static_cast<std::size_t>(got))
    got = ::recv(fd, scrap.data(), scrap.size(), MSG_DONTWAIT);
}

}  // namespace

StreamTransport::StreamTransport(Loop& loop, UniqueFd fd, Address peer,
                                 std::unique_ptr<Protocol> protocol, UniqueFd output)
    : Watch(loop, fd.get()),
      Flushable(loop),
      own_(std::move(fd)),
      separateOutput_(std::move(output)),
      protocol_(std::move(protocol)),
      peer_(std::move(peer)),
      // Peers with an address are sockets; for the others the kernel is asked.
      socket_(!separateOutput_ && (peer_.family != Address::Family::none || isSocket(own_.get()))) {
  loop.streamOpened();
}

StreamTransport::~StreamTransport() {
  loop().streamClosed();
  if (accepted_) loop().acceptedClosed();
}

void StreamTransport::setAccepted() noexcept {
  accepted_ = true;
  loop().acceptedOpened();
}

void StreamTransport::start() {
  if (kLog.enabled(log::Level::debug)) kLog.debug("{} is connected to {}", getHost(), peer_);
  if (separateOutput_) {
    outputWatch_ = &loop().own(std::make_unique<OutputWatch>(*this, separateOutput_.get()));
  }
  tell([this] { protocol_->makeConnection(*this); });
  adjustReading();
}

template <class F>
void StreamTransport::guarded(F f) {
  try {
    f();
  } catch (...) {
    const Failure why = Failure::current();
    log::error("unhandled error in the protocol of {}: {}", peer_, why.getTraceback());
    lose(why);
  }
}

/// Calls the protocol; who takes over in that call, or was about to before, is connected.
template <class F>
void StreamTransport::tell(F f) {
  if (succession_.due()) settle();
  if (lost()) return;
  guarded(std::move(f));
  if (succession_.due()) settle();
}

void StreamTransport::settle() {
  guarded([this] { succession_.settle(*this); });
  adjustReading();
}

// Reading.

void StreamTransport::readable() {
  if (succession_.due()) {
    settle();
    if (!readingWanted()) return;
  }
  const std::span<char> buffer = loop().readBuffer();
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    const ssize_t got = socket_ ? ::recv(own_.get(), buffer.data(), buffer.size(), 0)
                                : ::read(own_.get(), buffer.data(), buffer.size());
    if (got == 0) return readEnded();
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return nothingToRead();
      return lose(ioError("reading from", errno));
    }
    const auto size = static_cast<std::size_t>(got);
    tell([&] { protocol_->dataReceived({buffer.data(), size}); });
    // Paused, closing or lost: what is left in the socket stays there.
    if (!readingWanted()) return;
    // Less than was asked for means that the socket is empty, unless the peer has closed: then the
    // end must be read. Not so for a terminal, which gives a line at a time.
    if (socket_ && size < buffer.size() && !hangup() && writing_ != Writing::failed)
      return readBlocked();
  }
}

void StreamTransport::nothingToRead() {
  // The peer takes no more, and has said all that it will: no end of the stream may come any more.
  if (writing_ == Writing::failed) return lose(ioError("writing to", EPIPE));
  readBlocked();
}

void StreamTransport::readEnded() {
  reading_ = Reading::over;
  wantReading(false);
  if (writing_ == Writing::failed) return lose(ioError("writing to", EPIPE));
  if (writing_ == Writing::over) return lose(Failure::connectionDone());
  succession_.readEnded();
  if (succession_.due()) return settle();
  tell([this] { protocol_->readConnectionLost(); });
}

void StreamTransport::pauseProducing() {
  if (reading_ == Reading::open) reading_ = Reading::paused;
  succession_.pause(true);
  wantReading(false);
}

void StreamTransport::resumeProducing() {
  if (reading_ == Reading::paused) reading_ = Reading::open;
  succession_.pause(false);
  if (succession_.due()) notifyLater();
  adjustReading();
}

void StreamTransport::adjustReading() {
  if (ending_ == Ending::no && reading_ != Reading::over)
    wantReading(reading_ == Reading::open && !full_);
}

// Layers.

void StreamTransport::insertFilter(std::unique_ptr<Filter> filter) {
  if (lost()) return;
  const auto registered = outflow_.releaseProducer();
  Filter& layer = *filter;
  Protocol& upper = *protocol_;
  std::unique_ptr<Protocol> owned = std::exchange(protocol_, std::move(filter));
  layer.startBelow(*this, upper, std::move(owned));
  if (registered) registered->moveTo(upper.transport());
}

void StreamTransport::replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) {
  if (lost()) return;
  if (next) unregisterProducer();
  if (lost()) return;
  if (reading_ == Reading::paused) reading_ = Reading::open;
  notifyLater();  // where no callback is running
  Protocol* direct = protocol_.get();
  succession_.replace(*this, direct, protocol_, std::move(next), std::move(rest));
}

Deferred<void> StreamTransport::opened() {
  if (lost()) return fail<void>(*reason_);
  return succession_.opened();
}

// Ending.

void StreamTransport::loseConnection() {
  if (ending_ != Ending::no) return;
  ending_ = Ending::losing;
  wantReading(false);
  closeIfDone();
}

void StreamTransport::abortConnection() {
  if (lost()) return;
  aborting_ = true;
  lose(ConnectionAborted("connection was aborted by this side"));
}

void StreamTransport::loseWriteConnection() {
  if (writing_ != Writing::open || ending_ != Ending::no) return;
  writing_ = Writing::finishing;
  flushLater();
}

void StreamTransport::closeIfDone() {
  if (ending_ != Ending::losing || !output_.empty()) return;
  // S-05: it has not finished. Where nothing more can be sent it would never be asked to.
  if (outflow_.producer() != nullptr && writing_ != Writing::failed) return;
  lose(Failure::connectionDone());
}

void StreamTransport::lose(Failure reason) {
  if (lost()) return;
  reason_ = std::make_unique<Failure>(std::move(reason));
  discards_ = ending_ == Ending::losing && reading_ != Reading::over;
  ending_ = Ending::lost;
  dropOutput();
  wantReading(false);
  wantWriting(false);
  notifyLater();
}

void StreamTransport::notified() {
  if (!lost() && broken() && !readingWanted()) lose(ioError("waiting for", 0));
  if (lost()) return finishLoss();
  if (tellWriteLost_) {
    tellWriteLost_ = false;
    tell([this] { protocol_->writeConnectionLost(); });
  }
  if (succession_.due()) settle();
  if (!lost()) tellTaken();
}

void StreamTransport::tellTaken() {
  guarded([this] { outflow_.tell(); });
  if (!blocked_ || !output_.empty() || lost() || writing_ == Writing::failed) return;
  blocked_ = false;
  tell([this] { protocol_->writeDrained(); });
}

void StreamTransport::finishLoss() {
  // connectionLost may stop the reactor, which disconnects all that are left.
  if (ending_ == Ending::told) return;
  ending_ = Ending::told;
  const Failure reason = *reason_;
  if (kLog.enabled(log::Level::debug))
    kLog.debug("the connection to {} is over: {}", peer_, reason.getErrorMessage());
  guarded([&] { outflow_.lost(reason); });
  guarded([&] { succession_.settle(*this); });
  guarded([&] { protocol_->endConnection(reason); });
  if (aborting_) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(own_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  } else if (socket_ && discards_) {
    discardUnread(own_.get());
  }
  if (outputWatch_ != nullptr) loop().retire(*outputWatch_);
  loop().retire(*this);
  own_.reset();
  separateOutput_.reset();
  loop().descriptorFreed();
}

void StreamTransport::drain() {
  if (!accepted_ || lost()) return;
  succession_.drainBegun();
  if (succession_.due()) return settle();
  tell([this] { protocol_->drainBegun(); });
}

void StreamTransport::disconnect() {
  lose(ConnectionLost(format("connection to {} was lost: the reactor has stopped", peer_)));
  finishLoss();
}

// Asking.

Address StreamTransport::getHost() const { return SocketAddress::ofHost(own_.get()); }

Reactor& StreamTransport::reactor() const { return loop().reactor(); }

void StreamTransport::setTcpNoDelay(bool on) {
  const int value = on ? 1 : 0;
  ::setsockopt(own_.get(), IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
}

void StreamTransport::setTcpKeepAlive(bool on) {
  const int value = on ? 1 : 0;
  ::setsockopt(own_.get(), SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value);
}

ConnectionLost StreamTransport::ioError(const char* action, int error) const {
  if (error == 0) {
    socklen_t size = sizeof error;
    ::getsockopt(own_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  return ConnectionLost(format("connection was lost while {} {}: {}", action, peer_,
                               errnoText(error == 0 ? ECONNRESET : error)));
}

}  // namespace ropewalk::detail
