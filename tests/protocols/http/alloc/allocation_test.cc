// What the codec asks of the heap: nothing, once its storage is warm. A program of its own, because
// it replaces operator new.
#include <string>

#include "ropewalk/protocols/http/body_decoder.h"
#include "ropewalk/protocols/http/headers.h"
#include "ropewalk/protocols/http/request_parser.h"
#include "ropewalk/protocols/http/response_parser.h"
#include "ropewalk/protocols/http/serializer.h"
#include "tests/catch.h"
#include "tests/counted_new.h"

using namespace ropewalk::http;

namespace {

// How often f allocates when it is run again.
template <class F>
std::size_t allocationsOnceWarm(F f) {
  f();
  const std::size_t before = allocations;
  f();
  return allocations - before;
}

}  // namespace

TEST_CASE("the counter counts") {
  const std::size_t before = allocations;
  const std::string text(100, 'a');
  CHECK(allocations == before + 1);
}

TEST_CASE("parsing a request, its chunked body and its trailers allocates nothing") {
  HeadStorage storage;
  const std::string head =
      "POST /a?b HTTP/1.1\r\nHost: example.org\r\nUser-Agent: x\r\nConnection: "
      "keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n";
  std::size_t bytes = 0;
  const auto run = [&] {
    RequestParser parser;
    const auto step = parser.parse(head, storage);
    BodyDecoder decoder(*step.head);
    std::string_view rest = body;
    while (!decoder.done()) {
      const auto piece = decoder.decode(rest, storage);
      bytes += piece.data.size();
      rest.remove_prefix(piece.consumed);
    }
  };
  CHECK(allocationsOnceWarm(run) == 0);
  CHECK(bytes == 10);
}

TEST_CASE("parsing a response allocates nothing") {
  HeadStorage storage;
  bool found = false;
  const auto run = [&] {
    found = ResponseParser()
                .parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\n", Method::get,
                       storage)
                .head != nullptr;
  };
  CHECK(allocationsOnceWarm(run) == 0);
  CHECK(found);
}

TEST_CASE("a reused Headers, output buffer and DateCache allocate nothing") {
  Headers headers;
  DateCache dates;
  std::string out;
  const auto run = [&] {
    headers.clear();
    out.clear();
    headers.add("Content-Type", "text/plain; charset=utf-8");
    headers.set("Cache-Control", "no-store");
    appendStatusLine(out, Version::http11, 200);
    out.append(dates.fieldLine(1795000000));
    appendFields(out, headers);
    appendContentLength(out, 12345678901234567890ULL);
    out.append(kCrlf);
  };
  CHECK(allocationsOnceWarm(run) == 0);
}

TEST_CASE("a head that is kept in the same OwnedHead again allocates nothing") {
  HeadStorage storage;
  OwnedRequestHead owned;
  const auto run = [&] {
    owned.assign(*RequestParser().parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n", storage).head);
  };
  CHECK(allocationsOnceWarm(run) == 0);
}
