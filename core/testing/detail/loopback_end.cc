// The three steps of one end's turn, and what the end of one side does to the other.
// Rules S-01 to S-10.

#include "loopback_end.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/filter.h"

namespace ropewalk::testing::detail {

template <class F>
void LoopbackEnd::guarded(F f) {
  try {
    f();
  } catch (...) {  // S-03
    const Failure failure = Failure::current();
    log::error("a callback of a protocol threw: {}", failure);
    outgoing_.clear();
    lose(failure);
  }
}

/// Calls the protocol; who takes over in that call, or was about to before, is connected.
template <class F>
void LoopbackEnd::tell(F f) {
  settle();
  if (!connected()) return;
  guarded(std::move(f));
  settle();
}

bool LoopbackEnd::settle() {
  const bool due = succession_.due();
  if (due) guarded([&] { succession_.settle(*this); });
  return due && !succession_.due();
}

void LoopbackEnd::made() {
  handle_ = handleOf(*protocol_);
  tell([&] { protocol_->makeConnection(*this); });
}

bool LoopbackEnd::turn(LoopbackEnd& first, LoopbackEnd& second) {
  bool happened = first.notify();
  happened |= second.notify();
  happened |= first.send();
  happened |= second.send();
  happened |= first.receive();
  happened |= second.receive();
  return happened;
}

bool LoopbackEnd::notify() {
  if (connected() || notified_) return false;
  notified_ = true;
  outgoing_.clear();
  const Failure reason = *reason_;
  guarded([&] { outflow_.lost(reason); });
  settle();
  guarded([&] { protocol_->endConnection(reason); });
  return true;
}

void LoopbackEnd::abandon(Failure reason) {
  lose(std::move(reason));
  notify();
}

void LoopbackEnd::drain() {
  if (!accepted_ || !connected()) return;
  succession_.drainBegun();
  if (succession_.due()) {
    settle();
    return;
  }
  tell([&] { protocol_->drainBegun(); });
}

void LoopbackEnd::touch() {
  if (touched_) touched_();
}

void LoopbackEnd::lose(Failure reason) {
  if (!connected()) return;
  reason_.emplace(std::move(reason));
  out_ = Out::closed;
}

void LoopbackEnd::reset() {
  wasReset_ = true;
  wire_.clear();
}

bool LoopbackEnd::send() {
  if (!connected()) return false;
  const bool had = !outgoing_.empty();
  if (had && peer_->notified_) {
    lose(ConnectionLost("connection to the other side was lost: it is closed"));
    return true;
  }
  const std::size_t room = options_.wireCapacity - std::min(options_.wireCapacity, wire_.size());
  const std::size_t some = std::min(room, outgoing_.size());
  wire_.append(outgoing_, 0, some);
  outgoing_.erase(0, some);
  outflow_.taken(some);
  if (!outgoing_.empty()) blocked_ = true;
  wentOut();
  if (!outgoing_.empty() || outflow_.producer() != nullptr || !connected())
    return some > 0 || (!had && !outgoing_.empty());
  if (closing_) {
    lose(Failure::connectionDone());
    return true;
  }
  if (out_ != Out::finishing) return some > 0;
  out_ = Out::closed;
  tell([&] { protocol_->writeConnectionLost(); });
  if (readClosed_) lose(Failure::connectionDone());
  return true;
}

/// Tells those who wait for what is on the wire now.
void LoopbackEnd::wentOut() {
  guarded([&] { outflow_.tell(); });
  if (!blocked_ || !outgoing_.empty() || !connected()) return;
  blocked_ = false;
  tell([&] { protocol_->writeDrained(); });
}

bool LoopbackEnd::receive() {
  if (!connected()) return false;
  if (wasReset_) {
    lose(ConnectionLost("connection to the other side was lost: reset by the peer"));
    return true;
  }
  if (closing_) {  // reading has stopped (S-04); the kernel would still take the bytes
    const bool some = !peer_->wire_.empty();
    peer_->wire_.clear();
    return some;
  }
  bool happened = settle();
  if (!connected()) return true;
  happened = deliver() || happened;
  const bool atEnd = peer_->wire_.empty() && peer_->out_ == Out::closed;
  if (connected() && !closing_ && !paused_ && atEnd && !readClosed_) {
    ended();
    happened = true;
  }
  return happened;
}

/// Hands what is on the wire to the protocol, in pieces, until it pauses or closes.
bool LoopbackEnd::deliver() {
  if (paused_) return false;
  std::string arrived = std::exchange(peer_->wire_, {});
  const std::size_t most = options_.split == 0 ? arrived.size() : options_.split;
  std::size_t given = 0;
  while (given < arrived.size() && connected() && !closing_ && !paused_) {
    const std::string piece = arrived.substr(given, most);
    given += piece.size();
    tell([&] { protocol_->dataReceived(piece); });
  }
  if (paused_ && !closing_) peer_->wire_.insert(0, arrived, given);
  return given > 0;
}

void LoopbackEnd::ended() {
  readClosed_ = true;
  if (out_ == Out::closed) {
    lose(Failure::connectionDone());
    return;
  }
  succession_.readEnded();
  if (!settle()) tell([&] { protocol_->readConnectionLost(); });
}

void LoopbackEnd::write(std::string_view data) {
  if (!connected() || out_ != Out::open || data.empty()) return;
  outgoing_ += data;
  touch();
  outflow_.wrote(data.size());
}

void LoopbackEnd::writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) {
  const std::string bytes = readAt(*file, offset, length);
  write(std::string_view(bytes));
  if (bytes.size() == length || !connected()) return;
  outgoing_.clear();
  wire_.clear();
  peer_->reset();
  lose(ConnectionLost("connection was lost: a file ended before the length that was promised"));
  touch();
}

