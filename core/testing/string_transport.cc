// What writes, stalls and drains do to pending() and to a producer. Rules P-02 to P-04.

#include "ropewalk/core/testing/string_transport.h"

#include <stdexcept>
#include <utility>

namespace ropewalk::testing {

StringTransport::~StringTransport() {
  // A protocol that outlives its transport would write to freed memory.
  if (protocol_) lose();
}

void StringTransport::connect(Protocol& protocol) {
  protocol_ = handleOf(protocol);
  protocol.makeConnection(*this);
}

void StringTransport::lose(const Failure& reason) {
  if (!connected_) return;
  if (!protocol_)
    throw std::logic_error("lose: no protocol; use connect(protocol) or lose(protocol)");
  lose(*protocol_, reason);
}

void StringTransport::lose(Protocol& protocol, const Failure& reason) {
  if (!connected_) return;
  connected_ = false;
  disconnecting_ = true;
  state_ = ProducerState::stopped;
  if (Producer* const producer = std::exchange(producer_, nullptr)) producer->stopProducing();
  drains_.fail(reason);
  protocol.endConnection(reason);
}

void StringTransport::drain() {
  const bool waited = pending_ > 0;
  taken_ += std::exchange(pending_, 0);
  drains_.fire();
  const bool due = pending_ == 0 && producer_ != nullptr &&
                   (streaming_ == Streaming::pull || std::exchange(producerPaused_, false));
  if (due) producer_->resumeProducing();
  if (waited && pending_ == 0 && protocol_) protocol_->writeDrained();
}

void StringTransport::write(std::string_view data) {
  if (!connected_ || aborted_ || writeClosed_ || data.empty()) return;
  written_ += data;
  if (!stalled_) {
    taken_ += data.size();
    return;
  }
  pending_ += data.size();
  if (producer_ == nullptr || streaming_ == Streaming::pull || producerPaused_) return;
  if (pending_ <= detail::kHighWater) return;
  producerPaused_ = true;
  producer_->pauseProducing();
}

void StringTransport::writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) {
  std::string bytes = detail::readAt(*file, offset, length);
  const bool whole = bytes.size() == length;
  write(std::string_view(bytes));
  if (!whole) abortConnection();  // as the real ones: the peer was promised more
}

Deferred<void> StringTransport::drained() {
  if (!connected_)
    return fail<void>(ConnectionLost("cannot wait for writes: the connection is lost"));
  if (pending_ == 0) return succeed();
  return drains_.wait();
}

void StringTransport::loseConnection() {
  disconnecting_ = true;
  state_ = ProducerState::stopped;
}

void StringTransport::abortConnection() {
  aborted_ = true;
  loseConnection();
}

void StringTransport::loseWriteConnection() { writeClosed_ = true; }

bool StringTransport::mayChangeFlow(std::string_view what) const {
  if (connected_ && !disconnecting_) return true;
  if (strictness_ == Strictness::lenient) return false;
  throw std::logic_error(std::string(what) + ": the connection is closing");
}

void StringTransport::pauseProducing() {
  if (mayChangeFlow("pauseProducing")) state_ = ProducerState::paused;
}

void StringTransport::resumeProducing() {
  if (mayChangeFlow("resumeProducing")) state_ = ProducerState::producing;
}

void StringTransport::registerProducer(Producer& producer, Streaming streaming) {
  if (producer_ != nullptr) throw std::logic_error("registerProducer: one is registered already");
  if (!connected_) {
    producer.stopProducing();
    return;
  }
  producer_ = &producer;
  streaming_ = streaming;
  if (streaming == Streaming::pull) producer.resumeProducing();
}

void StringTransport::unregisterProducer() {
  producer_ = nullptr;
  producerPaused_ = false;
}

Reactor& StringTransport::reactor() const {
  if (reactor_ == nullptr)
    throw std::logic_error("a StringTransport has no reactor until setReactor gives it one");
  return *reactor_;
}

}  // namespace ropewalk::testing
