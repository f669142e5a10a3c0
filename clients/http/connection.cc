// The exchange on one connection: when it may be kept, and when a request may have been lost.
// RFC 9112 §6.3, §9.3 to §9.6.
#include "connection.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "errors.h"
#include "ropewalk/clients/http/detail/exchange.h"
#include "ropewalk/clients/http/detail/share.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/wire.h"
#include "ropewalk/protocols/http/field_values.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::http::detail {

namespace {

// 1xx responses to one request: a server that sends only those never answers.
constexpr int kMaxInterim = 16;

/// A server that closes without having said so does it right behind its first answer. A request
/// that may not be repeated waits so long for that, once in the life of a connection.
constexpr Duration kSettling = std::chrono::milliseconds(50);

/// Work space of the parsers: what they find is copied before anybody else is called.
HeadStorage& storageFor(const Limits& limits) {
  thread_local HeadStorage storage;
  storage.limits = limits;
  return storage;
}

/// A head is written to the transport, which copies it, as soon as it is put together.
std::string& headBuffer() {
  thread_local std::string buffer;
  buffer.clear();
  return buffer;
}

/// How long the server says that it keeps the connection (RFC 2068 §19.7.1.1): less a second, for
/// what is on its way then.
Duration keptFor(const FieldLines& fields) {
  constexpr std::string_view kTimeout = "timeout=";
  Duration shortest = Duration::max();
  forEachListItem(fields.get("Keep-Alive").value_or(""), [&](std::string_view item) {
    if (item.size() <= kTimeout.size() ||
        !equalIgnoreCase(item.substr(0, kTimeout.size()), kTimeout))
      return;
    const auto seconds = parseNumber<std::uint16_t>(item.substr(kTimeout.size()));
    if (seconds) shortest = std::chrono::seconds(*seconds > 1 ? *seconds - 1 : 0);
  });
  return shortest;
}

bool asksToClose(const Headers& headers) {
  for (const std::string_view value : headers.all("Connection")) {
    if (listHas(value, "close")) return true;
  }
  return false;
}

bool promisesToKeep(const FieldLines& fields) {
  return fields.has("Keep-Alive") || listHas(fields.get("Connection").value_or(""), "keep-alive");
}

/// The peer has ended the stream, whatever TLS thinks of the manner; a reset tells less.
bool isEnd(const Failure& reason) {
  return reason.check<ConnectionDone>() != nullptr ||
         reason.check<ssl::TruncatedError>() != nullptr;
}

}  // namespace

ClientConnection::ClientConnection(Clock& clock)
    : clock_(clock),
      firstByte_(clock,
                 [this] {
                   failExchange(RequestTimeout(
                       format("cannot fetch {}: {} sent no answer within {}", request_->url.text(),
                              peer_, humanDuration(request_->timeouts.firstByte)),
                       Stage::firstByte));
                 }),
      total_(clock, [this] { timedOut(); }),
      idleExpiry_(clock, [this] { lose(); }),
      settling_(clock, [this] { start(std::exchange(head_, {})); }),
      sender_(*this) {}

void ClientConnection::connectionMade() { peer_ = toText(transport().getPeer()); }

void ClientConnection::send(std::shared_ptr<Exchange> exchange, const Timing& timing) {
  if (state_ != State::idle) throw std::logic_error("the connection is busy with another request");
  const OutgoingRequest& request = exchange->request();
  idleExpiry_.clear();
  const bool kept = requests_ > 0;
  const bool repeatable = request.repeatable();
  const Duration toSettle = repeatable ? Duration::zero() : this->toSettle();
  state_ = State::settling;
  answered_ = false;
  reusable_ = request.headers.empty() || !asksToClose(request.headers);
  interim_ = 0;
  ++requests_;
  parser_.reset();
  request_ = std::shared_ptr<const OutgoingRequest>(exchange, &request);
  exchange_ = std::move(exchange);
  timing_ = timing;
  watchTotal();
  // For a request that may be repeated the answer tells as much, and costs no system call.
  if (kept && !repeatable && !isQuiet(transport()))
    return failExchange(closedBefore(Failure::connectionDone()));
  std::string& head = headBuffer();
  appendHead(head, request);
  if (toSettle <= Duration::zero()) return start(head);
  head_ = head;
  settling_.set(toSettle);
}

