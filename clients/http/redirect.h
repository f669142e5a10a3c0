// Redirects: what a 301, 302, 303, 307 or 308 asks for, and what is safe to do about it. RFC 9110
// §15.4. A pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client_request.h"
#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/http/headers.h"
#include "ropewalk/protocols/http/uri.h"

namespace ropewalk::http {

/// One request of a chain of redirects.
struct Hop {
  std::string method;
  Uri url;  // without userinfo: that became an Authorization field
  Headers headers;
  RequestBody body;
};

/// 301, 302, 303, 307 and 308: the statuses whose Location is followed.
[[nodiscard]] constexpr bool asksToRedirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The request that a response asks for; nothing when it asks for none, as one without a Location
/// or with an empty one does (RFC 9110 §15.4: it may be left out). The rules are the browsers'
/// (WHATWG Fetch, HTTP-redirect fetch), where RFC 9110 leaves the choice:
///
///     303       ─▶ GET, unless it was HEAD
///     301, 302  ─▶ GET if it was POST, else unchanged
///     307, 308  ─▶ unchanged, body and all
///
/// The Location is relative to hop's URL, and inherits its fragment (RFC 9110 §10.2.2). A user and
/// password in it are ignored. Where the origin changes, policy.sensitive fields and Host are left
/// out.
/// @return  Failure: RedirectRefused (from https to http; a body that cannot be sent again),
///          InvalidUrl
[[nodiscard]] Result<std::optional<Hop>> nextHop(const Hop& hop, int status,
                                                 std::optional<std::string_view> location,
                                                 const RedirectPolicy& policy);

}  // namespace ropewalk::http
