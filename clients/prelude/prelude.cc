// Handing the connection over, and telling who waits for it.
#include "prelude.h"

#include <string>
#include <utility>

namespace ropewalk {

Deferred<Handle<Protocol>> Prelude::whenOpened() {
  if (outcome_) return fired(*std::exchange(outcome_, std::nullopt));
  source_.emplace();
  source_->onCancel([self = handleOf(*this)](Source<Handle<Protocol>>&) {
    if (self) self->transport().abortConnection();
  });
  return source_->deferred();
}

void Prelude::settle(Result<Handle<Protocol>> outcome) {
  if (!source_) {
    outcome_.emplace(std::move(outcome));
    return;
  }
  Source<Handle<Protocol>> source = *std::exchange(source_, std::nullopt);
  if (!source.called()) source.fire(std::move(outcome));
}

void Prelude::open(std::string_view rest) {
  const Handle<Protocol> next = handleOf(*next_);
  Transport& wire = transport();
  wire.replaceProtocol(std::move(next_), std::string(rest));
  Deferred<Handle<Protocol>> opening =
      wire.opened().addCallback([next] { return ropewalk::whenOpened(next); });
  if (!source_) {  // nobody has asked
    opening.addBoth([](const Result<Handle<Protocol>>&) { return Handle<Protocol>(); });
    return;
  }
  Source<Handle<Protocol>> source = *std::exchange(source_, std::nullopt);
  source.onCancel([next](Source<Handle<Protocol>>&) {
    if (next) next->transport().abortConnection();
  });
  std::move(opening).addBoth(
      [source = std::move(source)](Result<Handle<Protocol>> outcome) mutable -> Result<void> {
        if (!source.called()) source.fire(std::move(outcome));
        return {};
      });
}

void Prelude::refuse(const Failure& why) {
  next_.reset();
  transport().abortConnection();
  settle(why);
}

void Prelude::dataReceived(std::string_view data) {
  if (next_) answered(data);
}

void Prelude::handshakeCompleted() {
  if (next_) secured();
}

void Prelude::connectionLost(const Failure& reason) {
  if (std::exchange(next_, nullptr)) settle(closedEarly(reason));
}

}  // namespace ropewalk
