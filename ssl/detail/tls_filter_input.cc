// TlsFilter's way in: records that become text, the peer's end, pauses.

#include <utility>

#include "error_queue.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/reactor.h"
#include "scratch.h"
#include "tls_filter.h"

namespace ropewalk::ssl::detail {

namespace {

constexpr std::size_t kRecord = 16 * 1024;  // RFC 8446 §5.1
constexpr int kReadsPerCall = 8;            // half a megabyte: then the others have their turn

}  // namespace

void TlsFilter::dataReceived(std::string_view ciphertext) {
  if (state_ == State::over) return;
  const bool mustWait = processing_ || waiting_ || !held_.empty();
  if (mustWait) {
    held_ += ciphertext;
    return;
  }
  wire_.incoming = ciphertext;
  process();
}

/// Reads what is in wire_.incoming. What stays there, because it was paused or must wait, is kept.
void TlsFilter::process(bool admitted) {
  if (processing_) return;
  struct Processing {
    TlsFilter& self;
    ~Processing() {
      self.processing_ = false;
      self.keepRest();
    }
  } const processing{*this};
  processing_ = true;
  if (state_ == State::handshaking && !wire_.incoming.empty() && (admitted || mayStep()))
    stepHandshake();
  if (established_ && state_ != State::over) readRecords();
}

void TlsFilter::keepRest() {
  if (state_ == State::over || wire_.incoming.empty()) {
    wire_.incoming = {};
    return;
  }
  std::string rest(wire_.incoming);  // what came meanwhile is behind it
  held_.insert(0, rest);
  wire_.incoming = {};
  adjustReading();
}

/// Nothing is read below while something that has come waits here: else each short pause of the
/// protocol above would add to it.
void TlsFilter::adjustReading() {
  if (state_ != State::open && state_ != State::closing) return;
  const bool wanted = state_ == State::closing || (reading_ != Reading::paused && held_.empty());
  if (wanted != belowPaused_) return;
  belowPaused_ = !wanted;
  wanted ? transport().resumeProducing() : transport().pauseProducing();
}

void TlsFilter::readRecords() {
  speaks();
  const Scratch scratch;
  for (int calls = 0; wantsData() || state_ == State::closing || losing_; ++calls) {
    int status = SSL_ERROR_NONE;
    const std::size_t got = readSome(scratch.data(), Scratch::kSize, status);
    if (state_ == State::over) return;
    if (got > 0 && wantsData()) received({scratch.data(), got});
    if (state_ == State::over) return;
    if (status == SSL_ERROR_WANT_READ) return;
    if (status == SSL_ERROR_ZERO_RETURN && reading_ == Reading::paused && !losing_)
      return;  // told later (S-10)
    if (status != SSL_ERROR_NONE) return readingFailed(status);
    if (calls == kReadsPerCall) return processLater();
  }
}

std::size_t TlsFilter::readSome(char* into, std::size_t size, int& status) {
  std::size_t filled = 0;
  while (size - filled >= kRecord && status == SSL_ERROR_NONE) {
    std::size_t got = 0;
    if (SSL_read_ex(ssl_.get(), into + filled, size - filled, &got) != 1) {
      status = whyNothing();
    } else if (nothingLeft()) {
      status = SSL_ERROR_WANT_READ;  // a read to hear that is a tenth of one that brings something
    }
    filled += got;
  }
  starved_ = status == SSL_ERROR_WANT_READ;
  return filled;
}

/// Like SSL_get_error, but for what others have left in OpenSSL's error queue: that would make a
/// failure of every record that is not whole yet, and to look before each read is dear.
int TlsFilter::whyNothing() const noexcept {
  if (SSL_want_read(ssl_.get())) return SSL_ERROR_WANT_READ;
  const bool ended = (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  return ended && !lastErrorIsAlert() ? SSL_ERROR_ZERO_RETURN : SSL_ERROR_SSL;
}

bool TlsFilter::nothingLeft() const noexcept {
  return wire_.incoming.empty() && SSL_has_pending(ssl_.get()) == 0;
}

/// Its record buffers may stay.
void TlsFilter::speaks() noexcept {
  if (loop_ != nullptr) shared_->buffers().speaks(place_, ssl_.get(), loop_->reactor().now());
}

void TlsFilter::received(std::string_view data) {
  tell([&] { upper_->dataReceived(data); });
}

void TlsFilter::readingFailed(int status) {
  if (status == SSL_ERROR_ZERO_RETURN) return peerClosed();
  const HandshakeVerdict verdict = drainReadErrors(server_);
  if (notes_ && !notes_->certificateError.empty())
    return fail(CertificateError(notes_->certificateError, notes_->unknownAuthority));
  fail(SSLError(format("TLS connection with {} failed: {}", getPeer(), verdict.text)));
}

/// close_notify.
void TlsFilter::peerClosed() {
  if (reading_ == Reading::over) return;
  reading_ = Reading::over;
  if (writing_ == Writing::over) return over();
  succession_.readEnded();
  if (losing_) return;
  if (succession_.due()) return settle();
  tell([this] { upper_->readConnectionLost(); });
}

void TlsFilter::readConnectionLost() {
  if (state_ == State::over) return;
  if (state_ == State::handshaking) {
    // A bare look at the port, by a health check say, is no failure worth words of the peer's.
    return failHandshake(HandshakeError(
        HandshakeFailure::closed,
        format("TLS handshake with {} failed: the peer closed the connection", getPeer())));
  }
  belowEnded_ = true;
  if (moreToRead()) return processLater();  // what came before the end comes first (S-10)
  if (state_ == State::closing || (reading_ == Reading::over && writing_ == Writing::over))
    return over();
  if (reading_ == Reading::over) return;  // it said goodbye properly, and may still listen
  fail(truncated());
}

Failure TlsFilter::truncated() const {
  return TruncatedError(format(
      "connection to {} was lost: it ended without close_notify; data may be missing", getPeer()));
}

/// Something that has arrived and was not looked at: text, or close_notify.
bool TlsFilter::moreToRead() const noexcept {
  const bool endWaits =
      reading_ != Reading::over && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  return endWaits || !held_.empty() || (!starved_ && SSL_has_pending(ssl_.get()) != 0);
}

void TlsFilter::pauseProducing() {
  if (reading_ == Reading::open) reading_ = Reading::paused;
  succession_.pause(true);
  adjustReading();
}

void TlsFilter::resumeProducing() {
  succession_.pause(false);
  if (reading_ != Reading::paused) return;
  reading_ = Reading::open;
  if (state_ != State::open || losing_) return;
  if (succession_.due() || (!processing_ && moreToRead())) return processLater();
  adjustReading();
}

/// In a turn of its own: nobody expects data while he calls.
void TlsFilter::processLater() {
  if (loop_ == nullptr) return goOnReading();
  if (scheduled_) return;
  scheduled_ = true;
  loop_->callSoon([self = handleOf(*this)] {
    if (self) self->goOnReading();
  });
}

void TlsFilter::goOnReading() {
  scheduled_ = false;
  if (state_ == State::over) return;
  guarded([this] { settle(); });
  if (processing_ || waiting_ || state_ == State::over) return;
  const std::string arrived = std::exchange(held_, {});
  wire_.incoming = arrived;
  guarded([this] {
    process();
    adjustReading();
    if (belowEnded_ && !moreToRead()) readConnectionLost();
  });
}

}  // namespace ropewalk::ssl::detail
