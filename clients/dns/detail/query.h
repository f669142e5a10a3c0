// OutgoingQuery: a question as it is sent, and how its answer is told from others. RFC 5452, 0x20
// (draft-vixie-dnsext-dns0x20), RFC 7873 §5, RFC 8467.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

/// How a question is put to a server.
struct QueryOptions {
  bool recursionDesired = true;
  bool checkingDisabled = false;  ///< of every question; else as the question says
  bool dnssecOk = false;
  bool edns = true;
  std::uint16_t udpSize = 1232;  ///< what fits everywhere without fragments: flag day 2020
  bool randomCase = true;        ///< 0x20: letters in a case that nobody can guess
  bool sameCase = true;  ///< what does not say the name in the case that went out is no answer
  bool padded = false;   ///< to 128 bytes (RFC 8467 §4.1): on encrypted wires
  std::string cookie{};  ///< COOKIE option: 8 bytes of ours, then the server's; needs edns

  QueryOptions() = default;  // declared, so that it is no aggregate: it is awaited with
};

/// An answer that fits in all but the case of the name: a server that changes it, or a forgery.
class WrongCaseError final : public FormatError {
 public:
  WrongCaseError() : FormatError("its name is in the wrong case") {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "WrongCaseError"; }
};

/// A question on its way. A value.
class OutgoingQuery {
 public:
  /// @param id  as randomId() gives it
  OutgoingQuery(Question question, QueryOptions options, std::uint16_t id);

  [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
  /// The message as it is sent.
  [[nodiscard]] const std::string& wire() const noexcept { return wire_; }
  [[nodiscard]] const Question& question() const noexcept { return question_; }

  /// Reads what came. An answer to this is given as whoever asked should see it: with id 0, and
  /// names in the case that was asked for; anything else is a FormatError that says what is wrong
  /// (WrongCaseError where it is the case alone).
  [[nodiscard]] Result<Message> receive(std::string_view wire) const;

 private:
  [[nodiscard]] std::string_view mismatch(const Message& answer) const noexcept;
  [[nodiscard]] std::string_view cookieMismatch(const Message& answer) const noexcept;

  Question question_;  // as it was asked
  Name sent_;          // its name in the case that went out
  QueryOptions options_;
  std::uint16_t id_;
  std::string wire_;
};

/// From the kernel's generator: not to be guessed (RFC 5452 §9.2).
[[nodiscard]] std::uint16_t randomId();

/// Puts `question` into an answer that was got for one that differs from it in letter case only.
void adoptQuestion(Message& answer, const Question& question);

}  // namespace ropewalk::dns
