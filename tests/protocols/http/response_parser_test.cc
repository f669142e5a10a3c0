#include "ropewalk/protocols/http/response_parser.h"

#include <string>

#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"
#include "tests/protocols/http/sessions.h"

using namespace ropewalk::http;
using ropewalk::http::testing::ResponseSession;
using ropewalk::testing::feedEverySplit;
using ropewalk::testing::Pieces;

namespace {

// What a client makes of the bytes and of the close after them, the same for every cut.
std::string events(std::string_view input, Method method = Method::get) {
  return feedEverySplit(input, [method](const Pieces& pieces) {
    ResponseSession session(method);
    for (const std::string_view piece : pieces) session.feed(piece);
    session.close();
    return session.transcript();
  });
}

bool refused(std::string_view input, Method method = Method::get) {
  return events(input, method).find("error ") != std::string::npos;
}

}  // namespace

TEST_CASE("a response with a length gives its parts, and the next one follows") {
  CHECK(events("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Not "
               "Found\r\nContent-Length: 0\r\n\r\n") ==
        "200 [OK] length=5 length keep\n  Content-Length=5\nbody hello\nend\n"
        "404 [Not Found] length=0 none keep\n  Content-Length=0\nend\n");
}

TEST_CASE("a chunked response gives its body and its trailers") {
  CHECK(events(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n") ==
        "200 [OK] chunked keep\n  Transfer-Encoding=chunked\nbody abc\ntrailers\n  X=y\nend\n");
}

TEST_CASE("a response without a length ends with the connection") {
  CHECK(events("HTTP/1.1 200 OK\r\n\r\nall of it") ==
        "200 [OK] untilClose close\nbody all of it\nend\n");
}

TEST_CASE("a connection that closes in the middle of a body truncates it") {
  CHECK(
      events("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").ends_with("body hel\ntruncated\n"));
  CHECK(events("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            .ends_with("body abc\ntruncated\n"));
  CHECK(events("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
            .ends_with("truncated\n"));
}

TEST_CASE("interim responses come one by one before the final one (RFC 9110 §15.2)") {
  CHECK(events("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 "
               "204 No Content\r\n\r\n") ==
        "100 [Continue] none keep\nend\n103 [Early Hints] none keep\n  Link=a\nend\n204 [No "
        "Content] none keep\nend\n");
}

TEST_CASE("101 is final and tells what to upgrade to") {
  CHECK(events(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            .starts_with("101 [Switching Protocols] none close upgrade=websocket\n"));
}

TEST_CASE("responses to HEAD, 204 and 304 have no body whatever they say (RFC 9112 §6.3)") {
  CHECK(events("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::head) ==
        "200 [OK] length=5 none keep\n  Content-Length=5\nend\n");
  CHECK(events("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::head)
            .starts_with("200 [OK] none keep\n"));
  CHECK(events("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
            .starts_with("304 [Not Modified] length=5 none keep\n"));
  CHECK(events("HTTP/1.1 200 OK\r\n\r\n", Method::head).starts_with("200 [OK] none keep\n"));
}

TEST_CASE(
    "a 1xx or 204 that announces a body is read without one and the connection is not used again") {
  CHECK(events("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
            .starts_with("204 [No Content] length=5 none close\n"));
  CHECK(events("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n")
            .starts_with("204 [No Content] none close\n"));
  CHECK(events("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
            .starts_with("204 [No Content] length=0 none keep\n"));
}

TEST_CASE("after a 2xx to CONNECT the connection is a tunnel, lengths or not (RFC 9112 §6.3)") {
  CHECK(events("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::connect)
            .starts_with("200 [OK] none close\n"));
  CHECK(events("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::connect)
            .starts_with("200 [OK] none close\n"));
  CHECK(events("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nhi", Method::connect)
            .starts_with("407 [No] length=2 length keep\n"));
}

TEST_CASE("keep-alive follows the version and the Connection field") {
  CHECK(events("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").find(" close\n") !=
        std::string::npos);
  CHECK(events("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
            .find(" keep\n") != std::string::npos);
  CHECK(events("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .find(" close\n") != std::string::npos);
  CHECK(events("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n")
            .starts_with("200 [OK] untilClose close\n"));
}

TEST_CASE("the reason may be empty, missing, or beyond ASCII (RFC 9112 §4)") {
  CHECK(events("HTTP/1.1 204 \r\n\r\n").starts_with("204 [] none"));
  CHECK(events("HTTP/1.1 204\r\n\r\n").starts_with("204 [] none"));
  CHECK(
      events("HTTP/1.1 204 \xc3\xa9t\xc3\xa9\r\n\r\n").starts_with("204 [\xc3\xa9t\xc3\xa9] none"));
}

TEST_CASE("malformed status lines are refused") {
  for (const char* line :
       {"HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 2x0 OK",
        "HTTP/1.1 099 Low", "http/1.1 200 OK", "HTTP/2.0 200 OK", "HTTP/1.1\t200 OK",
        "HTTP/11 200 OK", "ICY 200 OK", "200 OK", "", " HTTP/1.1 200 OK", "HTTP/1.1 200 O\x01K",
        "HTTP/1.1 -20 OK"}) {
    INFO(line);
    CHECK(refused(std::string(line) + "\r\nContent-Length: 0\r\n\r\n"));
  }
}

TEST_CASE("any doubt about the length of a response refuses it") {
  for (const char* lines :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 4", "Content-Length: 3,", "Content-Length: ,3", "Content-Length: 3 3",
        "Content-Length: +3", "Content-Length: x", "Content-Length: 3\r\nContent-Length:",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding:", "Transfer-Encoding: ,",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"}) {
    INFO(lines);
    CHECK(refused("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n\r\n"));
  }
  CHECK(refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_CASE("one length said several times is that length (RFC 9112 §6.3), a tab behind it is OWS") {
  for (const char* lines : {"Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3, 3",
                            "Content-Length: 3,\t3\r\nContent-Length: 03", "Content-Length: 3\t"}) {
    INFO(lines);
    const std::string all = events("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n\r\nabc");
    CHECK(all.starts_with("200 [OK] length=3 length keep\n"));
    CHECK(all.ends_with("body abc\nend\n"));
  }
}

TEST_CASE("empty elements beside chunked do not count (RFC 9110 §5.6.1)") {
  for (const char* value : {"chunked,", ",chunked", " , CHUNKED , "}) {
    INFO(value);
    CHECK(events("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + std::string(value) +
                 "\r\n\r\n1\r\na\r\n0\r\n\r\n")
              .ends_with("body a\nend\n"));
  }
}

TEST_CASE("blanks behind a chunk size are skipped in a response, blanks within it are not") {
  const auto body = [](std::string_view chunks) {
    return events("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks));
  };
  CHECK(body("3 \r\nabc\r\n0   \t\r\n\r\n").ends_with("body abc\nend\n"));
  CHECK(body("3 ;a=b \r\nabc\r\n0\r\n\r\n").ends_with("body abc\nend\n"));
  for (const char* bad : {"3 0\r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n",
                          "3 \nabc\r\n0\r\n\r\n", "3 \r \nabc\r\n0\r\n\r\n"}) {
    INFO(bad);
    CHECK(body(bad).find("error ") != std::string::npos);
  }
  CHECK(body("3" + std::string(5000, ' ') + "\r\nabc\r\n0\r\n\r\n").find("error ") !=
        std::string::npos);
}

TEST_CASE("the gate holds for responses as it does for requests") {
  CHECK(refused("HTTP/1.1 200 OK\r\nX:\rTransfer-Encoding: chunked\r\n\r\n"));
  CHECK(refused("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\rX"));
  CHECK(refused("HTTP/1.1 200 OK\r\nX : y\r\n\r\n"));
  CHECK(refused("HTTP/1.1 200 OK\r\nFoo Bar: y\r\n\r\n"));
}

TEST_CASE("the lines of a response head may end in LF alone (RFC 9112 §2.2)") {
  const std::string answer = "200 [OK] length=2 length keep\n  X=a   b\n  Content-Length=2\nbody ";
  CHECK(events("HTTP/1.1 200 OK\nX: a\n b\nContent-Length: 2\n\nhi") == answer + "hi\nend\n");
  CHECK(events("HTTP/1.1 200 OK\r\nX: a\n b\r\nContent-Length: 2\n\r\nhi") == answer + "hi\nend\n");
  CHECK(events("HTTP/1.1 200 OK\nX: a\r\n b\nContent-Length: 2\r\n\n\n\n") ==
        answer + "\n\n\nend\n");
  CHECK(events("HTTP/1.1 103 Early\n\nHTTP/1.1 204 No\n\nHTTP/1.1 204 No\r\n\r\n")
            .ends_with("204 [No] none keep\nend\n204 [No] none keep\nend\n"));
  for (const char* bad : {"HTTP/1.1 200 OK\nX: a\rContent-Length: 0\n\n", "\nHTTP/1.1 200 OK\n\n",
                          "HTTP/1.1 200 OK\nX: \x01\n\n", "HTTP/1.1 200 OK\nX : y\n\n",
                          "HTTP/1.1 200 OK\n X: y\n\n", "HTTP/1.1 200 OK\nX: y\r\r\n\n"}) {
    INFO(bad);
    CHECK(refused(bad));
  }
  CHECK(refused(std::string_view("HTTP/1.1 200 OK\nX: a\0b\n\n", 24)));
  const std::string many = "HTTP/1.1 200 OK\nX: " + std::string(20'000, 'x');
  HeadStorage storage;
  CHECK(ResponseParser().parse(many, Method::get, storage).reason == "head too long");
}

TEST_CASE("an obs-fold in a response becomes spaces (RFC 9112 §5.2)") {
  CHECK(events("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\nContent-Length: 0\r\n\r\n") ==
        "200 [OK] length=0 none keep\n  X=a   b  \tc\n  Content-Length=0\nend\n");
  CHECK(refused("HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 0\r\n\r\n"));
}

TEST_CASE("a fold cannot carry a length past the client") {
  CHECK(refused("HTTP/1.1 200 OK\r\nContent-Length:\r\n 5\r\nContent-Length: 6\r\n\r\n"));
  CHECK(events("HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nhi").find("body hi\nend") !=
        std::string::npos);
  CHECK(refused("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n"));
}

TEST_CASE("bytes that are no response are refused at the end of their first line or head") {
  CHECK(refused("220 mail.example.org ESMTP\r\n\r\n"));
  CHECK(refused(std::string_view("\x15\x03\x01\x00\x02\x02\x16", 7)));
}
