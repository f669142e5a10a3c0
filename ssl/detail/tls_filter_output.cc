// TlsFilter's way out: text that becomes records, files, producers.

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/detail/error_queue.h"
#include "ropewalk/ssl/detail/scratch.h"
#include "ropewalk/ssl/detail/tls_filter.h"

namespace ropewalk::ssl::detail {

namespace {

constexpr std::size_t kRecord = 16 * 1024;     // RFC 8446 §5.1: the longest
constexpr std::size_t kHighWater = 64 * 1024;  // a producer is paused past this (P-02)
// Of a file, each time the transport below is empty.
constexpr std::uint64_t kFileStep = 256 * 1024;

}  // namespace

void TlsFilter::write(std::string_view data) {
  if (data.empty() || state_ == State::over || finishing_ || writeOver_) return;
  if (state_ == State::handshaking) {
    plain_ += data;
  } else if (queued()) {
    extras_->queue.back().text += data;
  } else {
    writeMore(data);
  }
  pauseProducerIfFull();
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
  if (length == 0 || state_ == State::over || finishing_ || writeOver_) return;
  extras().queue.push_back({std::move(file), offset, length, {}});
  adjustFeed();
}

/// The transport below is empty.
void TlsFilter::fed() {
  if (state_ == State::over) return;
  sendQueue();
  if (queued() || state_ == State::over) return;
  Producer* const producer = extras_->producer;
  adjustFeed();
  if (producer == nullptr || extras_->producer != producer) return;
  if (extras_->streaming == Streaming::pull || std::exchange(extras_->producerPaused, false))
    producer->resumeProducing();
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
  tellDrains();
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
  if (extras().producer != nullptr)
    throw std::logic_error("cannot register a producer: another one has not been unregistered");
  extras_->producer = &producer;
  extras_->streaming = streaming;
  extras_->producerPaused = false;
  const bool feeding = extras_->feeding;
  adjustFeed();
  // The feed asks once when it is registered; when it was there already nobody has asked.
  if (feeding && !queued() && streaming == Streaming::pull) producer.resumeProducing();
}

void TlsFilter::unregisterProducer() {
  if (!extras_) return;
  extras_->producer = nullptr;
  if (state_ == State::over || !connected()) return;
  adjustFeed();
  closeIfDone();
}

void TlsFilter::pauseProducerIfFull() {
  if (!extras_ || extras_->producer == nullptr || extras_->streaming == Streaming::pull) return;
  if (pending() <= kHighWater) return;
  extras_->producerPaused = true;
  extras_->producer->pauseProducing();
}

/// The feed is below as long as anybody wants to know when there is room.
void TlsFilter::adjustFeed() {
  const bool wanted = established_ && state_ != State::over && extras_ &&
                      (extras_->producer != nullptr || queued());
  if (!extras_ || wanted == extras_->feeding) return;
  extras_->feeding = wanted;
  if (wanted) {
    transport().registerProducer(extras_->feed, Streaming::pull);
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
  if (!connected()) return transport().drained();
  if (established_ && !queued()) {
    sealPending();
    return transport().drained();
  }
  if (plain_.empty() && !queued()) return transport().drained();
  return extras().drains.emplace_back().deferred();
}

void TlsFilter::tellDrains() {
  if (!extras_ || extras_->drains.empty() || queued()) return;
  sealPending();
  for (Source<void>& each : std::exchange(extras_->drains, {})) {
    transport().drained().addBoth(
        [source = std::move(each)](Result<void> sent) mutable -> Result<void> {
          if (!source.called()) source.fire(std::move(sent));
          return {};
        });
  }
}

void TlsFilter::writeDrained() {
  if (established_ && !queued() && state_ != State::over) upper_->writeDrained();
}

TlsFilter::Extras& TlsFilter::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>(*this);
  return *extras_;
}

}  // namespace ropewalk::ssl::detail
