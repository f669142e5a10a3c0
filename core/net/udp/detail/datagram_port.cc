// Receives until the socket is empty or the port has had its share of the turn, and sends at
// its end; what each errno means on the way. ip(7), udp(7), unix(7).

#include "datagram_port.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::detail {

namespace {

// Of one port in one turn, to the end of the batch in which one of them is reached;
// then the others have theirs.
constexpr std::size_t kDatagramsPerTurn = 256;
constexpr std::size_t kBytesPerTurn = 256 * 1024;
constexpr std::size_t kRunSize = 64 * 1024;  // what one message may hold with UDP_GRO

// Sent before the end of the turn when so much has been written: the caches hold no more.
constexpr std::size_t kFlushAt = 256 * 1024;
constexpr std::size_t kMaxWaiting = 1024 * 1024;  // while the send buffer is full

// RFC 768, RFC 8200: 16 bits of length, less the headers that they count.
constexpr std::size_t kMaxOverIPv4 = 65'535 - 20 - 8;
constexpr std::size_t kMaxOverIPv6 = 65'535 - 8;

int familyOf(int fd) {
  SocketAddress address;
  return ::getsockname(fd, address.get(), &address.length) == 0 ? address.family() : AF_UNSPEC;
}

bool segmentsSends(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, &size) == 0;
}

// Other errors may pass as well, ENOMEM for one, and datagrams that are there would lie until
// another one comes. So many in a row pass hardly.
constexpr std::size_t kFailuresInRow = 8;

