// Questions over HTTPS. RFC 8484.
#pragma once

#include <memory>
#include <string>

#include "query.h"
#include "ropewalk/clients/dns/counts.h"
#include "ropewalk/clients/http/agent_tls.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk {
class Reactor;
namespace http {
class Agent;
}
}  // namespace ropewalk

namespace ropewalk::dns {

/// One server, by its URL; connections are kept by an http::Agent. One thread. What is under way
/// when this ends goes on until it is answered or cancelled.
class HttpsExchange {
 public:
  enum class Method : std::uint8_t { post, get };

  /// Throws ssl::ContextError where the files of `tls` cannot be used.
  HttpsExchange(Reactor& reactor, std::string url, const http::AgentTLS& tls, Method method,
                std::shared_ptr<ClientCounts> counts);
  ~HttpsExchange();

  /// Has no time-out of its own but the agent's. Cancellable.
  [[nodiscard]] Deferred<Message> ask(Question question, QueryOptions options);

 private:
  std::shared_ptr<http::Agent> agent_;
  std::string url_;
  Method method_;
  std::shared_ptr<ClientCounts> counts_;
};

}  // namespace ropewalk::dns
