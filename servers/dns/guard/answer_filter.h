// AnswerFilter: has a say about an answer that is ready to go.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ropewalk/protocols/dns/types.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns {

/// What a filter sees of an answer.
struct AnswerSummary {
  Rcode rcode = Rcode::NOERROR;
  std::uint16_t answers = 0;   ///< records in the answer section
  bool referral = false;       ///< no answers, but NS records without AA
  std::size_t size = 0;        ///< bytes on the wire
  bool addressProven = false;  ///< a good server cookie came with the question: nobody forged it
};

/// The server calls each, in order, with every answer, before it is sent; the first one that does
/// not say send decides. Lives on the server's thread.
///
///     struct NoRefusals : AnswerFilter {
///       Action answerReady(const Query&, const AnswerSummary& answer) noexcept override {
///         return answer.rcode == Rcode::REFUSED ? Action::drop : Action::send;
///       }
///     };
class AnswerFilter {
 public:
  AnswerFilter() = default;
  AnswerFilter(const AnswerFilter&) = delete;
  AnswerFilter& operator=(const AnswerFilter&) = delete;
  virtual ~AnswerFilter() = default;

  enum class Action : std::uint8_t {
    send,
    drop,      ///< say nothing
    truncate,  ///< header with TC, and the question: who asked in earnest comes back over TCP
  };
  /// What is to become of the answer. Called on the hot path: it should allocate nothing.
  [[nodiscard]] virtual Action answerReady(const Query& query,
                                           const AnswerSummary& answer) noexcept = 0;
};

}  // namespace ropewalk::dns
