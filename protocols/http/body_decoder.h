// Bytes to body data: by length, in chunks, or until the connection closes. RFC 9112 §6, §7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gate.h"
#include "head_storage.h"
#include "message.h"

namespace ropewalk::http {

/// Decodes the body of one message, of either direction. Strict where leniency smuggles: CRLF and
/// nothing else ends a line, a chunk size is hexadecimal digits and no more. In a response blanks
/// may follow the size, as old servers send them.
///
/// A value of 24 bytes. Pieces are views into the input: nothing is copied or kept. Bytes that were
/// not consumed (of an unfinished trailer section) must be passed again with more behind them. One
/// thread at a time; never throws on input.
///
///     BodyDecoder decoder(head);
///     while (!decoder.done()) {
///       auto step = decoder.decode(input, storage);
///       input.remove_prefix(step.consumed);
///       if (step.kind != BodyDecoder::Step::Kind::data) break;  // wait, refuse, or take trailers
///       bodyReceived(step.data);
///     }
class BodyDecoder {
 public:
  struct Step {
    enum class Kind : std::uint8_t { needMore, data, done, error };
    Kind kind = Kind::needMore;
    /// Of an error: 400, or 431 for trailers past their limit.
    std::uint16_t status = 0;
    /// Bytes of input that are done with.
    std::size_t consumed = 0;
    /// One piece of the body, never empty when kind is data.
    std::string_view data;
    /// When kind is done: the trailer fields of a chunked body, apart from the header fields as
    /// RFC 9110 §6.5.1 asks. Views into input.
    FieldLines trailers;
    /// Of an error: static text.
    std::string_view reason;
  };

  /// No body: done at once.
  BodyDecoder() = default;
  /// @param length  of the body; only for Framing::length
  explicit BodyDecoder(Framing framing, std::uint64_t length = 0) noexcept;
  explicit BodyDecoder(const RequestHead& head) noexcept
      : BodyDecoder(head.framing(), head.contentLength.value_or(0)) {}
  explicit BodyDecoder(const ResponseHead& head) noexcept
      : BodyDecoder(head.framing, head.contentLength.value_or(0)) {
    padded_ = true;
  }

  /// Gives at most one piece of data; call again with what is left. A length body whose last piece
  /// was given is done().
  [[nodiscard]] Step decode(std::string_view input, HeadStorage& storage);
  /// The peer closed its side. done for a body that ends so; error for any other that is not done.
  [[nodiscard]] Step finish() noexcept;

  [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
  /// What is left of a length body; of the current chunk of a chunked one.
  [[nodiscard]] std::uint64_t remaining() const noexcept { return remaining_; }

 private:
  // Whatever is not drawn leads to failed.
  //
  //  chunked   size ─HEXDIG─▶ sizeDigits ─CR─▶ sizeLf ─LF─▶ data ─▶ dataCr ─CR─▶ dataLf ─LF─▶ size
  //                               │     ▲          └─LF, size = 0─▶ trailers ─▶ done
  //                               ";"   CR
  //                               ▼     │
  //     extension   nameStart ▶ name ▶ afterName ─"="▶ valueStart ▶ value | quoted ▶ quotedEnd
  //                 quoted ◀▶ quotedPair
  //                 beforeSemicolon: the white space before each ";", and in a response before a CR
  //
  //  length      length ─▶ done
  //  untilClose  untilClose ─finish()─▶ done
  enum class State : std::uint8_t {
    done,
    failed,
    length,
    untilClose,
    size,
    sizeDigits,
    beforeSemicolon,
    nameStart,
    name,
    afterName,
    valueStart,
    value,
    quoted,
    quotedPair,
    quotedEnd,
    sizeLf,
    data,
    dataCr,
    dataLf,
    trailers,
  };

  Step decodeChunked(std::string_view input, HeadStorage& storage);
  Step decodeTrailers(std::string_view input, std::size_t at, HeadStorage& storage);
  Step takeData(std::string_view input, State next, std::size_t skipped) noexcept;
  std::string_view acceptFraming(char c, const Limits& limits) noexcept;
  std::string_view acceptSizeByte(char c) noexcept;
  std::string_view acceptExtensionByte(char c, const Limits& limits) noexcept;
  [[nodiscard]] State nextInExtension(State state, char c) const noexcept;
  Step fail(std::uint16_t status, std::string_view reason) noexcept;

  std::uint64_t remaining_ = 0;
  HeadGate gate_;
  std::uint32_t extensionBytes_ = 0;
  std::uint32_t lineBytes_ = 0;
  State state_ = State::done;
  bool padded_ = false;  // blanks may end the line of a chunk size
};
static_assert(sizeof(BodyDecoder) <= 32, "every connection owns one");

}  // namespace ropewalk::http
