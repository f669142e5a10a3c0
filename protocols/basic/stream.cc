// The read that waits, tried again with each arrival; the flow that follows what is buffered.
#include "stream.h"

#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/basic/detail/stream_protocol.h"

namespace ropewalk {

namespace {
// Buffered without a reader, or pending without being awaited.
constexpr std::size_t kHighWater = 64 * 1024;
}  // namespace

Stream::~Stream() {
  if (protocol_ != nullptr) protocol_->abandon();
}

std::unique_ptr<Protocol> Stream::makeProtocol() { return std::make_unique<StreamProtocol>(*this); }

void Stream::attach(StreamProtocol& protocol) {
  if (made_) throw std::logic_error("a Stream is one connection: it has its protocol already");
  made_ = true;
  protocol_ = &protocol;
}

Transport& Stream::transport() const noexcept {
  return protocol_ != nullptr ? protocol_->transport() : Transport::null();
}

// Reading.

Deferred<std::string> Stream::readLine() {
  return read({Want::Kind::until, lineOptions_.maxLength, lineOptions_.delimiter,
               lineOptions_.dropCR, lineOptions_.typed, "readLine"});
}

Deferred<std::string> Stream::readUntil(std::string delimiter, std::size_t limit) {
  if (delimiter.empty()) throw std::invalid_argument("cannot read until an empty delimiter");
  return read({Want::Kind::until, limit, std::move(delimiter), false, false, "readUntil"});
}

Deferred<std::string> Stream::readExactly(std::size_t count) {
  return read({.kind = Want::Kind::exactly, .count = count, .name = "readExactly"});
}
Deferred<std::string> Stream::readSome() {
  return read({.kind = Want::Kind::some, .name = "readSome"});
}
Deferred<std::string> Stream::readAll(std::size_t limit) {
  return read({.kind = Want::Kind::all, .count = limit, .name = "readAll"});
}

Deferred<std::string> Stream::read(Want want) {
  if (!made_) throw std::logic_error("a Stream cannot be read before makeProtocol");
  if (pending_)
    throw std::logic_error("a Stream serves one read at a time, and another one is waiting");
  searched_ = 0;
  if (Answer answered = answer(want)) {
    adjustFlow();
    return fired<std::string>(std::move(*answered));
  }
  pending_.emplace(Pending{std::move(want), Source<std::string>(), shared_from_this()});
  pending_->source.onCancel([this](Source<std::string>&) {
    Pending cancelled = std::move(*pending_);  // with it the stream itself, until we return
    pending_.reset();
    adjustFlow();
    const std::string what = waiting(cancelled.want);
    cancelled.source.errback(CancelledError("cancelled in " + what));
  });
  Deferred<std::string> result = pending_->source.deferred();
  adjustFlow();
  return result;
}

/// What a read gives by what is here; nothing when it must wait.
Stream::Answer Stream::answer(const Want& want) {
  switch (want.kind) {
    case Want::Kind::until:
      return answerUntil(want);
    case Want::Kind::exactly:
      if (buffer_.size() >= want.count) return buffer_.take(want.count);
      break;
    case Want::Kind::some:
      if (!buffer_.empty()) return buffer_.take(buffer_.size());
      break;
    case Want::Kind::all:
      if (buffer_.size() > want.count) {
        return Failure(
            LimitExceeded(format("cannot read all: more than {} bytes came", want.count)));
      }
      break;
  }
  return atTheEnd(want);
}

Stream::Answer Stream::answerUntil(const Want& want) {
  const std::string_view bytes = buffer_.view();
  const std::optional<LineEnd> end = findEnd(want);
  const bool cr = want.dropCR && end && end->at > 0 && bytes[end->at - 1] == '\r';
  const std::size_t size = want.typed ? 2 : want.delimiter.size() + (want.dropCR ? 1 : 0);
  const bool tooLong =
      end ? end->at - (cr ? 1 : 0) > want.count : bytes.size() >= want.count + size;
  if (tooLong)
    return Failure(
        LineTooLong(format("cannot read a line: it is longer than {} bytes", want.count)));
  if (end) {
    std::string line = buffer_.take(end->at + end->size);
    line.resize(end->at - (cr ? 1 : 0));
    return line;
  }
  const std::size_t tail = want.typed ? 1 : want.delimiter.size() - 1;  // one may have begun
  searched_ = bytes.size() > tail ? bytes.size() - tail : 0;
  return atTheEnd(want);
}

std::optional<LineEnd> Stream::findEnd(const Want& want) {
  const std::string_view bytes = buffer_.view();
  if (want.typed) return findTypedEnd(bytes, searched_, readEnd_.has_value());
  const std::size_t at = bytes.find(want.delimiter, searched_);
  if (at == std::string_view::npos) return std::nullopt;
  return LineEnd{at, want.delimiter.size()};
}

/// What a read waits for, and what has come: "readLine: 33 bytes without a line end".
std::string Stream::waiting(const Want& want) const {
  const std::size_t come = buffer_.size();
  const std::string bytes = come == 0   ? "nothing has come"
                            : come == 1 ? "1 byte"
                                        : format("{} bytes", come);
  switch (want.kind) {
    case Want::Kind::until: {
      const bool line = std::string_view(want.name) == "readLine";
      return format("{}: {}{}", want.name, bytes,
                    come == 0 ? ""
                    : line    ? " without a line end"
                              : " without " + quoteBytes(want.delimiter));
    }
    case Want::Kind::exactly:
      return format("{}: {} of {}", want.name, come == 0 ? "0" : bytes, want.count);
    case Want::Kind::some:
      return format("{}: {}", want.name, bytes);
    case Want::Kind::all:
      return format("{}: {}{}", want.name, bytes, come == 0 ? "" : " without an end");
  }
  return want.name;
}

Stream::Answer Stream::atTheEnd(const Want& want) {
  if (!readEnd_) return std::nullopt;
  const bool orderly = readEnd_->check<ConnectionDone>() != nullptr && !losing_;
  if (orderly && want.kind == Want::Kind::all) return buffer_.take(buffer_.size());
  if (orderly && want.kind == Want::Kind::some) return std::string();
  return *readEnd_;
}

/// Something arrived, or the end: answers the read that waits, if it can be answered now.
void Stream::advance() {
  if (pending_) {
    if (Answer answered = answer(pending_->want)) {
      Pending done = std::move(*pending_);  // with it the stream itself, until we return
      pending_.reset();
      adjustFlow();
      done.source.fire(std::move(*answered));
      return;
    }
  }
  adjustFlow();
}

/// Pauses the transport when nobody reads and much has arrived; resumes it when somebody waits, or
/// most was read.
void Stream::adjustFlow() {
  if (protocol_ == nullptr) return;
  if (!paused_ && !pending_ && buffer_.size() > kHighWater) {
    paused_ = true;
    transport().pauseProducing();
  } else if (paused_ && (pending_ || buffer_.size() <= kHighWater / 2)) {
    paused_ = false;
    transport().resumeProducing();
  }
}

// Writing and ending.

Deferred<void> Stream::write(std::string data) {
  if (lost_) return fail<void>(*lost_);
  transport().write(std::move(data));
  if (transport().pending() <= kHighWater) return succeed();
  if (protocol_ != nullptr) protocol_->writesWait();
  return transport().drained();
}

void Stream::loseConnection() {
  losing_ = true;
  transport().loseConnection();
}

// From the protocol.

void Stream::made(Transport& transport) { peer_ = transport.getPeer(); }

void Stream::received(std::string_view data) {
  buffer_.append(data);
  advance();
}

void Stream::readEnded(const Failure& reason) {
  if (readEnd_) return;
  readEnd_ = reason;
  advance();
}

/// What came before STARTTLS in the clear is nobody's (RFC 3207 §6).
void Stream::forget() noexcept { buffer_ = {}; }

void Stream::ended(const Failure& reason) {
  protocol_ = nullptr;
  lost_ = reason;
  readEnded(reason);
}

}  // namespace ropewalk
