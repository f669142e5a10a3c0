// BodyReader: hands the body of one request to whoever asks for it. RFC 9112 §6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/protocols/http/body_decoder.h"

namespace ropewalk::http {

class Request;

/// The receiving half of a Request. Pieces are pushed to a function or pulled one at a time; while
/// neither wants one, the connection keeps the bytes, and soon is not read any more.
///
///     unclaimed ──consume()──▶ pushed ──▶ ended          unclaimed ──pull()──▶ pulled ──▶ ended
class BodyReader {
 public:
  /// Gets one piece; no further one comes before the Deferred fires.
  using Piece = AsyncFunction<Deferred<void>(std::string_view)>;

  /// For a new request: nobody has claimed its body.
  void begin(const RequestHead& head) noexcept;
  /// Forgets everything that is held for a reader.
  void end() noexcept;

  /// Pushes all pieces, and fires after the last. Past `limit` bytes RequestError(413).
  [[nodiscard]] Deferred<void> consume(Request& request, std::optional<std::uint64_t> limit,
                                       Piece piece);
  /// The next piece, "" at the end; one at a time. The first call sets the limit.
  [[nodiscard]] Deferred<std::string> pull(Request& request, std::optional<std::uint64_t> limit);

  [[nodiscard]] bool claimed() const noexcept { return mode_ != Mode::unclaimed; }
  /// Somebody waits for a piece now.
  [[nodiscard]] bool wanted() const noexcept {
    return (mode_ == Mode::pushed && !paused_) || (mode_ == Mode::pulled && next_.has_value());
  }
  /// The last byte has been decoded.
  [[nodiscard]] bool complete() const noexcept { return decoder_.done(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

  /// Decodes a little of input. The reader may be called, and may do anything.
  [[nodiscard]] BodyDecoder::Step decode(std::string_view input);
  /// What decode() gave, for the reader.
  void deliver(Request& request, std::string_view piece);
  /// The last piece was delivered.
  void completed();
  /// The body will not come. The connection is to be closed after the answer.
  void fail(const Failure& why);

 private:
  enum class Mode : std::uint8_t { unclaimed, pushed, pulled, ended };

  void claim(Request& request, Mode mode, std::optional<std::uint64_t> limit);
  void pieceTaken(Request& request, Deferred<void> taken);

  BodyDecoder decoder_;
  std::uint64_t received_ = 0;
  std::uint64_t limit_ = 0;
  Mode mode_ = Mode::unclaimed;
  bool paused_ = false;
  bool failed_ = false;
  Piece piece_;
  std::optional<Source<void>> ended_;
  std::optional<Source<std::string>> next_;
  std::optional<Failure> failure_;
};

}  // namespace ropewalk::http
