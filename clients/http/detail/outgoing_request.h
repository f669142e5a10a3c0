// OutgoingRequest: a request made ready to be sent: checked, its URL taken apart, its way chosen.
// Internal to clients/http.
#pragma once

#include <memory>
#include <string>

#include "request_url.h"
#include "ropewalk/clients/http/client_request.h"
#include "ropewalk/clients/http/proxy.h"
#include "ropewalk/clients/http/redirect.h"
#include "ropewalk/clients/http/request_body.h"
#include "ropewalk/clients/http/timing.h"
#include "ropewalk/protocols/http/head_storage.h"
#include "ropewalk/protocols/http/headers.h"
#include "ropewalk/protocols/http/message.h"

namespace ropewalk {
class Factory;
}

namespace ropewalk::http::detail {

/// When a request began and when it must have ended.
struct Span {
  TimePoint started;
  TimePoint deadline = TimePoint::max();
};

/// Fields that are sent where the caller says nothing of that name. They are rendered once.
class DefaultFields {
 public:
  /// Throws as Headers::add does.
  void add(std::string_view name, std::string_view value);
  /// Those that `said` does not have.
  void append(std::string& head, const Headers& said) const;

 private:
  Headers fields_;
  std::string rendered_;
};

/// By which way a request goes, and what its agent has to say. All is the Agent's, which outlives
/// whoever looks at it.
struct Way {
  const Limits* limits = nullptr;
  const DefaultFields* defaults = nullptr;  // null: none
  const Proxy* proxy = nullptr;  // is asked instead of the origin; null: a tunnel, or none
  bool kept = true;              // the connection may be used again
};

/// Nothing of it changes once it is on its way: the response and its body look at it, too.
struct OutgoingRequest {
  /// @param timeouts  where the request says nothing of them
  OutgoingRequest(RequestUrl&& url, ClientRequest&& said, const Timeouts& timeouts, TimePoint now,
                  const Way& way);
  /// What a redirect makes of one.
  OutgoingRequest(const OutgoingRequest& before, Hop&& hop, const Way& way);

  RequestUrl url;
  std::string method;
  Method known;  // the method, where it has a name
  Headers headers;
  RequestBody body;
  Timeouts timeouts;
  Span span;
  std::shared_ptr<Factory> upgradeTo;
  Way way;

  /// Sending it twice does no harm (RFC 9110 §9.2.2), and can be done.
  [[nodiscard]] bool repeatable() const noexcept {
    return isIdempotent(known) && body.replayable();
  }
};

/// Appends the head as it is sent: request line, fields, framing (RFC 9112 §3, §6).
void appendHead(std::string& head, const OutgoingRequest& request);

}  // namespace ropewalk::http::detail
