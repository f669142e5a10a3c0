// Upstream: one name server as a Client knows it: its wires, and what was learned about it.
#pragma once

#include <memory>
#include <string>

#include "https_exchange.h"
#include "ropewalk/clients/dns/client_options.h"
#include "ropewalk/clients/dns/counts.h"
#include "ropewalk/clients/dns/server_address.h"
#include "ropewalk/core/async/deferred.h"
#include "stream_exchange.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

/// Held by shared_ptr: a question that is under way keeps it. The reactor must outlive it.
class Upstream {
 public:
  Upstream(Reactor& reactor, ServerAddress address, ClientOptions options,
           std::shared_ptr<ClientCounts> counts);
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  /// Asks once, whatever that takes: again without EDNS where the server cannot have it (RFC 6891
  /// §6.2.2), again with the cookie that it wants (RFC 7873 §5.3), again in the case that the name
  /// was given in and then over TCP where it cannot repeat the mixed one, over TCP when the answer
  /// was truncated. Each of these has `timeout` (streamTimeout where that is more and it is a
  /// stream). Fails with TimeoutError, ConnectError, ConnectionClosed and the like.
  static Deferred<Message> ask(std::shared_ptr<Upstream> server, Question question,
                               Duration timeout);

  [[nodiscard]] const ServerAddress& address() const noexcept { return address_; }
  /// It left a question unanswered a short while ago.
  [[nodiscard]] bool penalised() const;

 private:
  [[nodiscard]] QueryOptions queryOptions() const;
  [[nodiscard]] Deferred<Message> askOnce(const Question& question, const QueryOptions& options,
                                          bool stream, Duration timeout);
  [[nodiscard]] Deferred<Message> askStream(const Question& question, const QueryOptions& options,
                                            Duration timeout);
  [[nodiscard]] Deferred<Handle<Protocol>> connect(std::shared_ptr<Factory> factory);
  void learnCookie(const Message& answer);
  void unanswered(const Failure& why);

  Reactor& reactor_;
  ServerAddress address_;
  ClientOptions options_;
  std::shared_ptr<ClientCounts> counts_;
  StreamExchange stream_;
  std::unique_ptr<HttpsExchange> https_{};
  std::optional<ssl::Context> tls_{};
  std::string clientCookie_;
  std::string serverCookie_{};
  TimePoint noEdnsUntil_{};
  TimePoint noMixedCaseUntil_{};
  TimePoint penaltyUntil_{};
};

}  // namespace ropewalk::dns
