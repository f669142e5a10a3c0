// getPage, and the title of a page.
#include "ropewalk/clients/http/page.h"

#include "ropewalk/clients/http/html_title.h"
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

TEST_CASE("getPage gives status, headers, body, and where it came from") {
  World world;
  auto pending = getPage(world.agent, "http://example.org/");
  world.origin[0].send("HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
  world.origin[0].send("HTTP/1.1 200 Fine\r\nX: y\r\nContent-Length: 5\r\n\r\nhe");
  world.origin[0].send("llo");
  const Page page = successResultOf(pending);
  CHECK(page.status == 200);
  CHECK(page.reason == "Fine");
  CHECK(page.headers.get("X") == "y");
  CHECK(page.body == "hello");
  CHECK(page.url == "http://example.org/x");
  CHECK(page.redirects == std::vector<std::string>{"http://example.org/"});
}

TEST_CASE("a status of 400 and above is a failure that carries the page") {
  World world;
  auto pending = getPage(world.agent, "http://example.org/");
  world.origin[0].send("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry");
  const Failure why = failureResultOf<StatusError>(pending);
  CHECK(why.getErrorMessage() == "cannot fetch http://example.org/: 404 Not Found");
  CHECK(why.check<StatusError>()->status() == 404);
  CHECK(why.check<StatusError>()->page().body == "sorry");
}

TEST_CASE("unless it is wanted as a page") {
  World world;
  auto pending = getPage(world.agent, "http://example.org/", PageOptions().failOnStatus(false));
  world.origin[0].send("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry");
  CHECK(successResultOf(pending).body == "sorry");
}

TEST_CASE("getPage sends method, fields and body, and keeps to the body limit") {
  World world;
  auto pending = getPage(world.agent, "http://example.org/",
                         PageOptions().method("POST").header("X", "y").body("z").bodyLimit(4));
  CHECK(world.origin[0].received().ends_with("\r\nX: y\r\nContent-Length: 1\r\n\r\nz"));
  world.origin[0].send(kHello);
  CHECK_NOTHROW(failureResultOf<BodyTooLarge>(pending));
}

TEST_CASE("what a page was to be fetched with becomes the request's, and is not copied") {
  PageOptions options = PageOptions().method("PUT").header("X", "y").body("z").timeout(5s);
  options.redirects({});
  ClientRequest request("http://example.org/");
  request.settings(std::move(options));
  CHECK(request.method() == "PUT");
  CHECK(request.headers().get("X") == "y");
  CHECK(request.body().length() == 1);
  CHECK(request.timeouts()->total == 5s);
  CHECK(request.redirects());
  CHECK_FALSE(options.headers().has("X"));  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("cancelling getPage ends it wherever it is") {
  World world;
  auto pending = getPage(world.agent, "http://example.org/");
  world.origin[0].send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
  pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  CHECK(world.origin[0].transport.aborted());
}

TEST_CASE("the title is the text of the first title element") {
  const auto [html, title] = GENERATE(table<std::string, std::string>({
      {"<html><head><title>Hello</title></head>", "Hello"},
      {"<TITLE lang=en>\n  Hello,\t world \n</TITLE >", "Hello, world"},
      {"<title>a &amp; b &lt;c&gt; &quot;d&quot; &#39;e&#x27; &nbsp;&unknown; &#xe9;</title>",
       "a & b <c> \"d\" 'e' &unknown; \xc3\xa9"},
      {"<!-- <title>no</title> --><title>yes</title>", "yes"},
      {"<titlebar>no</titlebar><title>yes</title>", "yes"},
      {"<title>one</title><title>two</title>", "one"},
      {"<title>never ends", ""},
      {"<title", ""},
      {"no html at all", ""},
      {"", ""},
      {"<title>a\x1b[31m\x01z</title>", "a [31m z"},
      {"<title>&#0;&#xd800;&#x110000;&#;&</title>", "&#0;&#xd800;&#x110000;&#;&"},
      {"<!-- <title>never closed</title>", ""},
  }));
  CHECK(htmlTitle(html) == title);
}

TEST_CASE("a title is looked for in the first 64 KiB, and cut at 1 KiB between characters") {
  CHECK(htmlTitle(std::string(70'000, ' ') + "<title>late</title>").empty());
  std::string title;
  while (title.size() < 1023) title += "\xc3\xa9";
  CHECK(htmlTitle("<title>x" + title + "</title>").size() == 1023);
}

}  // namespace
}  // namespace ropewalk::http::testing
