#include "ropewalk/protocols/http/uri.h"

#include <string>
#include <utility>

#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

Uri uri(std::string_view text) { return parseUri(text).value(); }
bool valid(std::string_view text) { return parseUri(text).ok(); }

}  // namespace

TEST_CASE("a URI is taken apart (RFC 3986 §3)") {
  const Uri parts = uri("foo://user:pw@example.com:8042/over/there?name=ferret#nose");
  CHECK(parts.scheme == "foo");
  CHECK(parts.userinfo == "user:pw");
  CHECK(parts.host == "example.com");
  CHECK(parts.port == 8042);
  CHECK(parts.path == "/over/there");
  CHECK(parts.query == "name=ferret");
  CHECK(parts.fragment == "nose");
}

TEST_CASE("the examples of RFC 3986 §1.1.2 come back as they went in") {
  for (const char* text :
       {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "http://www.ietf.org/rfc/rfc2396.txt",
        "ldap://[2001:db8::7]/c=GB?objectClass?one", "mailto:John.Doe@example.com",
        "news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212", "telnet://192.0.2.16:80/",
        "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "http://h/?", "http://h/#", "//h",
        "?", "#", "", "a/b:c"}) {
    INFO(text);
    CHECK(toText(uri(text)) == text);
  }
}

TEST_CASE("a part that is empty and one that is absent differ") {
  CHECK(uri("http://h/?").query == "");
  CHECK_FALSE(uri("http://h/").query.has_value());
  CHECK(uri("http://h/#").fragment == "");
  CHECK(uri("file:///x").host == "");
  CHECK_FALSE(uri("file:/x").host.has_value());
}

TEST_CASE("an IPv6 host has no brackets inside a Uri and gets them back outside") {
  const Uri parts = uri("http://[2001:db8::1]:8080/");
  CHECK(parts.host == "2001:db8::1");
  CHECK(parts.hostField() == "[2001:db8::1]:8080");
  CHECK(toText(uri("http://[v7.a:b]/")) == "http://[v7.a:b]/");
}

TEST_CASE("what RFC 3986 does not allow is refused, with a reason") {
  for (const char* bad :
       {"http://h/a b", "http://h/\xc3\xa9", "http://h/%4", "http://h/%gg", "http://h:x/",
        "http://h:65536/", "http://[::1/", "http://[zz]/", "http://a@b@c/", "1http://h/", ":x",
        "http://h/#a#b", "http://h/?a[b]", "http://h/\"", "http://h/{}", "http://h h/",
        "http://us er@h/", "http://h/\\", "a b:c"}) {
    INFO(bad);
    CHECK_FALSE(valid(bad));
  }
  CHECK(parseUri("http://h:x/").failure().getErrorMessage() ==
        "cannot parse URI: invalid host or port");
  CHECK(parseUri("http://h:x/").failure().check<InvalidUriError>() != nullptr);
}

TEST_CASE("RFC 3986 §5.4.1: the normal examples of resolution") {
  const Uri base = uri("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> examples[] = {{"g:h", "g:h"},
                                                          {"g", "http://a/b/c/g"},
                                                          {"./g", "http://a/b/c/g"},
                                                          {"g/", "http://a/b/c/g/"},
                                                          {"/g", "http://a/g"},
                                                          {"//g", "http://g"},
                                                          {"?y", "http://a/b/c/d;p?y"},
                                                          {"g?y", "http://a/b/c/g?y"},
                                                          {"#s", "http://a/b/c/d;p?q#s"},
                                                          {"g#s", "http://a/b/c/g#s"},
                                                          {"g?y#s", "http://a/b/c/g?y#s"},
                                                          {";x", "http://a/b/c/;x"},
                                                          {"g;x", "http://a/b/c/g;x"},
                                                          {"g;x?y#s", "http://a/b/c/g;x?y#s"},
                                                          {"", "http://a/b/c/d;p?q"},
                                                          {".", "http://a/b/c/"},
                                                          {"./", "http://a/b/c/"},
                                                          {"..", "http://a/b/"},
                                                          {"../", "http://a/b/"},
                                                          {"../g", "http://a/b/g"},
                                                          {"../..", "http://a/"},
                                                          {"../../", "http://a/"},
                                                          {"../../g", "http://a/g"}};
  for (const auto& [reference, target] : examples) {
    INFO(reference);
    CHECK(toText(resolve(base, uri(reference))) == target);
  }
}

