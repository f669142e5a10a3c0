// ClientService: keeps a connection to a server, and makes it anew when it is lost.
// Rules C-01 to C-07.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "retry_policy.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"
#include "service.h"

namespace ropewalk {

/// While it runs it is connected, or trying to be: an attempt that fails and a connection that is
/// lost are followed by another attempt, after the time that the RetryPolicy gives.
///
///     ClientService feed(reactor, "tcp://feed.example:7000", factoryFor<Feed>());
///     feed.prepareConnection([](Protocol& p) { return static_cast<Feed&>(p).logIn(); });
///     feed.startService();
///     Handle<Feed> connection = co_await feed.whenConnected<Feed>();
///
/// One thread. It may be destroyed in callbacks of whenConnected and stopService, not in those of
/// its protocols, nor in prepareConnection. Destroying it cancels and aborts at once.
class ClientService : public Service {
 public:
  /// Makes one connection with protocols of this factory: fires after connectionMade.
  using Connect = AsyncFunction<Deferred<Handle<Protocol>>(std::shared_ptr<Factory>)>;

  /// @param endpoint  docs/endpoints.md; a bad one is a failed attempt like any other
  ClientService(Reactor& reactor, std::string endpoint, std::shared_ptr<Factory> factory,
                RetryPolicy retryPolicy = backoffPolicy());
  /// For connections that are made in another way, with the clock that the waits go by.
  ClientService(Clock& clock, Connect connect, std::shared_ptr<Factory> factory,
                RetryPolicy retryPolicy = backoffPolicy());
  ~ClientService() override;

  /// Does something with each new protocol (logs in, say) before the connection counts as made.
  /// What it gives may be a Deferred; its failure is a failed attempt, whose connection is aborted
  /// (C-04). To be set before startService.
  template <class F>
  void prepareConnection(F&& prepare) {
    prepare_ = [prepare = std::decay_t<F>(std::forward<F>(prepare))](
                   Protocol& protocol) mutable -> Deferred<void> {
      auto result = maybeDeferred(std::ref(prepare), std::ref(protocol));
      if constexpr (std::is_same_v<decltype(result), Deferred<void>>) {
        return result;
      } else {
        return std::move(result).addCallback([](const auto& /*value*/) {});
      }
    };
  }

  /// Connects. A second start is ignored, with a warning.
  void startService() override;
  /// Gives up the attempt or the wait, or closes the connection and waits for its end. Whoever
  /// waits for a connection gets CancelledError. Every stop's Deferred fires.
  Deferred<void> stopService() override;

  /// The protocol, as the factory built it: at once if there is a connection, else the next one.
  /// CancelledError when the service is stopped, at once when it is already.
  /// @param failAfterFailures  attempts that may fail, from now on, before the last one's failure
  ///                           is given; none: waits for ever
  [[nodiscard]] Deferred<Handle<Protocol>> whenConnected(
      std::optional<int> failAfterFailures = std::nullopt);
  /// The same for a factory whose protocols are known to be Ps.
  template <class P>
  [[nodiscard]] Deferred<Handle<P>> whenConnected(
      std::optional<int> failAfterFailures = std::nullopt) {
    return whenConnected(failAfterFailures).addCallback([](const Handle<Protocol>& protocol) {
      return protocol ? handleOf(static_cast<P&>(*protocol)) : Handle<P>();
    });
  }

  /// What it is doing; client_service.cc has the table of what leads where.
  enum class State : std::uint8_t {
    init,           ///< never started
    connecting,     ///< an attempt is under way
    waiting,        ///< for the next attempt
    connected,      ///< and prepared
    disconnecting,  ///< stopped; the attempt or the connection has yet to end
    restarting,     ///< likewise, and started again meanwhile
    stopped
  };
  [[nodiscard]] State state() const noexcept { return state_; }
  /// Attempts that failed, and connections that were lost, since the last connection was made.
  [[nodiscard]] int failures() const noexcept { return failures_; }

 private:
  class Watched;
  class WatchingFactory;
  enum class Event : std::uint8_t { start, stop, made, failed, lost, retry };
  struct Waiter {
    Source<Handle<Protocol>> source;
    std::optional<int> remaining;
  };

  void on(Event event, const Failure* why = nullptr);
  void connectNow();
  [[nodiscard]] Deferred<void> prepare();
  void attemptEnded(const Result<void>& result);
  void cancelAttempt();
  void abandon();
  void close();

  void protocolMade(Watched& protocol);
  void protocolLost(const Watched& protocol, const Failure& reason);

  void connected();
  void waitAndRetry(Event event, const Failure& why);
  [[nodiscard]] Duration nextDelay();
  void tellFailed(const Failure& why);
  void stopped();
  void restart();
  static void tellStopped(std::vector<Source<void>> stops);

  Clock& clock_;
  Connect connect_;
  std::string name_;  // for the log
  RetryPolicy retryPolicy_;
  AsyncFunction<Deferred<void>(Protocol&)> prepare_;

  State state_ = State::init;
  int failures_ = 0;
  bool attempting_ = false;      // until connected and prepared, or failed
  Handle<Watched> current_;      // the connection, also while it is being made
  std::optional<Failure> lost_;  // why current_ ended while it was being made
  std::vector<Waiter> waiters_;
  std::vector<Source<void>> stopWaiters_;
  Life life_;  // for Watched, which may outlive us
  std::shared_ptr<Factory> factory_;
  ScopedCall retry_;
  std::optional<Deferred<void>> attempt_;
};

}  // namespace ropewalk
