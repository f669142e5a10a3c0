// What writes, stalls and drains do to pending() and to a producer. Rules P-02 to P-04.

#include "string_transport.h"

#include <stdexcept>
#include <utility>

#include "ropewalk/core/testing/detail/read_at.h"

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
  outflow_.lost(reason);
  if (succession_.due()) succession_.settle(*this);
  protocol.endConnection(reason);
}

void StringTransport::drain() {
  const std::uint64_t waited = outflow_.pending();
  taken_ += waited;
  outflow_.taken(waited);
  outflow_.tell();
  if (waited > 0 && outflow_.pending() == 0 && protocol_) protocol_->writeDrained();
}

void StringTransport::write(std::string_view data) {
  if (!connected_ || aborted_ || writeClosed_ || data.empty()) return;
  written_ += data;
  if (!stalled_) {
    taken_ += data.size();
    outflow_.taken(data.size());
  }
  outflow_.wrote(data.size());
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
  return outflow_.drained();
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
  if (!mayChangeFlow("pauseProducing")) return;
  state_ = ProducerState::paused;
  succession_.pause(true);
}

void StringTransport::resumeProducing() {
  if (!mayChangeFlow("resumeProducing")) return;
  state_ = ProducerState::producing;
  succession_.pause(false);
}

void StringTransport::registerProducer(Producer& producer, Streaming streaming) {
  if (!connected_) return producer.stopProducing();
  outflow_.registerProducer(producer, streaming);
}

void StringTransport::unregisterProducer() { outflow_.unregisterProducer(); }

void StringTransport::replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) {
  if (!connected_) return;
  if (!protocol_) throw std::logic_error("replaceProtocol: no protocol; use connect(protocol)");
  if (next) outflow_.unregisterProducer();
  if (state_ == ProducerState::paused) state_ = ProducerState::producing;
  Protocol* direct = protocol_.get();
  succession_.replace(*this, direct, owned_, std::move(next), std::move(rest));
  protocol_ = handleOf(*direct);
}

Protocol* StringTransport::settle() {
  if (!succession_.due()) return nullptr;
  succession_.settle(*this);
  return owned_.get();
}

Deferred<void> StringTransport::opened() {
  if (!connected_)
    return fail<void>(ConnectionLost("cannot wait for the opening: the connection is lost"));
  return succession_.opened();
}

Reactor& StringTransport::reactor() const {
  if (reactor_ == nullptr)
    throw std::logic_error("a StringTransport has no reactor until setReactor gives it one");
  return *reactor_;
}

}  // namespace ropewalk::testing
