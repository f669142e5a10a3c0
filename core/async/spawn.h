// spawn: a coroutine that nobody waits for.
#pragma once

#include <utility>

#include "deferred.h"

namespace ropewalk {

/// Calls f now, and keeps it and the arguments until what it gives has fired: so f may be a
/// coroutine that captures. Its value is dropped, its failure logged as unhandled. What a callback
/// that is called and forgotten (callLater, callSoon, callFromThread …) does to go on later:
///
///     Deferred<void> save(std::string name);
///
///     void saveSoon(Reactor& reactor, std::string name) {
///       reactor.callLater(5s, [name] {
///         spawn([name]() -> Deferred<void> {
///           co_await save(name);
///           log::info("{} is saved", name);
///         });
///       });
///     }
///
/// Nothing cancels it: what must not outlive an object belongs to that object's Lifetime.
template <class F, class... Args>
void spawn(F&& f, Args&&... args) {
  static_assert(std::is_invocable_v<std::decay_t<F>&, std::decay_t<Args>...>,
                "rw::spawn(f, args...) calls f with these arguments, and f does not take them");
  static_cast<void>(maybeDeferred(std::forward<F>(f), std::forward<Args>(args)...));
}

}  // namespace ropewalk
