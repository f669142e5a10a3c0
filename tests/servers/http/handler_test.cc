// What handlers may take and give, and what becomes of their failures.
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

TEST_CASE("a handler gives text in any shape") {
  TestSite site;
  site->get("/literal", [](Request&) { return "a"; });
  site->get("/string", [](Request&) { return std::string("b"); });
  site->get("/view", [](Request&) { return std::string_view("c"); });
  site->get("/deferred", [](Request&) { return succeed(std::string("d")); });
  site->get("/json", [](Request&) { return JsonValue({1, 2}); });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/literal")) == "a");
  CHECK(bodyOf(wire.get("/string")) == "b");
  CHECK(bodyOf(wire.get("/view")) == "c");
  CHECK(bodyOf(wire.get("/deferred")) == "d");
  CHECK(bodyOf(wire.get("/json")) == "[1,2]");
}

TEST_CASE("a handler gives a Deferred of anything that it may give") {
  TestSite site;
  site->get("/json", [](Request&) { return succeed(JsonValue({1, 2})); });
  site->get("/literal", [](Request&) -> Deferred<const char*> { co_return "a"; });
  site->get("/void", [](Request& r) -> Deferred<void> {
    r.write("b");
    co_return;
  });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/json")) == "[1,2]");
  CHECK(bodyOf(wire.get("/literal")) == "a");
  CHECK(contains(wire.get("/void"), "b"));
}

TEST_CASE("a handler that gives a null pointer for its text is 500, whatever way it gives it") {
  log::testing::Captured captured;
  TestSite site;
  const char* const nothing = nullptr;
  site->get("/now", [=](Request&) { return nothing; });
  site->get("/deferred", [=](Request&) { return succeed(nothing); });
  site->get("/respond", [=](Request& r) { r.respond(nothing); });
  site->get("/body", [=](Request&, std::string) { return nothing; });
  Wire wire(site);
  for (const char* path : {"/now", "/deferred", "/respond", "/body"})
    CHECK(statusOf(wire.get(path)) == 500);
  CHECK(captured.contains(log::Level::error, "null pointer"));
}

TEST_CASE("a handler that ignores its cancellation outlives connection and site") {
  std::string seen;
  std::optional<Source<void>> go;
  {
    TestSite site;
    site->get("/",
              [&, word = std::string("captured, and too long for a string's own room")](
                  Request&) -> Deferred<std::string> {
                try {
                  co_await go.emplace().deferred();
                } catch (const CancelledError&) {
                }
                co_await go.emplace().deferred();
                seen = word;
                co_return word;
              });
    Wire wire(site);
    wire.get("/");
  }
  go->callback();
  CHECK(seen == "captured, and too long for a string's own room");
}

TEST_CASE("a handler gives a Response, or a Deferred of one") {
  TestSite site;
  site->get("/now", [](Request&) { return Response(201).header("X", "y").text("{} bytes\n", 7); });
  std::optional<Source<Response>> later;
  site->get("/later", [&](Request&) { return later.emplace().deferred(); });
  Wire wire(site);
  const std::string now = wire.get("/now");
  CHECK(statusOf(now) == 201);
  CHECK(contains(now, "X: y\r\n"));
  CHECK(bodyOf(now) == "7 bytes\n");
  CHECK(wire.get("/later").empty());
  later->callback(Response(203).text("later"));
  CHECK(statusOf(wire.transport.value()) == 203);
}

TEST_CASE("a handler is a coroutine, and its request and the views into it live until it is done") {
  TestSite site;
  std::optional<Source<void>> go;
  site->get("/users/:id", [&](Request& r) -> Deferred<Response> {
    const std::string_view id = r.param("id");
    const auto agent = r.header("User-Agent");
    co_await go.emplace().deferred();
    co_return Response().text("{} {} {}\n", id, *agent, r.path());
  });
  Wire wire(site);
  {
    std::string bytes = "GET /users/7 HTTP/1.1\r\nHost: h\r\nUser-Agent: me\r\n\r\n";
    wire.send(bytes);
    bytes.assign(bytes.size(), '#');
  }
  go->callback();
  CHECK(bodyOf(wire.transport.value()) == "7 me /users/7\n");
}

