// TlsFilter from its set-up through the handshake to its end.
#include "tls_filter.h"

#include <utility>

#include "error_queue.h"
#include "handshake_queue.h"
#include "names.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"
#include "verify.h"

namespace ropewalk::ssl::detail {

namespace {

/// The loop that a transport lives on; null in tests without a reactor.
ropewalk::detail::Loop* loopOf(const Transport& transport) {
  try {
    return &transport.reactor().loop();
  } catch (const std::logic_error&) {
    return nullptr;
  }
}

constexpr log::Logger kLog{"tls"};

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
  notes_->host = withoutFinalDot(server->host);
  notes_->session = notes_->host + ' ' + server->session;
}

TlsFilter::~TlsFilter() {
  if (established_) shared_->buffers().forget(place_, ssl_.get());
}

void TlsFilter::failUnhandled() {
  const Failure why = Failure::current();
  log::error("unhandled error in the protocol of {}: {}", getPeer(), why.getTraceback());
  fail(why);
}

// Beginning.

void TlsFilter::connectionMade() {
  begin();
  const auto made = [this] { upper_->makeConnection(*this); };
  call(made);
  settle();
}

void TlsFilter::startBelow(Transport& below, Protocol& upper, std::unique_ptr<Protocol> owned) {
  owned_ = std::move(owned);
  upper_ = &upper;
  attach(below);
  begin();
  upper.switchTransport(*this);
}

/// What cannot begin is told to the protocol above as any other handshake that failed.
void TlsFilter::begin() {
  try {
    setUp();
  } catch (const HandshakeError& error) {
    failHandshake(error);
  } catch (...) {
    const Failure why = Failure::current();
    log::error("cannot speak TLS with {}: {}", getPeer(), why.getErrorMessage());
    context_.state().countFailed(HandshakeFailure::other);
    fail(why);
  }
}

void TlsFilter::setUp() {
  loop_ = loopOf(transport());
  if (loop_ != nullptr) turn_.emplace(*loop_, *this);
  if (const Clock* const time = clock()) notes_->began = time->now();
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
  place_ = static_cast<std::uint16_t>(shared_->buffers().assign());
  timer_.clear();
  if (const Clock* const time = clock()) handshakeTime_ = time->now() - notes_->began;
  context_.state().countCompleted(resumed());
  if (server_) {
    setNotes(ssl_.get(), nullptr);
    notes_.reset();
  }
  adjustReading();
  sealPending();
  adjustFeed();
  tell([this] { upper_->handshakeCompleted(); });
  if (extras_) {
    for (Source<void>& each : std::exchange(extras_->handshakes, {})) each.callback();
  }
  watchBelow();
  closeIfDone();
}

void TlsFilter::handshakeFailed() {
  HandshakeVerdict verdict = drainHandshakeErrors(server_);
  if (verdict.reason == HandshakeFailure::plaintext && server_) refusePlaintext();
  const std::string refused = notes_ ? notes_->certificateError : "";
  if (!refused.empty() && verdict.reason != HandshakeFailure::refusedByPeer)
    return failHandshake(CertificateError(refused, notes_->unknownAuthority));
  if (verdict.reason == HandshakeFailure::refusedCertificate)
    return failHandshake(CertificateError(verdict.text));
  failHandshake(HandshakeError(
      verdict.reason, format("TLS handshake with {} failed: {}", getPeer(), verdict.text)));
}

/// Somebody typed http:// with the port of https: a browser shows what it is told.
void TlsFilter::refusePlaintext() {
  const std::string& answer = context_.state().server().plaintextAnswer;
  if (!answer.empty()) transport().write(answer);
}

void TlsFilter::failHandshake(const HandshakeError& error) {
  kLog.debug("{}", error.what());  // connectionLost gets it: words for whoever looks for them
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

// Ending.

void TlsFilter::loseConnection() {
  if (losing_ || state_ == State::over) return;
  losing_ = true;
  const bool nothingToSay = plain_.empty() && !queued() && outflow_.producer() == nullptr;
  if (state_ == State::handshaking && nothingToSay) return over();
  closeIfDone();
}

/// the data, the producer's end, close_notify, the peer's.
void TlsFilter::closeIfDone() {
  if (!losing_ || state_ != State::open) return;
  if (queued() || outflow_.producer() != nullptr) return;
  allSent_ = writing_ != Writing::over && pending() == 0;
  sendCloseNotify();
  if (reading_ == Reading::over) return over();
  state_ = State::closing;
  adjustReading();
  setTimer(context_.state().closeTimeout(), &TlsFilter::closeTookTooLong);
  transport().drained().addBoth([self = handleOf(*this)](Result<void> sent) -> Result<void> {
    if (self && sent.ok()) self->allSent_ = true;
    return {};
  });
  if (!processing_ && moreToRead()) processLater();
}

void TlsFilter::closeTookTooLong() { over(); }

void TlsFilter::loseWriteConnection() {
  if (writing_ != Writing::open || losing_ || state_ == State::over) return;
  writing_ = Writing::finishing;
  finishWriting();
}

void TlsFilter::finishWriting() {
  if (writing_ != Writing::finishing || state_ != State::open || queued()) return;
  sendCloseNotify();
  if (reading_ == Reading::over) return over();
  const auto tell = [self = handleOf(*this)] {
    if (self && self->state_ == State::open)
      self->guarded([&] { self->tell([&] { self->upper_->writeConnectionLost(); }); });
  };
  loop_ != nullptr ? loop_->callSoon(tell) : tell();
}

void TlsFilter::sendCloseNotify() {
  if (writing_ == Writing::over) return;
  sealPending();
  if (state_ == State::over) return;
  writing_ = Writing::over;
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
  lookBelow();
  timer_.clear();
  turn_.reset();
  const bool wasHandshaking = !established_ && state_ == State::handshaking;
  if (wasHandshaking && reason.check<ConnectionAborted>() == nullptr) {
    state_ = State::over;
    context_.state().countFailed(HandshakeFailure::closed);
    failure_ = std::make_unique<Failure>(HandshakeError(
        HandshakeFailure::closed,
        format("TLS handshake with {} failed: {}", getPeer(), reason.getErrorMessage())));
    kLog.debug("{}", failure_->getErrorMessage());
  }
  // Ended below us, by a policy say: to the protocol it is no clean end.
  const bool cut = state_ == State::open && reading_ != Reading::over &&
                   reason.check<ConnectionDone>() != nullptr;
  if (cut && !failure_) failure_ = std::make_unique<Failure>(truncated());
  // A peer that resets instead of answering our close_notify has everything; so has one that is
  // gone when we answer its own.
  const bool aborted = reason.check<ConnectionAborted>() != nullptr;
  const bool clean =
      !failure_ && !aborted && allSent_ && (state_ == State::closing || reading_ == Reading::over);
  state_ = State::over;
  const Failure why = failure_ ? *failure_ : clean ? Failure::connectionDone() : reason;
  guarded([&] { outflow_.lost(why); });
  if (extras_) {
    for (Source<void>& each : std::exchange(extras_->handshakes, {})) each.errback(why);
  }
  // Without this OpenSSL would forget the session: it may still be resumed.
  if (ssl_ && !failure_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  guarded([this] { settle(); });
  upper_->endConnection(why);
}

void TlsFilter::drainBegun() {
  succession_.drainBegun();
  guarded([this] {
    if (succession_.due()) return settle();
    tell([this] { upper_->drainBegun(); });
  });
}

void TlsFilter::insertFilter(std::unique_ptr<Filter> filter) {
  if (state_ == State::over || !connected()) return;
  const auto registered = outflow_.releaseProducer();
  adjustFeed();
  Filter& layer = *filter;
  Protocol& upper = *upper_;
  std::unique_ptr<Protocol> owned = std::exchange(owned_, std::move(filter));
  upper_ = owned_.get();
  layer.startBelow(*this, upper, std::move(owned));
  if (registered) registered->moveTo(upper.transport());
}

void TlsFilter::replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) {
  if (state_ == State::over || !connected()) return;
  if (next) {
    unregisterProducer();
    resumeProducing();
    processLater();  // where no callback is running
  }
  succession_.replace(*this, upper_, owned_, std::move(next), std::move(rest));
  if (loop_ == nullptr && !calling_) guarded([this] { settle(); });
}

Deferred<void> TlsFilter::opened() {
  if (failure_) return ropewalk::fail<void>(*failure_);
  if (state_ == State::over || !connected()) return ropewalk::fail<void>(Failure::connectionDone());
  return established_ ? succession_.opened() : handshake();
}

}  // namespace ropewalk::ssl::detail
