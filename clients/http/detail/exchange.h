// Exchange: one request on its way to one response, below all policies. Internal to clients/http.
#pragma once

#include <memory>
#include <optional>

#include "outgoing_request.h"
#include "ropewalk/clients/http/client_response.h"
#include "ropewalk/clients/http/pool.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk::http::detail {

/// Gets capacity from the pool, hands the request over, and hears what comes of it. It judges
/// nothing; what derives from it does.
///
///     start ──capacity──▶ on a connection ──head──▶ responded
///       └─none─┐                │
///              ▼                ▼
///            failed ◀──────── failed
///
/// Shared by whoever is to call it next: the pool, then the connection; at the end by the body of
/// the response, which looks at the request. One thread.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  /// As OutgoingRequest is made.
  Exchange(Clock& clock, RequestUrl&& url, ClientRequest&& said, const Timeouts& timeouts,
           const Way& way)
      : clock_(clock), request_(std::move(url), std::move(said), timeouts, clock.now(), way) {}
  Exchange(Clock& clock, OutgoingRequest&& request) : clock_(clock), request_(std::move(request)) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  [[nodiscard]] const OutgoingRequest& request() const noexcept { return request_; }
  /// Either `responded` or `failed` follows, perhaps at once. Again only after that.
  void start(ConnectionPool& pool, ConnectionPool::Want want);
  /// `failed` follows, unless it is over.
  void cancel();

  // For the connection, which then lets go of it.

  /// The head is there, and of the body what came with it.
  virtual void responded(ClientResponse&& response) = 0;
  virtual void failed(const Failure& why) = 0;

 protected:
  /// The connection was kept from an earlier request.
  [[nodiscard]] bool reused() const noexcept { return reused_; }

 private:
  void watchTotal();
  void acquired(Result<Lease> lease);

  Clock& clock_;
  const OutgoingRequest request_;
  std::optional<Deferred<Lease>> acquiring_;
  ScopedCall total_;  // while acquiring
  bool late_ = false;
  bool reused_ = false;
  Handle<ClientConnection> connection_;
};

/// What Agent::forward gives: what comes is what its Deferred fires with.
class Forward final : public Exchange {
 public:
  using Exchange::Exchange;

  [[nodiscard]] Deferred<ClientResponse> response();

 private:
  void responded(ClientResponse&& response) override;
  void failed(const Failure& why) override;

  Source<ClientResponse> source_;
};

/// "no response within 5 min": the time for all of it is up.
[[nodiscard]] Failure totalTimeout(const OutgoingRequest& request);

}  // namespace ropewalk::http::detail
