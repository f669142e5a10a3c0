// The loop over what has arrived: a head, its body, what is left of it; then time, and the end.
// RFC 9112 §9.3 to §9.6.
#include "channel.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "request_pool.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/http/serializer.h"
#include "ropewalk/servers/http/access_log.h"
#include "ropewalk/servers/http/detail/log.h"
#include "ropewalk/servers/http/request_error.h"
#include "ropewalk/servers/http/site.h"

namespace ropewalk::http {

namespace {

// Where Transport pauses producers (P-02): less than that soon is in the socket's buffer.
constexpr std::size_t kSentForSure = 64 * 1024;
/// Each has its head in memory, which may be far longer than the answer.
constexpr std::size_t kMostUnlogged = 16;

}  // namespace

Channel::Channel(std::shared_ptr<Site> site) : site_(std::move(site)) {}

Channel::~Channel() = default;

void Channel::connectionMade() {
  clock_ = site_->options().clock != nullptr ? site_->options().clock : &transport().reactor();
  deadline_.emplace(*clock_, [this] { expired(); });
  deadline_->set(site_->options().limits.idleTimeout);
}

// ---- Input.

void Channel::dataReceived(std::string_view data) {
  if (rest_.empty()) return process(data, nullptr);
  std::string buffer = std::move(rest_);
  rest_.clear();
  buffer.append(data);
  process(buffer, &buffer);
}

/// Works through bytes until they are used up or something must happen first.
/// @param buffer  owns data, where we do
void Channel::process(std::string_view data, std::string* buffer) {
  processing_ = true;
  input_ = data;
  while (step()) {
  }
  processing_ = false;
  // What is not answered by now outlives these bytes.
  if (request_) request_->detach();
  keep(input_, buffer);
  input_ = {};
}

/// @return true when there may be more to do at once
bool Channel::step() {
  switch (state_) {
    case State::head:
      return readHead();
    case State::serving:
      return readBody();
    case State::discarding:
      return discardBody();
    case State::lingering:
      swallow(input_.size());
      break;
    case State::closing:
      break;
  }
  input_ = {};
  return false;
}

bool Channel::readHead() {
  if (input_.empty()) return false;
  if (transport().pending() > site_->options().limits.pendingBytes ||
      unlogged_.size() >= kMostUnlogged) {
    waitForRoom();
    return false;
  }
  RequestRef request = RequestPool::take();
  request->storage_.limits = site_->options().limits.wire;
  const RequestParser::Step step = parser_.parse(input_, request->storage_);
  input_.remove_prefix(step.consumed);
  switch (step.kind) {
    case RequestParser::Step::Kind::head:
      request_ = std::move(request);
      dispatch(*request_, *step.head);
      return true;
    case RequestParser::Step::Kind::error:
      refuse(step.status, step.reason);
      return false;
    case RequestParser::Step::Kind::needMore:
      break;
  }
  if (!headBegun_ && !input_.empty()) {
    headBegun_ = true;
    deadline_->set(site_->options().limits.headTimeout);
  }
  return false;
}

void Channel::dispatch(Request& request, const RequestHead& head) {
  headBegun_ = false;
  state_ = State::serving;
  deadline_->clear();
  request.begin(*this, *site_, head);
  if (draining_) request.writer_.setCloses();
  const RequestRef keep(request);  // it may be answered, and the connection lost, in there
  site_->handle(request);
}

bool Channel::readBody() {
  if (!request_->body_.wanted() || request_->body_.complete() || input_.empty()) return false;
  const RequestRef request = request_;
  const BodyDecoder::Step step = request->body_.decode(input_);
  input_.remove_prefix(step.consumed);
  switch (step.kind) {
    case BodyDecoder::Step::Kind::needMore:
      return false;
    case BodyDecoder::Step::Kind::error:
      bodyBroken(step.status, step.reason);
      return true;
    case BodyDecoder::Step::Kind::data:
      request->body_.deliver(*request, step.data);
      break;
    case BodyDecoder::Step::Kind::done:
      break;
  }
  if (request->body_.failed()) request->writer_.setCloses();
  if (request->body_.complete() && !request->body_.failed()) request->body_.completed();
  if (request_.get() == request.get() && state_ == State::serving) endExchange();
  return true;
}

bool Channel::discardBody() {
  if (input_.empty()) return false;
  const BodyDecoder::Step step = request_->body_.decode(input_);
  input_.remove_prefix(step.consumed);
  counted_ += step.consumed;
  if (step.kind == BodyDecoder::Step::Kind::needMore) return false;
  if (step.kind == BodyDecoder::Step::Kind::error ||
      counted_ > site_->options().limits.discardBytes) {
    linger();
  } else if (request_->body_.complete()) {
    endExchange();
  }
  return true;
}

/// Stores what cannot be used yet. An idle connection stores nothing, and owns no memory for it.
void Channel::keep(std::string_view rest, std::string* buffer) {
  if (state_ == State::lingering || state_ == State::closing) rest = {};
  if (rest.empty()) {
    if (rest_.capacity() > sizeof rest_) std::string().swap(rest_);
  } else if (buffer != nullptr) {
    buffer->erase(0, buffer->size() - rest.size());
    rest_ = std::move(*buffer);
  } else {
    rest_.assign(rest);
  }
  const bool full = waitsForRoom_ || rest_.size() > site_->options().limits.pipelinedBytes;
  if (full && !paused_) {
    paused_ = true;
    transport().pauseProducing();
  }
}

void Channel::resumeNow() {
  if (!rest_.empty()) {
    std::string buffer = std::move(rest_);
    rest_.clear();
    process(buffer, &buffer);
  }
  resumeReading();
  if (endOfInput_) inputEnded();
}

/// No more will come: is what has come enough?
void Channel::inputEnded() {
  switch (state_) {
    case State::head:  // idle, or in the middle of a head that will never be whole
      if (!waitsForRoom_) close();
      break;
    case State::serving:
      if (request_->body_.wanted() && !request_->body_.complete())
        return bodyBroken(400, "the body was cut off");
      deadline_->set(site_->options().limits.halfCloseTimeout);
      break;
    case State::discarding:
    case State::lingering:
      close();
      break;
    case State::closing:
      break;
  }
}

void Channel::resumeReading() {
  if (!paused_ || waitsForRoom_ || rest_.size() > site_->options().limits.pipelinedBytes) return;
  paused_ = false;
  transport().resumeProducing();
}

/// A client that asks and asks but takes no answers: its next request waits until it has.
void Channel::waitForRoom() {
  if (waitsForRoom_) return;
  waitsForRoom_ = true;
  takenBefore_ = kNotAsked;
  deadline_->set(site_->options().limits.writeTimeout);
  lifetime().own(transport().drained().addCallbacks(
      [this] {
        waitsForRoom_ = false;
        resume();
      },
      [](const Failure& /*connectionLost says it*/) {}));
}

void Channel::readConnectionLost() {
  endOfInput_ = true;
  inputEnded();
}

/// The answer at hand is the last, and says so if its head has not gone. Who is idle may just have
/// sent a request. For a body that nobody wants nobody waits.
void Channel::drainBegun() {
  constexpr Duration kOnItsWay = std::chrono::milliseconds(100);
  constexpr Duration kNothingYet = std::chrono::seconds(1);  // a handshake may be under way
  draining_ = true;
  if (state_ == State::discarding) return linger();
  if (request_) request_->writer_.setCloses();
  const bool idle = state_ == State::head && !headBegun_ && !waitsForRoom_;
  if (idle) deadline_->set(served_ ? kOnItsWay : kNothingYet);
}

void Channel::connectionLost(const Failure& reason) {
  state_ = State::closing;
  if (deadline_) deadline_->clear();
  rest_.clear();
  logUnsent();
  const RequestRef request = std::move(request_);
  if (request) {
    request->orphan_ = site_;
    request->connectionLost(reason);
  }
}

// ---- The exchange at hand.

void Channel::bodyWanted(Request& request) {
  if (request_.get() != &request) return;
  if (request.head().expectContinue && request.body_.received() == 0 && input_.empty() &&
      rest_.empty() && !request.writer_.opened() && !request.continued_) {
    request.continued_ = true;
    transport().write(kContinueResponse);
  }
  awaitBody();
  if (processing_) {
    while (state_ == State::serving && readBody()) {
    }
  } else {
    resume();
  }
}

void Channel::awaitBody() noexcept {
  counted_ = request_->body_.received();
  if (!endOfInput_) deadline_->set(site_->options().limits.bodyPeriod);
}

/// The framing is lost, so the connection ends with this exchange.
void Channel::bodyBroken(int status, std::string_view why) {
  const RequestRef request = request_;
  request->writer_.setCloses();
  input_ = {};
  rest_.clear();
  request->body_.fail(RequestError(status, std::string(why)));
  if (request_.get() != request.get() || request->writer_.ended()) return endExchange();
  // Nobody waits for the body: a handler that works on is given the time of a half close.
  deadline_->set(site_->options().limits.halfCloseTimeout);
}

void Channel::written() noexcept {
  if (state_ != State::serving || (deadline_->active() && request_->body_.wanted())) return;
  takenBefore_ = kNotAsked;
  if (!endOfInput_) deadline_->set(site_->options().limits.writeTimeout);
}

void Channel::responseEnded(Request& request) {
  if (site_->options().accessLog) logWhenSent(request);
  if (request_.get() == &request) endExchange();
}

/// An answer that a socket's buffer holds is logged at once, a longer one when the client has taken
/// it: until then it may still be cut.
void Channel::logWhenSent(Request& request) {
  const bool lost = !transport().connected();  // connectionLost follows
  if (!lost && unlogged_.empty() && transport().pending() <= kSentForSure)
    return logAccess(request, {transport().getPeer(), now(), 0});
  request.detach();
  unlogged_.emplace_back(request);
  if (!lost && unlogged_.size() == 1) logWhenDrained();
}

/// Those whose answers are written by now. The others ask again.
void Channel::logWhenDrained() {
  lifetime().own(transport().drained().addCallbacks(
      [this, count = static_cast<std::ptrdiff_t>(unlogged_.size())] {
        std::vector<RequestRef> sent(std::move_iterator(unlogged_.begin()),
                                     std::move_iterator(unlogged_.begin() + count));
        unlogged_.erase(unlogged_.begin(), unlogged_.begin() + count);
        for (const RequestRef& each : sent) logAccess(*each, {transport().getPeer(), now(), 0});
        if (!unlogged_.empty()) logWhenDrained();
      },
      [](const Failure& /*connectionLost logs it*/) {}));
}

/// The connection is gone, and with it the end of what was written.
void Channel::logUnsent() {
  if (!site_->options().accessLog) return;
  std::vector<RequestRef> cut = std::exchange(unlogged_, {});
  if (request_ && !request_->writer_.ended()) cut.push_back(request_);
  std::vector<std::uint64_t> unsent(cut.size());
  std::uint64_t left = transport().pending();
  for (std::size_t i = cut.size(); i-- > 0;) {  // the last of the output is that of the last answer
    unsent[i] = left;
    left -= std::min(left, cut[i]->writer_.sent());
  }
  for (std::size_t i = 0; i < cut.size(); ++i)
    logAccess(*cut[i], {transport().getPeer(), now(), unsent[i]});
}

/// Goes on to the next request if the answer and the body are both complete; closes where that was
/// said.
void Channel::endExchange() {
  if (!request_ || !request_->writer_.ended()) return;
  BodyReader& body = request_->body_;
  if (!body.complete() && !body.failed() && body.wanted() && state_ == State::serving)
    return;  // still being read
  const bool unread = !body.complete();
  // A client that was not told to go on may send the body or leave it out: only a new connection is
  // certain (RFC 9110 §10.1.1).
  const bool unasked = unread && request_->head().expectContinue && !request_->continued_;
  const bool close =
      request_->writer_.closes() || draining_ || body.failed() || unasked ||
      (unread && request_->contentLength().value_or(0) > site_->options().limits.discardBytes);
  if (close) {
    if (unread || !input_.empty() || !rest_.empty()) return linger();
    return this->close();
  }
  if (unread) {
    state_ = State::discarding;
    counted_ = 0;
    deadline_->set(site_->options().limits.bodyPeriod);
    return;
  }
  release();
  state_ = State::head;
  served_ = true;
  deadline_->set(site_->options().limits.idleTimeout);
}

/// Lets go of the request, which may go on without a connection: its handler may still be at work.
void Channel::release() noexcept {
  if (!request_) return;
  request_->channel_ = nullptr;
  if (request_->detached_) request_->orphan_ = site_;
  request_ = RequestRef();
}

/// Answers what is no request, and closes.
void Channel::refuse(int status, std::string_view why) {
  kLog.debug("{}: refused with {}: {}", transport().getPeer(), status, why);
  const std::string answer = site_->refusal(status, why);
  const std::size_t body = answer.size() - answer.find("\r\n\r\n") - 4;
  transport().write(answer);
  logRefusal(*site_, {transport().getPeer(), status, body, input_.empty() ? rest_ : input_});
  linger();
}

void Channel::close() {
  release();
  state_ = State::closing;
  rest_.clear();
  takenBefore_ = kNotAsked;
  deadline_->set(site_->options().limits.writeTimeout);
  transport().loseConnection();
}

/// RFC 9112 §9.6: closing on unread bytes would reset the connection, and the reset would destroy
/// our answer on its way.
void Channel::linger() {
  release();
  state_ = State::lingering;
  counted_ = 0;
  rest_.clear();
  if (endOfInput_) return close();
  if (paused_) {
    paused_ = false;
    transport().resumeProducing();
  }
  deadline_->set(site_->options().limits.lingerTimeout);
  transport().loseWriteConnection();
}

void Channel::swallow(std::size_t bytes) {
  counted_ += bytes;
  if (counted_ > site_->options().limits.lingerBytes) close();
}

// ---- Time.

void Channel::expired() {
  switch (state_) {
    case State::head:
      return idleExpired();
    case State::serving:
      if (endOfInput_ || request_->body_.failed()) return transport().abortConnection();
      if (request_->body_.wanted()) return bodyExpired();
      break;
    case State::discarding:
      return bodyExpired();
    case State::lingering:
      if (transport().pending() == 0) return close();
      break;
    case State::closing:
      break;
  }
  // Only the client's taking of our output is waited for.
  if (transport().pending() == 0 && state_ != State::closing) return;
  if (!progressed()) return transport().abortConnection();
  deadline_->set(site_->options().limits.writeTimeout);
}

void Channel::idleExpired() {
  // What is pending is sent first.
  if (draining_ && !headBegun_ && !waitsForRoom_) return close();
  if (transport().pending() > 0 || waitsForRoom_) {  // it is not idle, it is slow
    if (!progressed()) return transport().abortConnection();
    return deadline_->set(site_->options().limits.writeTimeout);
  }
  if (headBegun_) return refuse(408, "the request took too long");
  close();
}

void Channel::bodyExpired() {
  if (state_ == State::discarding) return linger();  // what nobody wants is waited for once
  const ServerLimits& limits = site_->options().limits;
  const std::uint64_t received = request_->body_.received();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.bodyPeriod).count();
  if (received - counted_ >= limits.bodyRate * static_cast<std::uint64_t>(seconds)) {
    counted_ = received;
    return deadline_->set(limits.bodyPeriod);
  }
  if (request_->writer_.opened()) return transport().abortConnection();
  bodyBroken(408, "the request body came too slowly");
}

/// Whether the client has taken something since the last look. The first look only asks: to ask
/// with each answer would cost a system call.
bool Channel::progressed() noexcept {
  const std::uint64_t taken = transport().taken();
  const std::uint64_t before = std::exchange(takenBefore_, taken);
  return before == kNotAsked || taken > before;
}

}  // namespace ropewalk::http
