// Where a redirect leads, and what goes along.
#include "ropewalk/clients/http/redirect.h"

#include "ropewalk/core/base/format.h"
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

Hop hopAt(std::string_view url, std::string method = "GET") {
  return {
      std::move(method), *parseUrl(url), {}, method == "GET" ? RequestBody() : RequestBody("body")};
}

/// Follows one redirect; there must be one.
Hop follow(const Hop& hop, int status, std::string_view location,
           const RedirectPolicy& policy = {}) {
  auto next = nextHop(hop, status, location, policy);
  return *next.value();
}

TEST_CASE("only 301, 302, 303, 307 and 308 are redirects") {
  const int status = GENERATE(200, 201, 300, 304, 305, 306, 399, 404);
  CHECK_FALSE(nextHop(hopAt("http://h/"), status, "/x", {}).value().has_value());
}

TEST_CASE("the method after a redirect is the browsers'") {
  const auto [status, before, after] = GENERATE(table<int, std::string, std::string>({
      {301, "GET", "GET"},
      {301, "POST", "GET"},
      {301, "PUT", "PUT"},
      {301, "HEAD", "HEAD"},
      {302, "GET", "GET"},
      {302, "POST", "GET"},
      {302, "DELETE", "DELETE"},
      {303, "GET", "GET"},
      {303, "POST", "GET"},
      {303, "PUT", "GET"},
      {303, "HEAD", "HEAD"},
      {307, "POST", "POST"},
      {307, "GET", "GET"},
      {308, "POST", "POST"},
      {308, "PUT", "PUT"},
  }));
  Hop hop = hopAt("http://h/");
  hop.method = before;
  hop.body = "body";
  hop.headers = {{"Content-Type", "text/plain"}, {"X-Other", "1"}};
  const Hop next = follow(hop, status, "/x");
  CHECK(next.method == after);
  const bool dropped = after == "GET" && before != "GET";
  CHECK(next.body.empty() == dropped);
  CHECK(next.headers.has("Content-Type") == !dropped);
  CHECK(next.headers.has("X-Other"));
}

TEST_CASE("a Location is relative to the URL that carried it") {
  const auto [base, location, target] = GENERATE(table<std::string, std::string, std::string>({
      {"http://h/a/b?q", "c", "http://h/a/c"},
      {"http://h/a/b", "../c", "http://h/c"},
      {"http://h/a/b?q", "?r", "http://h/a/b?r"},
      {"http://h/a", "//other/x", "http://other/x"},
      {"http://h:81/a", "/x", "http://h:81/x"},
      {"http://h/a#part", "/x", "http://h/x#part"},
      {"http://h/a#part", "/x#new", "http://h/x#new"},
      {"http://h/a", "http://user:secret@h/x", "http://h/x"},
      {"http://h/a", "/a b", "http://h/a%20b"},
  }));
  CHECK(toText(follow(hopAt(base), 302, location).url) == target);
}

TEST_CASE("credentials and Host stay behind when scheme, host or port change") {
  Hop hop = hopAt("http://a.example/");
  hop.headers = {{"authorization", "x"},
                 {"Cookie", "y"},
                 {"Proxy-Authorization", "z"},
                 {"Host", "v"},
                 {"X-Other", "1"}};
  CHECK(follow(hop, 302, "/same").headers.size() == 5);
  for (const auto* elsewhere : {"https://a.example/", "http://b.example/", "http://a.example:81/",
                                "http://sub.a.example/"}) {
    const Hop next = follow(hop, 302, elsewhere);
    CHECK(next.headers.size() == 1);
    CHECK(next.headers.has("X-Other"));
  }
}

TEST_CASE("from https to http is refused, unless it is allowed") {
  const Hop hop = hopAt("https://h/");
  CHECK(nextHop(hop, 302, "http://h/", {}).failure().check<RedirectRefused>());
  RedirectPolicy policy;
  policy.allowDowngrade = true;
  CHECK(follow(hop, 302, "http://h/", policy).url.scheme == "http");
  CHECK(follow(hop, 302, "https://other/").url.scheme == "https");
}

TEST_CASE("what cannot be followed says why") {
  CHECK(nextHop(hopAt("http://h/"), 302, "http://[::1", {}).failure().check<InvalidUrl>());
  CHECK(nextHop(hopAt("http://h/"), 302, "http:///", {}).failure().check<InvalidUrl>());
  Hop produced = hopAt("http://h/", "PUT");
  produced.body = RequestBody::pieces([] { return succeed(std::string()); });
  CHECK(nextHop(produced, 307, "/x", {}).failure().check<RedirectRefused>());
  CHECK(follow(produced, 303, "/x").body.empty());
}

