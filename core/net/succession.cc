// The steps of a replacement, each of them one call of settle(), and who is kept meanwhile.

#include "succession.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "protocol.h"
#include "ropewalk/core/base/error.h"

namespace ropewalk {

struct Succession::State {
  std::unique_ptr<Protocol> old;  // null where somebody else owns it
  Protocol* next = nullptr;       // named, and not made
  Protocol* made = nullptr;       // has the connection
  bool told = false;              // of a drain
  std::string rest;
  std::vector<Source<void>> waiting;
};

Succession::Succession() = default;
Succession::~Succession() = default;

void Succession::replace(Transport& transport, Protocol*& direct, std::unique_ptr<Protocol>& owner,
                         std::unique_ptr<Protocol> next, std::string rest) {
  if (!next) throw std::logic_error("replaceProtocol needs a protocol");
  if (state_ && state_->next != nullptr)
    throw std::logic_error("cannot replace the protocol: another one is about to take over");
  if (!state_) state_ = std::make_unique<State>();
  std::unique_ptr<Protocol>* const inner = direct->innerPlace();
  std::unique_ptr<Protocol>& place = inner != nullptr ? *inner : owner;
  Protocol& old = place ? *place : *direct;

  if (inner == nullptr) direct = next.get();
  state_->next = next.get();
  state_->made = nullptr;
  state_->rest.insert(0, rest);
  state_->old = std::exchange(place, std::move(next));
  place->transport_ = &transport;  // who closes it from outside finds the connection
  paused_ = false;
  old.endConnection(ProtocolReplaced("another protocol has taken this connection over"));
}

/// A step at a time: each callback may pause, close, or be the last of its protocol.
void Succession::settle(Transport& transport) {
  if (settling_) return;  // a callback of ours has come back: its turn is after that
  struct Settling {
    bool& flag;
    explicit Settling(bool& some) : flag(some) { flag = true; }
    ~Settling() { flag = false; }
  } const settling(settling_);
  while (state_ && !(paused_ && waitsForReading(transport))) step(transport);
}

bool Succession::waitsForReading(const Transport& transport) const noexcept {
  return state_->next == nullptr && !state_->rest.empty() && !transport.disconnecting() &&
         (!draining_ || state_->told);
}

void Succession::step(Transport& transport) {
  if (state_->next != nullptr) return make(transport);
  if (transport.disconnecting()) return state_.reset();
  Protocol& made = *state_->made;
  if (draining_ && !std::exchange(state_->told, true)) return made.drainBegun();
  if (!state_->rest.empty()) {
    const std::string rest = std::exchange(state_->rest, {});
    return made.dataReceived(rest);
  }
  state_.reset();
  if (readOver_) made.readConnectionLost();
}

void Succession::make(Transport& transport) {
  const std::unique_ptr<Protocol> old = std::move(state_->old);  // none of its functions runs now
  Protocol& next = *std::exchange(state_->next, nullptr);
  state_->made = &next;
  state_->told = false;
  Result<void> outcome;
  try {
    next.makeConnection(transport);
  } catch (...) {
    outcome = Failure::current();
  }
  if (state_->next != nullptr && outcome.ok()) return;  // it has given way at once
  for (Source<void>& each : std::exchange(state_->waiting, {})) {
    if (!each.called()) each.fire(Result<void>(outcome));
  }
  if (!outcome.ok()) outcome.failure().raise();
}

Deferred<void> Succession::opened() {
  if (!state_ || state_->next == nullptr) return succeed();
  return state_->waiting.emplace_back().deferred();
}

}  // namespace ropewalk
