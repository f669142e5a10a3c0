// DNS over HTTPS: the name server as a resource of a web site. RFC 8484.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/servers/http/resource.h"

namespace ropewalk::dns {

/// Answers GET with ?dns= in base64url, and POST of application/dns-message.
///
///     auto server = dns::Server::make();
///     auto doh = std::make_shared<DohResource>([server](std::string message, Address peer) {
///       return server->answerMessage(message, Carrier::https, peer);
///     });
///     site->mount("/dns-query", doh);
///
/// The statuses are HTTP's business (RFC 8484 §4.2.1): NXDOMAIN and SERVFAIL come with 200. What is
/// no question at all gets 400; a question that the server meets with silence, 403.
class DohResource final : public http::Resource {
 public:
  /// Gives the answer to a message, or "" for none.
  using Answer = AsyncFunction<Deferred<std::string>(std::string message, Address peer)>;

  explicit DohResource(Answer answer) : answer_(std::move(answer)) { isLeaf = true; }

  http::Rendered renderGET(http::Request& request) override;
  http::Rendered renderPOST(http::Request& request) override;
  [[nodiscard]] std::string allowedMethods() const override {
    return http::methodsOf<DohResource>();
  }

 private:
  [[nodiscard]] static Deferred<http::Response> ask(const Answer& answer, std::string message,
                                                    Address peer);

  Answer answer_;
};

/// How long HTTP caches may keep an answer: the least TTL of its answer section, or what the SOA of
/// a negative answer says (RFC 8484 §5.1, RFC 2308 §5). Nothing where it must not be kept: another
/// rcode than NOERROR or NXDOMAIN, a truncated or malformed message, a negative answer without SOA.
[[nodiscard]] std::optional<std::uint32_t> freshnessOf(std::string_view message) noexcept;

}  // namespace ropewalk::dns
