// StartTlsDialogue: whatever a server says, however it is cut, gives the same answers, few of them,
// and nothing after the end.
//
// Input: one byte chooses the protocol, one how the rest is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ropewalk/protocols/starttls/ftp.h"
#include "ropewalk/protocols/starttls/imap.h"
#include "ropewalk/protocols/starttls/pop3.h"
#include "ropewalk/protocols/starttls/smtp.h"

using ropewalk::StartTlsDialogue;
using ropewalk::StartTlsWords;

namespace {

constexpr std::size_t kMostSaid = 64;  // two short commands

StartTlsWords wordsOf(int which) {
  if (which == 0) return ropewalk::smtpStartTls();
  if (which == 1) return ropewalk::imapStartTls();
  return which == 2 ? ropewalk::pop3StartTls() : ropewalk::ftpStartTls();
}

std::string talk(const StartTlsWords& words, std::string_view input, std::size_t pieceSize) {
  StartTlsDialogue dialogue(words);
  std::string all;
  bool over = false;
  while (!input.empty()) {
    const std::string_view piece = input.substr(0, pieceSize);
    input.remove_prefix(piece.size());
    const StartTlsDialogue::Step step = dialogue.receive(piece);
    const bool ends = step.kind != StartTlsDialogue::Step::Kind::needMore;
    if (over && (ends || !step.send.empty())) std::abort();
    over = over || ends;
    all += step.send;
    if (all.size() > kMostSaid) std::abort();
    if (step.kind == StartTlsDialogue::Step::Kind::begin) {
      // Nobody begins TLS without having asked for it.
      if (all.find("STARTTLS\r\n") == std::string::npos &&
          all.find("STLS\r\n") == std::string::npos &&
          all.find("AUTH TLS\r\n") == std::string::npos)
        std::abort();
    }
    if (ends) return all + "|" + step.reason;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const StartTlsWords words = wordsOf(data[0] % 4);
  const std::size_t pieceSize = data[1] % 32 + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = talk(words, input, input.size() + 1);
  if (talk(words, input, pieceSize) != whole) std::abort();
  return 0;
}
