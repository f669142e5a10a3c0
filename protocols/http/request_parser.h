// Bytes to request heads. RFC 9112 §3, §5, §6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gate.h"
#include "head_storage.h"
#include "message.h"

namespace ropewalk::http {

/// Parses one request head after another. The body between two heads goes to a BodyDecoder.
///
/// Small enough for every idle connection to own one; the work space is a HeadStorage, shared by
/// all connections of a thread. A head must lie in one buffer: while the answer is needMore, keep
/// the bytes that were not consumed and pass them again with more behind them. One thread at a
/// time; no call-backs; never throws on input.
///
///     using Kind = RequestParser::Step::Kind;
///     const RequestParser::Step step = parser.parse(input, storage);
///     input.remove_prefix(step.consumed);
///     switch (step.kind) {
///       case Kind::needMore:
///         keep(input);
///         break;
///       case Kind::head:
///         serve(*step.head);  // views into input
///         break;
///       case Kind::error:
///         refuse(step.status, step.reason);  // answer, then close
///         break;
///     }
class RequestParser {
 public:
  struct Step {
    enum class Kind : std::uint8_t { needMore, head, error };
    Kind kind = Kind::needMore;
    /// Of an error: 400, 414, 431, 501 or 505. The connection cannot be used after it.
    std::uint16_t status = 0;
    /// Bytes of input that are done with: empty lines before a head (RFC 9112 §2.2), and the head
    /// itself.
    std::size_t consumed = 0;
    /// Lies in the storage; its views lie in input. Null unless kind is head.
    const RequestHead* head = nullptr;
    /// Of an error: "two Host fields". Static text.
    std::string_view reason;
  };

  /// @param input    what was not consumed last time, and what came since
  /// @param storage  gives the limits and takes the field lines
  [[nodiscard]] Step parse(std::string_view input, HeadStorage& storage);

  /// True between heads: nothing of the next one has been seen, so the connection may be closed
  /// without an answer.
  [[nodiscard]] bool idle() const noexcept { return gate_.scanned() == 0; }
  /// Begins anew, between heads.
  void reset() noexcept { *this = RequestParser(); }

 private:
  std::size_t skipEmptyLines(std::string_view input) noexcept;
  Step refuseOrWait(std::string_view head, HeadGate::Step gate, HeadStorage& storage);

  HeadGate gate_;
  std::uint8_t emptyLines_ = 0;
  // The request line is complete and well formed: it is not parsed again for every further byte.
  bool lineChecked_ = false;
};

}  // namespace ropewalk::http
