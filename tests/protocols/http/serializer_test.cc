#include "ropewalk/protocols/http/serializer.h"

#include <string>

#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

template <class Append>
std::string text(Append append) {
  std::string out;
  append(out);
  return out;
}

}  // namespace

TEST_CASE("a status line has version, code and reason") {
  CHECK(text([](auto& out) { appendStatusLine(out, Version::http11, 200); }) ==
        "HTTP/1.1 200 OK\r\n");
  CHECK(text([](auto& out) { appendStatusLine(out, Version::http10, 200); }) ==
        "HTTP/1.0 200 OK\r\n");
  CHECK(text([](auto& out) { appendStatusLine(out, Version::http11, 503); }) ==
        "HTTP/1.1 503 Service Unavailable\r\n");
  CHECK(text([](auto& out) { appendStatusLine(out, Version::http11, 299, "Mine"); }) ==
        "HTTP/1.1 299 Mine\r\n");
  CHECK(text([](auto& out) { appendStatusLine(out, Version::http11, 299, ""); }) ==
        "HTTP/1.1 299 \r\n");
}

TEST_CASE("the lines kept ready are those that would be put together") {
  for (int status = 100; status < 600; ++status) {
    CHECK(text([status](auto& out) { appendStatusLine(out, Version::http11, status); }) ==
          text([status](auto& out) {
            appendStatusLine(out, Version::http11, status, reasonPhrase(status));
          }));
  }
}

TEST_CASE("a status line that would split the message throws") {
  std::string out;
  CHECK_THROWS_AS(appendStatusLine(out, Version::http11, 200, "a\r\nb"), InvalidHeaderError);
  CHECK_THROWS_AS(appendStatusLine(out, Version::http11, 99), InvalidHeaderError);
  CHECK_THROWS_AS(appendStatusLine(out, Version::http11, 1000), InvalidHeaderError);
  CHECK(out.empty());
}

TEST_CASE("a request line has method, target and version, and no byte that does not belong there") {
  CHECK(text([](auto& out) { appendRequestLine(out, "GET", "/a?b"); }) == "GET /a?b HTTP/1.1\r\n");
  CHECK(text([](auto& out) { appendRequestLine(out, "GET", "/", Version::http10); }) ==
        "GET / HTTP/1.0\r\n");
  std::string out;
  for (const char* target : {"", "/a b", "/\r\n", "/\xc3\xa9", "/\x7f"}) {
    CHECK_THROWS_AS(appendRequestLine(out, "GET", target), InvalidHeaderError);
  }
  CHECK_THROWS_AS(appendRequestLine(out, "G T", "/"), InvalidHeaderError);
  CHECK(out.empty());
}

TEST_CASE("fields, lengths and chunk headers") {
  CHECK(text([](auto& out) { appendField(out, "A", "b"); }) == "A: b\r\n");
  CHECK(text([](auto& out) {
          appendFields(out, Headers{{"A", "1"}, {"B", ""}});
        }) == "A: 1\r\nB: \r\n");
  CHECK(text([](auto& out) { appendContentLength(out, 0); }) == "Content-Length: 0\r\n");
  CHECK(text([](auto& out) { appendContentLength(out, UINT64_MAX); }) ==
        "Content-Length: 18446744073709551615\r\n");
  CHECK(text([](auto& out) { appendChunkHeader(out, 1); }) == "1\r\n");
  CHECK(text([](auto& out) { appendChunkHeader(out, 0xdeadbeef12345678); }) ==
        "deadbeef12345678\r\n");
}

TEST_CASE("the Date line is rendered anew when the second changes, and only then") {
  DateCache cache;
  CHECK(cache.fieldLine(784111777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CHECK(cache.fieldLine(784111777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CHECK(cache.date(784111778) == "Sun, 06 Nov 1994 08:49:38 GMT");
  CHECK(DateCache().date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
}
