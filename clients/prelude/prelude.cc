// Handing the connection over, with what came behind the prelude in the same read.
#include "prelude.h"

#include <utility>

#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

Deferred<Handle<Protocol>> Prelude::opened() {
  if (outcome_) return fired(*std::exchange(outcome_, std::nullopt));
  source_.emplace();
  source_->onCancel([self = handleOf(*this)](Source<Handle<Protocol>>&) {
    if (self) self->transport().abortConnection();
  });
  return source_->deferred();
}

void Prelude::settle(Result<Handle<Protocol>> outcome) {
  if (std::exchange(settled_, true)) return;
  if (!source_) {
    outcome_.emplace(std::move(outcome));
    return;
  }
  Source<Handle<Protocol>> source = *std::exchange(source_, std::nullopt);
  if (!source.called()) source.fire(std::move(outcome));
}

void Prelude::open(std::string_view rest) {
  state_ = State::open;
  rest_ = rest;
  inner().makeConnection(*this);
  settle(handleOf(inner()));
  deliverRest();
}

void Prelude::refuse(const Failure& why) {
  state_ = State::over;
  transport().abortConnection();
  settle(why);
}

/// What lay in the same read as the end of the prelude was taken from the transport already: it is
/// on us not to lose it while the inner protocol has paused.
void Prelude::deliverRest() {
  if (rest_.empty() || paused_ || state_ != State::open) return;
  const std::string rest = std::exchange(rest_, {});
  inner().dataReceived(rest);
}

void Prelude::dataReceived(std::string_view data) {
  switch (state_) {
    case State::talking:
      return answered(data);
    case State::open:
      deliverRest();
      return inner().dataReceived(data);
    case State::over:
      return;
  }
}

void Prelude::pauseProducing() {
  paused_ = true;
  transport().pauseProducing();
}

void Prelude::resumeProducing() {
  paused_ = false;
  if (rest_.empty()) return transport().resumeProducing();
  // Who resumes does not expect to be called back before it returns.
  transport().reactor().callSoon([self = handleOf(*this)] {
    if (!self || self->paused_) return;
    self->deliverRest();
    if (self && !self->paused_) self->transport().resumeProducing();
  });
}

void Prelude::readConnectionLost() {
  if (state_ != State::open) return transport().loseConnection();
  deliverRest();
  inner().readConnectionLost();
}

void Prelude::writeConnectionLost() {
  if (state_ == State::open) inner().writeConnectionLost();
}

void Prelude::writeDrained() {
  if (state_ == State::open) inner().writeDrained();
}

void Prelude::handshakeCompleted() {
  if (state_ == State::open) return inner().handshakeCompleted();
  if (state_ == State::talking) secured();
}

void Prelude::transportReplaced() {
  rest_.clear();
  if (state_ == State::open) inner().switchTransport(*this);
}

void Prelude::connectionLost(const Failure& reason) {
  const State before = std::exchange(state_, State::over);
  if (before == State::open) {
    inner().endConnection(reason);
    settle(reason);  // only where its connectionMade threw
  }
  if (before == State::talking) settle(closedEarly(reason));
}

Deferred<Handle<Protocol>> preluded(Handle<Protocol> connected) {
  auto* const prelude = dynamic_cast<Prelude*>(connected.get());
  if (prelude == nullptr) {
    return fail<Handle<Protocol>>(
        ConnectionLost("connection was lost before its first words were said"));
  }
  return prelude->opened();
}

}  // namespace ropewalk
