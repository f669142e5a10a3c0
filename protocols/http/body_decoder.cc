// Bytes to body data: by length, in chunks, or until the connection closes. RFC 9112 §6, §7.1.
#include "body_decoder.h"

#include <algorithm>

#include "ropewalk/protocols/http/detail/field_section.h"

namespace ropewalk::http {

namespace {
constexpr std::uint64_t kMaxChunk = INT64_MAX;
constexpr std::uint32_t kMaxSizeDigits = 16;
}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t length) noexcept : remaining_(length) {
  switch (framing) {
    case Framing::none:
      remaining_ = 0;
      break;
    case Framing::length:
      state_ = length > 0 ? State::length : State::done;
      break;
    case Framing::chunked:
      state_ = State::size;
      remaining_ = 0;
      break;
    case Framing::untilClose:
      state_ = State::untilClose;
      remaining_ = 0;
      break;
  }
}

BodyDecoder::Step BodyDecoder::fail(std::uint16_t status, std::string_view reason) noexcept {
  state_ = State::failed;
  Step step;
  step.kind = Step::Kind::error;
  step.status = status;
  step.reason = reason;
  return step;
}

// What is there of the remaining_ bytes, behind `skipped` bytes of framing; `next` follows the last
// of them.
BodyDecoder::Step BodyDecoder::takeData(std::string_view input, State next,
                                        std::size_t skipped) noexcept {
  Step step;
  step.consumed = skipped;
  if (skipped == input.size()) return step;
  step.kind = Step::Kind::data;
  step.data = input.substr(skipped, static_cast<std::size_t>(std::min<std::uint64_t>(
                                        remaining_, input.size() - skipped)));
  step.consumed += step.data.size();
  remaining_ -= step.data.size();
  if (remaining_ == 0) state_ = next;
  return step;
}

BodyDecoder::Step BodyDecoder::decode(std::string_view input, HeadStorage& storage) {
  Step step;
  switch (state_) {
    case State::done:
      step.kind = Step::Kind::done;
      return step;
    case State::failed:
      return fail(400, "malformed body");
    case State::length:
      return takeData(input, State::done, 0);
    case State::untilClose:
      if (input.empty()) return step;
      step.kind = Step::Kind::data;
      step.data = input;
      step.consumed = input.size();
      return step;
    default:
      return decodeChunked(input, storage);
  }
}

// Goes byte by byte through the framing, up to the next piece of data.
BodyDecoder::Step BodyDecoder::decodeChunked(std::string_view input, HeadStorage& storage) {
  for (std::size_t at = 0; at < input.size(); ++at) {
    if (state_ == State::data) return takeData(input, State::dataCr, at);
    if (state_ == State::trailers) return decodeTrailers(input, at, storage);
    const std::string_view wrong = acceptFraming(input[at], storage.limits);
    if (!wrong.empty()) return fail(400, wrong);
  }
  Step step;
  step.consumed = input.size();
  return step;
}

// One byte of the line before a chunk, or of the CRLF after it.
// @return why it is wrong; empty when it is not
std::string_view BodyDecoder::acceptFraming(char c, const Limits& limits) noexcept {
  switch (state_) {
    case State::size:
      if (!isClass(c, kHexDigit)) return "malformed chunk size";
      remaining_ = 0;
      lineBytes_ = 0;
      state_ = State::sizeDigits;
      return acceptSizeByte(c);
    case State::sizeDigits:
      return acceptSizeByte(c);
    case State::sizeLf:
      if (c != '\n') return "bare CR in chunk size line";
      state_ = remaining_ > 0 ? State::data : State::trailers;
      return {};
    case State::dataCr:
      if (c != '\r') return "no CRLF after chunk data";
      state_ = State::dataLf;
      return {};
    case State::dataLf:
      if (c != '\n') return "no CRLF after chunk data";
      state_ = State::size;
      return {};
    default:
      return acceptExtensionByte(c, limits);
  }
}