/// Errors that an earlier datagram brought back: the next datagram may be there.
bool concernsOneDatagram(int error) {
  switch (error) {
    case EINTR:
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EMSGSIZE:
    case EACCES:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

DatagramPort::DatagramPort(Loop& loop, UniqueFd socket, std::unique_ptr<DatagramProtocol> protocol,
                           Options options)
    : Watch(loop, socket.get()),
      Flushable(loop),
      socket_(std::move(socket)),
      protocol_(std::move(protocol)),
      peer_(options.peer),
      maxPacketSize_(options.maxPacketSize),
      file_(std::move(options.file)),
      factory_(std::move(options.factory)),
      coalesce_(options.coalesce) {
  writesRarely();
  loop.datagrams().inbox().reserve(receiveSize());
  style_.family = familyOf(socket_.get());
  if (style_.family != AF_UNIX && segmentsSends(socket_.get())) style_.segmentLimit = kMaxOverIPv4;
}

DatagramPort::~DatagramPort() = default;

void DatagramPort::start() {
  try {
    if (factory_) factory_->doStart();
  } catch (...) {
    factory_.reset();  // S-12: it has not started, so it is not stopped
    abandon();
    throw;
  }
  try {
    protocol_->makeConnection(*this);
  } catch (...) {
    abandon();
    throw;
  }
  started_ = true;
  if (!stopping_ && !paused_) wantReading(true);
}

void DatagramPort::abandon() {
  ended_ = true;  // U-01: the protocol has not started, so it is not stopped
  finish();
}

// U-02: what a protocol throws is logged, and its port stays.
template <class F>
void DatagramPort::guarded(const char* what, F f) {
  try {
    f();
  } catch (...) {
    log::error("unhandled error in {} of {}: {}", what, getHost(),
               Failure::current().getTraceback());
  }
}

// Ending.

void DatagramPort::stop() {
  if (stopping_ || retired()) return;
  stopping_ = true;
  wantReading(false);
  notifyLater();
}

Deferred<void> DatagramPort::stopped() { return stopped_.emplace_back().deferred(); }

void DatagramPort::disconnect() {
  stop();
  finish();
}

void DatagramPort::finish() {
  if (retired()) return;
  if (!ended_) {
    ended_ = true;
    guarded("stopProtocol", [this] { protocol_->endConnection(); });
  }
  if (retired()) return;  // stopProtocol has stopped the reactor, which got here again
  if (outbox_) send();
  loop().retire(*this);
  file_.remove();
  socket_.reset();
  loop().descriptorFreed();
  if (const auto factory = std::exchange(factory_, nullptr))
    guarded("stopFactory", [&] { factory->doStop(); });
  for (Source<void>& waiting : std::exchange(stopped_, {})) waiting.callback();
}

void DatagramPort::notified() {
  if (stopping_) return finish();
  // Whoever has paused does not read, where refusals come out otherwise.
  if (broken() && !readingWanted() && peer_.known() && takeError(socket_.get()) == ECONNREFUSED)
    ++refusals_;
  if (std::exchange(refusals_, 0) > 0) refused();
}

// Receiving.

std::size_t DatagramPort::receiveSize() const noexcept {
  return coalesce_ ? kRunSize : maxPacketSize_;
}

void DatagramPort::readable() {
  deliverHeld();
  Turn turn;
  while (turn.datagrams < kDatagramsPerTurn && turn.bytes < kBytesPerTurn && readingWanted()) {
    if (!receiveBatch(turn)) return readBlocked();
  }
}

bool DatagramPort::receiveBatch(Turn& turn) {
  DatagramInbox& inbox = loop().datagrams().inbox();
  const int got = inbox.receive(socket_.get(), receiveSize());
  if (got < 0) {
    ++turn.datagrams;  // errors are bounded like what they stand for
    return receiveFailed(-got, turn);
  }
  turn.failures = 0;
  const auto count = static_cast<std::size_t>(got);
  const std::size_t asked = inbox.asked();
  for (std::size_t i = 0; i < count; ++i) {
    const DatagramInbox::Message message = inbox.message(i);
    turn.bytes += message.data.size();
    deliver(message);
  }
  turn.datagrams += count;
  // Fewer than asked for: the socket is empty, or had an error for a connected port in between.
  return count == asked || (peer_.known() && broken());
}

bool DatagramPort::receiveFailed(int error, Turn& turn) {
  if (error == EAGAIN || error == EWOULDBLOCK) return false;
  // U-02: on a port that is not connected nobody knows whom the refusal is about.
  if (error == ECONNREFUSED && peer_.known()) refused();
  if (concernsOneDatagram(error) || ++turn.failures < kFailuresInRow) return true;
  log::warn("cannot receive on {}: {}; waiting for the next datagram", getHost(), errnoText(error));
  return false;
}

void DatagramPort::deliver(const DatagramInbox::Message& message) {
  if (message.dropped) countDropped(*message.dropped);
  if (message.segment == 0) return deliver(Datagram{message.data, message.peer, message.truncated});
  for (std::size_t at = 0; at < message.data.size(); at += message.segment) {
    const std::string_view data = message.data.substr(at, message.segment);
    deliver(Datagram{data.substr(0, maxPacketSize_), message.peer, data.size() > maxPacketSize_});
  }
}

void DatagramPort::deliver(const Datagram& datagram) {
  if (stopping_) return;
  if (!readingWanted()) {  // paused in the middle of a batch
    held_.push_back({std::string(datagram.data), datagram.peer, datagram.truncated});
    return;
  }
  ++counts_.received;
  if (datagram.truncated) ++counts_.truncated;
  current_ = &datagram.peer;
  guarded("datagramReceived", [&] { protocol_->received(datagram); });
  current_ = nullptr;
}

void DatagramPort::deliverHeld() {
  while (!held_.empty() && readingWanted()) {
    const Held held = std::move(held_.front());
    held_.pop_front();
    deliver(Datagram{held.data, held.peer, held.truncated});
  }
}

void DatagramPort::countDropped(std::uint32_t total) noexcept {
  counts_.droppedByKernel += total - lastDropCount_;  // modulo 2^32: the kernel's wraps around
  lastDropCount_ = total;
}

void DatagramPort::refused() {
  guarded("connectionRefused", [this] { protocol_->connectionRefused(); });
}

void DatagramPort::pauseProducing() {
  paused_ = true;
  wantReading(false);
}

void DatagramPort::resumeProducing() {
  paused_ = false;
  if (stopping_ || !started_) return;
  wantReading(true);
  if (!held_.empty()) readAgain();
}

// Sending.

void DatagramPort::checkLength(std::size_t size, const DatagramPeer& to) const {
  std::size_t most = kMaxOverIPv4;
  if (style_.family == AF_UNIX)
    most = kMaxWaiting;
  else if (DatagramPeerAccess::family(to) == AF_INET6)
    most = kMaxOverIPv6;
  if (size <= most) return;
  throw MessageLengthError(
      format("cannot send {} bytes to {} in one datagram: at most {}", size, to.address(), most));
}

void DatagramPort::write(std::string_view data, const DatagramPeer& to) {
  checkLength(data.size(), peer_.known() ? peer_ : to);
  const std::span<char> room = reserve(data.size());
  std::copy(data.begin(), data.end(), room.begin());
  append(data.size(), to);
}

void DatagramPort::write(std::string_view data) {
  if (!peer_.known())
    throw std::logic_error("cannot send without an address: this port is not connected");
  write(data, peer_);
}

std::span<char> DatagramPort::reserve(std::size_t size) {
  if (outbox_ && !blocked_) {
    const bool full =
        outbox_->bytes() + size > kFlushAt || outbox_->count() >= DatagramSender::kMessages;
    if (full) send();
  }
  if (!outbox_) {
    outbox_ = loop().datagrams().takeOutbox();
    flushLater();  // also when nothing comes of it: the outbox goes back then
  }
  reserved_ = size;
  return {outbox_->reserve(size), size};
}

void DatagramPort::commit(std::size_t size, const DatagramPeer& to) {
  if (!outbox_ || size > reserved_)
    throw std::logic_error("cannot send more bytes than were reserved");
  checkLength(size, peer_.known() ? peer_ : to);
  append(size, to);
}

void DatagramPort::append(std::size_t size, const DatagramPeer& to) {
  reserved_ = 0;
  const bool nobody = !peer_.known() && !to.known();
  const bool full = blocked_ && outbox_->bytes() + size > kMaxWaiting;
  if (nobody || full || !socket_) {
    ++counts_.dropped;
    return;
  }
  if (peer_.known()) {
    outbox_->commit(size, {}, {});
  } else {
    const SocketName name(to, style_.family);
    outbox_->commit(size, name.bytes(), sourceFor(to));
  }
}

LocalAddress DatagramPort::sourceFor(const DatagramPeer& to) const noexcept {
  // Made of an Address, a peer does not know where the question came to; but while it is being
  // answered, this port does.
  const bool answer = current_ != nullptr && *current_ == to;
  return DatagramPeerAccess::source(answer ? *current_ : to);
}

void DatagramPort::flush() {
  if (outbox_ && !blocked_ && !retired()) send();
}

void DatagramPort::writable() {
  blocked_ = false;
  if (outbox_) send();
  if (!blocked_) wantWriting(false);
}

void DatagramPort::send() {
  DatagramSender& sender = loop().datagrams().sender();
  std::size_t first = 0;
  while (first < outbox_->count()) {
    const std::size_t messages = sender.prepare(*outbox_, first, style_);
    const int sent = ::sendmmsg(socket_.get(), sender.headers(), static_cast<unsigned>(messages),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      const std::size_t datagrams = sender.datagrams(static_cast<std::size_t>(sent));
      counts_.sent += datagrams;
      first += datagrams;
      continue;
    }
    switch (sendFailed(errno, first)) {
      case Verdict::tryAgain:
        break;
      case Verdict::drop:
        ++counts_.dropped;
        ++first;
        break;
      case Verdict::wait:
        outbox_->remove(first);
        blocked_ = true;
        writeBlocked();
        return wantWriting(true);
    }
  }
  outbox_->clear();
  reserved_ = 0;
  loop().datagrams().giveBack(std::move(outbox_));
}

DatagramPort::Verdict DatagramPort::sendFailed(int error, std::size_t first) {
  DatagramOutbox::Entry& entry = outbox_->entries()[first];
  switch (error) {
    case EINTR:
      return Verdict::tryAgain;
    case EAGAIN:
      // unix(7): the receiver's queue is full. Only a connected socket becomes writable when it is
      // not, and others must not wait for one that does not read.
      if (style_.family == AF_UNIX && !peer_.known()) return Verdict::drop;
      return Verdict::wait;
    case ECONNREFUSED:
      if (peer_.known() && refusals_++ == 0) notifyLater();
      // Over UDP it is the answer to an earlier datagram; this one has not been tried.
      return style_.family == AF_UNIX ? Verdict::drop : Verdict::tryAgain;
    default:
      break;
  }
  if (loop().datagrams().sender().firstIsRun()) {
    // No checksum offload on the way (EIO), or longer than the path takes (EINVAL, EMSGSIZE).
    style_.segmentLimit = error == EIO ? 0 : entry.size - 1;
    return Verdict::tryAgain;
  }
  if (entry.source.family != 0) {
    // It may be a broadcast address, or no longer ours: EINVAL, or by kernel and route another
    // error. Let the routes choose.
    entry.source = {};
    return Verdict::tryAgain;
  }
  return Verdict::drop;
}

// Asking and setting.

Address DatagramPort::getHost() const { return SocketAddress::ofHost(socket_.get()); }

Reactor& DatagramPort::reactor() const { return loop().reactor(); }

void DatagramPort::joinGroup(std::string_view group, std::string_view interface) {
  changeMembership(socket_.get(), Membership::join, group, {}, interface);
}
void DatagramPort::leaveGroup(std::string_view group, std::string_view interface) {
  changeMembership(socket_.get(), Membership::leave, group, {}, interface);
}
void DatagramPort::joinSourceGroup(std::string_view group, std::string_view source,
                                   std::string_view interface) {
  changeMembership(socket_.get(), Membership::join, group, source, interface);
}
void DatagramPort::leaveSourceGroup(std::string_view group, std::string_view source,
                                    std::string_view interface) {
  changeMembership(socket_.get(), Membership::leave, group, source, interface);
}
void DatagramPort::setMulticastInterface(std::string_view interface) {
  detail::setMulticastInterface(socket_.get(), interface);
}
void DatagramPort::setMulticastTTL(int hops) { detail::setMulticastTTL(socket_.get(), hops); }
void DatagramPort::setMulticastLoopback(bool on) {
  detail::setMulticastLoopback(socket_.get(), on);
}
void DatagramPort::setBroadcastAllowed(bool on) { detail::setBroadcastAllowed(socket_.get(), on); }

}  // namespace ropewalk::detail
