// The next request, by method and origin. RFC 9110 §10.2.2, §15.4; WHATWG Fetch.
#include "redirect.h"

#include <utility>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http {

namespace {

bool becomesGet(int status, std::string_view method) {
  if (status == 303) return method != "HEAD" && method != "GET";
  return (status == 301 || status == 302) && method == "POST";
}

Result<Uri> targetOf(const Hop& hop, std::string_view location) {
  Result<Uri> target = resolve(hop.url, location);
  if (!target.ok() || !target->host || target->host->empty()) {
    const std::string reason = target.ok() ? "no host" : target.failure().getErrorMessage();
    return Failure(InvalidUrl(format("cannot follow the redirect of {} to {}: {}", hop.url,
                                     quoteBytes(location), reason)));
  }
  target->userinfo.reset();
  if (!target->fragment) target->fragment = hop.url.fragment;
  return target;
}

}  // namespace

Result<std::optional<Hop>> nextHop(const Hop& hop, int status,
                                   std::optional<std::string_view> location,
                                   const RedirectPolicy& policy) {
  if (!asksToRedirect(status) || !location || location->empty()) return std::optional<Hop>();
  Result<Uri> target = targetOf(hop, *location);
  if (!target.ok()) return target.failure();
  if (hop.url.scheme == "https" && target->scheme != "https" && !policy.allowDowngrade) {
    return Failure(RedirectRefused(
        format("refused the redirect of {} to {}: it leaves https; allow it with allowDowngrade",
               hop.url, *target)));
  }
  Hop next{hop.method, std::move(*target), hop.headers, hop.body};
  if (becomesGet(status, hop.method)) {
    next.method = "GET";
    next.body = RequestBody();
    // RFC 9110 §15.4: what described the content goes with it.
    for (const auto* name :
         {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"}) {
      next.headers.remove(name);
    }
  } else if (!hop.body.replayable()) {
    return Failure(RedirectRefused(format(
        "refused the redirect of {} to {}: its body was produced once and cannot be sent again",
        hop.url, next.url)));
  }
  // The host once more: the zone of an IPv6 address is no part of an origin.
  if (next.url.origin() != hop.url.origin() || next.url.host != hop.url.host) {
    next.headers.remove("Host");
    for (const std::string& name : policy.sensitive) next.headers.remove(name);
  }
  return std::optional<Hop>(std::move(next));
}

}  // namespace ropewalk::http