void ClientConnection::cancel(const Exchange& exchange) {
  if (exchange_.get() != &exchange) return;
  failExchange(CancelledError(format("fetching {} was cancelled", request_->url.text())));
}

void ClientConnection::watchTotal() {
  const TimePoint deadline = request_->span.deadline;
  if (deadline == TimePoint::max()) return;
  total_.set(std::max(deadline - clock_.now(), Duration::zero()));
}

void ClientConnection::timedOut() {
  if (state_ != State::body) return failExchange(totalTimeout(*request_));
  const std::shared_ptr<ResponseBody> body = body_;
  body->timedOut();
}

/// How long to wait before it is believed that the server keeps the connection.
Duration ClientConnection::toSettle() const {
  if (requests_ != 1 || saysKept_) return Duration::zero();
  return idleSince_ + kSettling - clock_.now();
}

void ClientConnection::start(std::string_view head) {
  state_ = State::head;
  sentAt_ = clock_.now();
  const bool matters = requests_ > 1 && !request_->repeatable() && request_->body.replayable();
  takenBefore_ = matters ? transport().taken() : 0;
  sender_.start(transport(), head, request_->body);
}

void ClientConnection::sendingFailed(const Failure& why) {
  failExchange(causedBy<RequestTransmissionFailed>(
      why, format("cannot fetch {}: sending the request failed: {}", request_->url.text(),
                  why.getErrorMessage())));
}

/// Time for the first byte counts from when the kernel has the request: a large body on a slow line
/// is no silence of the server.
void ClientConnection::requestSent() {
  if (state_ != State::head) return;
  const Duration limit = request_->timeouts.firstByte;
  if (limit <= Duration::zero()) return;
  if (request_->body.empty() || transport().pending() == 0) return firstByte_.set(limit);
  transport().drained().addCallbacks(
      [self = handleOf(*this), request = requests_, limit] {
        ClientConnection* connection = self.get();
        if (connection == nullptr || connection->requests_ != request ||
            connection->state_ != State::head)
          return;
        if (!connection->answered_) connection->firstByte_.set(limit);
      },
      [](const Failure&) {});  // connectionLost tells it better
}

void ClientConnection::dataReceived(std::string_view data) {
  switch (state_) {
    case State::idle:
      return lose();
    case State::settling:
      return failExchange(closedBefore(ProtocolError("bytes came that nobody had asked for")));
    case State::head:
      return headReceived(data);
    case State::body:
      return bodyReceived(data);
    case State::lost:
      return;
  }
}

void ClientConnection::headReceived(std::string_view data) {
  if (!std::exchange(answered_, true)) {
    firstByte_.clear();
    timing_.firstByte = clock_.now() - sentAt_;
  }
  if (!rest_.empty()) rest_.append(data);
  std::string_view input = rest_.empty() ? data : std::string_view(rest_);
  HeadStorage& storage = storageFor(*request_->way.limits);
  for (;;) {
    const ResponseParser::Step step = parser_.parse(input, request_->known, storage);
    input.remove_prefix(step.consumed);
    if (step.kind == ResponseParser::Step::Kind::error) return failExchange(malformed(step.reason));
    if (step.kind == ResponseParser::Step::Kind::needMore) break;
    if (!step.head->interim()) {
      const std::string kept = std::move(rest_);  // what head and input may look at
      rest_.clear();
      if (step.head->status == 101) return upgrade(*step.head, input);
      return beginBody(*step.head, input);
    }
    if (++interim_ > kMaxInterim) return failExchange(malformed("too many interim responses"));
  }
  if (rest_.empty()) {
    rest_.assign(input);
  } else {
    rest_.erase(0, rest_.size() - input.size());
  }
}

void ClientConnection::beginBody(const ResponseHead& head, std::string_view rest) {
  keptFor_ = keptFor(head.fields);
  reusable_ = reusable_ && head.keepAlive && keptFor_ > Duration::zero();
  saysKept_ = promisesToKeep(head.fields);
  decoder_ = BodyDecoder(head);
  sized_ = head.framing == Framing::length;
  body_ = makeBody();
  ClientResponse response(head, std::string(request_->url.text()), body_);
  response.tls = secure_;
  // From here on it is the body that can be cancelled.
  const std::shared_ptr<Exchange> exchange = std::move(exchange_);
  state_ = State::body;
  bodyReceived(rest);
  if (state_ == State::body) setFlowing(body_->wantsMore());
  exchange->responded(std::move(response));
}

