// StartTlsDialogue: what a client says until TLS may begin in mid-stream. RFC 3207 (SMTP), RFC 9051
// §6.2.1 (IMAP), RFC 2595 §4 (POP3), RFC 4217 §4 (FTP).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/protocols/basic/line_splitter.h"

namespace ropewalk {

enum class StartTlsProtocol : std::uint8_t { smtp, imap, pop3, ftp };
/// "smtp"; the other way takes letters of either case, and gives nothing for anything else.
[[nodiscard]] std::string_view toText(StartTlsProtocol protocol) noexcept;
[[nodiscard]] std::optional<StartTlsProtocol> startTlsProtocolFromText(
    std::string_view text) noexcept;

/// The client's side. No I/O; never throws on input, and takes no more than 8 KiB for a line and
/// 200 lines in all.
///
///     greeting ──it greets──▶ capabilities ──it offers TLS──▶ reply ──it agrees──▶ begin
///         └──────────────────────────┴──anything else──────────────┴──▶ failed
///
///     StartTlsDialogue dialogue(StartTlsProtocol::smtp, "client.example");
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

  /// @param name  that an SMTP server is told with EHLO: a host name, or an address in brackets
  explicit StartTlsDialogue(StartTlsProtocol protocol, std::string name = "localhost");

  /// What the server said. After begin and failed nothing more is read: with begin, what comes
  /// behind the server's reply is dropped, since anybody on the way may have put it there.
  [[nodiscard]] Step receive(std::string_view data);

 private:
  enum class State : std::uint8_t { greeting, capabilities, reply, over };

  void line(std::string_view line, Step& step);
  // Replies with a code of three digits: SMTP (RFC 5321 §4.2), FTP (RFC 959 §4.2).
  void codeLine(std::string_view line, Step& step);
  void replied(int code, std::string_view line, Step& step);
  void imapLine(std::string_view line, Step& step);
  void popLine(std::string_view line, Step& step);

  void note(std::string_view capability);
  void askCapabilities(Step& step);
  void askForTls(Step& step);
  void begin(Step& step);
  void fail(Step& step, std::string reason);
  void refused(Step& step, std::string_view line);
  [[nodiscard]] std::string_view command() const noexcept;

  StartTlsProtocol protocol_;
  std::string name_;
  LineSplitter lines_;
  State state_ = State::greeting;
  bool offered_ = false;
  bool listing_ = false;  // POP3: the lines of CAPA come
  int code_ = 0;          // of a reply of several lines that goes on
  int count_ = 0;
};

}  // namespace ropewalk