TEST_CASE("without a Location, or with an empty one, the redirect is the answer") {
  for (const int status : {301, 302, 303, 307, 308}) {
    CHECK_FALSE(nextHop(hopAt("http://h/"), status, std::nullopt, {}).value().has_value());
    CHECK_FALSE(nextHop(hopAt("http://h/"), status, "", {}).value().has_value());
  }
}

// Through an agent.

TEST_CASE("a 302 without a Location is given to the caller, its body too") {
  World world;
  auto pending = world.get("http://example.org/");
  world.origin[0].send("HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nlost");
  ClientResponse response = successResultOf(pending);
  CHECK(response.status == 302);
  auto body = response.readBody();
  CHECK(successResultOf(body) == "lost");
}

std::string redirectTo(std::string_view location) {
  return format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 4\r\n\r\nmove", location);
}

TEST_CASE("redirects are followed over the same connection, and told") {
  World world;
  auto pending = world.get("http://example.org/a/b");
  world.origin[0].send(redirectTo("c"));
  world.origin[0].send(redirectTo("d"));
  world.origin[0].received();
  world.origin[0].send(kHello);
  ClientResponse response = successResultOf(pending);
  CHECK(response.url == "http://example.org/a/d");
  CHECK(response.redirects ==
        std::vector<std::string>{"http://example.org/a/b", "http://example.org/a/c"});
  CHECK(world.origin.size() == 1);
}

TEST_CASE("the body of a redirect that is still coming does not hold up the next request") {
  World world;
  auto pending = world.get("http://example.org/");
  world.origin[0].send("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 10\r\n\r\n");
  REQUIRE(world.origin.size() == 2);
  world.origin[1].send(kHello);
  CHECK(successResultOf(pending).status == 200);
  world.origin[0].send("0123456789");
  CHECK(world.agent.pool().idle() == 2);
}

TEST_CASE("more redirects than the limit are too many; the limit itself is not") {
  AgentOptions options;
  options.redirects.limit = 2;
  World world(options);
  auto enough = world.get("http://example.org/");
  world.origin[0].send(redirectTo("/1"));
  world.origin[0].send(redirectTo("/2"));
  world.origin[0].send(kHello);
  CHECK(successResultOf(enough).status == 200);
  auto tooMany = world.get("http://example.org/");
  for (const auto* to : {"/1", "/2", "/3"}) world.origin[0].send(redirectTo(to));
  CHECK(
      failureResultOf<TooManyRedirects>(tooMany).getErrorMessage() ==
      "cannot fetch http://example.org/: more than 2 redirects, the last to http://example.org/3");
}

TEST_CASE("a loop is caught before the limit") {
  World world;
  auto pending = world.get("http://example.org/a");
  for (const auto* to : {"/b", "/a", "/b", "/a", "/b", "/a"}) world.origin[0].send(redirectTo(to));
  CHECK_NOTHROW(failureResultOf<RedirectLoop>(pending));
}

TEST_CASE("a redirect is the response where none is to be followed") {
  World world;
  RedirectPolicy none;
  none.follow = false;
  auto pending = world.agent.request(http::get("http://example.org/").redirects(none));
  world.origin[0].send(redirectTo("/x"));
  ClientResponse response = successResultOf(pending);
  CHECK(response.status == 302);
  CHECK(successResultOf(response.readBody()) == "move");
}

TEST_CASE("a redirect to another scheme is refused") {
  World world;
  const auto* location =
      GENERATE("https://example.org/", "file:///etc/passwd", "ftp://h/", "javascript:alert(1)");
  auto pending = world.get("http://example.org/");
  world.origin[0].send(redirectTo(location));
  CHECK_THROWS_AS(failureResultOf(pending).raise(), FetchError);
  CHECK(world.origin.size() == 1);
}

TEST_CASE("a 307 sends the body again, a 303 does not") {
  World world;
  auto pending = world.agent.request(http::post("http://example.org/").body("data"));
  world.origin[0].received();
  world.origin[0].send("HTTP/1.1 307 X\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n");
  world.clock.advance(50ms);  // the server might close
  CHECK(world.origin[0].received().ends_with("\r\nContent-Length: 4\r\n\r\ndata"));
  world.origin[0].send("HTTP/1.1 303 X\r\nLocation: /z\r\nContent-Length: 0\r\n\r\n");
  const std::string last = world.origin[0].received();
  CHECK(last.starts_with("GET /z "));
  CHECK(last.find("Content-Length") == std::string::npos);
}

}  // namespace
}  // namespace ropewalk::http::testing
