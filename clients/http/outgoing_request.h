// OutgoingRequest: one request made ready for one connection. Internal to clients/http.
#pragma once

#include <memory>
#include <string>

#include "request_body.h"
#include "response_body.h"
#include "ropewalk/protocols/http/head_storage.h"
#include "ropewalk/protocols/http/headers.h"
#include "ropewalk/protocols/http/message.h"
#include "timing.h"

namespace ropewalk {
class Factory;
}

namespace ropewalk::http::detail {

/// Checked, and complete but for the framing fields.
struct OutgoingRequest {
  std::string method;
  std::string target;  // origin-form
  Headers headers;
  RequestBody body;
  std::string url;  // for messages: without user and password
  Timeouts timeouts;
  Span span;
  Limits limits;
  Timing timing;  // so far
  std::shared_ptr<Factory> upgradeTo;

  /// Sending it twice does no harm (RFC 9110 §9.2.2), and can be done.
  [[nodiscard]] bool repeatable() const noexcept {
    return isIdempotent(methodFromText(method)) && body.replayable();
  }
};

/// The head as it is sent: request line, fields, framing (RFC 9112 §6).
[[nodiscard]] std::string renderHead(const OutgoingRequest& request);

}  // namespace ropewalk::http::detail
