// What each protocol asks, and how its answers are read. RFC 5321 §4.2, RFC 9051 §6.2.1 and §7,
// RFC 2449 §5, RFC 4217 §4.
#include "dialogue.h"

#include <algorithm>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

constexpr std::string_view kNames[] = {"smtp", "imap", "pop3", "ftp"};
constexpr std::size_t kMaxLine = 8 * 1024;  // capabilities of IMAP stand in one line
constexpr int kMaxLines = 200;              // banners are long; nobody's are that long

/// The three digits of a reply, or nothing.
std::optional<int> codeOf(std::string_view line) {
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return std::nullopt;
  const auto code = parseNumber<unsigned>(line.substr(0, 3));
  if (!code || *code < 100) return std::nullopt;
  return static_cast<int>(*code);
}

std::string_view textBehindCode(std::string_view line) {
  return trim(line.substr(std::min<std::size_t>(line.size(), 4)));
}

/// The first word, taken off with the space behind it.
std::string_view takeWord(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

bool hasWord(std::string_view text, std::string_view word, char separator = ' ') {
  const auto words = split(text, separator);
  return std::any_of(words.begin(), words.end(),
                     [word](std::string_view each) { return equalIgnoreCase(trim(each), word); });
}

}  // namespace

std::string_view toText(StartTlsProtocol protocol) noexcept {
  return kNames[static_cast<std::size_t>(protocol)];
}

std::optional<StartTlsProtocol> startTlsProtocolFromText(std::string_view text) noexcept {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (equalIgnoreCase(kNames[i], text)) return static_cast<StartTlsProtocol>(i);
  }
  return std::nullopt;
}

StartTlsDialogue::StartTlsDialogue(StartTlsProtocol protocol, std::string name)
    : protocol_(protocol), name_(std::move(name)), lines_(bothNewlines(kMaxLine)) {}

StartTlsDialogue::Step StartTlsDialogue::receive(std::string_view data) {
  Step step;
  while (state_ != State::over) {
    const LineSplitter::Step cut = lines_.next(data);
    data.remove_prefix(cut.taken);
    if (cut.event == LineSplitter::Event::needMore) break;
    if (cut.event == LineSplitter::Event::tooLong || ++count_ > kMaxLines) {
      fail(step, "the server says more than can be");
      break;
    }
    line(cut.line, step);
  }
  return step;
}

void StartTlsDialogue::line(std::string_view line, Step& step) {
  switch (protocol_) {
    case StartTlsProtocol::smtp:
    case StartTlsProtocol::ftp:
      return codeLine(line, step);
    case StartTlsProtocol::imap:
      return imapLine(line, step);
    case StartTlsProtocol::pop3:
      return popLine(line, step);
  }
}

// SMTP and FTP. The lines between the first and the last of a reply begin with its code in SMTP,
// and with anything in FTP.

void StartTlsDialogue::codeLine(std::string_view line, Step& step) {
  const std::optional<int> code = codeOf(line);
  const bool more = line.size() > 3 && line[3] == '-';
  if (code_ == 0) {
    if (!code)
      return fail(step, format("{} is no reply of {}", quoteBytes(line), toText(protocol_)));
    if (!more) return replied(*code, line, step);
    code_ = *code;
    return;
  }
  if (protocol_ == StartTlsProtocol::smtp && code != code_)
    return fail(step, format("{} goes on with another code", quoteBytes(line)));
  const bool last = code == code_ && !more;
  note(protocol_ == StartTlsProtocol::smtp ? textBehindCode(line) : trim(line));
  if (last) replied(std::exchange(code_, 0), line, step);
}

void StartTlsDialogue::replied(int code, std::string_view line, Step& step) {
  const bool smtp = protocol_ == StartTlsProtocol::smtp;
  switch (state_) {
    case State::greeting:
      if (code == 220) return askCapabilities(step);
      if (!smtp && code == 120) return;  // RFC 959 §5.4: wait
      return refused(step, line);
    case State::capabilities:
      if (smtp && code != 250) return refused(step, line);
      // RFC 2389: a server that knows no FEAT may know AUTH all the same.
      if (offered_ || (!smtp && code >= 500)) return askForTls(step);
      return fail(step, format("the server offers no {}", command()));
    case State::reply:
      return code == (smtp ? 220 : 234) ? begin(step) : refused(step, line);
    case State::over:
      return;
  }
}

