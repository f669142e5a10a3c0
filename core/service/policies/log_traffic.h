// logTraffic: everything that is said over a connection, written down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// Gets one line, without its end, for each event; the view dies when it returns.
using TrafficSink = UniqueFunction<void(std::string_view line)>;

/// How logTraffic shows bytes.
struct TrafficOptions {
  enum class Bytes : std::uint8_t { text, hex };
  Bytes bytes = Bytes::text;  ///< text: quoted, with escapes
  std::size_t cut = 64;       ///< the most bytes of one event that are shown; 0: none, sizes only
};

/// Tells the sink what all connections of a factory receive and write, in lines such as
///
/// ```
/// 192.0.2.7:4711 made
/// 192.0.2.7:4711 received 16 bytes "GET / HTTP/1.1\r\n"
/// 192.0.2.7:4711 sent 4096 bytes of a file from 0
/// 192.0.2.7:4711 lost ConnectionDone: connection was closed cleanly
/// ```
///
/// "sent" is when the protocol writes, not when the kernel takes it. For looking into things: each
/// event makes text. What the sink throws is logged once and ends nothing. One thread.
[[nodiscard]] std::shared_ptr<Factory> logTraffic(std::shared_ptr<Factory> factory,
                                                  TrafficSink sink,
                                                  TrafficOptions options = TrafficOptions());

}  // namespace ropewalk
