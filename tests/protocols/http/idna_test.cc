// Host names beyond ASCII. UTS #46, RFC 5891.
#include "ropewalk/protocols/http/idna.h"

#include "ropewalk/protocols/http/uri.h"
#include "tests/catch.h"

namespace ropewalk::http {
namespace {

std::string url(std::string_view text) {
  const Result<Uri> parsed = parseUrl(text);
  return parsed.ok() ? toText(*parsed) : parsed.failure().getErrorMessage();
}

TEST_CASE("international host names are sent in their xn-- form, as browsers write it") {
  if (!hostToAscii("bücher.example").ok()) {
    CHECK(url("http://bücher.example/") ==
          "cannot parse URL: host beyond ASCII, and this ropewalk was built without libidn2; write "
          "its xn-- form");
    return;
  }
  CHECK(url("http://Bücher.example/ü") == "http://xn--bcher-kva.example/%C3%BC");
  CHECK(url("http://b%C3%BCcher.example:81/") == "http://xn--bcher-kva.example:81/");
  CHECK(url("http://faß.example/") == "http://xn--fa-hia.example/");  // not "fass"
  CHECK(url("http://BU\xcc\x88"
            "cher.example/") == "http://xn--bcher-kva.example/");  // composed
  CHECK(url("http://例え。テスト/") == "http://xn--r8jz45g.xn--zckzah/");
  CHECK(url("http://bücher.example./") == "http://xn--bcher-kva.example./");
}

TEST_CASE("what is no name is refused, however it is written") {
  CHECK(url("http://１２７.1/") ==
        "cannot parse URL: host is a number but no IPv4 address; write four decimal numbers");
  CHECK(url("http://\xff.example/").starts_with("cannot parse URL: "));
  CHECK(
      url("http://a\xe2\x80\x8f.example/").starts_with("cannot parse URL: "));  // a direction mark
}

}  // namespace
}  // namespace ropewalk::http
