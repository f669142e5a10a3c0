// Hosts with their idle connections, those on the way and the queue; every call out leaves it
// consistent first.
#include "pool.h"

#include <algorithm>
#include <utility>

#include "errors.h"
#include "ropewalk/clients/http/detail/exchange.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http {

using detail::ClientConnection;

/// One acquire() that has no connection yet. It stays where it is in memory while it moves from the
/// queue to `connecting`.
struct ConnectionPool::Waiter {
  Source<Lease> source;
  Want want;
  Duration timeout;
  TimePoint since;
  // While connecting:
  TimePoint began{};
  bool connecting = false;
  bool over = false;  // cancelled: what still comes of the attempt is thrown away
  bool timedOut = false;
  std::shared_ptr<Handle<ClientConnection>> built = std::make_shared<Handle<ClientConnection>>();
  ConnectReport report{};
  ScopedCall timer{};
  std::optional<Deferred<Handle<Protocol>>> attempt{};
};

struct ConnectionPool::Host final : detail::ConnectionOwner {
  Host(ConnectionPool& pool, const detail::RequestUrl& url)
      : pool(pool), key(url.origin()), origin(url.toOrigin()) {}

  void connectionIdle(ClientConnection& connection) override {
    pool.connectionIdle(*this, connection);
  }
  void connectionGone(ClientConnection& connection) override {
    pool.connectionGone(*this, connection);
  }

  ConnectionPool& pool;
  const std::string key;
  const Origin origin;
  std::vector<ClientConnection*> open{};  // idle ones included
  std::vector<ClientConnection*> idle{};  // the one used last is at the end
  Waiters waiting{};
  Waiters connecting{};
  bool serving = false;
};

Lease::Lease(ClientConnection& connection, bool reused)
    : connection_(handleOf(connection)), reused_(reused) {
  timing.reused = reused;
}

Lease::Lease(Lease&& other) noexcept
    : timing(other.timing),
      connection_(std::exchange(other.connection_, {})),
      reused_(other.reused_) {}

Lease::~Lease() {
  if (ClientConnection* connection = connection_.get()) connection->release();
}

void Lease::send(std::shared_ptr<detail::Exchange> exchange) {
  ClientConnection* connection = std::exchange(connection_, {}).get();
  if (connection == nullptr || !connection->idle()) {
    return exchange->failed(
        RequestNotSent(format("cannot fetch {}: the connection was lost before it could be used",
                              exchange->request().url.text())));
  }
  connection->send(std::move(exchange), timing);
}

ConnectionPool::ConnectionPool(Clock& clock, PoolOptions options)
    : clock_(clock), options_(options) {
  options_.perHost = std::max<std::size_t>(options_.perHost, 1);
}

ConnectionPool::~ConnectionPool() {
  closed_ = true;
  life_.end();
  const Failure why = CancelledError("the agent of this request is gone");
  // Callbacks may do anything but reach this pool's hosts again: take everything out first.
  const auto hosts = std::exchange(hosts_, {});
  for (const auto& [key, host] : hosts) {
    while (!host->open.empty()) {
      ClientConnection* connection = host->open.back();
      host->open.pop_back();
      connection->detach(why);
    }
    for (Waiters* waiters : {&host->connecting, &host->waiting}) {
      while (!waiters->empty()) {
        Waiters one;
        one.splice(one.end(), *waiters, waiters->begin());
        Waiter& waiter = one.front();
        waiter.over = true;
        waiter.source.onCancel(nullptr);
        if (waiter.attempt) waiter.attempt->cancel();
        waiter.source.errback(why);
      }
    }
  }
}

void ConnectionPool::setConnector(std::string scheme, Connector connector) {
  connectors_.insert_or_assign(std::move(scheme), std::move(connector));
}

std::vector<std::string> ConnectionPool::schemes() const {
  std::vector<std::string> names;
  for (const auto& [scheme, connector] : connectors_) names.push_back(scheme);
  return names;
}

