// Agent: the HTTP/1.1 client. Requests in, responses out; connections, redirects and time-outs are
// its business.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "agent_tls.h"
#include "client_request.h"
#include "client_response.h"
#include "connector.h"
#include "errors.h"
#include "pool.h"
#include "proxy.h"
#include "redirect.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/head_storage.h"

namespace ropewalk::http {

namespace detail {
class DefaultFields;
class Fetch;
class RequestUrl;
struct Way;
}  // namespace detail

struct AgentOptions {
  PoolOptions pool = {};          ///< 6 connections per host, kept for 60 s
  Timeouts timeouts = {};         ///< connect 10 s, first byte 30 s, next byte 60 s, total 300 s
  RedirectPolicy redirects = {};  ///< up to 20
  /// What getPage reads at most.
  std::size_t bodyLimit = 16_MiB;
  /// For https: verified, and by the system's authorities unless `trust` names others.
  AgentTLS tls = {};
  /// None, unless set: Proxies::fromEnvironment(), Proxies::through(url). An https:// proxy must
  /// have a certificate of tls.trust, or of the system's authorities; pins and our own certificate
  /// are for origins.
  Proxies proxies = {};
  /// Of response heads, 64 KiB and 1000 fields, and of trailers, 8 KiB and 100; past them
  /// ResponseFailed.
  Limits heads = responseLimits();
  std::string userAgent = "ropewalk/0.1";  ///< empty: no such field
  /// A kept connection that turns out dead is replaced once, without anybody noticing, where the
  /// request may be repeated: nothing of it reached the server, or its method is idempotent
  /// (RFC 9110 §9.2.2), its body replayable, and not a byte of a response came.
  bool retry = true;
};

/// Sends requests over pooled, kept connections. Make one per program or per purpose and reuse it.
///
/// Lives on its reactor's thread, and must go before the reactor does; its end cancels what is
/// under way (CancelledError). What a request fails with is told by errors.h; a status of 400 and
/// above is no failure here (it is one for getPage).
///
///     http::Agent agent(reactor);
///     auto response = co_await agent.put(url, "hello");
///     auto text = co_await response.readBody();
///
/// Cancelling the Deferred ends the request wherever it is (H-05): in the queue, connecting,
/// sending (the body producer is stopped), waiting (the connection is aborted).
class Agent {
 public:
  /// Speaks http and https over the reactor's TCP. The files of options.tls are loaded here, the
  /// system's authorities when they are first needed. Throws ssl::ContextError.
  explicit Agent(Reactor& reactor, AgentOptions options = AgentOptions());
  /// Speaks no scheme until it is given Connectors; for tests and unusual wires.
  explicit Agent(Clock& clock, AgentOptions options);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  /// Fires with the final response as soon as its head is there.
  [[nodiscard]] Deferred<ClientResponse> request(ClientRequest request);
  /// The same for a request of which nothing else is to be said.
  [[nodiscard]] Deferred<ClientResponse> get(std::string url);
  [[nodiscard]] Deferred<ClientResponse> head(std::string url);
  [[nodiscard]] Deferred<ClientResponse> post(std::string url, RequestBody body);
  [[nodiscard]] Deferred<ClientResponse> put(std::string url, RequestBody body);

  /// What all of these rest on: sends the request as it stands and gives whatever response comes. No
  /// redirect is followed and nothing is sent twice; a password in the URL is left out, and of fields
  /// there are those of the request, Host and the framing. Time-outs, connections and proxies are as
  /// for request(). For who judges responses himself, as a gateway does.
  [[nodiscard]] Deferred<ClientResponse> forward(ClientRequest request);

  /// How the connections of a URL scheme (lower case) are made; replaces what was there.
  void setConnector(std::string scheme, Connector connector);

  [[nodiscard]] const AgentOptions& options() const noexcept { return options_; }
  [[nodiscard]] ConnectionPool& pool() noexcept { return pool_; }

 private:
  friend class detail::Fetch;

  [[nodiscard]] Result<detail::RequestUrl> readUrl(std::string text,
                                                   std::string* credentials) const;
  [[nodiscard]] Result<void> check(const Uri& url) const;
  [[nodiscard]] Result<void> checkScheme(std::string_view scheme, std::string_view url) const;
  [[nodiscard]] detail::Way wayTo(const detail::RequestUrl& url) const;
  [[nodiscard]] const Proxy* proxyFor(const Uri& url) const;

  Clock& clock_;
  AgentOptions options_;
  std::unique_ptr<const detail::DefaultFields> defaults_;
  Life life_;            // who goes on after a callback looks first
  ConnectionPool pool_;  // goes first: its end ends every exchange that uses this
};

/// The calling thread's Agent on its default reactor, made on first use: for getPage(url). Uses the
/// proxies of the environment. Goes when the thread ends.
[[nodiscard]] Agent& defaultAgent();

}  // namespace ropewalk::http
