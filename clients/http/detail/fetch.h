// Fetch: the policies of an Agent, over one exchange after the other. Internal to clients/http.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exchange.h"
#include "ropewalk/clients/http/client_request.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/handle.h"

namespace ropewalk::http {
class Agent;
}

namespace ropewalk::http::detail {

/// One hop of a call of Agent::request(). The links of its chain stand between the exchange and who
/// asked; one that has nothing to do is a comparison.
///
///     caller ◀── redirects ◀── retry ◀── responded, failed
///                    │           └──▶ the same exchange again, over a new connection
///                    └──▶ the next Fetch, which takes the caller over
class Fetch final : public Exchange {
 public:
  Fetch(Agent& agent, RequestUrl&& url, ClientRequest&& said, const Way& way);
  /// The next hop.
  /// @param redirects  the request's own policy; nothing: the agent's
  Fetch(Agent& agent, OutgoingRequest&& request, std::optional<RedirectPolicy> redirects);

  [[nodiscard]] Deferred<ClientResponse> response();

 private:
  /// What is known of the hops before this one.
  struct Trail {
    std::vector<std::string> requests{};  // "GET http://…"
    std::vector<std::string> urls{};      // that redirected
  };

  void responded(ClientResponse&& response) override;
  void failed(const Failure& why) override;

  void give(ClientResponse&& response);
  [[nodiscard]] bool mayRepeat(const Failure& why) const;
  [[nodiscard]] const RedirectPolicy& policy() const;
  [[nodiscard]] Result<std::optional<OutgoingRequest>> nextRequest(
      const ClientResponse& response) const;
  [[nodiscard]] Result<void> leaveFor(const OutgoingRequest& next);
  void redirect(OutgoingRequest&& next);

  Handle<Agent> agent_;  // callbacks may end it
  std::optional<RedirectPolicy> ownPolicy_;
  bool fresh_ = false;  // it has been repeated
  Trail trail_;
  Source<ClientResponse> source_;
};

}  // namespace ropewalk::http::detail