ConnectionPool::Host& ConnectionPool::hostOf(const detail::RequestUrl& url) {
  const auto known = hosts_.find(url.origin());
  if (known != hosts_.end()) return *known->second;
  auto host = std::make_unique<Host>(*this, url);
  Host& made = *host;
  hosts_.emplace(made.key, std::move(host));
  return made;
}

Deferred<Lease> ConnectionPool::acquire(const detail::RequestUrl& url, Duration timeout,
                                        Want want) {
  if (closed_) return fail<Lease>(CancelledError("the agent of this request is gone"));
  Host& host = hostOf(url);
  if (want == Want::any && !host.idle.empty()) {
    ClientConnection& connection = *host.idle.back();
    host.idle.pop_back();
    return succeed(Lease(connection, true));
  }
  host.waiting.push_back(
      {.source = Source<Lease>(), .want = want, .timeout = timeout, .since = clock_.now()});
  const auto waiter = std::prev(host.waiting.end());
  waiter->source.onCancel(
      [this, &host, waiter](Source<Lease>& source) { cancelled(host, waiter, source); });
  Deferred<Lease> lease = waiter->source.deferred();
  serve(host);
  return lease;
}

/// Starts connecting for those who wait, as far as the limit allows. A loop, also where attempts
/// fail at once and end up here again: a long queue must not fill the stack.
void ConnectionPool::serve(Host& host) {
  if (std::exchange(host.serving, true)) return;
  const Handle<ConnectionPool> self(*this, life_);
  while (!host.waiting.empty()) {
    if (host.open.size() + host.connecting.size() < options_.perHost) {
      connect(host);
    } else if (host.waiting.front().want == Want::fresh && !host.idle.empty()) {
      host.idle.front()->lose();
    } else {
      break;
    }
    if (!self) return;
  }
  host.serving = false;
  forgetIfUnused(host);
}

void ConnectionPool::connect(Host& host) {
  host.connecting.splice(host.connecting.end(), host.waiting, host.waiting.begin());
  const auto waiter = std::prev(host.connecting.end());
  waiter->connecting = true;
  waiter->began = clock_.now();
  ConnectOptions options;
  if (waiter->timeout > Duration::zero()) {
    options.timeout(waiter->timeout);
    waiter->timer = clock_.callLater(waiter->timeout, [waiter] {
      waiter->timedOut = true;
      waiter->attempt->cancel();
    });
  }
  waiter->attempt.emplace(open(host, *waiter, options));
  waiter->attempt->addCallbacks(
      [this, &host, waiter](Handle<Protocol>&) { connected(host, waiter); },
      [this, &host, waiter](const Failure& why) { connectFailed(host, waiter, why); });
}

Deferred<Handle<Protocol>> ConnectionPool::open(const Host& host, Waiter& waiter,
                                                const ConnectOptions& options) {
  auto factory = factoryOf(
      [built = waiter.built, clock = &clock_](const Address&) -> std::unique_ptr<Protocol> {
        auto connection = std::make_unique<ClientConnection>(*clock);
        *built = handleOf(*connection);
        return connection;
      });
  try {
    return connectors_.at(host.origin.scheme)(host.origin, std::move(factory), options,
                                              waiter.report);
  } catch (...) {
    return fail<Handle<Protocol>>(Failure::current());
  }
}

void ConnectionPool::connected(Host& host, Waiters::iterator waiter) {
  ClientConnection* connection = waiter->built->get();
  if (waiter->over) {
    if (connection != nullptr) connection->lose();
    return;
  }
  if (connection == nullptr || !connection->idle()) {
    return connectFailed(host, waiter,
                         ConnectionLost(format("connection to {} was lost at once", host.origin)));
  }
  Waiters one;
  one.splice(one.end(), host.connecting, waiter);
  host.open.push_back(connection);
  connection->attach(host, std::move(waiter->report.secure));
  Lease lease(*connection, false);
  lease.timing.queued = waiter->began - waiter->since;
  lease.timing.dns = waiter->report.dns;
  lease.timing.tls = waiter->report.tls;
  lease.timing.connect = clock_.now() - waiter->began - waiter->report.dns - waiter->report.tls;
  waiter->timer.clear();
  waiter->source.callback(std::move(lease));
}

