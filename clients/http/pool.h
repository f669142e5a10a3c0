// ConnectionPool: connections kept between requests, a limit for each origin, and a queue at the
// limit.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.h"
#include "connector.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "timing.h"

namespace ropewalk::http {

namespace detail {
class RequestUrl;
}

struct PoolOptions {
  std::size_t perHost = 6;  ///< connections to one origin at a time; more requests wait their turn
  /// Kept when nobody needs them; 0: none, each connection carries one request.
  std::size_t idlePerHost = 6;
  /// A kept connection is closed then, or when the server said; zero: never.
  Duration idleExpiry = std::chrono::seconds(60);
};

/// Capacity for one request: a connection on loan. One that is not used goes back to its pool.
class Lease {
 public:
  Lease(detail::ClientConnection& connection, bool reused);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) = delete;
  ~Lease();

  /// It carried a request before: the server may have closed it already, without our knowing.
  [[nodiscard]] bool reused() const noexcept { return reused_; }
  /// How long it took to get it; zeros when it waited.
  Timing timing;
  [[nodiscard]] const Handle<detail::ClientConnection>& connection() const noexcept {
    return connection_;
  }
  /// Ends the loan: from here on the connection knows itself what becomes of it. The exchange hears
  /// of that, perhaps at once.
  void send(std::shared_ptr<detail::Exchange> exchange);

 private:
  Handle<detail::ClientConnection> connection_;
  bool reused_;
};

/// Connections by origin (scheme, host, port). Owned by an Agent; lives on the clock's thread. The
/// connections themselves are owned by their transports. When it goes away, everything under way
/// fails with CancelledError.
///
///     acquire ──one is idle───────────────────▶ Lease
///        ├────below the limit──▶ connecting ──▶ Lease
///        └────at the limit─────▶ waiting ─────▶ Lease, first come, first served
///     a response is complete ──▶ its connection goes to the first that waits, else it is idle
class ConnectionPool final {
 public:
  enum class Want : std::uint8_t {
    any,    // kept or new
    fresh,  // new: a kept one has just turned out dead
  };

  ConnectionPool(Clock& clock, PoolOptions options);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// How connections of a scheme are made; replaces what was there.
  void setConnector(std::string scheme, Connector connector);
  [[nodiscard]] bool supports(std::string_view scheme) const {
    return connectors_.contains(scheme);
  }
  /// Those that have a Connector, sorted.
  [[nodiscard]] std::vector<std::string> schemes() const;

  /// A connection to the origin of a URL. Cancelling leaves the queue, or stops connecting.
  /// @param timeout  for connecting, not for waiting; zero: none. Fails with RequestTimeout
  [[nodiscard]] Deferred<Lease> acquire(const detail::RequestUrl& url, Duration timeout,
                                        Want want = Want::any);

  void closeIdleConnections();
  /// Connections that are kept, over all origins.
  [[nodiscard]] std::size_t idle() const noexcept;
  /// Requests in the queues of origins that are at their limit.
  [[nodiscard]] std::size_t waiting() const noexcept;
  /// Connections that are open, idle ones included.
  [[nodiscard]] std::size_t open() const noexcept;

 private:
  struct Waiter;
  struct Host;
  using Waiters = std::list<Waiter>;

  [[nodiscard]] Host& hostOf(const detail::RequestUrl& url);
  void connectionIdle(Host& host, detail::ClientConnection& connection);
  void connectionGone(Host& host, detail::ClientConnection& connection);
  void serve(Host& host);
  void connect(Host& host);
  [[nodiscard]] Deferred<Handle<Protocol>> open(const Host& host, Waiter& waiter,
                                                const ConnectOptions& options);
  void connected(Host& host, Waiters::iterator waiter);
  void connectFailed(Host& host, Waiters::iterator waiter, const Failure& why);
  void cancelled(Host& host, Waiters::iterator waiter, Source<Lease>& source);
  void tell(const Host& host, Source<Lease>& source, const Failure& why);
  void keep(Host& host, detail::ClientConnection& connection);
  void forgetIfUnused(Host& host);

  Clock& clock_;
  PoolOptions options_;
  std::map<std::string, Connector, std::less<>> connectors_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> hosts_;  // by RequestUrl::origin()
  bool closed_ = false;
  Life life_;  // callbacks may destroy the pool: who calls out and goes on looks first
};

}  // namespace ropewalk::http
