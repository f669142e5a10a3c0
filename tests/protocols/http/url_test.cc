#include <string>
#include <utility>

#include "ropewalk/protocols/http/uri.h"
#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

std::string url(std::string_view text) {
  const auto parsed = parseUrl(text);
  return parsed ? toText(*parsed) : parsed.failure().getErrorMessage();
}

std::string resolved(std::string_view base, std::string_view reference) {
  const auto target = resolve(parseUrl(base).value(), reference);
  return target ? toText(*target) : target.failure().getErrorMessage();
}

}  // namespace

TEST_CASE("a URL without a scheme gets the default one, also before a port") {
  CHECK(url("example.org") == "http://example.org/");
  CHECK(url("example.org/x?y#z") == "http://example.org/x?y#z");
  CHECK(url("localhost:8080") == "http://localhost:8080/");
  CHECK(url("localhost:8080/x") == "http://localhost:8080/x");
  CHECK(url("//example.org/x") == "http://example.org/x");
  CHECK(url("[::1]:80/x") == "http://[::1]/x");
  CHECK(toText(parseUrl("example.org", "https").value()) == "https://example.org/");
}

TEST_CASE("white space and line breaks are stripped") {
  CHECK(url("  http://example.org/a\n b\t \r\n") == "http://example.org/a%20b");
  CHECK(url("ht\ntp://exam\tple.org/") == "http://example.org/");
}

TEST_CASE("backslashes are slashes before the query") {
  CHECK(url("http:\\\\example.org\\a\\b?c\\d") == "http://example.org/a/b?c%5Cd");
}

TEST_CASE("slashes after the scheme of an http URL do not matter") {
  for (const char* text : {"http:example.org/x", "http:/example.org/x", "http:///example.org/x",
                           "HTTP://EXAMPLE.org/x"}) {
    INFO(text);
    CHECK(url(text) == "http://example.org/x");
  }
}

TEST_CASE("what may not stand in a URL is percent-encoded, escapes are left alone") {
  CHECK(url("http://h/a b\"<>`{}\xc3\xa9?q=\"' |#f g") ==
        "http://h/a%20b%22%3C%3E%60%7B%7D%C3%A9?q=%22'%20%7C#f%20g");
  CHECK(url("http://h/%41%2f") == "http://h/%41%2f");
  CHECK(url("http://h/100%?a=5%") == "http://h/100%25?a=5%25");
}

TEST_CASE("default ports are dropped, dot segments removed, encoded ones too") {
  CHECK(url("http://h:80/") == "http://h/");
  CHECK(url("https://h:443/") == "https://h/");
  CHECK(url("https://h:80/") == "https://h:80/");
  CHECK(url("http://h:/") == "http://h/");
  CHECK(url("http://h:00081/") == "http://h:81/");
  CHECK(url("http://h/a/../b/./%2e%2E/c") == "http://h/c");
}

TEST_CASE("user information is kept, the last @ ends it") {
  CHECK(url("http://user:p@ss/w@h/") == "http://user:p@ss/w@h/");
  CHECK(url("http://u:p@q@h/") == "http://u:p%40q@h/");
}

TEST_CASE("numbers that only resemble an IPv4 address are refused") {
  CHECK(url("http://127.0.0.1/") == "http://127.0.0.1/");
  for (const char* host : {"127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "1.2.3.4.5",
                           "256.1.1.1", "127.0.0.1.", "0x", "a.1", "1.2.3.0x4"}) {
    INFO(host);
    CHECK(url("http://" + std::string(host) + "/") ==
          "cannot parse URL: host is a number but no IPv4 address; write four decimal numbers");
  }
  CHECK(url("http://1.example/") == "http://1.example/");
}

TEST_CASE("an IPv6 address may have a zone, which is not sent (RFC 6874, RFC 9844)") {
  for (const char* text : {"http://[FE80::1%25Eth0]:81/x", "http://[fe80::1%Eth0]:81/x"}) {
    const auto parsed = parseUrl(text);
    REQUIRE(parsed.ok());
    CHECK(parsed->host == "fe80::1%Eth0");
    CHECK(parsed->hostField() == "[fe80::1]:81");
    CHECK(parsed->origin() == "http://[fe80::1]:81");
    CHECK(toText(*parsed) == "http://[fe80::1%25Eth0]:81/x");
  }
  CHECK(parseUrl("http://[fe80::1%25]/")->host == "fe80::1%25");  // an interface named "25"
  for (const char* text : {"http://[fe80::1%]/", "http://[::1%25a%2fb]/", "http://[1.2.3.4%lo]/"})
    CHECK_FALSE(parseUrl(text).ok());
}

TEST_CASE("hosts and ports that cannot be are refused, with what to do") {
  CHECK(url("") == "cannot parse URL: no host; write scheme://host/path");
  CHECK(url("http://") == "cannot parse URL: no host; write scheme://host/path");
  CHECK(url("http://:80/") == "cannot parse URL: no host; write scheme://host/path");
  CHECK(url("http://a b/") == "cannot parse URL: invalid character in host; remove it");
  CHECK(url("http://a%00b/") == "cannot parse URL: invalid character in host; remove it");
  CHECK(url("http://a%2fb/") == "cannot parse URL: invalid character in host; remove it");
  CHECK(url("http://[::1") == "cannot parse URL: invalid IPv6 address; write [::1]");
  CHECK(url("http://[1.2.3.4]/") == "cannot parse URL: invalid IPv6 address; write [::1]");
  CHECK(url("http://h:65536/") == "cannot parse URL: invalid port; write a number up to 65535");
  CHECK(url("http://h:8o/") == "cannot parse URL: invalid port; write a number up to 65535");
}

TEST_CASE("URLs of other schemes are read strictly and left as they are") {
  CHECK(url("mailto:a@b") == "mailto:a@b");
  CHECK(url("ftp://h/A/../b") == "ftp://h/A/../b");
  CHECK(url("ftp://h/a b").starts_with("cannot parse URI"));
}

TEST_CASE("references are resolved as a browser does") {
  const std::pair<const char*, const char*> examples[] = {
      {"/x y", "http://a/x%20y"},       {"\\x", "http://a/x"},
      {"//b/c", "http://b/c"},          {"\\\\b\\c", "http://b/c"},
      {"HTTPS://B:443/", "https://b/"}, {"?n=1 2", "http://a/p/q?n=1%202"},
      {"", "http://a/p/q?r"},           {"#f", "http://a/p/q?r#f"},
      {"../up", "http://a/up"},         {"%2e%2e/up", "http://a/up"},
      {" x ", "http://a/p/x"},          {"mailto:x@y", "mailto:x@y"},
      {"http:x", "http://a/p/x"},       {"HTTP:/x", "http://a/x"},
      {"http:?n", "http://a/p/q?n"},    {"http://b", "http://b/"},
      {"https:b/x", "https://b/x"},     {"localhost:8080", "localhost:8080"}};
  for (const auto& [reference, target] : examples) {
    INFO(reference);
    CHECK(resolved("http://a/p/q?r", reference) == target);
  }
}