std::string_view BodyDecoder::acceptSizeByte(char c) noexcept {
  const int digit = hexValue(c);
  if (digit < 0) {
    if (c == '\r') {
      state_ = State::sizeLf;
    } else if (c == ';') {
      state_ = State::nameStart;
    } else if (isOws(c)) {
      state_ = State::beforeSemicolon;
    } else {
      return "malformed chunk size";
    }
    return {};
  }
  if (++lineBytes_ > kMaxSizeDigits || remaining_ > kMaxChunk >> 4) return "chunk size too large";
  remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
  return {};
}

// Extensions are skipped, but not blindly: what a laxer parser would take for the end of the line
// must not pass (RFC 9112 §7.1.1).
std::string_view BodyDecoder::acceptExtensionByte(char c, const Limits& limits) noexcept {
  if (++lineBytes_ > limits.chunkLine || ++extensionBytes_ > limits.chunkExtensions) {
    return "chunk extensions too long";
  }
  const State next = nextInExtension(state_, c);
  if (next == State::failed) return "malformed chunk extension";
  state_ = next;
  return {};
}

BodyDecoder::State BodyDecoder::nextInExtension(State state, char c) const noexcept {
  const bool space = isOws(c);
  switch (state) {
    case State::beforeSemicolon:
      if (space) return state;
      if (c == '\r' && padded_) return State::sizeLf;
      return c == ';' ? State::nameStart : State::failed;
    case State::nameStart:
      if (space) return state;
      return isClass(c, kTchar) ? State::name : State::failed;
    case State::name:
      if (isClass(c, kTchar)) return state;
      if (c == '\r') return State::sizeLf;
      [[fallthrough]];
    case State::afterName:
      if (space) return State::afterName;
      if (c == '=') return State::valueStart;
      return c == ';' ? State::nameStart : State::failed;
    case State::valueStart:
      if (space) return state;
      if (c == '"') return State::quoted;
      return isClass(c, kTchar) ? State::value : State::failed;
    case State::quoted:
      if (c == '"') return State::quotedEnd;
      if (c == '\\') return State::quotedPair;
      return isClass(c, kFieldText) ? state : State::failed;
    case State::quotedPair:
      return isClass(c, kFieldText) ? State::quoted : State::failed;
    case State::value:
      if (isClass(c, kTchar)) return state;
      [[fallthrough]];
    case State::quotedEnd:
      if (c == '\r') return State::sizeLf;
      if (c == ';') return State::nameStart;
      return space ? State::beforeSemicolon : State::failed;
    default:
      return State::failed;
  }
}

BodyDecoder::Step BodyDecoder::decodeTrailers(std::string_view input, std::size_t at,
                                              HeadStorage& storage) {
  input.remove_prefix(at);
  const HeadGate::Step gate = gate_.scan(input, storage.limits.trailers);
  Step step;
  step.consumed = at;
  if (gate.verdict == HeadGate::Verdict::needMore) return step;
  if (gate.verdict == HeadGate::Verdict::tooLong) return fail(431, "trailers too long");
  if (gate.verdict != HeadGate::Verdict::complete) return fail(400, reasonFor(gate.verdict));

  if (gate.at > 2) {
    const auto refusal = splitFields(input.substr(0, gate.at), storage.limits.trailerFields,
                                     storage.slots, step.trailers);
    if (refusal) return fail(refusal.status, refusal.reason);
  }
  for (const FieldLine& line : step.trailers) {
    if (isForbiddenTrailer(line.name)) return fail(400, "forbidden trailer field");
  }
  state_ = State::done;
  step.kind = Step::Kind::done;
  step.consumed += gate.at;
  return step;
}

BodyDecoder::Step BodyDecoder::finish() noexcept {
  if (state_ != State::done && state_ != State::untilClose)
    return fail(400, "connection closed in the middle of a body");
  state_ = State::done;
  Step step;
  step.kind = Step::Kind::done;
  return step;
}

}  // namespace ropewalk::http
