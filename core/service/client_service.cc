// The table of states and events, drawn above on(); an attempt is two steps: connect, then prepare.
// Rules C-01 to C-07.

#include "client_service.h"

#include <algorithm>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"

namespace ropewalk {

namespace {

constexpr Duration kDelayWithoutPolicy = std::chrono::seconds(60);  // a policy that throws

Failure cancelled() { return CancelledError("cancelled: the client service was stopped"); }

}  // namespace

/// The user's protocol, with every event passed on (C-07); tells the service of its
/// beginning and its end.
class ClientService::Watched final : public ProtocolWrapper {
 public:
  Watched(std::unique_ptr<Protocol> inner, Handle<ClientService> service)
      : ProtocolWrapper(std::move(inner)), service_(service) {}

  void connectionMade() override {
    if (ClientService* service = service_.get()) service->protocolMade(*this);
    ProtocolWrapper::connectionMade();
  }
  void connectionLost(const Failure& reason) override {
    const Handle<ClientService> service = service_;
    try {
      ProtocolWrapper::connectionLost(reason);
    } catch (...) {
      if (service) service->protocolLost(*this, reason);
      throw;
    }
    if (service) service->protocolLost(*this, reason);
  }

 private:
  Handle<ClientService> service_;
};

class ClientService::WatchingFactory final : public WrappingFactory {
 public:
  WatchingFactory(std::shared_ptr<Factory> inner, Handle<ClientService> service)
      : WrappingFactory(std::move(inner)), service_(service) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol, const Address&) override {
    return std::make_unique<Watched>(std::move(protocol), service_);
  }

  Handle<ClientService> service_;
};

ClientService::ClientService(Reactor& reactor, std::string endpoint,
                             std::shared_ptr<Factory> factory, RetryPolicy retryPolicy)
    : ClientService(
          reactor,
          [&reactor, endpoint](std::shared_ptr<Factory> watching) {
            return ropewalk::connect(reactor, endpoint, std::move(watching));
          },
          std::move(factory), std::move(retryPolicy)) {
  name_ = std::move(endpoint);
}

ClientService::ClientService(Clock& clock, Connect connect, std::shared_ptr<Factory> factory,
                             RetryPolicy retryPolicy)
    : clock_(clock),
      connect_(std::move(connect)),
      name_("a server"),
      retryPolicy_(std::move(retryPolicy)),
      factory_(std::make_shared<WatchingFactory>(std::move(factory),
                                                 Handle<ClientService>(*this, life_))) {}

ClientService::~ClientService() {
  life_.end();  // what ends from here on is not reported
  cancelAttempt();
  abandon();
  stopped();
}

// The states, and what happens in them (C-01):
//
//               │ start       │ stop          │ made      │ failed    │ lost       │ retry
//  ─────────────┼─────────────┼───────────────┼───────────┼───────────┼────────────┼───────────
//  init         │ connecting  │ stopped       │           │           │            │
//  connecting   │             │ disconnecting │ connected │ waiting   │            │
//  waiting      │             │ stopped       │           │           │            │ connecting
//  connected    │             │ disconnecting │           │           │ waiting    │
//  disconnecting│ restarting  │ the same      │ close it  │ stopped   │ stopped    │
//  restarting   │             │ disconnecting │ close it  │ connecting│ connecting │
//  stopped      │ connecting  │ the same      │           │           │            │
//
// made and failed are the end of an attempt, preparation included; lost is that of a connection.
void ClientService::on(Event event, const Failure* why) {
  switch (state_) {
    case State::init:
    case State::stopped:
      if (event == Event::start) return connectNow();
      if (event == Event::stop) return stopped();
      return;
    case State::connecting:
      if (event == Event::made) return connected();
      if (event == Event::failed) return waitAndRetry(event, *why);
      if (event == Event::stop) {
        state_ = State::disconnecting;
        return cancelAttempt();
      }
      return;
    case State::waiting:
      if (event == Event::retry) return connectNow();
      if (event == Event::stop) return stopped();
      return;
    case State::connected:
      if (event == Event::lost) return waitAndRetry(event, *why);
      if (event == Event::stop) {
        state_ = State::disconnecting;
        return close();
      }
      return;
    case State::disconnecting:
      if (event == Event::start) state_ = State::restarting;
      if (event == Event::made) return close();
      if (event == Event::failed || event == Event::lost) return stopped();
      return;
    case State::restarting:
      if (event == Event::stop) state_ = State::disconnecting;
      if (event == Event::made) return close();
      if (event == Event::failed || event == Event::lost) return restart();
      return;
  }
}

void ClientService::startService() {
  if (running()) return log::warn("the client service for {} is started already", name_);
  Service::startService();
  failures_ = 0;
  on(Event::start);
}

Deferred<void> ClientService::stopService() {
  static_cast<void>(Service::stopService());
  Deferred<void> done = stopWaiters_.emplace_back().deferred();
  on(Event::stop);
  return done;
}

