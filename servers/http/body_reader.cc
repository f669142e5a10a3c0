// Pieces handed over one at a time, and the limit that ends a body with 413. RFC 9112 §6.
#include "body_reader.h"

#include <stdexcept>

#include "request.h"
#include "request_error.h"
#include "ropewalk/servers/http/http1/detail/channel.h"
#include "site.h"

namespace ropewalk::http {

namespace {

// Apart from the storage of the head, whose field lines are still being looked at.
HeadStorage& trailerStorage() {
  static thread_local HeadStorage storage;
  return storage;
}

}  // namespace

void BodyReader::begin(const RequestHead& head) noexcept {
  decoder_ = BodyDecoder(head);
  received_ = 0;
  mode_ = Mode::unclaimed;
  paused_ = false;
  failed_ = false;
}

void BodyReader::end() noexcept {
  if (mode_ == Mode::unclaimed) return;
  mode_ = Mode::ended;
  piece_.reset();
  ended_.reset();
  next_.reset();
  failure_.reset();
}

void BodyReader::claim(Request& request, Mode mode, std::optional<std::uint64_t> limit) {
  if (claimed()) throw std::logic_error("cannot read a request body twice");
  request.detach();  // the body may outlive the bytes of the head
  mode_ = mode;
  limit_ = limit.value_or(request.site().options().limits.body);
  if (request.contentLength().value_or(0) > limit_) {
    fail(RequestError(413, format("the body may have at most {} bytes", limit_)));
  }
}

Deferred<void> BodyReader::consume(Request& request, std::optional<std::uint64_t> limit,
                                   Piece piece) {
  if (request.lost_) return ropewalk::fail<void>(*request.lost_);
  claim(request, Mode::pushed, limit);
  if (failed_) return ropewalk::fail<void>(*failure_);
  piece_ = std::move(piece);
  ended_.emplace();
  // Whoever stops waiting does not want the rest: it is dropped after the answer.
  ended_->onCancel([this](Source<void>&) { mode_ = Mode::ended; });
  Deferred<void> end = ended_->deferred();
  if (complete()) {
    completed();
  } else {
    request.channel_->bodyWanted(request);
  }
  return end;
}

Deferred<std::string> BodyReader::pull(Request& request, std::optional<std::uint64_t> limit) {
  if (request.lost_) return ropewalk::fail<std::string>(*request.lost_);
  if (mode_ != Mode::pulled && mode_ != Mode::ended) claim(request, Mode::pulled, limit);
  if (failed_) return ropewalk::fail<std::string>(*failure_);
  if (next_) throw std::logic_error("cannot read the next piece of a body: a read is under way");
  if (complete() || request.channel_ == nullptr) return succeed(std::string());
  next_.emplace();
  next_->onCancel([this](Source<std::string>& source) {
    source.errback(CancelledError("reading the request body was cancelled"));
    next_.reset();
  });
  Deferred<std::string> piece = next_->deferred();
  request.channel_->bodyWanted(request);
  return piece;
}

BodyDecoder::Step BodyReader::decode(std::string_view input) {
  return decoder_.decode(input, trailerStorage());
}

void BodyReader::deliver(Request& request, std::string_view piece) {
  received_ += piece.size();
  if (received_ > limit_)
    return fail(RequestError(413, format("the body may have at most {} bytes", limit_)));
  if (mode_ == Mode::pulled) {
    Source<std::string> next = std::move(*next_);
    next_.reset();
    next.callback(std::string(piece));
    return;
  }
  try {
    pieceTaken(request, piece_(piece));
  } catch (...) {
    fail(Failure::current());
  }
}

void BodyReader::pieceTaken(Request& request, Deferred<void> taken) {
  if (taken.ready()) {
    const Result<void> result = std::move(taken).takeResult();
    if (!result) fail(result.failure());
    return;
  }
  paused_ = true;
  std::move(taken).addBoth([this, keep = RequestRef(request)](Result<void> result) {
    paused_ = false;
    if (!result) fail(result.failure());
    if (keep->channel_ != nullptr) keep->channel_->bodyWanted(*keep);
  });
}

void BodyReader::completed() {
  if (mode_ == Mode::pulled) {
    if (!next_) return;
    Source<std::string> next = std::move(*next_);
    next_.reset();
    next.callback(std::string());
  } else if (mode_ == Mode::pushed) {
    mode_ = Mode::ended;
    Source<void> ended = std::move(*ended_);
    ended_.reset();
    ended.callback();
  }
}

void BodyReader::fail(const Failure& why) {
  failed_ = true;
  failure_ = why;
  if (mode_ != Mode::unclaimed) mode_ = Mode::ended;
  std::optional<Source<void>> ended = std::move(ended_);
  ended_.reset();
  std::optional<Source<std::string>> next = std::move(next_);
  next_.reset();
  if (ended) ended->errback(why);
  if (next) next->errback(why);
}

}  // namespace ropewalk::http
