// Clients of the small services of RFC 862 to 868, and of finger.
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/wire/finger_query.h"

/// Each makes a connection, asks, and closes it. They fail with a ConnectError, or with what ended
/// the connection; answers are limited. A server may take its time: add a time-out. Cancelling
/// closes.
///
///     auto time = co_await wire::fetchTime(reactor, "time.example").addTimeout(5s);
namespace ropewalk::wire {

/// Sends `data` and gives what came back, as many bytes. RFC 862.
[[nodiscard]] Deferred<std::string> fetchEcho(Reactor& reactor, std::string host, std::string data,
                                              std::uint16_t port = 7);
/// Sends `data` into the void; fires when the server has taken all of it and closed. RFC 863.
[[nodiscard]] Deferred<void> sendToDiscard(Reactor& reactor, std::string host, std::string data,
                                           std::uint16_t port = 9);
/// The first `count` characters of an endless stream. RFC 864.
[[nodiscard]] Deferred<std::string> fetchCharacters(Reactor& reactor, std::string host,
                                                    std::size_t count, std::uint16_t port = 19);
/// A quote, without the line end behind it. RFC 865.
[[nodiscard]] Deferred<std::string> fetchQuote(Reactor& reactor, std::string host,
                                               std::uint16_t port = 17);
/// The time in words, without the line end behind it. RFC 867.
[[nodiscard]] Deferred<std::string> fetchDaytime(Reactor& reactor, std::string host,
                                                 std::uint16_t port = 13);
/// The time, to the second. RFC 868.
[[nodiscard]] Deferred<Timestamp> fetchTime(Reactor& reactor, std::string host,
                                            std::uint16_t port = 37);

/// What a host tells about a user, or about all; at most 1 MiB, without the control characters that
/// could play with a terminal (RFC 1288 §3.3). A query with a host in it asks `host` to forward it.
/// RFC 1288.
[[nodiscard]] Deferred<std::string> finger(Reactor& reactor, std::string host, FingerQuery query,
                                           std::uint16_t port = 79);

}  // namespace ropewalk::wire
