// ClientRequest: what an Agent is asked to send.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/clients/http/request_body.h"
#include "ropewalk/clients/http/timing.h"
#include "ropewalk/protocols/http/headers.h"

namespace ropewalk {
class Factory;
}

namespace ropewalk::http {

/// What becomes of a 301, 302, 303, 307 or 308 with a Location (RFC 9110 §15.4).
struct RedirectPolicy {
  int limit =
      20;  ///< redirects in a row; one more fails with TooManyRedirects. 0: none is followed
  bool follow = true;           ///< false: the redirect itself is the response
  bool allowDowngrade = false;  ///< from https to http
  /// Not sent on when scheme, host or port change; compared without regard to case.
  std::vector<std::string> sensitive = {"Authorization", "Cookie", "Cookie2",
                                        "Proxy-Authorization"};
};

/// One request, redirects included. A value; everything but the URL has a default.
///
///     agent.request({.url = "http://127.0.0.1:8080/"});
///     agent.request({.method = "POST", .url = url, .headers = {{"Content-Type", "text/csv"}},
///     .body = "a,b\n"});
struct ClientRequest {
  std::string method = "GET";
  /// Absolute; a missing scheme means http. A user and password in it are sent as Basic credentials
  /// (RFC 7617).
  std::string url = {};
  /// Host, User-Agent and Accept have defaults. Content-Length and Transfer-Encoding are ours to
  /// say, and Expect is not supported: with any of them the request fails with InvalidRequest.
  Headers headers = {};
  RequestBody body = {};
  std::optional<Timeouts> timeouts = {};         ///< else the agent's
  std::optional<RedirectPolicy> redirects = {};  ///< else the agent's
  /// Takes the connection over when the server answers 101; the Upgrade and Connection fields are
  /// the caller's to add. Without it a 101 is an error.
  std::shared_ptr<Factory> upgradeTo = {};
};

}  // namespace ropewalk::http
