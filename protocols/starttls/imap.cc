// Answers by their tag, and what comes without one. RFC 9051 §7.
#include "imap.h"

#include "ropewalk/protocols/starttls/detail/line_words.h"

namespace ropewalk {

namespace {

using Kind = StartTlsMeaning::Kind;

StartTlsMeaning greeted(std::string_view tag, std::string_view word) {
  if (tag == "*" && equalIgnoreCase(word, "OK")) return {Kind::good};
  if (tag == "*" && equalIgnoreCase(word, "PREAUTH"))  // RFC 9051 §6.2.1: too late then
    return {Kind::failed, false,
            "the server has authenticated us already, and so cannot begin TLS"};
  return {Kind::refused};
}

StartTlsMeaning readImap(StartTlsState state, std::string_view line) {
  const std::string_view tag = detail::takeWord(line);
  const std::string_view word = detail::takeWord(line);
  if (state == StartTlsState::greeting) return greeted(tag, word);
  if (tag == "*") {
    if (equalIgnoreCase(word, "BYE")) return {Kind::refused};
    return {Kind::more,
            equalIgnoreCase(word, "CAPABILITY") && detail::hasWord(line, "STARTTLS", ' ')};
  }
  const bool ours = tag == (state == StartTlsState::capabilities ? "a1" : "a2");
  return {ours && equalIgnoreCase(word, "OK") ? Kind::good : Kind::refused};
}

}  // namespace

StartTlsWords imapStartTls() {
  return {"STARTTLS", "a1 CAPABILITY\r\n", "a2 STARTTLS\r\n", readImap};
}

}  // namespace ropewalk