std::shared_ptr<ResponseBody> ClientConnection::makeBody() {
  return share<ResponseBody>(static_cast<BodySource&>(*this), clock_, request_, timing_);
}

void ClientConnection::bodyReceived(std::string_view data) {
  std::string kept = std::move(rest_);
  rest_.clear();
  if (!kept.empty()) kept.append(data);
  std::string_view input = kept.empty() ? data : std::string_view(kept);
  const Limits& limits = *request_->way.limits;
  HeadStorage& storage = storageFor(limits);
  while (!decoder_.done()) {
    const BodyDecoder::Step step = decoder_.decode(input, storage);
    input.remove_prefix(step.consumed);
    if (step.kind == BodyDecoder::Step::Kind::error) return failExchange(malformed(step.reason));
    if (step.kind == BodyDecoder::Step::Kind::needMore) {
      rest_.assign(input);
      return;
    }
    if (step.kind == BodyDecoder::Step::Kind::done) body_->trailers = Headers(step.trailers);
    if (step.kind != BodyDecoder::Step::Kind::data) continue;
    const std::shared_ptr<ResponseBody> body = body_;
    body->received(step.data);
    if (state_ != State::body) return;  // the reader gave up
    storage.limits = limits;            // the reader may have used other connections
  }
  finishResponse(input.empty());
}

/// @param clean  nothing came after the end of the response
void ClientConnection::finishResponse(bool clean) {
  const bool keep = clean && reusable_ && !sender_.sending() && !transport().disconnecting();
  const std::shared_ptr<ResponseBody> body = std::move(body_);
  if (keep) {
    state_ = State::idle;
    idleSince_ = clock_.now();
    total_.clear();
    request_.reset();  // the body has what it needs
    transport().resumeProducing();
    release();
  } else {
    giveUp(sender_.sending() ? Ending::abort : Ending::lose);
  }
  body->finished(Result<void>());
}

void ClientConnection::upgrade(const ResponseHead& head, std::string_view rest) {
  if (!request_->upgradeTo)
    return failExchange(malformed("101 Switching Protocols, which was not asked for"));
  std::unique_ptr<Protocol> successor = request_->upgradeTo->buildProtocol(transport().getPeer());
  if (!successor) return failExchange(CancelledError("the upgrade was refused by its factory"));
  const std::shared_ptr<ResponseBody> body = makeBody();
  ClientResponse response(head, std::string(request_->url.text()), body);
  response.tls = secure_;
  const std::shared_ptr<Exchange> exchange = std::move(exchange_);
  state_ = State::lost;
  total_.clear();
  body->finished(Result<void>());
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->connectionGone(*this);
  Transport& wire = transport();
  wire.replaceProtocol(std::move(successor), std::string(rest));
  Deferred<void> opened = wire.opened();
  const OutgoingRequest& request = exchange->request();
  if (request.span.deadline != TimePoint::max())
    opened.addTimeout(std::max(request.span.deadline - clock_.now(), Duration::zero()), clock_);
  std::move(opened).addBoth(
      [exchange, response = std::move(response)](Result<void> begun) mutable -> Result<void> {
        const bool late = !begun.ok() && begun.failure().check<TimeoutError>() != nullptr;
        if (late) begun = totalTimeout(exchange->request());
        begun.ok() ? exchange->responded(std::move(response)) : exchange->failed(begun.failure());
        return {};
      });
}

void ClientConnection::setFlowing(bool flowing) {
  if (flowing) {
    transport().resumeProducing();
  } else {
    transport().pauseProducing();
  }
}

std::shared_ptr<ResponseBody> ClientConnection::abandonBody() {
  std::shared_ptr<ResponseBody> body = std::move(body_);
  giveUp(Ending::abort);
  return body;
}

void ClientConnection::detach(const Failure& why) {
  owner_ = nullptr;
  if (state_ == State::idle) return giveUp(Ending::lose);
  failExchange(why);
}

void ClientConnection::release() {
  if (state_ != State::idle) return;
  if (owner_ == nullptr) return lose();
  owner_->connectionIdle(*this);
}

