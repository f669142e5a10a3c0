// The tree of resources. Twisted's web.resource and web.vhost.
#include "ropewalk/servers/http/resource.h"

#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

namespace {

struct Page : Resource {
  explicit Page(std::string text) : text(std::move(text)) {}
  Rendered renderGET(Request&) override { return text; }
  std::string text;
};

/// Shows where the walk through the tree ended.
struct Where : Resource {
  explicit Where(bool leaf = false) { isLeaf = leaf; }
  Rendered renderGET(Request& r) override {
    std::string text;
    for (const std::string& segment : r.prepath) text += "<" + segment + ">";
    text += "|";
    for (const std::string& segment : r.postpath) text += "<" + segment + ">";
    return text;
  }
};

struct Guestbook : Resource {
  Rendered renderGET(Request&) override { return "read"; }
  Rendered renderPOST(Request&) override { return Response(201).text("written"); }
  std::string allowedMethods() const override { return methodsOf<Guestbook>(); }
};

TestSite siteOf(std::shared_ptr<Resource> root) {
  TestSite site;
  site->mount("/", std::move(root));
  return site;
}

}  // namespace

TEST_CASE("a path is walked along the children that were put") {
  auto root = std::make_shared<Resource>();
  auto a = std::make_shared<Page>("a");
  root->putChild("a", a);
  a->putChild("b c", std::make_shared<Page>("b"));
  TestSite site = siteOf(root);
  Wire wire(site);
  const std::string page = wire.get("/a");
  CHECK(bodyOf(page) == "a");
  CHECK(contains(page, "Content-Type: text/html; charset=utf-8\r\n"));
  CHECK(bodyOf(wire.get("/a/b%20c")) == "b");
  CHECK(statusOf(wire.get("/a/x")) == 404);
  CHECK(statusOf(wire.get("/b%20c")) == 404);
}

TEST_CASE("a slash at the end is the resource before it, unless that has a child of no name") {
  auto root = std::make_shared<Page>("root");
  auto a = std::make_shared<Page>("a");
  root->putChild("a", a);
  TestSite site = siteOf(root);
  Wire wire(site);
  CHECK(bodyOf(wire.get("/")) == "root");
  CHECK(bodyOf(wire.get("/a/")) == "a");
  a->putChild("", std::make_shared<Page>("index"));
  CHECK(bodyOf(wire.get("/a/")) == "index");
}

TEST_CASE("segments move from postpath to prepath, and stop at a leaf") {
  auto root = std::make_shared<Where>();
  root->putChild("leaf", std::make_shared<Where>(true));
  TestSite site = siteOf(root);
  Wire wire(site);
  CHECK(bodyOf(wire.get("/")) == "<>|");
  CHECK(bodyOf(wire.get("/leaf/x%2Fy/z")) == "<leaf>|<x/y><z>");
}

TEST_CASE("a tree hangs below a prefix") {
  auto root = std::make_shared<Where>(true);
  TestSite site;
  site->mount("/deep/down", root);
  Wire wire(site);
  CHECK(bodyOf(wire.get("/deep/down")) == "<deep><down>|");
  CHECK(bodyOf(wire.get("/deep/down/x")) == "<deep><down>|<x>");
  CHECK(statusOf(wire.get("/deep")) == 404);
}

TEST_CASE("getChild makes children for the occasion, which live until they have answered") {
  struct Users : Resource {
    std::shared_ptr<Resource> getChild(std::string_view name, Request&) override {
      return name == "nobody" ? nullptr : std::make_shared<Page>("user " + std::string(name));
    }
  };
  TestSite site = siteOf(std::make_shared<Users>());
  Wire wire(site);
  CHECK(bodyOf(wire.get("/ann")) == "user ann");
  CHECK(statusOf(wire.get("/nobody")) == 404);
}

TEST_CASE("a method without a render function is 405 with Allow") {
  auto root = std::make_shared<Guestbook>();
  root->putChild("page", std::make_shared<Page>("x"));
  TestSite site = siteOf(root);
  Wire wire(site);
  CHECK(statusOf(wire.ask("POST / HTTP/1.1\r\nHost: h\r\n\r\n")) == 201);
  const std::string put = wire.ask("PUT / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(put) == 405);
  CHECK(contains(put, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
  CHECK(contains(wire.ask("POST /page HTTP/1.1\r\nHost: h\r\n\r\n"),
                 "Allow: GET, HEAD, OPTIONS\r\n"));
  CHECK(contains(wire.ask("OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n"),
                 "Allow: GET, HEAD, POST, OPTIONS\r\n"));
  CHECK(bodyOf(wire.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")).empty());
}

TEST_CASE("H-01: render gives text, a Response, a Deferred, or NOT_DONE_YET and finishes later") {
  struct Later : Resource {
    Rendered renderGET(Request& r) override {
      request = &r;
      return NOT_DONE_YET;
    }
    Rendered renderPOST(Request&) override { return succeed(std::string("deferred")); }
    Request* request = nullptr;
  };
  auto later = std::make_shared<Later>();
  TestSite site = siteOf(later);
  Wire wire(site);
  CHECK(bodyOf(wire.ask("POST / HTTP/1.1\r\nHost: h\r\n\r\n")) == "deferred");
  CHECK(wire.get("/").empty());
  later->request->write("by hand");
  later->request->finish();
  CHECK(contains(wire.transport.value(), "by hand"));
}

TEST_CASE("H-01: an exception of render is 500") {
  log::testing::Captured log;
  struct Broken : Resource {
    Rendered renderGET(Request&) override { throw std::runtime_error("broken"); }
  };
  TestSite site = siteOf(std::make_shared<Broken>());
  Wire wire(site);
  CHECK(statusOf(wire.get("/")) == 500);
}

TEST_CASE("names of hosts choose trees, in any case and without the port") {
  auto hosts = std::make_shared<NameVirtualHost>();
  auto a = std::make_shared<Page>("a");
  a->putChild("sub", std::make_shared<Page>("a/sub"));
  hosts->addHost("a.test", a);
  TestSite site = siteOf(hosts);
  Wire wire(site);
  const auto get = [&](const char* host, const char* path) {
    return wire.ask(format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, host));
  };
  CHECK(bodyOf(get("A.test:8080", "/sub")) == "a/sub");
  CHECK(bodyOf(get("a.test", "/")) == "a");
  CHECK(statusOf(get("b.test", "/")) == 404);
  hosts->defaultHost = std::make_shared<Page>("default");
  CHECK(bodyOf(get("b.test", "/")) == "default");
}

TEST_CASE("a Site made of a tree serves it, and its routes go before it") {
  testing::Clock clock;
  SiteOptions options;
  options.clock = &clock;
  auto site = std::make_shared<Site>(std::make_shared<Page>("tree"), std::move(options));
  site->get("/route", [](Request&) { return "route"; });
  Wire wire(*site);
  CHECK(bodyOf(wire.get("/")) == "tree");
  CHECK(bodyOf(wire.get("/route")) == "route");
}

TEST_CASE("a handler's function is a leaf") {
  auto root = std::make_shared<Resource>();
  root->putChild("f", resourceFor([](Request& r) { return "left: " + r.postpath.at(0); }));
  TestSite site = siteOf(root);
  Wire wire(site);
  CHECK(bodyOf(wire.get("/f/x")) == "left: x");
}

}  // namespace ropewalk::http
