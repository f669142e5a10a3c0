// HostResolver: names to addresses. A reactor has one; tests and users may install their own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "address.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk {

class Reactor;

/// Owned by its reactor; lives on its thread.
class HostResolver {
 public:
  virtual ~HostResolver() = default;
  /// All addresses of `name`, IPv6 and IPv4, in the order of RFC 6724, each with `port`. Never
  /// empty: fails with DNSLookupError instead. Cancellable.
  [[nodiscard]] virtual Deferred<std::vector<Address>> resolve(std::string name,
                                                               std::uint16_t port) = 0;
};

/// The resolver that a reactor makes for itself: c-ares on the reactor's own loop,
/// /etc/hosts first, no threads.
[[nodiscard]] std::unique_ptr<HostResolver> makeHostResolver(Reactor& reactor);

}  // namespace ropewalk
