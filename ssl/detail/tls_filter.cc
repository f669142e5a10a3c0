#include "ropewalk/ssl/detail/tls_filter.h"

#include <openssl/err.h>

#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/ssl/detail/error_queue.h"
#include "ropewalk/ssl/detail/handshake_queue.h"
#include "ropewalk/ssl/detail/scratch.h"
#include "ropewalk/ssl/detail/verify.h"

namespace ropewalk::ssl::detail {

namespace {

constexpr std::size_t kRecord = 16 * 1024;  // RFC 8446 §5.1
constexpr int kReadsPerCall = 8;            // half a megabyte: then the others have their turn

/// The loop that a transport lives on; null in tests without a reactor.
ropewalk::detail::Loop* loopOf(const Transport& transport) {
  try {
    return &transport.reactor().loop();
  } catch (const std::logic_error&) {
    return nullptr;
  }
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

TlsFilter::TlsFilter(Context context, std::optional<ServerIdentity> server,
                     std::unique_ptr<Protocol> upper)
    : context_(std::move(context)),
      notes_(std::make_unique<HandshakeNotes>()),
      owned_(std::move(upper)),
      upper_(owned_.get()),
      server_(!server.has_value()) {
  if (!server) return;
  notes_->host = std::move(server->host);
  notes_->session = notes_->host + ' ' + server->session;
}

TlsFilter::~TlsFilter() = default;

template <class F>
void TlsFilter::guarded(F f) {
  try {
    f();
  } catch (...) {
    const Failure why = Failure::current();
    log::error("unhandled error in the protocol of {}: {}", getPeer(), why.getTraceback());
    fail(why);
  }
}

// Beginning.

void TlsFilter::connectionMade() {
  begin();
  upper_->makeConnection(*this);
}

void TlsFilter::startBelow(Transport& below, Protocol& upper, std::unique_ptr<Protocol> owned) {
  owned_ = std::move(owned);
  upper_ = &upper;
  attach(below);
  begin();
  upper.switchTransport(*this);
}

void TlsFilter::begin() {
  loop_ = loopOf(transport());
  if (loop_ != nullptr) turn_.emplace(*loop_, *this);
  shared_ = context_.state().forThisThread();
  ssl_.reset(SSL_new(shared_->get()));
  if (!ssl_) throw ContextError(format("cannot set up TLS for a connection: {}", drainErrors()));
  wire_.below = &transport();
  BIO* const bio = makeWireBio(wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
  setNotes(ssl_.get(), notes_.get());
  setTimer(context_.state().handshakeTimeout(), &TlsFilter::handshakeTookTooLong);
  if (server_) return SSL_set_accept_state(ssl_.get());

  SSL_set_connect_state(ssl_.get());
  expectHost(ssl_.get(), notes_->host, context_.state().client().verify);
  if (const SessionPtr session = shared_->sessions().take(notes_->session))
    SSL_set_session(ssl_.get(), session.get());
  stepHandshake();  // says hello
}

void TlsFilter::setTimer(Duration delay, void (TlsFilter::*expired)()) {
  Clock* const time = clock();
  if (time == nullptr) return;
  timer_ = time->callLater(delay, [this, expired] { (this->*expired)(); });
}

// The handshake.

bool TlsFilter::mayStep() {
  if (loop_ == nullptr || HandshakeQueue::of(reactor()).admit(*this)) return true;
  waiting_ = true;
  transport().pauseProducing();
  return false;
}

void TlsFilter::goOn() {
  waiting_ = false;
  if (state_ == State::over) return;
  transport().resumeProducing();
  const std::string arrived = std::exchange(held_, {});
  wire_.incoming = arrived;
  guarded([this] { process(true); });
}

void TlsFilter::stepHandshake() {
  clearErrors();
  const int status = SSL_do_handshake(ssl_.get());
  if (status == 1) return completed();
  if (SSL_get_error(ssl_.get(), status) != SSL_ERROR_WANT_READ) handshakeFailed();
}

void TlsFilter::completed() {
  state_ = State::open;
  established_ = true;
  timer_.clear();
  context_.state().countCompleted(resumed());
  if (server_) {
    setNotes(ssl_.get(), nullptr);
    notes_.reset();
  }
  if (paused_) transport().pauseProducing();
  sealPending();
  adjustFeed();
  upper_->handshakeCompleted();
  if (!extras_) return closeIfDone();
  for (Source<void>& each : std::exchange(extras_->handshakes, {})) each.callback();
  tellDrains();
  closeIfDone();
}

void TlsFilter::handshakeFailed() {
  HandshakeVerdict verdict = drainHandshakeErrors(server_);
  if (verdict.reason == HandshakeFailure::plaintext && server_) refusePlaintext();
  const std::string refused = notes_ ? notes_->certificateError : "";
  if (!refused.empty() && verdict.reason != HandshakeFailure::refusedByPeer)
    return failHandshake(CertificateError(refused));
  if (verdict.reason == HandshakeFailure::refusedCertificate)
    return failHandshake(CertificateError(verdict.text));
  failHandshake(HandshakeError(
      verdict.reason, format("TLS handshake with {} failed: {}", getPeer(), verdict.text)));
}

/// Somebody typed http:// with the port of https: a browser shows this.
void TlsFilter::refusePlaintext() {
  constexpr std::string_view kBody = "This port speaks TLS: use https:// instead of http:// here\n";
  transport().write(
      format("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
             "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
             kBody.size(), kBody));
}

void TlsFilter::failHandshake(const HandshakeError& error) {
  context_.state().countFailed(error.reason());
  if (const auto* refused = dynamic_cast<const CertificateError*>(&error)) return fail(*refused);
  fail(error);
}

void TlsFilter::handshakeTookTooLong() {
  failHandshake(HandshakeError(HandshakeFailure::timeout,
                               format("TLS handshake with {} failed: not done within {} s",
                                      getPeer(), seconds(context_.state().handshakeTimeout()))));
  transport().abortConnection();
}

Deferred<void> TlsFilter::handshake() {
  if (established_) return succeed();
  if (failure_) return ropewalk::fail<void>(*failure_);
  if (!connected()) return ropewalk::fail<void>(Failure::connectionDone());
  return extras().handshakes.emplace_back().deferred();
}

// Reading.

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
}

void TlsFilter::readRecords() {
  const Scratch scratch;
  for (int calls = 0; wantsData() || state_ == State::closing || losing_; ++calls) {
    int status = SSL_ERROR_NONE;
    const std::size_t got = readSome(scratch.data(), Scratch::kSize, status);
    if (state_ == State::over) return;
    if (got > 0 && wantsData()) received({scratch.data(), got});
    if (state_ == State::over) return;
    if (status == SSL_ERROR_WANT_READ) return;
    if (status == SSL_ERROR_ZERO_RETURN && paused_ && !losing_) return;  // told later (S-10)
    if (status != SSL_ERROR_NONE) return readingFailed(status);
    if (calls == kReadsPerCall) return processLater();
  }
}

std::size_t TlsFilter::readSome(char* into, std::size_t size, int& status) {
  std::size_t filled = 0;
  while (size - filled >= kRecord) {
    std::size_t got = 0;
    clearErrors();
    const int read = SSL_read_ex(ssl_.get(), into + filled, size - filled, &got);
    if (read != 1) {
      status = SSL_get_error(ssl_.get(), read);
      break;
    }
    filled += got;
  }
  return filled;
}

void TlsFilter::received(std::string_view data) { upper_->dataReceived(data); }

void TlsFilter::readingFailed(int status) {
  if (status == SSL_ERROR_ZERO_RETURN) return peerClosed();
  const HandshakeVerdict verdict = drainHandshakeErrors(server_);
  if (notes_ && !notes_->certificateError.empty())
    return fail(CertificateError(notes_->certificateError));
  fail(SSLError(format("TLS connection with {} failed: {}", getPeer(), verdict.text)));
}

/// close_notify.
void TlsFilter::peerClosed() {
  if (readOver_) return;
  readOver_ = true;
  if (writeOver_) return over();
  if (!losing_) upper_->readConnectionLost();
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
  if (state_ == State::closing || (readOver_ && writeOver_)) return over();
  if (readOver_) return;  // it said goodbye properly, and may still listen
  fail(truncated());
}

Failure TlsFilter::truncated() const {
  return TruncatedError(format(
      "connection to {} was lost: it ended without close_notify; data may be missing", getPeer()));
}

/// Text, or close_notify, that has arrived and was not delivered.
bool TlsFilter::moreToRead() const noexcept {
  const bool endWaits = !readOver_ && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  return endWaits || !held_.empty() || SSL_pending(ssl_.get()) > 0;
}

void TlsFilter::pauseProducing() {
  paused_ = true;
  if (state_ == State::open) transport().pauseProducing();
}

void TlsFilter::resumeProducing() {
  if (!paused_) return;
  paused_ = false;
  if (state_ != State::open || losing_) return;
  transport().resumeProducing();
  if (!processing_ && moreToRead()) processLater();
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
  if (processing_ || waiting_ || state_ == State::over) return;
  const std::string arrived = std::exchange(held_, {});
  wire_.incoming = arrived;
  guarded([this] {
    process();
    if (belowEnded_ && !moreToRead()) readConnectionLost();
  });
}

// Ending.

void TlsFilter::loseConnection() {
  if (losing_ || state_ == State::over) return;
  losing_ = true;
  const bool nothingToSay =
      plain_.empty() && !queued() && !(extras_ && extras_->producer != nullptr);
  if (state_ == State::handshaking && nothingToSay) return over();
  closeIfDone();
}

/// the data, the producer's end, close_notify, the peer's.
void TlsFilter::closeIfDone() {
  if (!losing_ || state_ != State::open) return;
  if (queued() || (extras_ && extras_->producer != nullptr)) return;
  allSent_ = !writeOver_ && pending() == 0;
  sendCloseNotify();
  if (readOver_) return over();
  state_ = State::closing;
  if (paused_) transport().resumeProducing();
  setTimer(context_.state().closeTimeout(), &TlsFilter::closeTookTooLong);
  transport().drained().addBoth([self = handleOf(*this)](Result<void> sent) -> Result<void> {
    if (self && sent.ok()) self->allSent_ = true;
    return {};
  });
  if (!processing_ && moreToRead()) processLater();
}

void TlsFilter::closeTookTooLong() { over(); }

void TlsFilter::loseWriteConnection() {
  if (finishing_ || losing_ || state_ == State::over) return;
  finishing_ = true;
  finishWriting();
}

void TlsFilter::finishWriting() {
  if (!finishing_ || writeOver_ || state_ != State::open || queued()) return;
  sendCloseNotify();
  if (readOver_) return over();
  const auto tell = [self = handleOf(*this)] {
    if (self && self->state_ == State::open)
      self->guarded([&] { self->upper_->writeConnectionLost(); });
  };
  loop_ != nullptr ? loop_->callSoon(tell) : tell();
}

void TlsFilter::sendCloseNotify() {
  if (writeOver_) return;
  sealPending();
  if (state_ == State::over) return;
  writeOver_ = true;
  clearErrors();
  SSL_shutdown(ssl_.get());  // writes close_notify, and does not wait
  clearErrors();
}

void TlsFilter::abortConnection() {
  state_ = State::over;
  plain_.clear();
  transport().abortConnection();
}

void TlsFilter::fail(Failure why) {
  if (state_ == State::over && failure_) return;
  failure_ = std::make_unique<Failure>(std::move(why));
  over();
  // A peer that does not take even the alert is not waited for.
  setTimer(context_.state().closeTimeout(), &TlsFilter::abortBelow);
}

/// The transport below sends what it has, an alert too, and ends.
void TlsFilter::over() {
  if (state_ == State::over) return;
  state_ = State::over;
  plain_.clear();
  held_.clear();
  timer_.clear();
  if (extras_ && std::exchange(extras_->feeding, false)) transport().unregisterProducer();
  transport().loseConnection();
}

void TlsFilter::connectionLost(const Failure& reason) {
  timer_.clear();
  turn_.reset();
  const bool wasHandshaking = !established_ && state_ == State::handshaking;
  if (wasHandshaking && reason.check<ConnectionAborted>() == nullptr) {
    state_ = State::over;
    context_.state().countFailed(HandshakeFailure::closed);
    failure_ = std::make_unique<Failure>(HandshakeError(
        HandshakeFailure::closed,
        format("TLS handshake with {} failed: {}", getPeer(), reason.getErrorMessage())));
  }
  // Ended below us, by a policy say: to the protocol it is no clean end.
  const bool cut = state_ == State::open && !readOver_ && reason.check<ConnectionDone>() != nullptr;
  if (cut && !failure_) failure_ = std::make_unique<Failure>(truncated());
  // A peer that resets instead of answering our close_notify has everything; so has one that is
  // gone when we answer its own.
  const bool aborted = reason.check<ConnectionAborted>() != nullptr;
  const bool clean = !failure_ && !aborted && allSent_ && (state_ == State::closing || readOver_);
  state_ = State::over;
  const Failure why = failure_ ? *failure_ : clean ? Failure::connectionDone() : reason;
  if (extras_) {
    if (Producer* producer = std::exchange(extras_->producer, nullptr))
      guarded([&] { producer->stopProducing(); });
    for (Source<void>& each : std::exchange(extras_->drains, {})) each.errback(why);
    for (Source<void>& each : std::exchange(extras_->handshakes, {})) each.errback(why);
  }
  // Without this OpenSSL would forget the session: it may still be resumed.
  if (ssl_ && !failure_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  upper_->endConnection(why);
}

void TlsFilter::insertFilter(std::unique_ptr<Filter> filter) {
  if (state_ == State::over || !connected()) return;
  Producer* const producer = extras_ ? extras_->producer : nullptr;
  if (producer != nullptr) unregisterProducer();
  Filter& layer = *filter;
  Protocol& upper = *upper_;
  std::unique_ptr<Protocol> owned = std::exchange(owned_, std::move(filter));
  upper_ = owned_.get();
  layer.startBelow(*this, upper, std::move(owned));
  if (producer != nullptr) upper.transport().registerProducer(*producer, extras_->streaming);
}

}  // namespace ropewalk::ssl::detail
