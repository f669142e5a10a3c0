// One query a connection, looked up while our half stays open. RFC 1288 §2.3 and §3.2.
#include "finger.h"

#include <utility>

#include "ropewalk/core/base/log.h"

namespace ropewalk::wire {

namespace {
constexpr log::Logger kLog{"wire.finger"};
}

void Finger::lineReceived(std::string_view line) {
  if (std::exchange(asked_, true)) return;  // one query a connection
  Result<FingerQuery> query = parseFingerQuery(line);
  if (!query.ok()) return answer("bad query");
  if (!query->host.empty()) return answer("Finger forwarding service denied");

  auto found = lookup_(std::move(*query));
  // By a handle, since a lookup that ignores its cancellation may come when we are gone.
  found.addBoth([self = handleOf(*this)](const Result<std::string>& result) -> Result<std::string> {
    if (self && result.ok()) self->answer(*result);
    if (result.ok() || result.failure().check<CancelledError>() != nullptr) return std::string();
    kLog.error("lookup failed: {}", result.failure().getTraceback());
    if (self) self->answer("cannot look that up now");
    return std::string();
  });
  lifetime().own(std::move(found));
}

void Finger::lineLengthExceeded(std::string_view /*start*/) { answer("query is too long"); }

void Finger::readConnectionLost() {
  if (!asked_) transport().loseConnection();
}

void Finger::answer(std::string_view text) {
  transport().write(fingerText(text));
  transport().loseConnection();
}

}  // namespace ropewalk::wire
