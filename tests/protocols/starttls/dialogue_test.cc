// What is said until TLS begins, for each protocol that has a command for it.
#include "ropewalk/protocols/starttls/dialogue.h"

#include <vector>

#include "ropewalk/protocols/starttls/ftp.h"
#include "ropewalk/protocols/starttls/imap.h"
#include "ropewalk/protocols/starttls/pop3.h"
#include "ropewalk/protocols/starttls/smtp.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

namespace ropewalk {
namespace {

using testing::feedEverySplit;
using testing::Pieces;

/// All that the client says, then "BEGIN" or "FAILED: why".
std::string said(const StartTlsWords& words, std::string_view server) {
  return feedEverySplit(server, [&words](const Pieces& pieces) {
    StartTlsDialogue dialogue(words);
    std::string all;
    for (const std::string_view piece : pieces) {
      const StartTlsDialogue::Step step = dialogue.receive(piece);
      all += step.send;
      if (step.kind == StartTlsDialogue::Step::Kind::begin) all += "BEGIN";
      if (step.kind == StartTlsDialogue::Step::Kind::failed) all += "FAILED: " + step.reason;
    }
    return all;
  });
}
std::string smtp(std::string_view server) { return said(smtpStartTls("me.example"), server); }
std::string imap(std::string_view server) { return said(imapStartTls(), server); }
std::string pop3(std::string_view server) { return said(pop3StartTls(), server); }
std::string ftp(std::string_view server) { return said(ftpStartTls(), server); }

TEST_CASE("SMTP: EHLO, STARTTLS offered, asked for, granted (RFC 3207)") {
  CHECK(smtp("220 mail ESMTP\r\n250-mail\r\n250-SIZE 1000\r\n250-starttls\r\n250 HELP\r\n"
             "220 go ahead\r\n") == "EHLO me.example\r\nSTARTTLS\r\nBEGIN");
}

TEST_CASE("SMTP: a greeting of several lines, STARTTLS in the last line, lines that end in LF") {
  CHECK(smtp("220-welcome\n220-to\n220 mail\n250-mail\n250 STARTTLS\n220\n") ==
        "EHLO me.example\r\nSTARTTLS\r\nBEGIN");
}

TEST_CASE("SMTP: a server that offers no STARTTLS, also where its name is STARTTLS") {
  const auto* none = "EHLO me.example\r\nFAILED: the server offers no STARTTLS";
  CHECK(smtp("220 mail\r\n250-mail\r\n250 SIZE\r\n") == none);
  CHECK(smtp("220 mail\r\n250 mail\r\n") == none);
  CHECK(smtp("220 mail\r\n250-STARTTLS\r\n250 SIZE\r\n") == none);
  CHECK(smtp("220 mail\r\n250-mail\r\n250 XSTARTTLS\r\n") == none);
  CHECK(smtp("220-mail\r\n220-STARTTLS\r\n220 STARTTLS\r\n250-mail\r\n250 SIZE\r\n") == none);
}

TEST_CASE("SMTP: refusals are told in the server's words") {
  CHECK(smtp("554 go away\r\n") == "FAILED: the server greets with \"554 go away\"");
  CHECK(smtp("220 x\r\n502 no\r\n") ==
        "EHLO me.example\r\nFAILED: the server does not say what it can: \"502 no\"");
  CHECK(smtp("220 x\r\n250-x\r\n250 STARTTLS\r\n454 later\r\n") ==
        "EHLO me.example\r\nSTARTTLS\r\nFAILED: the server refuses to begin TLS: \"454 later\"");
}

TEST_CASE("SMTP: what is no reply ends it") {
  CHECK(smtp("hello\r\n") == "FAILED: \"hello\" is no reply of smtp");
  CHECK(smtp("2200 x\r\n") == "FAILED: \"2200 x\" is no reply of smtp");
  CHECK(smtp("220-x\r\n250 y\r\n") == "FAILED: \"250 y\" goes on with another code");
}

TEST_CASE("what is pipelined behind the last reply is dropped, not answered") {
  CHECK(smtp("220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\nMAIL") ==
        "EHLO me.example\r\nSTARTTLS\r\nBEGIN");
  CHECK(imap("* OK x\r\n* CAPABILITY STARTTLS\r\na1 OK x\r\na2 OK go\r\n* BYE injected\r\n") ==
        "a1 CAPABILITY\r\na2 STARTTLS\r\nBEGIN");
}

TEST_CASE("IMAP: capabilities, STARTTLS, other untagged lines between (RFC 9051 6.2.1)") {
  CHECK(imap("* OK [CAPABILITY IMAP4rev1] hi\r\n* CAPABILITY IMAP4rev1 StartTLS LOGINDISABLED\r\n"
             "* OK still here\r\na1 OK done\r\n* 3 EXISTS\r\na2 OK begin\r\n") ==
        "a1 CAPABILITY\r\na2 STARTTLS\r\nBEGIN");
}

TEST_CASE("IMAP: not offered, refused, already authenticated, goodbye") {
  CHECK(imap("* OK x\r\n* CAPABILITY IMAP4rev1\r\na1 OK\r\n") ==
        "a1 CAPABILITY\r\nFAILED: the server offers no STARTTLS");
  CHECK(imap("* OK x\r\n* CAPABILITY STARTTLS\r\na1 OK\r\na2 BAD no\r\n") ==
        "a1 CAPABILITY\r\na2 STARTTLS\r\n"
        "FAILED: the server refuses to begin TLS: \"a2 BAD no\"");
  CHECK(imap("* PREAUTH x\r\n") ==
        "FAILED: the server has authenticated us already, and so cannot begin TLS");
  CHECK(imap("* BYE full\r\n") == "FAILED: the server greets with \"* BYE full\"");
  CHECK(imap("* OK x\r\n* BYE full\r\n") ==
        "a1 CAPABILITY\r\nFAILED: the server does not say what it can: \"* BYE full\"");
  CHECK(imap("* OK x\r\na2 OK early\r\n") ==
        "a1 CAPABILITY\r\nFAILED: the server does not say what it can: \"a2 OK early\"");
}

TEST_CASE("POP3: CAPA, STLS (RFC 2595 4); a server without CAPA is asked all the same") {
  CHECK(pop3("+OK hi\r\n+OK list\r\nUIDL\r\nSTLS\r\n.\r\n+OK begin\r\n") ==
        "CAPA\r\nSTLS\r\nBEGIN");
  CHECK(pop3("+OK hi\r\n-ERR what\r\n+OK begin\r\n") == "CAPA\r\nSTLS\r\nBEGIN");
  CHECK(pop3("+OK hi\r\n+OK list\r\nUIDL\r\n.\r\n") == "CAPA\r\nFAILED: the server offers no STLS");
  CHECK(pop3("+OK hi\r\n-ERR what\r\n-ERR no\r\n") ==
        "CAPA\r\nSTLS\r\nFAILED: the server refuses to begin TLS: \"-ERR no\"");
  CHECK(pop3("+OKAY\r\n") == "FAILED: the server greets with \"+OKAY\"");
}

TEST_CASE("FTP: FEAT, AUTH TLS (RFC 4217); lines of features begin with anything") {
  CHECK(ftp("120 wait\r\n220-hi\r\n500 is a joke\r\n220 there\r\n211-Features:\r\n UTF8\r\n"
            " AUTH SSL;TLS;\r\n211 End\r\n234 begin\r\n") == "FEAT\r\nAUTH TLS\r\nBEGIN");
  CHECK(ftp("220 hi\r\n500 what\r\n234 begin\r\n") == "FEAT\r\nAUTH TLS\r\nBEGIN");
  CHECK(ftp("220 hi\r\n211-F\r\n UTF8\r\n211 End\r\n") ==
        "FEAT\r\nFAILED: the server offers no AUTH TLS");
  CHECK(ftp("220 hi\r\n211-F\r\n AUTH TLS\r\n211 End\r\n534 no\r\n") ==
        "FEAT\r\nAUTH TLS\r\nFAILED: the server refuses to begin TLS: \"534 no\"");
}

TEST_CASE("lines without an end, and replies without an end, are given up") {
  const auto* tooMuch = "FAILED: the server says more than can be";
  StartTlsDialogue endlessLine(imapStartTls());
  const auto step = endlessLine.receive(std::string(9'000, 'x'));
  CHECK("FAILED: " + step.reason == tooMuch);
  StartTlsDialogue endlessReply(smtpStartTls());
  std::string reason;
  for (int i = 0; i < 201; ++i) reason += endlessReply.receive("220-x\r\n").reason;
  CHECK("FAILED: " + reason == tooMuch);
  CHECK(endlessReply.receive("220 x\r\n").send.empty());
}

TEST_CASE("a copy of a dialogue goes on by itself, in the middle of a reply") {
  StartTlsDialogue one(smtpStartTls());
  CHECK(one.receive("220-x\r\n").send.empty());
  StartTlsDialogue other = one;
  CHECK(one.receive("220 x\r\n").send == "EHLO localhost\r\n");
  CHECK(other.receive("220 x\r\n").send == "EHLO localhost\r\n");
}

TEST_CASE("a protocol of one's own brings its words") {
  const auto read = [](StartTlsState, std::string_view line) -> StartTlsMeaning {
    return {StartTlsMeaning::Kind::good, line == "tls"};
  };
  CHECK(said({"SECURE", "what?\n", "secure\n", read}, "hi\ntls\nyes\n") == "what?\nsecure\nBEGIN");
  CHECK(said({"SECURE", "what?\n", "secure\n", read}, "hi\nnothing\n") ==
        "what?\nFAILED: the server offers no SECURE");
}

}  // namespace
}  // namespace ropewalk
