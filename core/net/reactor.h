// Reactor: the loop that waits for the kernel and calls whoever is concerned. docs/architecture.md
// shows one turn of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "address.h"
#include "datagram.h"
#include "protocol.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/spawn.h"
#include "ropewalk/core/base/copyable_function.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/set_option.h"
#include "ropewalk/core/base/type_slots.h"

namespace ropewalk {

class ListeningPort;
class Poller;
class ProcessProtocol;
class ProcessTransport;
class HostResolver;
class ThreadPool;
struct SpawnOptions;
namespace detail {
class FailedListens;
class ForeignDescriptors;
class Loop;
class SystemEvents;
}  // namespace detail

/// How listenTCP listens.
struct ListenOptions {
  /// An IP literal; empty: every interface, IPv6 and IPv4 where the machine has both.
  std::string interface {};
  int backlog = 1024;      ///< connections that the kernel holds until they are accepted
  bool reusePort = false;  ///< SO_REUSEPORT: several sockets, one for each reactor, share the port
};

/// How listenUNIX listens.
struct ListenUNIXOptions {
  int backlog = 1024;    ///< as in ListenOptions
  unsigned mode = 0666;  ///< of the socket's file
};

/// What is awaited takes its options as a class: docs/deferred.md, traps of g++ 12.
///
///     co_await reactor.connectTCP(host, 25, factory, ConnectOptions().timeout(5s));
class ConnectOptions {
 public:
  /// For the name and all its addresses together; 30 s.
  ConnectOptions& timeout(Duration value) { return setOption(*this, timeout_, value); }
  [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
  /// An IP literal to connect from; empty: the kernel chooses.
  ConnectOptions& bindAddress(std::string value) {
    return setOption(*this, bindAddress_, std::move(value));
  }
  [[nodiscard]] const std::string& bindAddress() const noexcept { return bindAddress_; }
  /// Called once the addresses are known, not for a literal.
  ConnectOptions& resolved(CopyableFunction<void()> value) {
    return setOption(*this, resolved_, std::move(value));
  }
  [[nodiscard]] const CopyableFunction<void()>& resolved() const noexcept { return resolved_; }

 private:
  Duration timeout_ = std::chrono::seconds(30);
  std::string bindAddress_;
  CopyableFunction<void()> resolved_;
};

/// What run() does besides turning.
struct RunOptions {
  /// SIGINT or SIGTERM stops the reactor; the next one finds the handlers as they were.
  bool installSignalHandlers = false;
};

/// Where functions of addSystemEventTrigger run: all `before` ones first (their Deferreds are
/// waited for), then `during`, then `after`.
enum class Phase : std::uint8_t { before, during, after };

/// The loop. An object like any other: make one for each thread that needs one. After run()
/// returned it can be run again.
///
/// It owns the connections and ports made through it. One thread: only callFromThread and stop
/// may be called from others. A turn: wait; dispatch what is ready; run due timers;
/// run calls from threads; send what was written; free what was closed. An exception that leaves
/// a callback is logged and ends that connection, never the loop. While it runs, its thread has
/// SIGPIPE blocked: a peer that goes is an error of its connection. Threads and processes started
/// meanwhile by other means than spawnProcess inherit that.
class Reactor final : public Clock {
 public:
  /// With the back end that ROPEWALK_REACTOR or installReactor names, else the
  /// best of this machine.
  Reactor();
  /// @param poller  "epoll", "poll" or "select"; NoSuchReactor lists what there is
  explicit Reactor(std::string_view poller);
  /// With a poller and sources of time of one's own: the test kit's MemoryReactor. Without one: the
  /// system's.
  Reactor(std::unique_ptr<Poller> poller, UniqueFunction<TimePoint()> time,
          UniqueFunction<Timestamp()> wallTime = {});
  ~Reactor() override;

  // Life.

  /// Runs until stop(). Throws ReactorAlreadyRunning from inside itself; and, once the shutdown
  /// triggers ran, the failure of a listen() that nobody has handled.
  void run(RunOptions options = RunOptions());
  /// Ends run() after the current turn, once the shutdown triggers ran. Any thread.
  /// Throws ReactorNotRunning.
  void stop();
  /// Ends run() after the current turn, without triggers and without closing anything.
  void crash() noexcept;
  /// One turn, waiting at most `wait`.
  void iterate(Duration wait = Duration::zero());
  /// From the beginning of run() to its end, the shutdown included. Any thread.
  [[nodiscard]] bool running() const noexcept;
  /// "epoll", "poll", "select".
  [[nodiscard]] std::string_view name() const noexcept;
  /// The signal that ended run(), or 0.
  [[nodiscard]] int exitSignal() const noexcept;

