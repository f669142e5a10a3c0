#include "ropewalk/protocols/http/body_decoder.h"

#include <string>

#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"
#include "tests/protocols/http/sessions.h"

using namespace ropewalk::http;
using ropewalk::http::testing::BodyTranscript;
using ropewalk::http::testing::Unconsumed;
using ropewalk::testing::feedEverySplit;
using ropewalk::testing::Pieces;
using Kind = BodyDecoder::Step::Kind;

namespace {

// What a chunked body gives, the same for every cut; what follows it is shown behind "rest".
std::string chunked(std::string_view input, const Limits& limits = {}) {
  return feedEverySplit(input, [&limits](const Pieces& pieces) {
    HeadStorage storage(limits);
    BodyDecoder decoder(Framing::chunked);
    BodyTranscript transcript;
    Unconsumed bytes;
    std::string out;
    auto outcome = BodyTranscript::Outcome::more;
    for (const std::string_view piece : pieces) {
      bytes.with(piece);
      if (outcome == BodyTranscript::Outcome::more)
        outcome = transcript.run(decoder, storage, bytes, out);
    }
    transcript.flush(out);
    if (outcome == BodyTranscript::Outcome::ended && !bytes.rest().empty())
      out.append("rest ").append(bytes.rest());
    return out;
  });
}

bool refused(std::string_view input) {
  return chunked(input).find("error 400") != std::string::npos;
}

}  // namespace

TEST_CASE("chunks are put together, and the bytes after the body are left alone") {
  CHECK(chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET ") ==
        "body hello world\nend\nrest GET ");
}

TEST_CASE("an empty chunked body is its end") { CHECK(chunked("0\r\n\r\n") == "end\n"); }

TEST_CASE("a chunk size is hexadecimal of either case, with leading zeros") {
  CHECK(chunked("A\r\n0123456789\r\n0b\r\n0123456789a\r\n000\r\n\r\n") ==
        "body 01234567890123456789a\nend\n");
}

TEST_CASE("chunk extensions are skipped (RFC 9112 §7.1.1)") {
  CHECK(chunked(
            "1;a\r\nx\r\n1 ; a = b\r\ny\r\n1;a=\"q;\\\"\xc3\xa9\";b=c ;d\r\nz\r\n0;last\r\n\r\n") ==
        "body xyz\nend\n");
}

TEST_CASE("blanks behind a chunk size are refused in a request (RFC 9112 §7.1)") {
  CHECK(refused("3 \r\nabc\r\n0\r\n\r\n"));
  CHECK(refused("3\t\r\nabc\r\n0\r\n\r\n"));
  CHECK(refused("3;a=b \r\nabc\r\n0\r\n\r\n"));
}

TEST_CASE("malformed chunk sizes are refused") {
  for (const char* size : {"", " 1", "1 ", "\t1", "1\t", "x", "0x1", "+1", "-1", "1.0", "1,", "1_",
                           "\"1\"", "1 1", "g", "\x01"}) {
    INFO(size);
    CHECK(refused(std::string(size) + "\r\nabc\r\n0\r\n\r\n"));
  }
}

TEST_CASE("a chunk size may have 16 digits and be 2^63-1, no more") {
  CHECK(chunked("7fffffffffffffff\r\nabc") == "body abc\n");
  CHECK(refused("8000000000000000\r\nabc"));
  CHECK(refused("ffffffffffffffff\r\nabc"));
  CHECK(refused("10000000000000000\r\nabc"));
  CHECK(chunked("0000000000000001\r\na\r\n0\r\n\r\n") == "body a\nend\n");
  CHECK(refused("00000000000000001\r\na\r\n0\r\n\r\n"));
}

TEST_CASE("malformed chunk extensions are refused") {
  for (const char* extension : {";", ";=", ";a=", ";a b", ";a=b c", ";a=\"x", ";a=\"x\"y", ";a;;b",
                                "; ", ";a=b ", ";\x01", ";a=\"\x01\"", ";a=\x7f", ";a@b", " x"}) {
    INFO(extension);
    CHECK(refused("1" + std::string(extension) + "\r\na\r\n0\r\n\r\n"));
  }
}

TEST_CASE("every line of a chunked body ends in CRLF and nothing else") {
  for (const char* input :
       {"1\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1\r\na\r\n0\n\r\n", "1\r\na\r\n0\r\n\n",
        "1\ra\r\n0\r\n\r\n", "1\r\na\r0\r\n\r\n", "1\r\na\rX0\r\n\r\n", "1\r\naX\n0\r\n\r\n",
        "1\r\r\na\r\n0\r\n\r\n", "1;a\nb\r\na\r\n0\r\n\r\n", "1;a\rb\r\na\r\n0\r\n\r\n",
        "1;a=\"\n\"\r\na\r\n0\r\n\r\n", "1;a=\"\r\n\"\r\na\r\n0\r\n\r\n"}) {
    INFO(input);
    CHECK(refused(input));
  }
}