void ClientConnection::lose() {
  if (state_ == State::idle) giveUp(Ending::lose);
}

void ClientConnection::loseAfter(Duration idleTime) {
  const Duration limit = idleTime > Duration::zero() ? std::min(idleTime, keptFor_) : keptFor_;
  if (limit < Duration::max()) idleExpiry_.set(limit);
}

/// Ends the request and the connection; whoever waits is told last.
void ClientConnection::failExchange(const Failure& why) {
  if (state_ == State::head || state_ == State::settling) {
    const std::shared_ptr<Exchange> exchange = std::move(exchange_);
    giveUp(Ending::abort);
    exchange->failed(why);
  } else if (state_ == State::body) {
    const std::shared_ptr<ResponseBody> body = std::move(body_);
    giveUp(Ending::abort);
    body->finished(why);
  }
}

/// The connection carries no more requests. The owner hears of it now, not when the transport has
/// closed.
void ClientConnection::giveUp(Ending ending) {
  state_ = State::lost;
  for (Deadline* deadline : {&firstByte_, &total_, &idleExpiry_, &settling_}) deadline->clear();
  rest_.clear();
  sender_.stop();
  if (ending == Ending::lose) {
    transport().loseConnection();
  } else {
    transport().abortConnection();  // there may be more to come, or to go, that nobody wants
  }
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->connectionGone(*this);
}

void ClientConnection::readConnectionLost() {
  ended(Failure::connectionDone());
  transport().loseConnection();
}

void ClientConnection::connectionLost(const Failure& reason) { ended(reason); }

/// The peer closed, or the connection broke.
void ClientConnection::ended(const Failure& reason) {
  if (state_ == State::lost) return;
  if (state_ == State::idle) return giveUp(Ending::lose);
  if (state_ == State::settling) return failExchange(closedBefore(reason));
  if (state_ == State::body && reason.check<ConnectionDone>() != nullptr &&
      decoder_.finish().kind == BodyDecoder::Step::Kind::done) {
    reusable_ = false;
    return finishResponse(true);
  }
  failExchange(brokenOff(reason));
}

/// A kept connection that cannot be used any more, and the request never reached the peer.
Failure ClientConnection::closedBefore(const Failure& reason) const {
  return causedBy<RequestNotSent>(
      reason, format("cannot fetch {}: {} had closed the kept connection before the request came",
                     request_->url.text(), peer_));
}

/// RFC 9110 §9.2.2: "some means to detect that the original request was never applied". The end of
/// a stream acknowledges all that its sender had received (RFC 9293 §3.10.7.4): if none of the
/// request is among that, the peer had closed before it came.
bool ClientConnection::neverTaken(const Failure& reason) const {
  return takenBefore_ > 0 && isEnd(reason) && transport().taken() == takenBefore_;
}

Failure ClientConnection::brokenOff(const Failure& reason) const {
  const std::string why = reason.getErrorMessage();
  if (state_ == State::body) {
    const std::string whole =
        sized_ ? format(" of {}", body_->bytes + decoder_.remaining()) : std::string();
    return causedBy<ResponseFailed>(
        reason, format("cannot read {}: {} closed the connection after {}{} bytes of the body: {}",
                       request_->url.text(), peer_, body_->bytes, whole, why));
  }
  if (answered_) {
    return causedBy<ResponseFailed>(
        reason,
        format("cannot fetch {}: {} closed the connection in the middle of the response head: {}",
               request_->url.text(), peer_, why));
  }
  if (neverTaken(reason)) return closedBefore(reason);
  if (sender_.sending()) {
    return causedBy<RequestTransmissionFailed>(
        reason,
        format("cannot fetch {}: {} closed the connection before it had the whole request: {}",
               request_->url.text(), peer_, why));
  }
  return causedBy<ResponseNeverReceived>(
      reason, format("cannot fetch {}: {} closed the connection without an answer: {}",
                     request_->url.text(), peer_, why));
}

Failure ClientConnection::malformed(std::string_view reason) const {
  return causedBy<ResponseFailed>(
      ProtocolError(std::string(reason)),
      format("cannot {} {}: malformed response from {}: {}",
             state_ == State::body ? "read" : "fetch", request_->url.text(), peer_, reason));
}

}  // namespace ropewalk::http::detail