  // Calls. f is forgotten after the call, so it must not give a Deferred (rw::spawn(f) keeps it).

  [[nodiscard]] TimePoint now() const override { return now_; }  // read once a turn
  [[nodiscard]] Timestamp wallTime() const override;             // in a turn that asks
  /// Calls f in this turn, or in the next when called from such a call. FIFO.
  void callSoon(UniqueFunction<void()> f);
  /// Calls f on the reactor's thread and wakes it. Any thread, FIFO.
  void callFromThread(UniqueFunction<void()> f);
  /// Now if running, else when run() starts.
  void callWhenRunning(UniqueFunction<void()> f);
  /// @param event  "startup" or "shutdown"
  /// @param f      gives a Deferred, until whose firing it is kept, or nothing
  /// @return       what removeSystemEventTrigger takes
  std::uint64_t addSystemEventTrigger(Phase phase, std::string_view event,
                                      AsyncFunction<Deferred<void>()> f);
  /// @throws std::invalid_argument when there is no such trigger (any more)
  void removeSystemEventTrigger(std::uint64_t trigger);

  // Streams. Errors of set-up (listening) throw CannotListenError; those of connecting fail the
  // Deferred with a ConnectError.

  /// @param port  0: the kernel chooses one, which the ListeningPort tells
  ListeningPort listenTCP(std::uint16_t port, std::shared_ptr<Factory> factory,
                          ListenOptions options = ListenOptions());
  /// @param path  of the socket's file, removed when the port stops; with a leading '@' an abstract
  ///              name of Linux
  ListeningPort listenUNIX(const std::string& path, std::shared_ptr<Factory> factory,
                           ListenUNIXOptions options = ListenUNIXOptions());
  /// Takes over a socket that listens already (systemd, a parent process).
  ListeningPort adoptStreamPort(UniqueFd socket, std::shared_ptr<Factory> factory);
  /// Resolves `host` unless it is a literal, races the addresses (RFC 8305), and fires with the
  /// protocol that speaks there, once it may (whenOpened): that is what the factory made, after its
  /// connectionMade; inside of TLS after the handshake; behind a Prelude when that is over. The
  /// time-out is that of TCP. Cancelling stops the attempt (ConnectingCancelledError).
  [[nodiscard]] Deferred<Handle<Protocol>> connectTCP(std::string host, std::uint16_t port,
                                                      std::shared_ptr<Factory> factory,
                                                      ConnectOptions options = ConnectOptions());
  /// The same to the socket at this path; "@name": an abstract one.
  /// Of the options only the timeout counts.
  [[nodiscard]] Deferred<Handle<Protocol>> connectUNIX(std::string path,
                                                       std::shared_ptr<Factory> factory,
                                                       ConnectOptions options = ConnectOptions());
  /// Takes over a connected stream socket or pipe end: makes its transport,
  /// and connects `protocol` to it.
  /// @param output  where to write when that is another descriptor (stdio); -1: the same
  Transport& adoptStreamConnection(UniqueFd fd, std::unique_ptr<Protocol> protocol,
                                   UniqueFd output = UniqueFd());

  // Datagrams (core/net/datagram.h). Set-up is synchronous, so its errors are thrown:
  // CannotListenError, and ConnectError by those that connect; also what startProtocol throws. The
  // protocol has started when these return.

  /// @param port  0: the kernel chooses one
  ListeningPort listenUDP(std::uint16_t port, std::unique_ptr<DatagramProtocol> protocol,
                          ListenUDPOptions options = ListenUDPOptions());
  /// Exchanges datagrams with one peer, and hears when nobody listens there. A name must be
  /// resolved first: connectDatagram does.
  /// @param peer  an IP literal; InvalidAddressError otherwise
  ListeningPort connectUDP(const Address& peer, std::unique_ptr<DatagramProtocol> protocol,
                           ConnectUDPOptions options = ConnectUDPOptions());
  /// @param path  of the socket's file, removed when the port stops; "@name": an abstract one
  ListeningPort listenUNIXDatagram(const std::string& path,
                                   std::unique_ptr<DatagramProtocol> protocol,
                                   UNIXDatagramOptions options = UNIXDatagramOptions());
  /// The same as connectUDP to the socket at this path, from UNIXDatagramOptions::bindPath.
  ListeningPort connectUNIXDatagram(const std::string& path,
                                    std::unique_ptr<DatagramProtocol> protocol,
                                    UNIXDatagramOptions options = UNIXDatagramOptions());