TEST_CASE("a chunk must be as long as it says") {
  CHECK(refused("2\r\na\r\n0\r\n\r\n"));
  CHECK(refused("1\r\nab\r\n0\r\n\r\n"));
  CHECK(refused("1\r\na0\r\n\r\n"));
}

TEST_CASE("trailers are given apart from the body") {
  CHECK(chunked("1\r\na\r\n0\r\nExpires: never\r\nX:\r\n\r\nrest") ==
        "body a\ntrailers\n  Expires=never\n  X=\nend\nrest rest");
}

TEST_CASE("trailers that would change framing or routing are refused (RFC 9110 §6.5.1)") {
  for (const char* name : {"Content-Length", "Transfer-Encoding", "host", "Connection", "Trailer",
                           "Upgrade", "TE", "Expect"}) {
    INFO(name);
    CHECK(refused("0\r\n" + std::string(name) + ": 1\r\n\r\n"));
  }
}

TEST_CASE("trailers pass the same gate as heads") {
  for (const char* lines : {"X : y", "Foo Bar: y", "X:\ry", "X: y\r\n z", " X: y", "X", ": y",
                            "X: \x01", "X: y\nZ: a"}) {
    INFO(lines);
    CHECK(refused("0\r\n" + std::string(lines) + "\r\n\r\n"));
  }
}

TEST_CASE("trailers past their limits are 431") {
  Limits limits;
  limits.trailers = 20;
  limits.trailerFields = 2;
  CHECK(
      chunked("0\r\nX: 0123456789abcd\r\n\r\n", limits).ends_with("error 431 trailers too long\n"));
  CHECK(chunked("0\r\nX: 0123456789abc\r\n\r\n", limits).ends_with("end\n"));
  CHECK(chunked("0\r\nA:\r\nB:\r\n\r\n", limits).ends_with("end\n"));
  CHECK(chunked("0\r\nA:\r\nB:\r\nC:\r\n\r\n", limits).ends_with("error 431 too many fields\n"));
}

TEST_CASE(
    "a chunk line past its limit is refused, and so are many extensions over a whole body "
    "(CVE-2023-39326)") {
  Limits limits;
  limits.chunkLine = 10;
  limits.chunkExtensions = 12;
  CHECK(chunked("1;abcdefgh\r\na\r\n0\r\n\r\n", limits).ends_with("end\n"));
  CHECK(chunked("1;abcdefghij\r\na\r\n0\r\n\r\n", limits)
            .ends_with("error 400 chunk extensions too long\n"));
  CHECK(chunked("1;abcd\r\na\r\n1;abcd\r\nb\r\n1;abcd\r\nc\r\n", limits)
            .ends_with("error 400 chunk extensions too long\n"));
}

TEST_CASE("a body with a length takes that many bytes and no more") {
  HeadStorage storage;
  BodyDecoder decoder(Framing::length, 5);
  auto step = decoder.decode("hel", storage);
  CHECK(step.data == "hel");
  CHECK(decoder.remaining() == 2);
  CHECK(decoder.decode("", storage).kind == Kind::needMore);
  step = decoder.decode("lo, world", storage);
  CHECK(step.data == "lo");
  CHECK(step.consumed == 2);
  CHECK(decoder.done());
  CHECK(decoder.decode("x", storage).kind == Kind::done);
}

TEST_CASE("a body without length or of length 0 is done at once") {
  HeadStorage storage;
  CHECK(BodyDecoder().done());
  CHECK(BodyDecoder(Framing::length, 0).done());
  const auto step = BodyDecoder(Framing::none).decode("next", storage);
  CHECK(step.kind == Kind::done);
  CHECK(step.consumed == 0);
}

TEST_CASE("a body until the close ends with finish(), any other is cut short by it") {
  HeadStorage storage;
  BodyDecoder untilClose(Framing::untilClose);
  CHECK(untilClose.decode("all", storage).data == "all");
  CHECK_FALSE(untilClose.done());
  CHECK(untilClose.finish().kind == Kind::done);
  CHECK(untilClose.done());

  BodyDecoder length(Framing::length, 5);
  CHECK(length.decode("hel", storage).data == "hel");
  CHECK(length.finish().kind == Kind::error);
  CHECK(BodyDecoder(Framing::chunked).finish().kind == Kind::error);
  CHECK(BodyDecoder().finish().kind == Kind::done);
}

TEST_CASE("after an error a body stays broken") {
  HeadStorage storage;
  BodyDecoder decoder(Framing::chunked);
  CHECK(decoder.decode("x", storage).kind == Kind::error);
  CHECK(decoder.decode("0\r\n\r\n", storage).kind == Kind::error);
  CHECK(decoder.finish().kind == Kind::error);
}

TEST_CASE("pieces of a body are views into the input") {
  HeadStorage storage;
  const std::string input = "5\r\nhello\r\n0\r\n\r\n";
  BodyDecoder decoder(Framing::chunked);
  CHECK(decoder.decode(input, storage).data.data() == input.data() + 3);
}
