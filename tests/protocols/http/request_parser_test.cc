#include "ropewalk/protocols/http/request_parser.h"

#include <string>

#include "ropewalk/protocols/http/request_target.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"
#include "tests/protocols/http/sessions.h"

using namespace ropewalk::http;
using ropewalk::http::testing::RequestSession;
using ropewalk::testing::feedEverySplit;
using ropewalk::testing::Pieces;

namespace {

// What a server makes of the bytes, the same for every cut.
std::string events(std::string_view input, const Limits& limits = {}) {
  return feedEverySplit(input, [&limits](const Pieces& pieces) {
    RequestSession session(limits);
    for (const std::string_view piece : pieces) session.feed(piece);
    return session.transcript();
  });
}

// "400 two Host fields": the last event must be an error.
std::string errorOf(std::string_view input, const Limits& limits = {}) {
  const std::string all = events(input, limits);
  const std::size_t at = all.rfind("error ");
  return at == std::string::npos ? "no error: " + all : all.substr(at + 6, all.size() - at - 7);
}
int statusOf(std::string_view input) {
  const std::string error = errorOf(input);
  return error.starts_with("no error") ? 200 : std::stoi(error);
}
// A GET with one more field line, or with several and their line ends between.
int statusWith(std::string_view lines) {
  return statusOf("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n\r\n");
}
int statusOfTarget(std::string_view target, std::string_view method = "GET") {
  return statusOf(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
}
int statusOfHost(std::string_view host) {
  return statusOf("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
}

}  // namespace

TEST_CASE("a GET gives its parts, the same however it is cut") {
  CHECK(
      events("GET /a/b?c=d HTTP/1.1\r\nHost: example.org:8080\r\nX-One:  1 \r\nX-Empty:\r\n\r\n") ==
      "GET /a/b?c=d 1.1 path=/a/b query=c=d host=example.org:8080 keep\n"
      "  Host=example.org:8080\n  X-One=1\n  X-Empty=\nend\n");
}

TEST_CASE("a body of a given length is delivered, and the next request follows it") {
  CHECK(events("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /2 "
               "HTTP/1.1\r\nHost: a\r\n\r\n") ==
        "POST / 1.1 path=/ query= host=a length=5 keep\n  Host=a\n  Content-Length=5\nbody "
        "hello\nend\n"
        "GET /2 1.1 path=/2 query= host=a keep\n  Host=a\nend\n");
}

TEST_CASE("a chunked body with trailers is delivered, and the next request follows it") {
  CHECK(events("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
               "5;x=1\r\nhello\r\n1\r\n!\r\n0\r\nDigest: abc\r\n\r\nGET /2 HTTP/1.1\r\nHost: "
               "a\r\n\r\n") ==
        "POST / 1.1 path=/ query= host=a chunked keep\n  Host=a\n  Transfer-Encoding=Chunked\n"
        "body hello!\ntrailers\n  Digest=abc\nend\n"
        "GET /2 1.1 path=/2 query= host=a keep\n  Host=a\nend\n");
}

TEST_CASE("a few empty lines before a request are skipped, more are refused") {
  CHECK(statusOf("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  CHECK(statusOf("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(statusOf("\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(statusOf("\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("llhttp gate: a bare CR never ends a line") {
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nX-Abc:\rxTransfer-Encoding: "
                "chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n") == "400 bare CR in head");
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nX-Abc:\rTransfer-Encoding: chunked\r\n\r\n") ==
        "400 bare CR in head");
}

TEST_CASE("llhttp gate: CR LF CR X is not the end of a head, nor of a trailer section") {
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\n\rX") == "400 bare CR in head");
  CHECK(errorOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\rXA") ==
        "400 bare CR in head");
  CHECK(errorOf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\rX") ==
        "400 bare CR in head");
  CHECK(
      errorOf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\rX") ==
      "400 bare CR in head");
}

TEST_CASE("llhttp gate: a line that ends in LF alone is refused") {
  CHECK(errorOf("GET / HTTP/1.1\n") == "400 bare LF in head");
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\n\r\n") == "400 bare LF in head");
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\n\n") == "400 bare LF in head");
}

TEST_CASE("llhttp gate: obs-fold is refused (RFC 9112 §5.2)") {
  CHECK(statusWith("X: a\r\n b") == 400);
  CHECK(statusWith("X: a\r\n\tb") == 400);
  CHECK(statusWith("X:\r\n b") == 400);
  CHECK(statusWith("X: \r\n b") == 400);
  CHECK(statusWith("X: a\r\n \r\nY: b") == 400);
  CHECK(statusOf("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400);
}

TEST_CASE("llhttp gate: Content-Length together with Transfer-Encoding is refused") {
  CHECK(errorOf(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
            .starts_with("400"));
  CHECK(errorOf(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n")
            .starts_with("400"));
}

TEST_CASE("llhttp gate: repeated, listed, signed and padded lengths are refused") {
  for (const char* lines :
       {"Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 3", "Content-Length: +3", "Content-Length: -3", "Content-Length: 0x3",
        "Content-Length: 3 3", "Content-Length: 3;a", "Content-Length:", "Content-Length: ,3",
        "Content-Length: \"3\"", "Content-Length: 3.0", "Content-Length: 9223372036854775808",
        "Content-Length: 99999999999999999999999"}) {
    INFO(lines);
    CHECK(statusWith(lines) == 400);
  }
}

TEST_CASE("the largest length that a file can have is accepted") {
  CHECK(statusWith("Content-Length: 9223372036854775807") == 200);
  CHECK(statusWith("Content-Length: 0003") == 200);
}

TEST_CASE("blanks and tabs around a length are OWS (RFC 9110 §5.5)") {
  for (const char* line : {"Content-Length:3", "Content-Length: 3\t", "Content-Length:\t3 \t "}) {
    INFO(line);
    CHECK(events("POST / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n" + std::string(line) +
                 "\r\nX-C:\r\n\r\nabc") ==
          "POST / 1.1 path=/ query= host=a length=3 keep\n  Host=a\n  X-A=b\n  Content-Length=3\n"
          "  X-C=\nbody abc\nend\n");
  }
  // The lines beside one are judged as strictly as any.
  for (const char* line :
       {"X A: b", "X-A : b", " X-A: b", "X-A", ": b", "X-A: \x01", "X-A: \x7f", "X-A: b\r\n c"}) {
    INFO(line);
    CHECK(statusWith("Content-Length: 0\t\r\n" + std::string(line)) == 400);
    CHECK(statusWith(std::string(line) + "\r\nContent-Length: 0\t") == 400);
  }
  Limits few;
  few.fields = 2;
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\t\r\nA: b\r\n\r\n", few) ==
        "431 too many fields");
}

TEST_CASE("llhttp gate: of Transfer-Encoding only one line that says chunked is accepted") {
  for (const char* lines : {"Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, chunked",
                            "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: identity",
                            "Transfer-Encoding: gzip", "Transfer-Encoding:",
                            "Transfer-Encoding: chunked,", "Transfer-Encoding: ,chunked",
                            "Transfer-Encoding: chunked;a=b", "Transfer-Encoding: \"chunked\"",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                            "Transfer-Encoding: \x0b"
                            "chunked",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding:"}) {
    INFO(lines);
    CHECK(statusWith(lines) == 400);
  }
}

TEST_CASE("a coding that we lack under chunked is 501 (RFC 9112 §6.1)") {
  CHECK(statusWith("Transfer-Encoding: gzip, chunked") == 501);
  CHECK(statusWith("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked") == 501);
}

TEST_CASE("llhttp gate: Transfer-Encoding in HTTP/1.0 is refused (RFC 9112 §6.1)") {
  CHECK(errorOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        "400 Transfer-Encoding in HTTP/1.0");
}

TEST_CASE(
    "llhttp gate: a space in or behind a field name, or no name, is refused (RFC 9112 §5.1)") {
  for (const char* line : {"X : a", "X\t: a", "Content-Length : 3", "Foo Bar: a", ": a", "X",
                           "X\x80: a", "X(: a", "\"X\": a", "X\x01: a", "X@: a", " X: a"}) {
    INFO(line);
    CHECK(statusWith(line) == 400);
  }
}

TEST_CASE(
    "control characters in a value are refused, HTAB and bytes beyond ASCII are not (RFC 9110 "
    "§5.5)") {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\r' || byte == '\n') continue;
    INFO("byte " << byte);
    const std::string line = std::string("X: a") + static_cast<char>(byte) + "b";
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    HeadStorage storage;
    const std::string input = "GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n";
    const auto step = RequestParser().parse(input, storage);
    CHECK((step.kind == RequestParser::Step::Kind::head) == allowed);
  }
}

TEST_CASE("llhttp gate: HTTP/1.1 needs exactly one Host (RFC 9112 §3.2)") {
  CHECK(errorOf("GET / HTTP/1.1\r\n\r\n") == "400 no Host field");
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == "400 two Host fields");
  CHECK(errorOf("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == "400 two Host fields");
  CHECK(statusOf("GET / HTTP/1.0\r\n\r\n") == 200);
}

TEST_CASE("a Host must be a host with an optional port") {
  for (const char* good : {"a", "a:80", "a:", "", "127.0.0.1:8080", "[::1]", "[::1]:80", "[v1.x:y]",
                           "a_b-c.d", "%41", "x!$&'()*+;="}) {
    INFO(good);
    CHECK(statusOfHost(good) == 200);
  }
  for (const char* bad :
       {"a b",      "a, b", "a/b",    "a?b",       "a#b",  "user@a", "a:b",   "a:80:80", "a:65536",
        "[::1",     "::1",  "[::1]x", "[zz]",      "[]",   "a\tb",   "a\x80", "%4",      "<a>",
        "http://a", "a:-1", "a:+1",   "[1.2.3.4]", "[v1]", "a\\b",   "a\"b"}) {
    INFO(bad);
    CHECK(statusOfHost(bad) == 400);
  }
}

TEST_CASE("a Host that was valid once is still looked at when it changes") {
  HeadStorage storage;
  const auto status = [&storage](const std::string& host) {
    const std::string input = "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    return RequestParser().parse(input, storage).status;
  };
  CHECK(status("example.org") == 0);
  CHECK(status("example.org") == 0);
  CHECK(status("example.org x") == 400);
  CHECK(status("example.or g") == 400);
}

TEST_CASE(
    "the authority of an absolute-form overrules Host, which must be valid nonetheless (RFC 9112 "
    "§3.2.2)") {
  CHECK(events("GET http://one:81/x?y HTTP/1.1\r\nHost: two\r\n\r\n") ==
        "GET http://one:81/x?y 1.1 path=/x query=y host=one:81 keep\n  Host=two\nend\n");
  CHECK(statusOf("GET http://one/ HTTP/1.1\r\nHost: t wo\r\n\r\n") == 400);
  CHECK(statusOf("GET http://one/ HTTP/1.1\r\n\r\n") == 400);
  CHECK(statusOf("GET http://one/ HTTP/1.0\r\n\r\n") == 200);
}

TEST_CASE("an absolute-form needs a scheme and a clean authority") {
  CHECK(statusOfTarget("http://one") == 200);
  CHECK(statusOfTarget("https://[::1]:8443?q") == 200);
  for (const char* bad : {"http:///x", "http://", "http:/x", "http://user@one/", "http://one:x/",
                          "://one/", "1http://one/", "one/x", "http://one/x#y", "mailto:a"}) {
    INFO(bad);
    CHECK(statusOfTarget(bad) == 400);
  }
}

TEST_CASE("asterisk-form is for OPTIONS only, authority-form for CONNECT only (RFC 9112 §3.2)") {
  CHECK(statusOfTarget("*", "OPTIONS") == 200);
  CHECK(statusOfTarget("/", "OPTIONS") == 200);
  CHECK(statusOfTarget("*", "GET") == 400);
  CHECK(statusOfTarget("**", "OPTIONS") == 400);
  CHECK(statusOfTarget("a:443", "CONNECT") == 200);
  CHECK(statusOfTarget("[::1]:443", "CONNECT") == 200);
  for (const char* bad : {"/", "*", "a", "a:", "a:0", ":443", "http://a:443", "a:443/"}) {
    INFO(bad);
    CHECK(statusOfTarget(bad, "CONNECT") == 400);
  }
  CHECK(statusOfTarget("a:443", "GET") == 400);
}

TEST_CASE("a path may hold what clients leave raw in it, and under strictTarget only RFC 3986's") {
  for (int byte = 1; byte < 256; ++byte) {
    if (byte == '\r' || byte == '\n') continue;
    const char c = static_cast<char>(byte);
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?";
    const std::string input = std::string("GET /a") + c + "b HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto accepted = [&input](bool strict) {
      HeadStorage storage;
      storage.limits.strictTarget = strict;
      return RequestParser().parse(input, storage).kind == RequestParser::Step::Kind::head;
    };
    INFO("byte " << byte);
    CHECK(accepted(true) == (kAllowed.find(c) != std::string_view::npos));
    CHECK(accepted(false) == (byte > ' ' && byte != 0x7f && c != '#' && c != '%'));
  }
}

TEST_CASE("a clean path has no empty segments and no dots (RFC 3986 §6.2.2.3)") {
  const std::pair<const char*, const char*> examples[] = {
      {"/", "/"},
      {"", "/"},
      {"/a/b", "/a/b"},
      {"/a/b/", "/a/b/"},
      {"//", "/"},
      {"//a///b//", "/a/b/"},
      {"/.", "/"},
      {"/a/.", "/a/"},
      {"/./a", "/a"},
      {"/a/./b", "/a/b"},
      {"/..", "/"},
      {"/a/..", "/"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/../../a", "/a"},
      {"/a//../b", "/b"},
      {"/%2e%2E/a", "/a"},
      {"/a/.%2e/b", "/b"},
      {"/a/%2e./", "/"},
      {"/a/%2E", "/a/"},
      {"/...", "/..."},
      {"/.a/..b/c..", "/.a/..b/c.."},
      {"/%2e%2e%2e", "/%2e%2e%2e"},
      {"/..%2fa", "/..%2fa"},
      {"/%2e%2e%5ca", "/%2e%2e%5ca"},
      {"/%252e%252e/a", "/%252e%252e/a"},
      {"/..;/a", "/..;/a"},
      {"/a%2F..", "/a%2F.."},
      {"/%c0%ae%c0%ae/a", "/%c0%ae%c0%ae/a"},
  };
  for (const auto& [path, clean] : examples) {
    INFO(path);
    CHECK(cleanPath(path) == clean);
    RequestTarget target;
    if (*path != '\0') REQUIRE(parseRequestTarget(Method::get, path, true, target));
    if (target.plainPath && *path != '\0') CHECK(cleanPath(path) == path);
  }
}

TEST_CASE("a broken escape in a path is refused") {
  CHECK(statusOfTarget("/%41%2f") == 200);
  CHECK(statusOfTarget("/%4") == 400);
  CHECK(statusOfTarget("/%zz") == 400);
  CHECK(statusOfTarget("/%") == 400);
  CHECK(statusOfTarget("/[a]%") == 400);
}

TEST_CASE("a query may hold what browsers leave raw in it, unless strictTarget is set") {
  CHECK(statusOfTarget("/?a[]=b|c&d={}^`\\&e=100%") == 200);
  CHECK(statusOfTarget("/?a=b?c/d") == 200);
  CHECK(statusOfTarget("/?q=\"caf\xc3\xa9\"&<\xe9>") == 200);
  for (const char* bad : {"/?a b", "/?a#b", "/?a\x7f", "/?a\x01"}) {
    INFO(bad);
    CHECK(statusOfTarget(bad) == 400);
  }
  Limits strict;
  strict.strictTarget = true;
  CHECK(errorOf("GET /?a[] HTTP/1.1\r\nHost: a\r\n\r\n", strict).starts_with("400"));
  CHECK(errorOf("GET /?a=% HTTP/1.1\r\nHost: a\r\n\r\n", strict).starts_with("400"));
}

TEST_CASE("a request line is method SP target SP version and nothing else (RFC 9112 §3)") {
  for (const char* line :
       {"GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ",
        "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 x", "GET", "GET /", "GET /x ",
        "G(T / HTTP/1.1", "G\x80T / HTTP/1.1", "GET HTTP/1.1", "/ HTTP/1.1", "GET  HTTP/1.1",
        "GET / a HTTP/1.1", ":"}) {
    INFO(line);
    CHECK(statusOf(std::string(line) + "\r\nHost: a\r\n\r\n") == 400);
  }
}

TEST_CASE("HTTP/0.9 is answered at once, not when the head deadline ends") {
  CHECK(errorOf("GET /\r\n") == "400 malformed request line");
}

TEST_CASE("the version is HTTP/1.x; other majors are 505, what is no version 400 (RFC 9112 §2.3)") {
  const auto statusOfVersion = [](const std::string& version) {
    return statusOf("GET / " + version + "\r\nHost: a\r\n\r\n");
  };
  CHECK(statusOfVersion("HTTP/1.2") == 200);
  CHECK(statusOfVersion("HTTP/1.9") == 200);
  for (const char* other : {"HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"})
    CHECK(statusOfVersion(other) == 505);
  for (const char* bad : {"http/1.1", "HTTP/1.10", "HTTP/11.1", "HTTP/1", "HTTP/1.", "HTTP 1.1",
                          "RTSP/1.0", "ICE/1.0", "HTTP/1,1", "HTTP/a.b", "HTTPS/1.1"}) {
    INFO(bad);
    CHECK(statusOfVersion(bad) == 400);
  }
}

TEST_CASE("the HTTP/2 preface is 505") {
  CHECK(statusOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
}

TEST_CASE("HTTP/1.2 is read as 1.1, HTTP/1.0 as itself (RFC 9110 §2.5)") {
  CHECK(events("GET / HTTP/1.2\r\nHost: a\r\n\r\n").starts_with("GET / 1.1"));
  CHECK(events("GET / HTTP/1.0\r\nHost: a\r\n\r\n").starts_with("GET / 1.0"));
}

TEST_CASE("a method that nobody knows is 501, one that is no token 400 (RFC 9110 §9.1)") {
  for (const char* method : {"FOO", "get", "GETT", "GE", "!#$%&'*+-.^_`|~", "DESCRIBE", "ANNOUNCE",
                             "SETUP", "PLAY", "FLUSH", "PRI"}) {
    INFO(method);
    CHECK(statusOf(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  }
  CHECK(statusOf("G=T / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("every method of the enum is accepted") {
  for (int i = 0; i < static_cast<int>(Method::unknown); ++i) {
    const auto method = static_cast<Method>(i);
    INFO(methodText(method));
    CHECK(statusOfTarget(method == Method::connect ? "a:1" : "/", methodText(method)) == 200);
  }
}

TEST_CASE(
    "keep-alive: 1.1 stays open unless told to close, 1.0 closes unless told to stay (RFC 9112 "
    "§9.3)") {
  const auto stays = [](const std::string& version, const std::string& connection) {
    return events("GET / HTTP/" + version + "\r\nHost: a\r\nConnection: " + connection + "\r\n\r\n")
               .find(" keep\n") != std::string::npos;
  };
  CHECK(stays("1.1", "foo"));
  CHECK_FALSE(stays("1.1", "close"));
  CHECK_FALSE(stays("1.1", "foo, CLOSE"));
  CHECK_FALSE(stays("1.1", "keep-alive\r\nConnection: close"));
  CHECK_FALSE(stays("1.0", "foo"));
  CHECK(stays("1.0", "Keep-Alive"));
  CHECK_FALSE(stays("1.0", "keep-alive, close"));
}

TEST_CASE("Expect: 100-continue counts in 1.1 only (RFC 9110 §10.1.1)") {
  CHECK(events("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n")
            .find(" expect") != std::string::npos);
  CHECK(events("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
            .find(" expect") == std::string::npos);
  HeadStorage storage;
  const auto step =
      RequestParser().parse("GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", storage);
  REQUIRE(step.head != nullptr);
  CHECK(step.head->expectUnknown);
}

TEST_CASE("Upgrade counts when Connection names it (RFC 9110 §7.8)") {
  CHECK(events("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            .find(" upgrade=websocket") != std::string::npos);
  CHECK(events("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").find(" upgrade=") ==
        std::string::npos);
  CHECK(events("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            .find(" upgrade=") == std::string::npos);
}

TEST_CASE("a request with Upgrade and a body is framed by its length") {
  CHECK(events("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: "
               "2\r\n\r\nhi")
            .find("body hi\nend") != std::string::npos);
}

TEST_CASE("a request target past its limit is 414, a method without end 501") {
  Limits limits;
  limits.requestLine = 30;
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(errorOf("GET /" + std::string(16, 'a') + rest, limits).starts_with("no error"));
  CHECK(errorOf("GET /" + std::string(17, 'a') + rest, limits) == "414 request target too long");
  CHECK(errorOf("GET /" + std::string(60, 'a'), limits) == "414 request target too long");
  CHECK(errorOf(std::string(60, 'A'), limits) == "501 method too long");
  CHECK(errorOf(std::string(60, '('), limits) == "400 malformed request line");
}

TEST_CASE("a head past its limit is 431, also when it never ends") {
  Limits limits;
  limits.head = 64;
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(32, 'a') + "\r\n\r\n", limits)
            .starts_with("no error"));
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(33, 'a') + "\r\n\r\n", limits) ==
        "431 head too long");
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(90, 'a'), limits) ==
        "431 head too long");
}

TEST_CASE("as many fields as the limit pass, one more is 431") {
  Limits limits;
  limits.fields = 3;
  CHECK(
      errorOf("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", limits).starts_with("no error"));
  CHECK(errorOf("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits) ==
        "431 too many fields");
}

TEST_CASE("a TLS ClientHello on a plain port is refused as soon as it shows") {
  CHECK(statusOf(std::string_view("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 11)) == 400);
}

TEST_CASE("idle() tells a connection between requests from one in the middle of a head") {
  HeadStorage storage;
  RequestParser parser;
  CHECK(parser.idle());
  CHECK(parser.parse("GET / HT", storage).kind == RequestParser::Step::Kind::needMore);
  CHECK_FALSE(parser.idle());
  CHECK(parser.parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n", storage).kind ==
        RequestParser::Step::Kind::head);
  CHECK(parser.idle());
}

TEST_CASE("an idle connection owns a parser of at most 16 bytes") {
  STATIC_REQUIRE(sizeof(RequestParser) <= 16);
}