TEST_CASE("RFC 3986 §5.4.2: the abnormal examples of resolution") {
  const Uri base = uri("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> examples[] = {{"../../../g", "http://a/g"},
                                                          {"../../../../g", "http://a/g"},
                                                          {"/./g", "http://a/g"},
                                                          {"/../g", "http://a/g"},
                                                          {"g.", "http://a/b/c/g."},
                                                          {".g", "http://a/b/c/.g"},
                                                          {"g..", "http://a/b/c/g.."},
                                                          {"..g", "http://a/b/c/..g"},
                                                          {"./../g", "http://a/b/g"},
                                                          {"./g/.", "http://a/b/c/g/"},
                                                          {"g/./h", "http://a/b/c/g/h"},
                                                          {"g/../h", "http://a/b/c/h"},
                                                          {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                                                          {"g;x=1/../y", "http://a/b/c/y"},
                                                          {"g?y/./x", "http://a/b/c/g?y/./x"},
                                                          {"g?y/../x", "http://a/b/c/g?y/../x"},
                                                          {"g#s/./x", "http://a/b/c/g#s/./x"},
                                                          {"g#s/../x", "http://a/b/c/g#s/../x"},
                                                          {"http:g", "http:g"}};
  for (const auto& [reference, target] : examples) {
    INFO(reference);
    CHECK(toText(resolve(base, uri(reference))) == target);
  }
}

TEST_CASE("a base without a path gives a relative one its slash (RFC 3986 §5.2.3)") {
  CHECK(toText(resolve(uri("http://a"), uri("g"))) == "http://a/g");
  CHECK(toText(resolve(uri("http://a?x"), uri("?y"))) == "http://a?y");
}

TEST_CASE("dot segments are removed as RFC 3986 §5.2.4 says") {
  CHECK(removeDotSegments("/a/b/c/./../../g") == "/a/g");
  CHECK(removeDotSegments("mid/content=5/../6") == "mid/6");
  CHECK(removeDotSegments("/../../..") == "/");
  CHECK(removeDotSegments("..") == "");
  CHECK(removeDotSegments("/a/..") == "/");
  CHECK(removeDotSegments("a//../b") == "a/b");
}

TEST_CASE("a path that would read as an authority is written so that it does not") {
  Uri parts;
  parts.scheme = "x";
  parts.path = "//y";
  CHECK(toText(parts) == "x:/.//y");
}

TEST_CASE("normalisation: case, escapes, dots, port, empty path (RFC 3986 §6.2)") {
  CHECK(toText(normalize(uri("HTTP://EXAMPLE.com:80"))) == "http://example.com/");
  CHECK(toText(normalize(uri("http://e/%7euser/%c3%a9/%2f/a/../b"))) ==
        "http://e/~user/%C3%A9/%2F/b");
  CHECK(toText(normalize(uri("https://e:443/?%41#%41"))) == "https://e/?A#A");
  CHECK(toText(normalize(uri("http://e:8080/%2e%2E/x"))) == "http://e:8080/x");
  CHECK(toText(normalize(uri("http://%45%c3%a9/"))) == "http://e%C3%A9/");
}

TEST_CASE("percent coding goes back and forth for every byte") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const EncodeSet set :
       {EncodeSet::component, EncodeSet::pathSegment, EncodeSet::path, EncodeSet::query}) {
    CHECK(percentDecode(percentEncode(bytes, set)) == bytes);
  }
  CHECK(percentEncode("a b/c?d&e~") == "a%20b%2Fc%3Fd%26e~");
  CHECK(percentEncode("a b/c?d&e", EncodeSet::pathSegment) == "a%20b%2Fc%3Fd&e");
  CHECK(percentEncode("a b/c?d&e", EncodeSet::path) == "a%20b/c%3Fd&e");
  CHECK(percentEncode("a b/c?d&e#", EncodeSet::query) == "a%20b/c?d&e%23");
  CHECK_FALSE(percentDecode("%").has_value());
  CHECK_FALSE(percentDecode("%4").has_value());
  CHECK_FALSE(percentDecode("%4g").has_value());
}

TEST_CASE("origin, Host field and request target of a URI") {
  CHECK(uri("HTTPS://Example.org:443/x").origin() == "https://example.org");
  CHECK(uri("http://h:8080").origin() == "http://h:8080");
  CHECK(uri("http://h:80/").hostField() == "h");
  CHECK(uri("https://h:80/").hostField() == "h:80");
  CHECK(uri("http://h").requestTarget() == "/");
  CHECK(uri("http://h?a").requestTarget() == "/?a");
  CHECK(uri("http://h/x?a#f").requestTarget() == "/x?a");
  CHECK(uri("http://h/").effectivePort() == 80);
  CHECK(uri("wss://h/").effectivePort() == 443);
  CHECK(uri("http://h:81/").effectivePort() == 81);
  CHECK(uri("foo://h/").effectivePort() == 0);
}

TEST_CASE("IPv6 addresses by the grammar of RFC 3986 §3.2.2") {
  for (const char* good :
       {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8",
        "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "fe80::abcd", "2001:DB8::1"}) {
    INFO(good);
    CHECK(isIpv6Address(good));
  }
  for (const char* bad :
       {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
        "12345::", "g::", "1:", ":1", "::1.2.3", "1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5",
        "1:2:3:4:5:6:7:8::", "::1%eth0", "::1 "}) {
    INFO(bad);
    CHECK_FALSE(isIpv6Address(bad));
  }
}

TEST_CASE("IPv4 addresses are four decimal numbers without leading zeros") {
  CHECK(isIpv4Address("0.0.0.0"));
  CHECK(isIpv4Address("255.255.255.255"));
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4.", "a.b.c.d",
                          "1..2.3", "0x1.2.3.4"}) {
    INFO(bad);
    CHECK_FALSE(isIpv4Address(bad));
  }
}
