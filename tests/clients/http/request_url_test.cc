// The URL of a request: what is taken as it is, and that both ways give the same parts.
#include "ropewalk/clients/http/detail/request_url.h"
#include "tests/catch.h"

namespace ropewalk::http::detail {
namespace {

/// The parts are those of the URL as parseUrl has it.
void checkParts(const RequestUrl& url, std::string_view text) {
  Uri uri = parseUrl(text).value();
  uri.userinfo.reset();
  CHECK(url.text() == toText(uri));
  CHECK(url.scheme() == uri.scheme);
  CHECK(url.hostField() == uri.hostField());
  CHECK(url.target() == uri.requestTarget());
  CHECK(url.text().starts_with(url.origin()));
  CHECK(url.toUri() == uri);
  CHECK(url.toOrigin() == Origin(uri.scheme, *uri.host, uri.effectivePort()));
}

TEST_CASE("a URL in its normal form is taken as it is") {
  const std::string text =
      GENERATE(as<std::string>(), "http://h/", "https://example.org/", "http://127.0.0.1:8080/",
               "http://a-b.c_d.example:81/x", "https://h:80/", "http://h:443/a//b/c.d/e;f=g,h@i:j",
               "http://h/a%20b%2Fc", "http://h/?", "http://h/a?b=c&d=/?e%00#", "http://h/#f?g",
               "http://1x.example/", "http://h:65535/", "http://h/?a=../b", "http://h/a.");
  CAPTURE(text);
  const std::optional<RequestUrl> url = RequestUrl::plain(std::string(text));
  REQUIRE(url.has_value());
  CHECK(url->text() == text);
  checkParts(*url, text);
  checkParts(RequestUrl(parseUrl(text).value()), text);
}

TEST_CASE("any other is for parseUrl, and stays whole") {
  const std::string text =
      GENERATE(as<std::string>(), "HTTP://h/", "http://H/", "h/", "http://h", "http://h?x",
               "http://h#x", "http:/h/", "http:///h/", " http://h/", "http://h/ ", "http://h/a b",
               "http://h/a\tb", "http://h\\a", "http://h/a\\b", "http://h:80/", "https://h:443/",
               "http://h:/", "http://h:081/", "http://h./", "http://a:b@h/", "http://@h/",
               "http://[::1]/", "http://[fe80::1%eth0]/x", "http://h%41/", "http://h/./a",
               "http://h/a/../b", "http://h/..", "http://h/.a", "http://h/%2e%2E/a", "http://h/%",
               "http://h/%4", "http://h/%zz", "http://h/?%", "http://h/?a|b", "http://h/#a#b",
               "http://h/\xc3\xa9", "ws://h/a", "http://h.2x/");
  CAPTURE(text);
  std::string moved = text;
  CHECK_FALSE(RequestUrl::plain(std::move(moved)).has_value());
  CHECK(moved == text);  // NOLINT(bugprone-use-after-move): that is the promise
  checkParts(RequestUrl(parseUrl(text).value()), text);
}

TEST_CASE("what is no URL is not taken either") {
  const std::string text =
      GENERATE(as<std::string>(), "", "http://", "http:///", "http://h:65536/", "http://h:0x/",
               "http://h:x/", "http://1.2.3/", "http://1.2.3.256/", "http://h.0x7f/");
  CAPTURE(text);
  CHECK_FALSE(RequestUrl::plain(std::string(text)).has_value());
}

TEST_CASE("a NUL ends nothing") {
  using namespace std::string_literals;
  CHECK_FALSE(RequestUrl::plain("http://h/a\0b"s).has_value());
  CHECK_FALSE(RequestUrl::plain("http://h/?a\0b"s).has_value());
  CHECK_FALSE(RequestUrl::plain("http://h/#a\0b"s).has_value());
}

TEST_CASE("a URL of another scheme may lack a path, and is asked for / then") {
  const RequestUrl url(parseUri("memory://H:7?q").value());
  CHECK(url.text() == "memory://H:7?q");
  CHECK(url.origin() == "memory://H:7");
  CHECK(url.target() == "/?q");
}

}  // namespace
}  // namespace ropewalk::http::detail
