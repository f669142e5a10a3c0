// Happy Eyeballs: connects to the best of several addresses without waiting long for the bad ones.
// RFC 8305 §4, §5.
#pragma once

#include <vector>

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/set_option.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk {

/// How a race is run.
class RaceOptions {
 public:
  /// How long an attempt is alone before the next one joins it: RFC 8305 §8, Connection
  /// Attempt Delay; 250 ms.
  RaceOptions& attemptDelay(Duration value) { return setOption(*this, attemptDelay_, value); }
  [[nodiscard]] Duration attemptDelay() const noexcept { return attemptDelay_; }

 private:
  Duration attemptDelay_ = 250ms;
};

/// Starts one connection attempt: a connected descriptor, or why there is none.
/// Must be cancellable.
using ConnectAttempt = AsyncFunction<Deferred<UniqueFd>(const Address&)>;

/// Tries the addresses in turn, families alternating, the family of the first one first. The next
/// attempt starts when the last one failed, or has been under way for `attemptDelay`. The first
/// that succeeds wins; the others are cancelled, and a descriptor that comes too late is closed.
///
/// If all fail: with one address its own failure; with several one ConnectError that lists each
/// address with its reason, whose type is that of the attempt that got furthest (refused before
/// timed out before no route). Without any address DNSLookupError. Cancelling stops everything with
/// CancelledError. One thread; `clock` must outlive the race.
///
///     Deferred<UniqueFd> connectTo(const Address& to);  // one attempt, by whatever means
///
///     Deferred<UniqueFd> connectToFastest(Clock& clock, std::vector<Address> addresses) {
///       return raceConnect(clock, std::move(addresses), connectTo);
///     }
[[nodiscard]] Deferred<UniqueFd> raceConnect(Clock& clock, std::vector<Address> addresses,
                                             ConnectAttempt attempt,
                                             RaceOptions options = RaceOptions());

/// The order in which raceConnect tries: stable within each family (RFC 8305 §4, First
/// Address Family Count 1).
[[nodiscard]] std::vector<Address> interleaveFamilies(std::vector<Address> addresses);

}  // namespace ropewalk
