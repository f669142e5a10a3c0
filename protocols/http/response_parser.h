// Bytes to response heads. RFC 9112 §4, §5, §6.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gate.h"
#include "head_storage.h"
#include "message.h"

namespace ropewalk::http {

/// Parses the response heads of a connection: interim ones (1xx) as they come, then the final one.
/// The body goes to a BodyDecoder.
///
/// As RequestParser: a head must lie in one buffer, so pass again what was not consumed. How a body
/// ends depends on the request: say which method was sent. One thread at a time; never throws on
/// input. Lines of a head may end in LF alone (RFC 9112 §2.2), as those of small devices and
/// scripts do.
///
///     const ResponseParser::Step step = parser.parse(input, Method::get, storage);
///     input.remove_prefix(step.consumed);
///     if (step.head != nullptr && !step.head->interim()) decoder = BodyDecoder(*step.head);
class ResponseParser {
 public:
  struct Step {
    enum class Kind : std::uint8_t { needMore, head, error };
    Kind kind = Kind::needMore;
    /// Bytes of input that are done with.
    std::size_t consumed = 0;
    /// Lies in the storage; its views lie in input (and in the storage). Null unless kind is head.
    const ResponseHead* head = nullptr;
    /// Of an error: "both Transfer-Encoding and Content-Length". Static text. The connection cannot
    /// be used after it.
    std::string_view reason;
  };

  /// @param requestMethod  of the request that this answers: HEAD and CONNECT change the framing
  ///                       (RFC 9112 §6.3)
  [[nodiscard]] Step parse(std::string_view input, Method requestMethod, HeadStorage& storage);

  /// True when nothing of a head has been seen yet.
  [[nodiscard]] bool idle() const noexcept { return gate_.scanned() == 0 && linesSeen_ == 0; }
  void reset() noexcept { *this = ResponseParser(); }

 private:
  [[nodiscard]] Step parseBareLines(std::string_view input, Method requestMethod,
                                    HeadStorage& storage);

  HeadGate gate_;
  std::uint32_t linesSeen_ = 0;  // how much of a head with bare LFs holds no end
};

}  // namespace ropewalk::http
