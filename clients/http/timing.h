// Where the time of a request went.
#pragma once

#include "ropewalk/core/async/timer_queue.h"

namespace ropewalk::http {

/// How long each phase of a request took. Zero for a phase that did not happen: a kept connection
/// connects to nobody. After redirects the phases are those of the last request, but for total.
struct Timing {
  bool reused = false;   ///< the connection was kept from an earlier request
  Duration queued{};     ///< waiting for a free connection, where the limit per host was reached
  Duration dns{};        ///< the name of the host to addresses
  Duration connect{};    ///< opening the connection, without dns and tls
  Duration tls{};        ///< the handshake
  Duration firstByte{};  ///< from handing over the request to the first byte of the response
  Duration total{};      ///< from the call of request() to the last byte of the body
};

/// How long the client waits before it gives up with a RequestTimeout. Zero: for ever.
struct Timeouts {
  Duration connect = std::chrono::seconds(10);  ///< for the name, the addresses, and TLS
  /// From the last byte of the request that was sent to the first of the response.
  Duration firstByte = std::chrono::seconds(30);
  Duration idle = std::chrono::seconds(60);    ///< between two reads of a body that somebody reads
  Duration total = std::chrono::seconds(300);  ///< redirects and the body included
};

}  // namespace ropewalk::http