Deferred<void> LoopbackEnd::drained() {
  if (!connected()) return ropewalk::fail<void>(*reason_);
  return outflow_.drained();
}

void LoopbackEnd::loseConnection() {
  closing_ = true;
  touch();
}

void LoopbackEnd::abortConnection() {
  if (!connected()) return;
  outgoing_.clear();
  wire_.clear();
  peer_->reset();
  lose(ConnectionAborted("connection was aborted by us"));
  touch();
}

void LoopbackEnd::loseWriteConnection() {
  if (connected() && out_ == Out::open) out_ = Out::finishing;
  touch();
}

void LoopbackEnd::pauseProducing() {
  paused_ = true;
  succession_.pause(true);
}

void LoopbackEnd::resumeProducing() {
  if (disconnecting()) return;
  paused_ = false;
  succession_.pause(false);
  touch();
}

void LoopbackEnd::registerProducer(Producer& producer, Streaming streaming) {
  if (!connected()) return producer.stopProducing();
  touch();
  outflow_.registerProducer(producer, streaming);
}

void LoopbackEnd::unregisterProducer() {
  outflow_.unregisterProducer();
  touch();
}

void LoopbackEnd::insertFilter(std::unique_ptr<Filter> filter) {
  if (!connected()) return;
  const auto registered = outflow_.releaseProducer();
  Filter& layer = *filter;
  Protocol& upper = *std::exchange(protocol_, filter.get());
  std::unique_ptr<Protocol> owned = std::exchange(owned_, std::move(filter));
  layer.startBelow(*this, upper, std::move(owned));
  if (registered) registered->moveTo(upper.transport());
}

void LoopbackEnd::replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) {
  if (!connected()) return;
  if (next) outflow_.unregisterProducer();
  paused_ = false;
  touch();
  succession_.replace(*this, protocol_, owned_, std::move(next), std::move(rest));
}

Deferred<void> LoopbackEnd::opened() {
  if (!connected()) return ropewalk::fail<void>(*reason_);
  return succession_.opened();
}

Reactor& LoopbackEnd::reactor() const {
  if (options_.reactor == nullptr)
    throw std::logic_error("loopback has no reactor; pass one in LoopbackOptions");
  return *options_.reactor;
}

}  // namespace ropewalk::testing::detail
