// TlsFilter's way out: text that becomes records, files, producers.

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "error_queue.h"
#include "ropewalk/core/base/format.h"
#include "scratch.h"
#include "tls_filter.h"

namespace ropewalk::ssl::detail {

namespace {

constexpr std::size_t kRecord = 16 * 1024;  // RFC 8446 §5.1: the longest
// Of a file, each time the transport below is empty.
constexpr std::uint64_t kFileStep = 256 * 1024;

}  // namespace

void TlsFilter::write(std::string_view data) {
  if (data.empty() || state_ == State::over || writing_ != Writing::open) return;
  lookBelow();
  if (state_ == State::handshaking) {
    plain_ += data;
  } else if (queued()) {
    extras_->queue.back().text += data;
  } else {
    writeMore(data);
  }
  outflow_.wrote(data.size());
}

/// Full records at once, from where they lie; the rest with what else is written in this turn.
void TlsFilter::writeMore(std::string_view data) {
  if (!plain_.empty()) {
    const std::string_view some = data.substr(0, kRecord - plain_.size());
    plain_ += some;
    data.remove_prefix(some.size());
    if (plain_.size() < kRecord) return;
    sealPending();
  }
  const std::size_t whole = data.size() / kRecord * kRecord;
  if (whole > 0) seal(data.substr(0, whole));
  data.remove_prefix(whole);
  if (data.empty() || state_ == State::over) return;
  plain_ += data;
  if (turn_) {
    turn_->atEnd();
  } else {
    sealPending();
  }
}

void TlsFilter::sealPending() {
  if (plain_.empty() || !established_ || state_ == State::over) return;
  seal(plain_);
  // Its memory stays for the next answer, unless the connection may be idle for long with much.
  constexpr std::size_t kKept = 4 * 1024;
  if (plain_.capacity() > kKept) {
    plain_ = std::string();
  } else {
    plain_.clear();
  }
}

void TlsFilter::seal(std::string_view data) {
  std::size_t written = 0;
  speaks();
  // The wire takes everything, so this writes all of it.
  if (SSL_write_ex(ssl_.get(), data.data(), data.size(), &written) == 1) return;
  fail(SSLError(format("TLS connection with {} failed: {}", getPeer(), drainErrors())));
}

// Files.

void TlsFilter::writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) {
  if (length == 0 || state_ == State::over || writing_ != Writing::open) return;
  lookBelow();
  extras().queue.push_back({std::move(file), offset, length, {}});
  outflow_.wrote(length);
  adjustFeed();
}

/// The transport below is empty.
void TlsFilter::fed() {
  if (state_ == State::over) return;
  lookBelow();
  sendQueue();
  if (state_ == State::over) return;
  adjustFeed();
  if (!extras_->registering) outflow_.tell();
}

void TlsFilter::sendQueue() {
  if (!queued()) return;
  sealPending();
  while (queued() && state_ != State::over) {
    Piece& first = extras_->queue.front();
    if (first.left > 0 && !sendFile(first)) return;
    Piece done = std::move(first);
    extras_->queue.pop_front();
    if (!done.text.empty()) seal(done.text);
  }
  if (state_ == State::over) return;
  watchBelow();
  finishWriting();
  closeIfDone();
}

/// @return whether all of it is sent
bool TlsFilter::sendFile(Piece& piece) {
  const Scratch scratch;
  for (std::uint64_t sent = 0; piece.left > 0 && sent < kFileStep;) {
    const auto most = std::min<std::uint64_t>(piece.left, Scratch::kSize);
    const ssize_t got =
        ::pread(piece.file->get(), scratch.data(), most, static_cast<off_t>(piece.offset));
    if (got <= 0) {
      fail(ConnectionLost(
          format("connection to {} was lost: a file ended before the length that was promised",
                 getPeer())));
      return false;
    }
    const auto size = static_cast<std::size_t>(got);
    seal({scratch.data(), size});
    if (state_ == State::over) return false;
    piece.offset += size;
    piece.left -= size;
    sent += size;
  }
  return piece.left == 0;
}

// Producers.

void TlsFilter::registerProducer(Producer& producer, Streaming streaming) {
  if (state_ == State::over || !connected()) return producer.stopProducing();
  lookBelow();
  outflow_.registerProducer(producer, streaming);
  adjustFeed();
}

void TlsFilter::unregisterProducer() {
  outflow_.unregisterProducer();
  if (state_ == State::over || !connected()) return;
  adjustFeed();
  closeIfDone();
}

/// The feed is below as long as anybody wants to know when there is room.
void TlsFilter::adjustFeed() {
  const bool wanted =
      established_ && state_ != State::over && (outflow_.producer() != nullptr || queued());
  if (wanted == (extras_ && extras_->feeding)) return;
  extras().feeding = wanted;
  if (wanted) {
    extras_->registering = true;  // it is asked at once, maybe inside of a write: tells nobody then
    transport().registerProducer(extras_->feed, Streaming::pull);
    extras_->registering = false;
  } else {
    transport().unregisterProducer();
  }
}

// Asking.

std::size_t TlsFilter::queuedBytes() const noexcept {
  std::size_t bytes = 0;
  if (!extras_) return 0;
  for (const Piece& each : extras_->queue) bytes += each.left + each.text.size();
  return bytes;
}

std::size_t TlsFilter::pending() const noexcept {
  return plain_.size() + queuedBytes() + transport().pending();
}

Deferred<void> TlsFilter::drained() {
  if (failure_) return ropewalk::fail<void>(*failure_);
  if (state_ == State::over || !connected()) return transport().drained();
  lookBelow();
  if (outflow_.pending() == 0) return transport().drained();  // the handshake may be pending there
  Deferred<void> told = outflow_.drained();
  watchBelow();
  return told;
}

/// What was sealed has left, but for what is pending below: that is longer than what it carries.
void TlsFilter::lookBelow() noexcept {
  if (state_ == State::over) return;
  const std::uint64_t sealed = outflow_.written() - unsealed();
  outflow_.takenTo(sealed - std::min<std::uint64_t>(sealed, transport().pending()));
}

/// Has drained() told when what is sealed by now has left below.
void TlsFilter::watchBelow() {
  if (watching_ || !established_ || state_ == State::over || !outflow_.awaited()) return;
  if (!queued()) sealPending();
  if (outflow_.pending() == unsealed() || state_ == State::over) return;
  watching_ = true;
  const std::uint64_t sealed = outflow_.written() - unsealed();
  lifetime().own(transport().drained().addCallbacks(
      [this, sealed] {
        watching_ = false;
        outflow_.takenTo(sealed);
        guarded([this] { outflow_.tell(); });
        watchBelow();
      },
      [](const Failure&) {}));  // the end of the connection says it all
}

void TlsFilter::writeDrained() {
  if (!established_ || queued() || state_ == State::over) return;
  tell([this] { upper_->writeDrained(); });
}

TlsFilter::Extras& TlsFilter::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>(*this);
  return *extras_;
}

}  // namespace ropewalk::ssl::detail
