// Filter: a layer that can be put below a protocol while its connection runs (STARTTLS).
#pragma once

#include <memory>

#include "protocol.h"
#include "transport.h"

namespace ropewalk {

/// A Protocol for the transport below, and a Transport for the protocol above. Made for
/// Transport::insertFilter, which gives it to the transport below: that owns it from then on.
class Filter : public Protocol {
 public:
  /// Takes its place, instead of connectionMade: tells `upper` about its new transport with
  /// switchTransport, and passes it the events from now on.
  /// @param owned  upper itself, or null where somebody else owns it
  virtual void startBelow(Transport& below, Protocol& upper, std::unique_ptr<Protocol> owned) = 0;

 protected:
  /// For startBelow: connects the filter itself, without connectionMade.
  void attach(Transport& below) { setTransport(below); }
};

}  // namespace ropewalk
