// The pump between what arrived and who reads: one call out at a time, the end told last.
#include "response_body.h"

#include <stdexcept>
#include <utility>

#include "errors.h"
#include "ropewalk/clients/http/detail/outgoing_request.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http::detail {

ResponseBody::ResponseBody(BodySource& source, Clock& clock,
                           std::shared_ptr<const OutgoingRequest> request, const Timing& timing)
    : timing(timing), source_(&source), clock_(clock), request_(std::move(request)) {}

void ResponseBody::timedOut() {
  fail(RequestTimeout(
      format("cannot read {}: not complete after {}, {} of it received", request_->url.text(),
             humanDuration(request_->timeouts.total), humanBytes(bytes)),
      Stage::total));
}

void ResponseBody::received(std::string_view piece) {
  bytes += piece.size();
  buffer_.append(piece);
  pump();
}

void ResponseBody::finished(Result<void> how) {
  source_ = nullptr;
  conclude(std::move(how));
  pump();
}

bool ResponseBody::wantsMore() const noexcept {
  if (end_ || paused_ || !buffer_.empty()) return false;
  return reader_ == Reader::pushed || next_.has_value();
}

void ResponseBody::claim() {
  if (reader_ != Reader::nobody)
    throw std::logic_error("the body of a response can be read once (H-04)");
  reader_ = Reader::pushed;
}

Deferred<void> ResponseBody::deliver(Receiver receive) {
  claim();
  receive_ = std::move(receive);
  done_.emplace();
  Deferred<void> done = done_->deferred();
  done_->onCancel(
      [this](Source<void>&) { fail(CancelledError("reading the body was cancelled")); });
  pump();
  return done;
}

Deferred<std::string> ResponseBody::read() {
  if (reader_ == Reader::pushed)
    throw std::logic_error("the body of a response can be read once (H-04)");
  if (next_) throw std::logic_error("the last read() has not fired yet");
  reader_ = Reader::pulled;
  if (!buffer_.empty()) return succeed(takeBuffered());
  if (end_)
    return end_->ok() ? succeed(std::string()) : ropewalk::fail<std::string>(end_->failure());
  next_.emplace();
  Deferred<std::string> next = next_->deferred();
  next_->onCancel(
      [this](Source<std::string>&) { fail(CancelledError("reading the body was cancelled")); });
  pump();
  return next;
}

void ResponseBody::pauseProducing() {
  paused_ = true;
  pump();
}

void ResponseBody::resumeProducing() {
  paused_ = false;
  pump();
}

void ResponseBody::fail(const Failure& why) {
  if (end_) return;
  BodySource* source = std::exchange(source_, nullptr);
  buffer_.clear();
  conclude(why);
  std::shared_ptr<ResponseBody> self;  // perhaps the last one that holds this
  if (source != nullptr) self = source->abandonBody();
  settle();
}

void ResponseBody::letGo() {
  if (reader_ == Reader::pushed) return resumeProducing();  // nobody else can
  fail(CancelledError("the response was dropped before its body was read"));
}

void ResponseBody::conclude(Result<void> how) {
  end_.emplace(std::move(how));
  timing.total = clock_.now() - request_->span.started;
  idle_.reset();
}

/// Gives the reader what there is and it can take, then lets the connection go on or wait.
void ResponseBody::pump() {
  if (pumping_) return;  // called by the reader, from inside give(): the loop below looks again
  pumping_ = true;
  while (!buffer_.empty() && (next_ || (receive_ && !paused_))) {
    if (!give(std::exchange(buffer_, {}))) break;
  }
  pumping_ = false;
  if (end_) return settle();
  if (source_ == nullptr) return;
  const bool wanted = wantsMore();
  watchIdle(wanted);
  source_->setFlowing(wanted);
}

void ResponseBody::watchIdle(bool wanted) {
  const Duration limit = request_->timeouts.idle;
  if (limit <= Duration::zero()) return;
  if (!wanted) {
    if (idle_) idle_->clear();
    return;
  }
  if (!idle_) {
    idle_.emplace(clock_, [this] {
      fail(RequestTimeout(format("cannot read {}: nothing came for {}", request_->url.text(),
                                 humanDuration(request_->timeouts.idle)),
                          Stage::idle));
    });
  }
  idle_->set(limit);
}

/// @return false when the reader threw, and the body is over
bool ResponseBody::give(std::string piece) {
  if (next_) {
    Source<std::string> next = std::move(*next_);
    next_.reset();
    next.callback(std::move(piece));
    return true;
  }
  try {
    receive_(piece);
    return true;
  } catch (...) {
    const Failure why = Failure::current();
    if (end_) end_.emplace(why);
    fail(why);
    return false;
  }
}

/// Tells the reader the end, once it has everything else.
void ResponseBody::settle() {
  if (!buffer_.empty() || pumping_) return;
  const Result<void> end = *end_;
  if (next_) {
    Source<std::string> next = std::move(*next_);
    next_.reset();
    next.fire(end.ok() ? Result<std::string>(std::string()) : Result<std::string>(end.failure()));
  } else if (done_) {
    Source<void> done = std::move(*done_);
    done_.reset();
    const Receiver last = std::move(receive_);  // it may own what the callbacks end
    done.fire(end);
  }
}

}  // namespace ropewalk::http::detail
