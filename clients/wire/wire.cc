// A coroutine on a Stream for each service.
#include "wire.h"

#include <utility>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/basic/connect_stream.h"
#include "ropewalk/protocols/wire/time.h"

namespace ropewalk::wire {

namespace {

constexpr std::size_t kMostOfLine = 4_KiB;  // RFC 865 allows 512; be generous
constexpr std::size_t kMostOfFinger = 1_MiB;

/// Everything a server says by itself, without the line end behind it.
Deferred<std::string> announcement(Reactor& reactor, std::string host, std::uint16_t port) {
  auto connecting = connectStream(reactor, std::move(host), port);
  const StreamHandle stream = co_await std::move(connecting);
  std::string text = co_await stream->readAll(kMostOfLine);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  co_return text;
}

}  // namespace

Deferred<std::string> fetchEcho(Reactor& reactor, std::string host, std::string data,
                                std::uint16_t port) {
  auto connecting = connectStream(reactor, std::move(host), port);
  const StreamHandle stream = co_await std::move(connecting);
  const std::size_t count = data.size();
  // Read while it is being written: an echo stops reading when nobody takes what it sends.
  stream->transport().write(std::move(data));
  co_return co_await stream->readExactly(count);
}

Deferred<void> sendToDiscard(Reactor& reactor, std::string host, std::string data,
                             std::uint16_t port) {
  auto connecting = connectStream(reactor, std::move(host), port);
  const StreamHandle stream = co_await std::move(connecting);
  stream->transport().write(std::move(data));
  stream->loseWriteConnection();
  co_await stream->readAll(kMostOfLine);
}

Deferred<std::string> fetchCharacters(Reactor& reactor, std::string host, std::size_t count,
                                      std::uint16_t port) {
  auto connecting = connectStream(reactor, std::move(host), port);
  const StreamHandle stream = co_await std::move(connecting);
  std::string characters = co_await stream->readExactly(count);
  stream->abortConnection();  // the server would go on for ever
  co_return characters;
}

Deferred<std::string> fetchQuote(Reactor& reactor, std::string host, std::uint16_t port) {
  return announcement(reactor, std::move(host), port);
}

Deferred<std::string> fetchDaytime(Reactor& reactor, std::string host, std::uint16_t port) {
  return announcement(reactor, std::move(host), port);
}

Deferred<Timestamp> fetchTime(Reactor& reactor, std::string host, std::uint16_t port) {
  auto connecting = connectStream(reactor, std::move(host), port);
  const StreamHandle stream = co_await std::move(connecting);
  const std::string bytes = co_await stream->readExactly(4);
  co_return decodeTime(bytes);
}

Deferred<std::string> finger(Reactor& reactor, std::string host, FingerQuery query,
                             std::uint16_t port) {
  const std::string line = toLine(query);  // first: a bad query connects to nobody
  auto connecting = connectStream(reactor, std::move(host), port);
  const StreamHandle stream = co_await std::move(connecting);
  stream->transport().write(std::string_view(line));
  const std::string answer = co_await stream->readAll(kMostOfFinger);
  co_return fingerText(answer);
}

}  // namespace ropewalk::wire