void StartTlsDialogue::imapLine(std::string_view line, Step& step) {
  const std::string_view whole = line;
  const std::string_view tag = takeWord(line);
  const std::string_view word = takeWord(line);
  if (state_ == State::greeting) {
    if (tag == "*" && equalIgnoreCase(word, "OK")) return askCapabilities(step);
    if (tag == "*" && equalIgnoreCase(word, "PREAUTH"))  // RFC 9051 §6.2.1: too late then
      return fail(step, "the server has authenticated us already, and so cannot begin TLS");
    return refused(step, whole);
  }
  if (tag == "*") {
    if (equalIgnoreCase(word, "BYE")) return refused(step, whole);
    if (equalIgnoreCase(word, "CAPABILITY") && hasWord(line, command())) offered_ = true;
    return;
  }
  if (tag != (state_ == State::capabilities ? "a1" : "a2") || !equalIgnoreCase(word, "OK"))
    return refused(step, whole);
  if (state_ == State::reply) return begin(step);
  offered_ ? askForTls(step) : fail(step, format("the server offers no {}", command()));
}

void StartTlsDialogue::popLine(std::string_view line, Step& step) {
  if (listing_) {
    if (line != ".") return note(line);
    listing_ = false;
    return offered_ ? askForTls(step) : fail(step, format("the server offers no {}", command()));
  }
  const bool good = line == "+OK" || line.starts_with("+OK ");
  if (state_ == State::capabilities) {
    if (good) {
      listing_ = true;
    } else {
      askForTls(step);  // RFC 2449 came later than many a server
    }
    return;
  }
  if (!good) return refused(step, line);
  state_ == State::greeting ? askCapabilities(step) : begin(step);
}

void StartTlsDialogue::note(std::string_view capability) {
  if (state_ != State::capabilities) return;
  if (protocol_ != StartTlsProtocol::ftp) {
    offered_ = offered_ || equalIgnoreCase(trim(capability), command());
    return;
  }
  // "AUTH TLS", "AUTH SSL;TLS;": RFC 4217 §6.
  if (equalIgnoreCase(takeWord(capability), "AUTH") && hasWord(capability, "TLS", ';'))
    offered_ = true;
}

void StartTlsDialogue::askCapabilities(Step& step) {
  state_ = State::capabilities;
  switch (protocol_) {
    case StartTlsProtocol::smtp:
      step.send += format("EHLO {}\r\n", name_);
      return;
    case StartTlsProtocol::imap:
      step.send += "a1 CAPABILITY\r\n";
      return;
    case StartTlsProtocol::pop3:
      step.send += "CAPA\r\n";
      return;
    case StartTlsProtocol::ftp:
      step.send += "FEAT\r\n";
      return;
  }
}

void StartTlsDialogue::askForTls(Step& step) {
  state_ = State::reply;
  const std::string_view tag = protocol_ == StartTlsProtocol::imap ? "a2 " : "";
  step.send += format("{}{}\r\n", tag, command());
}

void StartTlsDialogue::begin(Step& step) {
  state_ = State::over;
  step.kind = Step::Kind::begin;
}

void StartTlsDialogue::fail(Step& step, std::string reason) {
  state_ = State::over;
  step.kind = Step::Kind::failed;
  step.reason = std::move(reason);
}

void StartTlsDialogue::refused(Step& step, std::string_view line) {
  static constexpr std::string_view kAsked[] = {
      "greets with", "does not say what it can:", "refuses to begin TLS:"};
  fail(step,
       format("the server {} {}", kAsked[static_cast<std::size_t>(state_)], quoteBytes(line)));
}

std::string_view StartTlsDialogue::command() const noexcept {
  if (protocol_ == StartTlsProtocol::pop3) return "STLS";
  return protocol_ == StartTlsProtocol::ftp ? "AUTH TLS" : "STARTTLS";
}

}  // namespace ropewalk
