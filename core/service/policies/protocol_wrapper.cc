// A wrapper's inner protocol, told of every event, and replaced by another.

#include "protocol_wrapper.h"

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

/// Calls the inner protocol; who takes over in that call, or was about to before, is connected.
template <class F>
void TransportWrapper::tell(F f) {
  if (succession_.due()) succession_.settle(*this);
  f();
  if (succession_.due()) succession_.settle(*this);
}

void TransportWrapper::connectionMade() {
  tell([this] { ProtocolWrapper::connectionMade(); });
}

void TransportWrapper::dataReceived(std::string_view data) {
  tell([&] { ProtocolWrapper::dataReceived(data); });
}

void TransportWrapper::readConnectionLost() {
  succession_.readEnded();
  if (succession_.due()) return succession_.settle(*this);
  tell([this] { ProtocolWrapper::readConnectionLost(); });
}

void TransportWrapper::writeConnectionLost() {
  tell([this] { ProtocolWrapper::writeConnectionLost(); });
}

void TransportWrapper::handshakeCompleted() {
  tell([this] { ProtocolWrapper::handshakeCompleted(); });
}

void TransportWrapper::writeDrained() {
  tell([this] { ProtocolWrapper::writeDrained(); });
}

void TransportWrapper::drainBegun() {
  succession_.drainBegun();
  if (succession_.due()) return succession_.settle(*this);
  tell([this] { ProtocolWrapper::drainBegun(); });
}

void TransportWrapper::connectionLost(const Failure& reason) {
  try {
    if (succession_.due()) succession_.settle(*this);
  } catch (...) {
    log::error("unhandled error in the protocol of {}: {}", getPeer(),
               Failure::current().getTraceback());
  }
  ProtocolWrapper::connectionLost(reason);
}

void TransportWrapper::resumeProducing() {
  succession_.pause(false);
  if (succession_.due()) settleLater();
  resumeBelow();
}

void TransportWrapper::replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) {
  if (!connected()) return;
  if (next) {
    unregisterProducer();
    resumeProducing();
    settleLater();  // where no callback is running
  }
  Protocol* direct = innerOwner().get();
  succession_.replace(*this, direct, innerOwner(), std::move(next), std::move(rest));
}

void TransportWrapper::settleLater() {
  reactor().callSoon([self = handleOf(*this)] {
    if (!self || !self->succession_.due()) return;
    try {
      self->succession_.settle(*self);
    } catch (...) {  // S-03
      log::error("unhandled error in the protocol of {}: {}", self->getPeer(),
                 Failure::current().getTraceback());
      if (self) self->abortConnection();
    }
  });
}

Deferred<void> TransportWrapper::opened() {
  Deferred<void> made = succession_.opened();
  if (made.ready()) return transport().opened();
  return std::move(made).addCallback([self = handleOf(*this)] {
    return self ? self->transport().opened() : fail<void>(Failure::connectionDone());
  });
}

}  // namespace ropewalk