  /// Called while `fd` is readable (writable), level-triggered; until removeReader (removeWriter).
  /// The fd stays the caller's, who removes it before closing it. A regular file is always ready.
  void addReader(int fd, UniqueFunction<void()> readable);
  void addWriter(int fd, UniqueFunction<void()> writable);
  void removeReader(int fd);
  void removeWriter(int fd);

  // Names, processes, threads: made on first use.

  /// c-ares on this loop, unless another one was installed.
  [[nodiscard]] HostResolver& nameResolver();
  void installNameResolver(std::unique_ptr<HostResolver> resolver);
  /// Up to ten threads, stopped when run() ends.
  [[nodiscard]] ThreadPool& threadPool();
  /// Starts a child (core/net/process/process.h). Throws when it cannot be started at all; a program that
  /// is not there is reported by processEnded.
  Handle<ProcessTransport> spawnProcess(std::unique_ptr<ProcessProtocol> protocol,
                                        SpawnOptions options);

  /// The one T of this reactor, for what a layer above keeps once for all its connections: a queue, a
  /// pool, a cache. Made on first use, with the reactor where its constructor takes one. Destroyed
  /// with the reactor, after all transports and before the loop, in the reverse order of their
  /// making.
  ///
  ///     struct Greetings {
  ///       std::uint64_t sent = 0;
  ///     };
  ///     struct Greeter : Protocol {
  ///       void connectionMade() override {
  ///         ++transport().reactor().slot<Greetings>().sent;
  ///         transport().write("hello\r\n");
  ///       }
  ///       void dataReceived(std::string_view) override {}
  ///     };
  template <class T>
  [[nodiscard]] T& slot() {
    return slots_.get<T>(*this);
  }

  /// How many streams are open; for tests and status pages.
  [[nodiscard]] std::size_t connections() const noexcept;

  /// For those who write transports: the parts that users of the library never see.
  [[nodiscard]] detail::Loop& loop() noexcept { return *loop_; }
  [[nodiscard]] const std::shared_ptr<detail::FailedListens>& failedListens() const noexcept {
    return failedListens_;
  }
  /// Whether run() or iterate() was ever called.
  [[nodiscard]] bool everTurned() const noexcept { return everTurned_; }

 private:
  void turn(Duration wait);
  void updateNow();
  [[nodiscard]] Duration untilNextTimer() const noexcept;
  void settle();
  void shutDown();
  void disconnectAll();
  void end(const Failure& failure);
  void raiseEnd();

  TimePoint now_;
  UniqueFunction<TimePoint()> time_;
  mutable UniqueFunction<Timestamp()> readWallTime_;
  mutable std::optional<Timestamp> wallTime_;  // of this turn
  std::unique_ptr<detail::Loop> loop_;
  TypeSlots<Reactor> slots_;
  std::unique_ptr<detail::SystemEvents> events_;
  std::unique_ptr<detail::ForeignDescriptors> foreign_;
  std::unique_ptr<HostResolver> resolver_;
  std::unique_ptr<ThreadPool> threads_;
  std::shared_ptr<detail::FailedListens> failedListens_;
  std::optional<Failure> end_;  // what run() or iterate() is to throw
  enum class State : std::uint8_t { idle, running, stopping, ending };
  State state_ = State::idle;
  std::atomic<bool> running_{false};
  std::atomic<bool> stopRequested_{false};
  bool crashed_ = false;
  bool everTurned_ = false;
  int exitSignal_ = 0;
};

/// The calling thread's default reactor, made on first use: so that small programs never construct
/// one. Whoever uses it runs it: on a thread of a pool, where nobody would, it throws
/// std::logic_error, and what still waits when a thread ends that never ran it is logged.
Reactor& reactor();

/// Chooses the back end of this thread's default reactor, and of reactors made later without a
/// name. Throws NoSuchReactor; ReactorAlreadyRunning when the default one exists already.
void installReactor(std::string_view poller);

/// The back ends that this machine has, best first.
[[nodiscard]] std::vector<std::string_view> reactorTypes();

/// Runs the thread's reactor until the Deferred that main gives has fired. SIGINT (Ctrl-C) and
/// SIGTERM cancel it, once; the next one does what it did before, as a rule end the program. What
/// still waits when the reactor is stopped is cancelled.
/// @return 0; 1 after logging the failure; 4 when it is that of a listen(), here or anywhere where
///         nobody handled it; 128 + signal when it was cancelled by one
int react(AsyncFunction<Deferred<void>()> main);

}  // namespace ropewalk
