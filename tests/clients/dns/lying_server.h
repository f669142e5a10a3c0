// What the tests of the DNS client share: a reactor whose time the test moves, and name servers
// that do what the test says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/clients/dns/client.h"
#include "ropewalk/clients/dns/detail/query.h"
#include "ropewalk/core/async/unhandled.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/loop/poller.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/protocols/basic/string_receivers.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"

namespace ropewalk::dns::testing {

using ropewalk::testing::assertNoResult;
using ropewalk::testing::failureResultOf;
using ropewalk::testing::successResultOf;

/// Real sockets, but time stands still until the test moves it: no time-out ever fires by chance.
struct World {
  World()
      : reactor(
            makePoller("epoll"), [this] { return time; }, [this] { return wallTime; }) {}

  /// Turns the reactor until the condition holds; false after ten seconds without it.
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reactor.iterate(5ms);
    }
    return true;
  }
  void settle() {
    for (int turns = 0; turns < 5; ++turns) reactor.iterate();
  }
  void advance(Duration by) {
    time += by;
    settle();
  }
  template <class T>
  T await(Deferred<T> deferred) {
    REQUIRE(until([&] { return deferred.ready(); }));
    return successResultOf(deferred);
  }
  template <class E, class T>
  Failure awaitFailure(Deferred<T> deferred) {
    REQUIRE(until([&] { return deferred.ready(); }));
    return failureResultOf<E>(deferred);
  }

  TimePoint time{std::chrono::hours(1)};
  Timestamp wallTime = Timestamp::fromUnix(std::chrono::seconds(1'700'000'000));
  Reactor reactor;
};

/// A question as a server got it, and how to answer.
struct Got {
  Message query{};
  bool overTcp = false;
  std::uint16_t port = 0;  ///< of whoever asked
  std::function<void(std::string)> send{};

  /// An answer that fits, to be spoilt.
  [[nodiscard]] Message answer(std::vector<Record> answers = {}) const {
    Message message;
    message.id = query.id;
    message.response = message.recursionAvailable = true;
    message.questions = query.questions;
    message.answers = std::move(answers);
    if (query.edns) message.edns = Edns{};
    return message;
  }
  [[nodiscard]] Message failed(Rcode rcode) const {
    Message message = answer();
    message.rcode = rcode;
    return message;
  }
  void reply(const Message& message) const { send(message.encode()); }
};

/// Owned by the test; what it does when asked may be changed at any time. Listens on UDP and TCP.
class LyingServer {
 public:
  using Script = std::function<void(const Got&)>;

  explicit LyingServer(Reactor& reactor, Script script = {}, std::string host = "127.0.0.1")
      : script(std::move(script)), host_(std::move(host)) {
    // The port must be free for both.
    for (int attempt = 0; attempt < 20 && !udp_; ++attempt) {
      tcp_ = reactor.listenTCP(0, factoryFor<Stream>(this), {.interface = host_});
      try {
        auto protocol = std::make_unique<Datagrams>(this);
        udpProtocol_ = protocol.get();
        udp_ = reactor.listenUDP(tcp_.port(), std::move(protocol), {.interface = host_});
      } catch (const CannotListenError&) {
        static_cast<void>(tcp_.stopListening());
      }
    }
    REQUIRE(udp_);
  }

  [[nodiscard]] std::uint16_t port() const { return udp_->port(); }
  [[nodiscard]] std::string address() const {
    return format(host_.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}", host_, port());
  }
  /// A datagram to a port of this machine, from ours.
  void sendTo(std::uint16_t port, const std::string& bytes) const {
    udpProtocol_->transport().write(bytes, Address::IPv4("127.0.0.1", port));
  }

  Script script;
  std::vector<Got> got;
  int streams = 0;  ///< TCP connections so far

 private:
  void asked(Got query) {
    got.push_back(query);
    if (script) script(query);
  }

  struct Datagrams final : DatagramProtocol {
    explicit Datagrams(LyingServer* server) : server(server) {}
    void received(const Datagram& datagram) override {
      const Result<Message> query = Message::decode(datagram.data);
      REQUIRE(query.ok());
      const auto self = Handle<Datagrams>(*this, life());
      server->asked(
          {*query, false, datagram.peer.port(), [self, peer = datagram.peer](std::string bytes) {
             if (self) self->transport().write(bytes, peer);
           }});
    }
    LyingServer* server;
  };

  struct Stream final : Int16StringReceiver {
    explicit Stream(LyingServer* server) : server(server) {}
    void connectionMade() override { ++server->streams; }
    void stringReceived(std::string_view string) override {
      const Result<Message> query = Message::decode(string);
      REQUIRE(query.ok());
      server->asked(
          {*query, true, transport().getPeer().port, [self = handleOf(*this)](std::string bytes) {
             if (self) self->sendString(bytes);
           }});
    }
    LyingServer* server;
  };

  std::string host_;
  ListeningPort tcp_;
  std::optional<ListeningPort> udp_;
  Datagrams* udpProtocol_ = nullptr;
};

inline Question ask(const std::string& name, Type type = Type::A) { return {Name(name), type}; }

/// An A record for the name that was asked.
inline Record here(const Got& got, const std::string& address = "192.0.2.7",
                   Seconds ttl = kDefaultTtl) {
  return makeRecord(got.query.questions.at(0).name, A(address, ttl));
}

/// Answers every question with one address.
inline LyingServer::Script honest(const std::string& address = "192.0.2.7") {
  return [address](const Got& got) { got.reply(got.answer({here(got, address)})); };
}

/// The addresses of an answer.
inline std::vector<std::string> addresses(const Message& answer) {
  std::vector<std::string> all;
  for (const A& each : recordsOf<A>(answer.answers)) all.push_back(each.address);
  return all;
}

using Texts = std::vector<std::string>;

/// Failures that nobody hears of fail the test.
class UnhandledFailures {
 public:
  UnhandledFailures() : before_(setUnhandledHook(&report)) {}
  UnhandledFailures(const UnhandledFailures&) = delete;
  UnhandledFailures& operator=(const UnhandledFailures&) = delete;
  ~UnhandledFailures() { setUnhandledHook(before_); }

 private:
  static void report(const Failure& why) { FAIL_CHECK("nobody handled " << why.getTraceback()); }
  UnhandledHook before_;
};

}  // namespace ropewalk::dns::testing
