// The search for the innermost TLS layer below a transport.
#include "session.h"

#include "ropewalk/core/net/transport.h"

namespace ropewalk::ssl {

Session* sessionOf(Transport& transport) noexcept {
  for (Transport* layer = &transport; layer != nullptr; layer = layer->below()) {
    if (auto* session = dynamic_cast<Session*>(layer)) return session;
  }
  return nullptr;
}

const Session* sessionOf(const Transport& transport) noexcept {
  return sessionOf(const_cast<Transport&>(transport));  // NOLINT: below() has no const form
}

}  // namespace ropewalk::ssl