TEST_CASE("a handler that takes a body is called once it is whole") {
  TestSite site;
  int calls = 0;
  site->post("/", [&](Request& r, std::string body) {
    ++calls;
    return format("{} {}", r.methodText(), body);
  });
  Wire wire(site);
  CHECK(wire.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel").empty());
  CHECK(calls == 0);
  CHECK(bodyOf(wire.ask("lo")) == "POST hello");
}

TEST_CASE("a coroutine may take the body as an argument") {
  TestSite site;
  site->post("/", [](Request&, std::string body) -> Deferred<std::string> {
    co_await succeed();
    co_return body + "!";
  });
  Wire wire(site);
  CHECK(bodyOf(wire.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")) == "hi!");
}

TEST_CASE("a coroutine may take the body by reference or as a view: it lives as long") {
  TestSite site;
  std::optional<Source<void>> go;
  site->post("/reference", [&](Request&, const std::string& body) -> Deferred<std::string> {
    co_await go.emplace().deferred();
    co_return body;
  });
  site->post("/view", [&](Request&, std::string_view body) -> Deferred<std::string> {
    co_await go.emplace().deferred();
    co_return std::string(body);
  });
  Wire wire(site);
  const std::string body(1000, 'b');
  for (const char* path : {"/reference", "/view"}) {
    wire.send(format("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{}", path, body));
    go->callback();
    CHECK(bodyOf(wire.transport.take()) == body);
  }
}

TEST_CASE(
    "H-01: an exception is 500 without details, logged with the request's id, and told to the "
    "hook") {
  log::testing::Captured log;
  TestSite site;
  std::string told;
  site->onError([&](Request& r, const Failure& why) {
    told = std::string(r.id()) + " " + why.getErrorMessage();
  });
  site->get("/", [](Request&) -> std::string { throw std::runtime_error("secret"); });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(statusOf(answer) == 500);
  CHECK_FALSE(contains(answer, "secret"));
  CHECK(contains(told, " secret"));
  CHECK(log.contains(log::Level::error, "secret"));
  CHECK(log.contains(log::Level::error, told.substr(0, told.find(' '))));
  CHECK(statusOf(wire.get("/")) == 500);  // the connection is kept
}

TEST_CASE("a Deferred that fails is 500, a RequestError its own status") {
  log::testing::Captured log;
  TestSite site;
  site->get("/fails", [](Request&) { return fail<std::string>(TimeoutError("too slow")); });
  site->get("/teapot", [](Request&) -> Deferred<Response> {
    co_await succeed();
    throw RequestError(418, "no coffee");
  });
  Wire wire(site);
  CHECK(statusOf(wire.get("/fails")) == 500);
  const std::string teapot = wire.get("/teapot");
  CHECK(statusOf(teapot) == 418);
  CHECK(contains(bodyOf(teapot), "no coffee"));
  CHECK_FALSE(log.contains(log::Level::error, "no coffee"));
}

TEST_CASE("browsers get a page for an error, others a line; what is said is escaped") {
  TestSite site;
  site->get("/", [](Request&) -> std::string { throw RequestError(400, "<b>"); });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/")) == "400 Bad Request: <b>\n");
  const std::string page = wire.get("/", "Accept: text/html,*/*\r\n");
  CHECK(contains(page, "Content-Type: text/html; charset=utf-8\r\n"));
  CHECK(contains(page, "&lt;b&gt;"));
  CHECK_FALSE(contains(page, "<b>"));
}

TEST_CASE("a site makes its own error pages; one that fails is replaced by ours") {
  log::testing::Captured log;
  TestSite site;
  site->errorPage([](Request&, int status, std::string_view) {
    if (status == 404) throw std::runtime_error("no page");
    return Response(status).text("mine {}", status);
  });
  site->get("/", [](Request&) -> std::string { throw RequestError(403); });
  Wire wire(site);
  CHECK(bodyOf(wire.get("/")) == "mine 403");
  CHECK(bodyOf(wire.get("/missing")) == "404 Not Found\n");
}

TEST_CASE("a connection that is lost cancels the handler, and the request outlives it") {
  TestSite site;
  std::string seen;
  site->get("/:x", [&](Request& r) -> Deferred<std::string> {
    Source<void> never;
    try {
      co_await never.deferred();
    } catch (const CancelledError&) {
      seen = std::string(r.param("x")) + (r.connected() ? " connected" : " gone");
    }
    co_return "too late";
  });
  {
    Wire wire(site);
    wire.get("/abc");
  }
  CHECK(seen == "abc gone");
}

TEST_CASE(
    "H-02: notifyFinish fires when the answer is complete, and fails when the connection is lost "
    "first; everyone gets his own") {
  TestSite site;
  std::vector<std::string> events;
  std::optional<Source<std::string>> later;
  site->get("/", [&](Request& r) {
    for (const char* who : {"a", "b"}) {
      r.notifyFinish().addCallbacks(
          [&events, who] { events.push_back(std::string(who) + " done"); },
          [&events, who](const Failure& why) { events.push_back(who + (" " + why.kind())); });
    }
    return later.emplace().deferred();
  });
  {
    Wire wire(site);
    wire.get("/");
    CHECK(events.empty());
    later->callback("x");
    CHECK(events == std::vector<std::string>{"a done", "b done"});
    events.clear();
    wire.get("/");
  }
  CHECK(events == std::vector<std::string>{"a ConnectionDone", "b ConnectionDone"});
}

}  // namespace ropewalk::http
