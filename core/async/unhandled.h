// What happens to a Failure that nobody handled. Rule D-16.
#pragma once

#include <atomic>
#include <string_view>

#include "ropewalk/core/base/failure.h"

namespace ropewalk {

/// Gets each Failure whose last holder went away without handling it.
using UnhandledHook = void (*)(const Failure& failure);

/// Replaces what is done with unhandled failures, for the whole process. By default they are logged
/// as critical, with their traceback. Null restores the default.
/// @return  the hook that was set before; null for the default
UnhandledHook setUnhandledHook(UnhandledHook hook) noexcept;

namespace detail {
/// Told of each of them besides; the reactor looks whether it is that of a listen().
extern std::atomic<UnhandledHook> unhandledObserver;
}  // namespace detail

/// Reports a failure that nobody will handle. Never throws.
/// @param origin  where the Deferred was made and fired, if that is known (see setDebugging)
void reportUnhandled(const Failure& failure, std::string_view origin = {}) noexcept;

}  // namespace ropewalk
