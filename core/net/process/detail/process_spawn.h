// spawnChild: makes the pipes of a child process and forks it. Private to core/net.
#pragma once

#include <map>
#include <string>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/process/process.h"

namespace ropewalk::detail {

/// A child that was just forked. Whether its program runs is not known yet: see faultOf.
struct SpawnedChild {
  int pid = 0;
  UniqueFd exit;                  ///< a pidfd: readable once the child has ended
  UniqueFd fault;                 ///< ends empty when the program runs, else holds why it does not
  std::map<int, UniqueFd> pipes;  ///< our non-blocking ends, by the child's number
};

/// @throws CannotSpawnError when there is no child afterwards
[[nodiscard]] SpawnedChild spawnChild(const SpawnOptions& options);

/// What the fault pipe of an ended child says: 0 when its program ran. Never blocks.
struct SpawnFault {
  int error = 0;
  std::string message{};
};
[[nodiscard]] SpawnFault faultOf(const UniqueFd& fault, const SpawnOptions& options);

}  // namespace ropewalk::detail
