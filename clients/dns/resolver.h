// Resolver: whoever answers a DNS question. Clients, caches and forwarders are made of these.
#pragma once

#include <memory>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

/// Answers questions. Held by shared_ptr, so that several may share one (a cache, say). Lives on
/// one reactor's thread. Twisted's IResolver.
class Resolver {
 public:
  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  virtual ~Resolver() = default;

  /// Fires with the answer, whatever its rcode: NXDOMAIN and NODATA are answers (their SOA says how
  /// long they hold). Fails when there is none: DNSQueryTimeoutError, ConnectError and its like.
  /// Cancellable; the answer's id is 0.
  [[nodiscard]] virtual Deferred<Message> ask(Question question) = 0;
};

}  // namespace ropewalk::dns
