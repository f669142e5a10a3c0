// Routes: patterns, methods, what HEAD and OPTIONS get by themselves.
#include "ropewalk/servers/http/router.h"

#include <optional>

#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

namespace {

/// A site whose routes answer with their own pattern, and what its names stand for.
TestSite siteOf(std::initializer_list<const char*> patterns) {
  TestSite site;
  for (const char* pattern : patterns) {
    site->get(pattern, [pattern](Request& r) {
      return format("{} id={} path={}", pattern, r.param("id"), r.param("path"));
    });
  }
  return site;
}

}  // namespace

TEST_CASE("text goes before a name, a name before the tail") {
  TestSite site = siteOf({"/users/me", "/users/:id", "/users/:id/posts", "/users/*path", "/*path"});
  Wire wire(site);
  CHECK(bodyOf(wire.get("/users/me")) == "/users/me id= path=");
  CHECK(bodyOf(wire.get("/users/7")) == "/users/:id id=7 path=");
  CHECK(bodyOf(wire.get("/users/7/posts")) == "/users/:id/posts id=7 path=");
  CHECK(bodyOf(wire.get("/users/me/posts")) == "/users/:id/posts id=me path=");
  CHECK(bodyOf(wire.get("/users/7/other/x")) == "/users/*path id= path=7/other/x");
  CHECK(bodyOf(wire.get("/users/")) == "/users/*path id= path=");
  CHECK(bodyOf(wire.get("/other")) == "/*path id= path=other");
}

TEST_CASE("segments are compared and given decoded; an encoded slash does not separate") {
  TestSite site = siteOf({"/caf\xc3\xa9", "/users/:id"});
  Wire wire(site);
  CHECK(statusOf(wire.get("/caf%C3%A9")) == 200);
  CHECK(bodyOf(wire.get("/users/a%2Fb%20c")) == "/users/:id id=a/b c path=");
}

TEST_CASE("an empty segment is no name, and a slash at the end makes a difference") {
  TestSite site = siteOf({"/users/:id", "/a"});
  Wire wire(site);
  CHECK(statusOf(wire.get("/users/")) == 404);
  CHECK(statusOf(wire.get("/users//")) == 404);
  CHECK(statusOf(wire.get("/a/")) == 404);
  CHECK(statusOf(wire.get("/A")) == 404);
}

TEST_CASE("a path that nobody registered is 404, a method that nobody registered 405 with Allow") {
  TestSite site;
  site->get("/x", [](Request&) { return "x"; });
  site->del("/x", [](Request&) { return Response(204); });
  Wire wire(site);
  CHECK(statusOf(wire.get("/y")) == 404);
  const std::string answer = wire.ask("POST /x HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(answer) == 405);
  CHECK(contains(answer, "Allow: GET, HEAD, DELETE, OPTIONS\r\n"));
  CHECK(statusOf(wire.ask("DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n")) == 204);
}

TEST_CASE("OPTIONS is answered by itself, for a path and for the server") {
  TestSite site;
  site->post("/x", [](Request&) { return "x"; });
  Wire wire(site);
  const std::string path = wire.ask("OPTIONS /x HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(path) == 204);
  CHECK(contains(path, "Allow: POST, OPTIONS\r\n"));
  const std::string server = wire.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(server) == 204);
  CHECK(contains(server, "Allow: GET"));
}

TEST_CASE("TRACE is 405, CONNECT is 501") {
  TestSite site;
  site->any("/", [](Request&) { return "x"; });
  Wire trace(site);
  CHECK(statusOf(trace.ask("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n")) == 405);
  Wire connect(site);
  CHECK(statusOf(connect.ask("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n")) == 501);
}

TEST_CASE("a handler for any method leaves the others theirs") {
  TestSite site;
  site->get("/", [](Request&) { return "get"; });
  site->any("/", [](Request& r) { return std::string(r.methodText()); });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/")) == "get");
  CHECK(bodyOf(wire.ask("PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n")) == "PROPFIND");
}

TEST_CASE("an absolute-form target is routed by its path") {
  TestSite site;
  site->get("/", [](Request& r) { return std::string(r.getRequestHostname()); });
  Wire wire(site);
  CHECK(bodyOf(wire.get("http://Example.org:81/")) == "Example.org");
  CHECK(bodyOf(wire.get("http://example.org")) == "example.org");
}

TEST_CASE("a path is cleaned before it is routed, and what was sent is still told") {
  TestSite site = siteOf({"/a/b", "/users/:id", "/files/*path"});
  site->get("/see/:id",
            [](Request& r) { return format("{} {} {}", r.param("id"), r.path(), r.uri()); });
  Wire wire(site);
  CHECK(bodyOf(wire.get("//a/./b")) == "/a/b id= path=");
  CHECK(bodyOf(wire.get("/x/%2E%2e/a/b")) == "/a/b id= path=");
  CHECK(bodyOf(wire.get("http://h//a/../a//b")) == "/a/b id= path=");
  CHECK(bodyOf(wire.get("/users/x/../7")) == "/users/:id id=7 path=");
  CHECK(bodyOf(wire.get("/files/../files/a//b/../c/")) == "/files/*path id= path=a/c/");
  CHECK(bodyOf(wire.get("/files/..%2fa")) == "/files/*path id= path=../a");
  CHECK(statusOf(wire.get("/files/../a")) == 404);
  CHECK(bodyOf(wire.get("//see//[x]?//..")) == "[x] /see/[x] //see//[x]?//..");
}

TEST_CASE("a path that was cleaned outlives the bytes it came in") {
  TestSite site;
  std::optional<Source<std::string>> slow;
  std::optional<RequestRef> kept;
  site->get("/users/:id/:more", [&](Request& r) {
    kept.emplace(r);
    return slow.emplace().deferred();
  });
  for (const char* path : {"//users/./one/two", "/users/one/two"}) {
    Wire wire(site);
    std::string bytes = format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", path);
    wire.send(bytes);
    bytes.assign(bytes.size(), '?');
    CHECK((*kept)->path() == "/users/one/two");
    CHECK((*kept)->param("more") == "two");
    slow->callback("");
    kept.reset();
  }
}

TEST_CASE("patterns that cannot be are refused when they are registered") {
  TestSite site = siteOf({"/a", "/b/:id"});
  const auto handler = [](Request&) { return ""; };
  CHECK_THROWS_AS(site->get("a", handler), std::invalid_argument);
  CHECK_THROWS_AS(site->get("/*tail/more", handler), std::invalid_argument);
  CHECK_THROWS_AS(site->get("/:", handler), std::invalid_argument);
  for (const char* never : {"/a//b", "/a/../b", "/./a", "/%2e%2e/a"})
    CHECK_THROWS_AS(site->get(never, handler), std::invalid_argument);
  CHECK_THROWS_AS(site->get("/a", handler), std::invalid_argument);
  CHECK_THROWS_WITH(site->get("/twice/:a/:a", handler),
                    "cannot route \"/twice/:a/:a\": \"a\" names two parts of it");
  CHECK_THROWS_WITH(site->post("/b/:name", handler),
                    "cannot route \"/b/:name\": \"/b/:id\" has other names");
}

TEST_CASE("arguments of the query are decoded") {
  TestSite site;
  site->get("/", [](Request& r) {
    return format("{}|{}|{}", *r.arg("a"), r.arg("b").value_or("none"), r.args().size());
  });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/?a=x+y%26&a=2")) == "x y&|none|2");
}

}  // namespace ropewalk::http
