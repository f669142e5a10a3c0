// The access log and the ids of requests.
#include "ropewalk/servers/http/access_log.h"

#include <nlohmann/json.hpp>

#include "ropewalk/core/async/deferred.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

namespace {

struct LoggedSite {
  std::vector<std::string> combined;
  std::vector<nlohmann::json> fields;
  TestSite site;

  LoggedSite() : site(options()) {}
  SiteOptions options() {
    SiteOptions options;
    options.accessLog = [this](const AccessEntry& entry) {
      combined.push_back(combinedLine(entry));
      fields.push_back(nlohmann::json::parse(jsonLine(entry)));
    };
    return options;
  }
};

}  // namespace

TEST_CASE("a response is a line of the combined format") {
  LoggedSite logged;
  logged.site->get("/", [](Request&) { return "hello\n"; });
  Wire wire(logged.site);
  wire.get("/?a=b", "User-Agent: curl/7.88.1\r\nReferer: http://r/\r\n");
  REQUIRE(logged.combined.size() == 1);
  CHECK(logged.combined[0] ==
        "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /?a=b HTTP/1.1\" 200 6 \"http://r/\" "
        "\"curl/7.88.1\"");
}

TEST_CASE("what a client sends cannot forge a line") {
  LoggedSite logged;
  Wire wire(logged.site);
  wire.get("/", "User-Agent: x\" 200 \\ \x80\r\n");
  REQUIRE(logged.combined.size() == 1);
  CHECK(contains(logged.combined[0], R"("x\" 200 \\ \x80")"));
}

TEST_CASE("the JSON line has the times, the id and whether the answer was whole") {
  LoggedSite logged;
  std::optional<Source<std::string>> slow;
  logged.site->get("/", [&](Request&) { return slow.emplace().deferred(); });
  Wire wire(logged.site);
  wire.get("/");
  logged.site.clock.advance(1500us);
  slow->callback("12345");
  REQUIRE(logged.fields.size() == 1);
  CHECK(logged.fields[0]["time"] == "1994-11-06T08:49:37.000Z");
  CHECK(logged.fields[0]["status"] == 200);
  CHECK(logged.fields[0]["bytes"] == 5);
  CHECK(logged.fields[0]["ms"] == 1.5);
  CHECK(logged.fields[0]["complete"] == true);
  CHECK(logged.fields[0]["id"].get<std::string>().size() > 8);
}

TEST_CASE(
    "a client that went away before the answer is logged as 499, one that was refused with its "
    "status") {
  LoggedSite logged;
  Source<std::string> never;
  logged.site->get("/", [&](Request&) { return never.deferred(); });
  {
    Wire wire(logged.site);
    wire.get("/");
  }
  Wire(logged.site).send("bad\r\n\r\n");
  REQUIRE(logged.fields.size() == 2);
  CHECK(logged.fields[0]["status"] == 499);
  CHECK(logged.fields[0]["complete"] == false);
  CHECK(logged.fields[1]["status"] == 400);
  CHECK(contains(logged.combined[1], "\"bad\" 400"));
  CHECK(logged.fields[1]["line"] == "bad");
}

TEST_CASE("what is refused is logged with the line it began with: escaped, and cut") {
  LoggedSite logged;
  const auto logs = [&](const std::string& answer, std::string_view line) {
    return contains(std::exchange(logged.combined, {}).at(0),
                    format("] \"{}\" {} {} ", line, statusOf(answer), bodyOf(answer).size()));
  };
  const auto refused = [&](const std::string& bytes, int status, std::string_view line) {
    const std::string answer = Wire(logged.site).ask(bytes);
    return statusOf(answer) == status && !bodyOf(answer).empty() && logs(answer, line);
  };
  CHECK(refused("GET /a.txt HTTP/1.1\r\nHost: bad host\r\n\r\n", 400, "GET /a.txt HTTP/1.1"));
  CHECK(refused("GET /a#b HTTP/1.1\r\n", 400, "GET /a#b HTTP/1.1"));
  CHECK(refused("\r\n\r\nGET / HTTP/9.0\r\n", 505, "GET / HTTP/9.0"));
  CHECK(refused("\x16\x03\x01 \"\\\r\n", 400, R"(\x16\x03\x01 \"\\)"));
  const std::string longLine = "GET /" + std::string(9000, 'x');
  CHECK(refused(longLine, 414, longLine.substr(0, kMaxRefusedLine)));
  CHECK(refused("GET / HTTP/1.1\r\nX: " + std::string(17000, 'y'), 431, "GET / HTTP/1.1"));
  Wire wire(logged.site);
  wire.send("GET /slow HT");
  logged.site.clock.advance(10s);
  const std::string late = wire.transport.take();
  CHECK(statusOf(late) == 408);
  CHECK(logs(late, "GET /slow HT"));
}

TEST_CASE("an answer that the client does not take whole is logged with what was sent of it") {
  LoggedSite logged;
  logged.site->get("/large", [](Request&) { return std::string(100'000, 'x'); });
  logged.site->get("/small", [](Request&) { return "hello\n"; });
  {
    Wire wire(logged.site);
    wire.transport.stall();
    wire.get("/large");
    wire.get("/small");
    CHECK(logged.fields.empty());  // nobody knows yet
    logged.site.clock.advance(3ms);
    wire.transport.drain();
    REQUIRE(logged.fields.size() == 2);
    CHECK(logged.fields[0]["target"] == "/large");
    CHECK(logged.fields[0]["bytes"] == 100'000);
    CHECK(logged.fields[0]["complete"] == true);
    CHECK(logged.fields[0]["ms"] == 3.0);
    CHECK(logged.fields[1]["complete"] == true);
    wire.get("/large");
    wire.get("/small");
  }  // lost, with all of it pending
  REQUIRE(logged.fields.size() == 4);
  CHECK(logged.fields[2]["target"] == "/large");
  CHECK(logged.fields[2]["status"] == 200);
  CHECK(logged.fields[2]["bytes"] == 0);
  CHECK(logged.fields[2]["complete"] == false);
  CHECK(logged.fields[3]["target"] == "/small");
  CHECK(logged.fields[3]["bytes"] == 0);
}

TEST_CASE(
    "of a client that takes nothing some requests are kept to be logged, not all that it asks") {
  LoggedSite logged;
  int served = 0;
  logged.site->get("/large", [](Request&) { return std::string(100'000, 'x'); });
  logged.site->get("/small", [&](Request&) { return ++served, "hello\n"; });
  Wire wire(logged.site);
  wire.transport.stall();
  wire.get("/large");
  std::string asked;
  for (int i = 0; i < 100; ++i)
    asked += "GET /small HTTP/1.1\r\nHost: h\r\nX: " + std::string(8000, 'x') + "\r\n\r\n";
  wire.send(asked);
  CHECK(served < 20);
  for (int i = 0; i < 100 && served < 100; ++i) wire.transport.drain();
  CHECK(served == 100);
  wire.transport.drain();
  CHECK(logged.fields.size() == 101);
}

TEST_CASE("a stream that is cut is logged with what was sent of it, and as not complete") {
  LoggedSite logged;
  std::optional<RequestRef> kept;
  logged.site->get("/", [&](Request& r) { kept.emplace(r); });
  logged.site->get("/short", [](Request& r) {
    r.setHeader("Content-Length", "10");
    r.write("12345");
    r.finish();
  });
  {
    Wire wire(logged.site);
    wire.get("/");
    (*kept)->write("12345");
    wire.transport.stall();
    (*kept)->write("67890");
  }
  REQUIRE(logged.fields.size() == 1);
  CHECK(logged.fields[0]["complete"] == false);
  CHECK(logged.fields[0]["bytes"].get<int>() <= 5);
  kept.reset();
  Wire(logged.site).get("/short");
  REQUIRE(logged.fields.size() == 2);
  CHECK(logged.fields[1]["complete"] == false);
  CHECK(logged.fields[1]["bytes"] == 5);
}

TEST_CASE(
    "each request has an id of its own; a client's is taken over only where that is trusted, and "
    "fits") {
  SiteOptions options;
  options.trustRequestId = true;
  TestSite trusting(std::move(options));
  TestSite careful;
  for (TestSite* site : {&trusting, &careful})
    (*site)->get("/", [](Request& r) { return std::string(r.id()); });
  Wire trusted(trusting);
  CHECK(bodyOf(trusted.get("/", "X-Request-Id: abc-1\r\n")) == "abc-1");
  CHECK(bodyOf(trusted.get("/", "X-Request-Id: a b\r\n")) != "a b");
  Wire wire(careful);
  const std::string first = bodyOf(wire.get("/", "X-Request-Id: abc-1\r\n"));
  CHECK(first != "abc-1");
  CHECK(bodyOf(wire.get("/")) != first);
}

}  // namespace ropewalk::http
