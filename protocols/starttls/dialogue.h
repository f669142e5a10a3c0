// StartTlsDialogue: what a client says until TLS may begin in mid-stream, in the words of any
// protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ropewalk/protocols/basic/line_splitter.h"

namespace ropewalk {

enum class StartTlsState : std::uint8_t { greeting, capabilities, reply, over };

/// What a line of the server says.
struct StartTlsMeaning {
  enum class Kind : std::uint8_t {
    more,       ///< nothing yet: further lines belong to it
    good,       ///< what was hoped for: it greets, has told all that it can do, agrees
    askAnyway,  ///< it cannot tell what it can do, and may know the command all the same
    refused,    ///< it does not
    failed,     ///< it is not to be understood, or too late: `reason`
  };
  Kind kind = Kind::more;
  bool offers = false;  ///< TLS is among what it can do
  std::string reason{};
};

/// The words of one protocol: a value that the protocol brings. A copy is a fresh start where the
/// reader has not been used.
struct StartTlsWords {
  std::string command;       ///< "STARTTLS": in what is told of failures
  std::string capabilities;  ///< asks what the server can do: a line with its end
  std::string begin;         ///< asks it to begin
  /// Reads one line, without its end; never throws.
  std::function<StartTlsMeaning(StartTlsState, std::string_view line)> read;
};

/// The client's side. No I/O; never throws on input, and takes no more than 8 KiB for a line and
/// 200 lines in all.
///
///     greeting ──it greets──▶ capabilities ──it offers TLS──▶ reply ──it agrees──▶ begin
///         └──────────────────────────┴──anything else──────────────┴──▶ failed
///
///     StartTlsDialogue dialogue(smtpStartTls("client.example"));
///     const StartTlsDialogue::Step step = dialogue.receive("220 mail.example ESMTP\r\n");
///     std::cout << step.send;  // EHLO client.example
class StartTlsDialogue {
 public:
  struct Step {
    enum class Kind : std::uint8_t { needMore, begin, failed };
    Kind kind = Kind::needMore;
    std::string send{};    ///< to the server, before anything else
    std::string reason{};  ///< of a failure: "the server offers no STARTTLS"
  };

  explicit StartTlsDialogue(StartTlsWords words);

  /// What the server said. After begin and failed nothing more is read: with begin, what comes
  /// behind the server's reply is dropped, since anybody on the way may have put it there.
  [[nodiscard]] Step receive(std::string_view data);

 private:
  void line(std::string_view line, Step& step);
  void answered(Step& step);
  void askForTls(Step& step);
  void fail(Step& step, std::string reason);
  void refused(Step& step, std::string_view line);

  StartTlsWords words_;
  LineSplitter lines_;
  StartTlsState state_ = StartTlsState::greeting;
  bool offered_ = false;
  int count_ = 0;
};

}  // namespace ropewalk
