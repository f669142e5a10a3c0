// Which proxy a request goes through: URLs of proxies, the environment, NO_PROXY.
#include "ropewalk/clients/http/proxy.h"

#include <map>
#include <string>

#include "ropewalk/clients/http/errors.h"
#include "ropewalk/core/base/text.h"
#include "tests/catch.h"

namespace ropewalk::http {
namespace {

using Variables = std::map<std::string, std::string>;

Proxies from(const Variables& variables) {
  return Proxies::fromEnvironment([&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

/// "http://p:3128", or "direct", or what is wrong.
std::string chosen(const Proxies& proxies, const std::string& scheme, const std::string& host,
                   std::uint16_t port = 80) {
  const Result<const Proxy*> proxy = proxies.of({scheme, host, port});
  if (!proxy.ok()) return proxy.failure().getErrorMessage();
  return *proxy == nullptr ? "direct" : toText(**proxy);
}

std::string problemWith(const std::string& url) {
  const Result<Proxy> proxy = parseProxy(url);
  return proxy.ok() ? "" : proxy.failure().getErrorMessage();
}

TEST_CASE("a proxy is scheme, host and port; http and 1080 where they are left out, as in curl") {
  CHECK(*parseProxy("http://Proxy.Example:3128") == Proxy{{"http", "proxy.example", 3128}});
  CHECK(*parseProxy("http://proxy:80/") == Proxy{{"http", "proxy", 80}});
  CHECK(*parseProxy("proxy") == Proxy{{"http", "proxy", 1080}});
  CHECK(*parseProxy("  127.0.0.1:8080 ") == Proxy{{"http", "127.0.0.1", 8080}});
  CHECK(*parseProxy("https://[::1]") == Proxy{{"https", "::1", 443}});
}

TEST_CASE("user and password of a proxy become Basic credentials, percent-decoded") {
  CHECK(parseProxy("http://me:a%40b@p:1")->authorization == "Basic " + base64Encode("me:a@b"));
  CHECK(parseProxy("http://me@p:1")->authorization == "Basic " + base64Encode("me:"));
  CHECK(parseProxy("http://p:1")->authorization.empty());
}

TEST_CASE("what is no proxy is refused, in words that show no password") {
  CHECK(problemWith("socks5://p:1") ==
        "\"socks5://p:1\" is no proxy: the scheme is socks5; http and https are supported");
  CHECK(problemWith("http://p:1/path") ==
        "\"http://p:1/path\" is no proxy: something follows host and port");
  CHECK(problemWith("http://") == "\"http://\" is no proxy: it has no host");
  CHECK(problemWith("http://p:0") == "\"http://p:0\" is no proxy: port 0");
  for (const auto* url : {"http://me:secret@p:99999", "socks5://me:secret@p", "http://me:secret@",
                          "http://me:secret%zz@p:1", "me:secret@p q", "http://a@b:secret@p:x"}) {
    INFO(url);
    CHECK(problemWith(url).find("is no proxy") != std::string::npos);
    CHECK(problemWith(url).find("secret") == std::string::npos);
  }
}

TEST_CASE("each scheme has its variables, and the general ones are for both") {
  const Proxies both = from({{"http_proxy", "http://one:1"}, {"HTTPS_PROXY", "http://two:2"}});
  CHECK(chosen(both, "http", "example.org") == "http://one:1");
  CHECK(chosen(both, "https", "example.org", 443) == "http://two:2");
  const Proxies all = from({{"ALL_PROXY", "three:3"}});
  CHECK(chosen(all, "http", "example.org") == "http://three:3");
  CHECK(chosen(all, "https", "example.org", 443) == "http://three:3");
  const Proxies lower = from({{"https_proxy", "http://low:1"}, {"HTTPS_PROXY", "http://up:1"}});
  CHECK(chosen(lower, "https", "example.org", 443) == "http://low:1");
  CHECK(chosen(from({}), "https", "example.org", 443) == "direct");
}

TEST_CASE("HTTP_PROXY in upper case is ignored: in a CGI whoever sends a Proxy field sets it") {
  CHECK(chosen(from({{"HTTP_PROXY", "http://evil:1"}}), "http", "example.org") == "direct");
}

TEST_CASE("local hosts are asked directly whatever the environment says; not so an explicit one") {
  const Proxies environment = from({{"all_proxy", "http://p:1"}});
  for (const auto* host :
       {"localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    INFO(host);
    CHECK(chosen(environment, "http", host) == "direct");
    CHECK(chosen(Proxies::through("http://p:1"), "http", host) == "http://p:1");
  }
  CHECK(chosen(environment, "http", "notlocalhost") == "http://p:1");
}

TEST_CASE("a bad variable fails the requests that would use it, and names itself") {
  const Proxies proxies = from({{"https_proxy", "socks5://p:1"}, {"no_proxy", "inner"}});
  CHECK(chosen(proxies, "https", "example.org") ==
        "https_proxy in the environment: \"socks5://p:1\" is no proxy: the scheme is socks5; http "
        "and https are supported");
  CHECK(chosen(proxies, "https", "inner") == "direct");
  CHECK(chosen(proxies, "http", "example.org") == "direct");
  CHECK_THROWS_AS(Proxies::through("socks5://p:1"), InvalidUrl);
}

TEST_CASE("NO_PROXY: names cover themselves and what is below them, in whole labels") {
  for (const auto* rule : {"example.org", ".example.org", "*.example.org", "Example.ORG."}) {
    INFO(rule);
    const NoProxy list(rule);
    CHECK(list.covers("example.org", 80));
    CHECK(list.covers("EXAMPLE.org.", 80));
    CHECK(list.covers("a.b.example.org", 80));
    CHECK_FALSE(list.covers("notexample.org", 80));
    CHECK_FALSE(list.covers("example.org.evil", 80));
    CHECK_FALSE(list.covers("org", 80));
  }
}

TEST_CASE("NO_PROXY: addresses and networks, of both families") {
  const NoProxy list("192.0.2.1, 10.0.0.0/8 172.16.0.0/12,2001:db8::/33,[::5]");
  for (const auto* host : {"192.0.2.1", "10.255.0.1", "172.31.255.255", "2001:db8:7fff::1", "::5",
                           "::ffff:10.1.2.3"}) {
    INFO(host);
    CHECK(list.covers(host, 80));
  }
  for (const auto* host : {"192.0.2.2", "11.0.0.1", "172.32.0.0", "2001:db8:8000::1", "::6",
                           "10.example.org", "x.192.0.2.1.example"}) {
    INFO(host);
    CHECK_FALSE(list.covers(host, 80));
  }
  CHECK(NoProxy("0.0.0.0/0").covers("203.0.113.9", 1));
  CHECK_FALSE(NoProxy("0.0.0.0/0").covers("2001:db8::1", 1));
  CHECK_FALSE(NoProxy("0.0.0.0/0").covers("example.org", 1));
}

TEST_CASE("NO_PROXY: a name does not cover an address that ends like it") {
  CHECK_FALSE(NoProxy("2.1").covers("192.0.2.1", 80));
  CHECK_FALSE(NoProxy("1").covers("192.0.2.1", 80));
}

TEST_CASE("NO_PROXY: a port makes a rule for that port only") {
  const NoProxy list("example.org:8080,[2001:db8::1]:443,192.0.2.1:1");
  CHECK(list.covers("www.example.org", 8080));
  CHECK_FALSE(list.covers("www.example.org", 80));
  CHECK(list.covers("2001:db8::1", 443));
  CHECK_FALSE(list.covers("2001:db8::1", 80));
  CHECK(list.covers("192.0.2.1", 1));
  CHECK_FALSE(list.covers("192.0.2.1", 2));
}

TEST_CASE("NO_PROXY: * covers everything; nothing, or what is no rule, covers nothing") {
  CHECK(NoProxy("a, *").covers("example.org", 80));
  CHECK(NoProxy("*").covers("192.0.2.1", 80));
  for (const auto* list : {"", " , ,", ".", "10.0.0.0/33", "10.0.0.0/x", "[", ":", "[]:"}) {
    INFO(list);
    CHECK_FALSE(NoProxy(list).covers("10.0.0.1", 80));
    CHECK_FALSE(NoProxy(list).covers("example.org", 80));
  }
}

}  // namespace
}  // namespace ropewalk::http
