// The small services of RFC 862 to 868, and finger, as factories: wire::echo(), wire::daytime() …
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/protocols/wire/finger.h"

/// Each gives a Factory for any number of ports of one thread:
///
///     reactor.listenTCP(7, wire::echo());
///     reactor.listenTCP(13, wire::daytime());
///     reactor.listenTCP(79, wire::finger([&](const wire::FingerQuery& query) {
///       return plans[query.user];
///     }));
///
/// A peer that does not read costs each of them a bounded amount of memory. None has a time-out of
/// its own: wrap it in withTimeout. Do not offer chargen and echo where strangers can reach them.
namespace ropewalk::wire {

/// The wall clock, or a test's.
using WallClock = UniqueFunction<Timestamp()>;

/// Sends back what comes, streams and datagrams: listen("udp://:7", wire::echo()). RFC 862.
[[nodiscard]] std::shared_ptr<Factory> echo();
/// Throws away what comes, streams and datagrams. RFC 863.
[[nodiscard]] std::shared_ptr<Factory> discard();
/// Sends printing characters without end. RFC 864.
[[nodiscard]] std::shared_ptr<Factory> chargen();
/// Sends a quote, cut at 512 bytes, and closes. RFC 865.
[[nodiscard]] std::shared_ptr<Factory> qotd(UniqueFunction<std::string()> quote);
/// The same with each quote in turn. Throws std::invalid_argument without any.
[[nodiscard]] std::shared_ptr<Factory> qotd(std::vector<std::string> quotes);
/// Sends the time in words, in UTC, and closes. RFC 867.
[[nodiscard]] std::shared_ptr<Factory> daytime(WallClock clock = now);
/// Sends the time in four bytes, and closes. RFC 868.
[[nodiscard]] std::shared_ptr<Factory> time(WallClock clock = now);

/// Answers queries about users by `lookup`; refuses to forward them. RFC 1288.
[[nodiscard]] std::shared_ptr<Factory> fingerBy(FingerLookup lookup);

/// The same for any function of a FingerQuery that gives text or a Deferred<std::string>.
template <class F>
[[nodiscard]] std::shared_ptr<Factory> finger(F lookup) {
  return fingerBy([lookup = std::move(lookup)](FingerQuery query) mutable -> Deferred<std::string> {
    using Given = std::invoke_result_t<F&, FingerQuery>;
    if constexpr (std::is_same_v<Given, Deferred<std::string>>) {
      return lookup(std::move(query));
    } else {
      return succeed(std::string(lookup(std::move(query))));
    }
  });
}

}  // namespace ropewalk::wire
