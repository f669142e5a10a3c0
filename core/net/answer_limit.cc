// Waits for drained(), and looks in between whether the peer has taken anything
// since the last look.

#include "answer_limit.h"

#include "reactor.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

void AnswerLimit::wait(Protocol& protocol, UniqueFunction<void()> goOn) {
  Transport& transport = protocol.transport();
  if (!transport.accepted()) return;
  waiting_ = std::make_unique<Waiting>();
  waiting_->goOn = std::move(goOn);
  waiting_->taken = transport.taken();
  lookLater(protocol);
  protocol.lifetime().own(transport.drained().addCallbacks(
      [this, &protocol] { drained(protocol); }, [](const Failure& /*connectionLost says it*/) {}));
}

void AnswerLimit::lookLater(Protocol& protocol) {
  waiting_->look = protocol.transport().reactor().callLater(limits_.patience,
                                                            [this, &protocol] { look(protocol); });
}

void AnswerLimit::look(Protocol& protocol) {
  Transport& transport = protocol.transport();
  if (!transport.connected()) return;
  const std::uint64_t taken = transport.taken();
  if (taken > waiting_->taken) {
    waiting_->taken = taken;
    return lookLater(protocol);
  }
  log::debug("{} asks, and takes no answers: {} bytes wait; cut off", transport.getPeer(),
             transport.pending());
  transport.abortConnection();
}

/// What goes on is the protocol: what it throws ends the connection, as in any other call (S-03).
void AnswerLimit::drained(Protocol& protocol) {
  const std::unique_ptr<Waiting> done = std::move(waiting_);
  try {
    done->goOn();
  } catch (...) {
    Transport& transport = protocol.transport();
    log::error("unhandled error in the protocol of {}: {}", transport.getPeer(),
               Failure::current().getTraceback());
    transport.abortConnection();
  }
}

}  // namespace ropewalk