void ConnectionPool::connectFailed(Host& host, Waiters::iterator waiter, const Failure& why) {
  if (waiter->over) return;
  Waiters one;
  one.splice(one.end(), host.connecting, waiter);
  waiter->timer.clear();
  const bool late = waiter->timedOut || why.check<ConnectTimeoutError>() != nullptr;
  const Failure reason =
      late ? Failure(RequestTimeout(format("cannot connect to {}: no connection within {}",
                                           host.origin, humanDuration(waiter->timeout)),
                                    Stage::connect))
           : why;
  tell(host, waiter->source, reason);
}

void ConnectionPool::cancelled(Host& host, Waiters::iterator waiter, Source<Lease>& source) {
  Waiters one;
  one.splice(one.end(), waiter->connecting ? host.connecting : host.waiting, waiter);
  waiter->over = true;
  waiter->timer.clear();
  if (waiter->attempt) waiter->attempt->cancel();
  tell(host, source,
       CancelledError(format("waiting for a connection to {} was cancelled", host.origin)));
}

/// Fails one that waited; its place is free for the next.
void ConnectionPool::tell(const Host& host, Source<Lease>& source, const Failure& why) {
  const Handle<ConnectionPool> self(*this, life_);
  const std::string key = host.key;
  source.errback(why);
  if (!self) return;
  if (const auto left = hosts_.find(key); left != hosts_.end()) serve(*left->second);
}

void ConnectionPool::connectionIdle(Host& host, ClientConnection& connection) {
  if (host.waiting.empty() || host.waiting.front().want == Want::fresh)
    return keep(host, connection);
  Waiters one;
  one.splice(one.end(), host.waiting, host.waiting.begin());
  Waiter& waiter = one.front();
  Lease lease(connection, true);
  lease.timing.queued = clock_.now() - waiter.since;
  waiter.source.callback(std::move(lease));
}

void ConnectionPool::keep(Host& host, ClientConnection& connection) {
  const bool wanted = host.waiting.empty() && host.idle.size() < options_.idlePerHost;
  if (!wanted) return connection.lose();
  host.idle.push_back(&connection);
  connection.loseAfter(options_.idleExpiry);
}

void ConnectionPool::connectionGone(Host& host, ClientConnection& connection) {
  std::erase(host.open, &connection);
  std::erase(host.idle, &connection);
  serve(host);
}

void ConnectionPool::closeIdleConnections() {
  std::vector<Handle<ClientConnection>> all;
  for (const auto& [key, host] : hosts_) {
    for (ClientConnection* connection : host->idle) all.push_back(handleOf(*connection));
  }
  for (const auto& connection : all) {
    if (connection) connection->lose();
  }
}

void ConnectionPool::forgetIfUnused(Host& host) {
  if (!host.serving && host.open.empty() && host.waiting.empty() && host.connecting.empty())
    hosts_.erase(hosts_.find(host.key));
}

std::size_t ConnectionPool::idle() const noexcept {
  std::size_t count = 0;
  for (const auto& [key, host] : hosts_) count += host->idle.size();
  return count;
}

std::size_t ConnectionPool::waiting() const noexcept {
  std::size_t count = 0;
  for (const auto& [key, host] : hosts_) count += host->waiting.size();
  return count;
}

std::size_t ConnectionPool::open() const noexcept {
  std::size_t count = 0;
  for (const auto& [key, host] : hosts_) count += host->open.size();
  return count;
}

}  // namespace ropewalk::http