Deferred<Handle<Protocol>> ClientService::whenConnected(std::optional<int> failAfterFailures) {
  if (state_ == State::connected) return succeed(handleOf(current_->inner()));
  if (state_ == State::stopped) return fail<Handle<Protocol>>(cancelled());
  std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.source.called(); });
  return waiters_.emplace_back(Waiter{Source<Handle<Protocol>>(), failAfterFailures})
      .source.deferred();
}

// The attempt: connect, then prepare. Its callbacks hold no `this`: a canceller that throws
// would leave them behind.

void ClientService::connectNow() {
  state_ = State::connecting;
  attempting_ = true;
  lost_.reset();
  current_ = {};
  attempt_.reset();
  const Handle<ClientService> self(*this, life_);
  Deferred<void> attempt = maybeDeferred([this] { return connect_(factory_); })
                               .addCallback([self](const Handle<Protocol>&) {
                                 return self ? self->prepare() : fail<void>(cancelled());
                               })
                               .addBoth([self](const Result<void>& result) -> Result<void> {
                                 if (self) self->attemptEnded(result);
                                 return {};
                               });
  if (attempt.ready() || !self) return;
  attempt_.emplace(std::move(attempt));
  if (state_ != State::connecting || lost_) cancelAttempt();  // stopped or lost while it began
}

Deferred<void> ClientService::prepare() {
  Watched* const protocol = current_.get();
  if (protocol == nullptr || lost_ || !prepare_) return succeed();
  return prepare_(protocol->inner());
}

void ClientService::attemptEnded(const Result<void>& result) {
  attempting_ = false;
  if (result.ok() && current_ && !lost_) return on(Event::made);
  const Failure why = lost_          ? *lost_
                      : !result.ok() ? result.failure()
                                     : Failure(ConnectionLost("the connection was lost at once"));
  abandon();
  on(Event::failed, &why);
}

void ClientService::cancelAttempt() {
  // A local: what the cancellation sets off may destroy this service.
  std::optional<Deferred<void>> attempt = std::exchange(attempt_, std::nullopt);
  if (!attempt) return;
  try {
    attempt->cancel();
  } catch (...) {
    log::error("cannot cancel a connection attempt: {}", Failure::current());
  }
}

/// Lets go of a connection that never counted.
void ClientService::abandon() {
  const Handle<Watched> abandoned = std::exchange(current_, {});
  if (abandoned) abandoned->transport().abortConnection();
}

void ClientService::close() { current_->innermostTransport().loseConnection(); }

void ClientService::protocolMade(Watched& protocol) {
  if (attempting_) current_ = handleOf(protocol);
}

void ClientService::protocolLost(const Watched& protocol, const Failure& reason) {
  if (current_.get() != &protocol) return;  // of an attempt that was given up
  if (!attempting_) {
    current_ = {};
    return on(Event::lost, &reason);
  }
  lost_ = reason;
  cancelAttempt();
}

// What the transitions do. Those who wait are told last, from locals.

void ClientService::connected() {
  state_ = State::connected;
  failures_ = 0;
  const Handle<Protocol> protocol = handleOf(current_->inner());
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    if (!waiter.source.called()) waiter.source.callback(protocol);
  }
}

void ClientService::waitAndRetry(Event event, const Failure& why) {
  state_ = State::waiting;
  ++failures_;
  const Duration delay = nextDelay();
  log::info("{} {}: {}; connecting again in {}",
            event == Event::failed ? "cannot connect to" : "lost the connection to", name_, why,
            humanDuration(delay));
  retry_ = clock_.callLater(delay, [this] { on(Event::retry); });
  if (event == Event::failed) tellFailed(why);
}

Duration ClientService::nextDelay() {
  try {
    return std::max(Duration::zero(), retryPolicy_(failures_));
  } catch (...) {
    log::error("the retry policy for {} failed: {}", name_, Failure::current());
    return kDelayWithoutPolicy;
  }
}

/// Counts a failed attempt for those who do not wait for ever, and tells those
/// who have waited enough.
void ClientService::tellFailed(const Failure& why) {
  std::vector<Waiter> enough;
  std::vector<Waiter> others;
  for (Waiter& waiter : waiters_) {
    const bool last = waiter.remaining && --*waiter.remaining <= 0;
    (last ? enough : others).push_back(std::move(waiter));
  }
  waiters_ = std::move(others);
  const Failure reason = why;  // `why` may be a member
  for (Waiter& waiter : enough) {
    if (!waiter.source.called()) waiter.source.errback(reason);
  }
}

void ClientService::stopped() {
  state_ = State::stopped;
  retry_.clear();
  std::vector<Source<void>> stops = std::exchange(stopWaiters_, {});
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    if (!waiter.source.called()) waiter.source.errback(cancelled());
  }
  tellStopped(std::move(stops));
}

void ClientService::restart() {
  std::vector<Source<void>> stops = std::exchange(stopWaiters_, {});
  connectNow();
  tellStopped(std::move(stops));
}

void ClientService::tellStopped(std::vector<Source<void>> stops) {
  for (Source<void>& stop : stops) {
    if (!stop.called()) stop.callback();
  }
}

}  // namespace ropewalk
