// What a Client has seen.
#pragma once

#include <cstdint>

namespace ropewalk::dns {

/// Counts from the client's start.
struct ClientCounts {
  std::uint64_t asked = 0;    ///< questions put to the client
  std::uint64_t merged = 0;   ///< of these, that joined one that was under way
  std::uint64_t sent = 0;     ///< queries to servers, over any wire
  std::uint64_t answers = 0;  ///< that fitted
  /// Datagrams and messages that fitted no question, or could not be read.
  std::uint64_t ignored = 0;
  std::uint64_t timeouts = 0;   ///< tries that nobody answered in time
  std::uint64_t truncated = 0;  ///< UDP answers that were fetched again over TCP
};

}  // namespace ropewalk::dns
