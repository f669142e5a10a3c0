// ScriptedOrigin: a server on a real socket that says, byte for byte, what the test wrote down.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ropewalk/clients/http/agent.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/testing/deferred_results.h"

namespace ropewalk::http::testing {

/// What to do once a request head has come.
struct Answer {
  enum class Then { keep, close, reset };
  std::string bytes;
  Then then = Then::keep;
  std::size_t split = 0;  // so many bytes a turn; 0: all at once
};

/// Answers the requests in the order they come, over whichever connection; then keeps silent. One
/// thread: the test's.
class ScriptedOrigin {
 public:
  explicit ScriptedOrigin(Reactor& reactor)
      : port_(reactor.listenTCP(0, factoryFor<Server>(this), {.interface = "127.0.0.1"})) {}
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;
  ~ScriptedOrigin() {
    static_cast<void>(port_.stopListening());
    for (Server* server : std::exchange(servers_, {})) server->forget();
  }

  void then(Answer answer) { script_.push_back(std::move(answer)); }
  [[nodiscard]] std::string url(std::string_view path = "/") const {
    return format("http://127.0.0.1:{}{}", port_.port(), path);
  }
  /// Bytes that its connections could not send yet.
  [[nodiscard]] std::size_t pending() const {
    std::size_t sum = 0;
    for (const Server* server : servers_) sum += server->transport().pending();
    return sum;
  }
  /// Connections that are open now.
  [[nodiscard]] std::size_t open() const { return servers_.size(); }

  std::string received;  // everything that anybody sent
  int connections = 0;   // that were made so far
  std::size_t mostAtOnce = 0;
  bool answerBodies = false;  // wait for the end of a sized request body before answering

 private:
  class Server final : public Protocol {
   public:
    explicit Server(ScriptedOrigin* origin) : origin_(origin) {}

    void connectionMade() override {
      ++origin_->connections;
      origin_->servers_.push_back(this);
      origin_->mostAtOnce = std::max(origin_->mostAtOnce, origin_->servers_.size());
    }
    void dataReceived(std::string_view data) override {
      if (origin_ == nullptr) return;
      origin_->received += data;
      buffer_ += data;
      std::size_t end = 0;
      while (origin_ != nullptr && (end = endOfRequest()) != 0) {
        buffer_.erase(0, end);
        if (!origin_->script_.empty()) perform(std::exchange(origin_->script_.front(), {}));
      }
    }
    void connectionLost(const Failure&) override {
      if (origin_ != nullptr) std::erase(origin_->servers_, this);
    }
    void forget() {
      origin_ = nullptr;
      transport().abortConnection();
    }

   private:
    std::size_t endOfRequest() const {
      const std::size_t head = buffer_.find("\r\n\r\n");
      if (head == std::string::npos) return 0;
      constexpr std::string_view kLength = "\r\nContent-Length: ";
      const std::size_t at = buffer_.find(kLength);
      if (!origin_->answerBodies || at == std::string::npos || at > head) return head + 4;
      const std::size_t size = head + 4 + std::stoul(buffer_.substr(at + kLength.size()));
      return buffer_.size() >= size ? size : 0;
    }
    void perform(Answer answer) {
      origin_->script_.pop_front();
      const std::size_t now =
          answer.split == 0 ? answer.bytes.size() : std::min(answer.split, answer.bytes.size());
      transport().write(answer.bytes.substr(0, now));
      answer.bytes.erase(0, now);
      if (!answer.bytes.empty()) return later(std::move(answer));
      if (answer.then == Answer::Then::close) transport().loseConnection();
      if (answer.then == Answer::Then::reset) resetOnceSent();
    }
    void resetOnceSent() {
      transport().drained().addBoth([self = handleOf(*this)](Result<void>&) {
        if (Server* server = self.get()) server->transport().abortConnection();
      });
    }
    void later(Answer rest) {
      transport().reactor().callLater(Duration::zero(),
                                      [self = handleOf(*this), rest = std::move(rest)]() mutable {
                                        Server* server = self.get();
                                        if (server == nullptr || server->origin_ == nullptr) return;
                                        server->origin_->script_.push_front({});
                                        server->perform(std::move(rest));
                                      });
    }

    ScriptedOrigin* origin_;
    std::string buffer_;
  };

  std::deque<Answer> script_;
  std::vector<Server*> servers_;
  ListeningPort port_;
};

/// Runs the reactor until `done()`, at most ten seconds. @return done()
template <class F>
bool runUntil(Reactor& reactor, F done) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done() && std::chrono::steady_clock::now() < limit)
    reactor.iterate(std::chrono::milliseconds(10));
  return done();
}

/// Runs the reactor until the Deferred has a result, and gives it.
template <class T>
T awaitResult(Reactor& reactor, Deferred<T> deferred) {
  runUntil(reactor, [&] { return deferred.ready(); });
  return ropewalk::testing::successResultOf(deferred);
}
template <class E, class T>
Failure awaitFailure(Reactor& reactor, Deferred<T> deferred) {
  runUntil(reactor, [&] { return deferred.ready(); });
  return ropewalk::testing::failureResultOf<E>(deferred);
}

inline std::string sized(std::string_view body, std::string_view fields = "") {
  return format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), fields, body);
}

}  // namespace ropewalk::http::testing
