// One connection: requests one after another, keep-alive, pipelining, refusals. RFC 9112.
#include "ropewalk/core/async/deferred.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

namespace {

constexpr std::string_view kHello = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TestSite helloSite() {
  TestSite site;
  site->get("/", [](Request&) { return "hello\n"; });
  site->post("/echo", [](Request&, std::string body) { return body; });
  return site;
}

}  // namespace

TEST_CASE("a request is answered in one write, and the connection is kept") {
  TestSite site = helloSite();
  Wire wire(site);
  CHECK(wire.ask(kHello) ==
        "HTTP/1.1 200 OK\r\n" + std::string(kDateLine) +
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\nhello\n");
  CHECK(statusOf(wire.ask(kHello)) == 200);
  CHECK_FALSE(wire.closed());
}

TEST_CASE("an exchange is the same however the bytes of the request are cut") {
  TestSite site = helloSite();
  const std::string bytes =
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: "
      "v\r\n\r\n" +
      std::string(kHello);
  const std::string whole = Wire(site).ask(bytes);
  REQUIRE(countOf(whole, "HTTP/1.1 200 OK") == 3);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    Wire wire(site);
    const std::string first = wire.ask(bytes.substr(0, cut));
    INFO("cut at " << cut);
    REQUIRE(first + wire.ask(bytes.substr(cut)) == whole);
  }
  Wire drip(site);
  std::string answers;
  for (const char byte : bytes) answers += drip.ask({&byte, 1});
  CHECK(answers == whole);
}

TEST_CASE("pipelined requests are answered in order") {
  TestSite site;
  site->get("/:n", [](Request& r) { return std::string(r.param("n")); });
  Wire wire(site);
  const std::string answers = wire.ask(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 "
      "HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(countOf(answers, "HTTP/1.1 200") == 3);
  CHECK(answers.find("\r\n\r\n1") < answers.find("\r\n\r\n2"));
  CHECK(answers.find("\r\n\r\n2") < answers.find("\r\n\r\n3"));
}

TEST_CASE(
    "H-03: the next pipelined request is dispatched only after the answer to the one before is "
    "complete") {
  TestSite site;
  std::optional<Source<std::string>> slow;
  int fast = 0;
  site->get("/slow", [&](Request&) { return slow.emplace().deferred(); });
  site->get("/fast", [&](Request&) { return format("fast {}\n", ++fast); });
  Wire wire(site);
  CHECK(wire.ask("GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /fast HTTP/1.1\r\nHost: h\r\n\r\n")
            .empty());
  CHECK(wire.ask("GET /fast HTTP/1.1\r\nHost: h\r\n\r\n").empty());
  CHECK(fast == 0);
  slow->callback("slow\n");
  const std::string answers = wire.transport.take();
  CHECK(fast == 2);
  CHECK(answers.find("slow\n") < answers.find("fast 1\n"));
  CHECK(answers.find("fast 1\n") < answers.find("fast 2\n"));
}

TEST_CASE(
    "H-03: answers given in another order than asked on two connections do not mix "
    "(CVE-2023-46137)") {
  TestSite site;
  std::vector<Source<std::string>> waiting;
  site->get("/:n", [&](Request&) { return waiting.emplace_back().deferred(); });
  Wire one(site);
  Wire two(site);
  one.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  two.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(waiting.size() == 2);
  waiting[1].callback("three");
  CHECK(bodyOf(two.transport.take()) == "three");
  CHECK(one.transport.take().empty());
  waiting[0].callback("one");
  CHECK(bodyOf(one.transport.take()) == "one");
  REQUIRE(waiting.size() == 3);
  waiting[2].callback("two");
  CHECK(bodyOf(one.transport.take()) == "two");
}

TEST_CASE("Connection: close is honoured, and nothing after that request is answered") {
  TestSite site = helloSite();
  Wire wire(site);
  const std::string answer =
      wire.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + std::string(kHello));
  CHECK(countOf(answer, "HTTP/1.1 200") == 1);
  CHECK(contains(answer, "Connection: close\r\n"));
  CHECK((wire.closed() || wire.halfClosed()));
  CHECK(wire.ask(kHello).empty());
}

TEST_CASE("HTTP/1.0 closes, unless it asks for keep-alive, which is confirmed") {
  TestSite site = helloSite();
  Wire plain(site);
  CHECK(contains(plain.ask("GET / HTTP/1.0\r\n\r\n"), "Connection: close\r\n"));
  CHECK(plain.closed());
  Wire kept(site);
  CHECK(contains(kept.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
                 "Connection: keep-alive\r\n"));
  CHECK_FALSE(kept.closed());
}

TEST_CASE("what breaks RFC 9112 gets its status once, and the connection ends") {
  const auto [request, status] = GENERATE(table<const char*, int>({
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
      {"FROB / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
  }));
  INFO(request);
  TestSite site = helloSite();
  Wire wire(site);
  const std::string answer = wire.ask(request + std::string(kHello));
  CHECK(statusOf(answer) == status);
  CHECK(countOf(answer, "HTTP/1.1 ") == 1);
  CHECK(contains(answer, "Connection: close\r\n"));
  CHECK(wire.halfClosed());
  CHECK(wire.ask(kHello).empty());
}

TEST_CASE("a target past its limit is 414, a head past its limit 431") {
  TestSite site = helloSite();
  Wire target(site);
  CHECK(statusOf(target.ask("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n")) ==
        414);
  Wire head(site);
  CHECK(statusOf(head.ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'a') +
                          "\r\n\r\n")) == 431);
  Wire fields(site);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  CHECK(statusOf(fields.ask(many + "\r\n")) == 431);
}

TEST_CASE(
    "a refused client may go on sending for two seconds or a mebibyte, then the connection is "
    "closed") {
  TestSite site = helloSite();
  Wire bytes(site);
  bytes.send("BAD\r\n\r\n");
  CHECK_FALSE(bytes.closed());
  for (int i = 0; i < 17; ++i) bytes.send(std::string(65'536, 'x'));
  CHECK(bytes.closed());
  Wire time(site);
  time.send("BAD\r\n\r\n");
  site.clock.advance(1999ms);
  CHECK_FALSE(time.closed());
  site.clock.advance(1ms);
  CHECK(time.closed());
}

TEST_CASE("an idle connection is closed after a minute, without a word") {
  TestSite site = helloSite();
  Wire fresh(site);
  Wire used(site);
  site.clock.advance(30s);
  used.ask(kHello);
  site.clock.advance(30s);
  CHECK(fresh.closed());
  CHECK(fresh.transport.value().empty());
  CHECK_FALSE(used.closed());
  site.clock.advance(30s);
  CHECK(used.closed());
  CHECK(used.transport.value().empty());
}

TEST_CASE("a head that is not whole after ten seconds is 408, however it drips") {
  TestSite site = helloSite();
  Wire wire(site);
  wire.send("GET / HTTP/1.1\r\nX: ");
  for (int i = 0; i < 9; ++i) {
    site.clock.advance(1s);
    wire.send("a");
  }
  CHECK(wire.transport.value().empty());
  site.clock.advance(1s);
  CHECK(statusOf(wire.transport.value()) == 408);
  CHECK(wire.halfClosed());
}

TEST_CASE("a client that closes its side in the middle of a head gets no answer") {
  TestSite site = helloSite();
  Wire wire(site);
  wire.send("GET / HT");
  wire.channel->readConnectionLost();
  CHECK(wire.closed());
  CHECK(wire.transport.value().empty());
}

TEST_CASE(
    "a client that closes its side after the request still gets the answer, if it comes in five "
    "seconds") {
  TestSite site;
  std::optional<Source<std::string>> slow;
  bool cancelled = false;
  site->get("/", [&](Request&) {
    slow.emplace().onCancel([&](Source<std::string>&) { cancelled = true; });
    return slow->deferred();
  });
  Wire wire(site);
  wire.send(kHello);
  wire.channel->readConnectionLost();
  CHECK_FALSE(wire.closed());
  slow->callback("late\n");
  CHECK(bodyOf(wire.transport.take()) == "late\n");
  CHECK(wire.closed());

  Wire gone(site);
  gone.send(kHello);
  gone.channel->readConnectionLost();
  site.clock.advance(5s);
  CHECK(gone.transport.aborted());
  gone.transport.lose(ConnectionAborted("aborted"));
  CHECK(cancelled);
}

TEST_CASE("requests behind one that waits are kept up to 64 KiB, then the connection is not read") {
  TestSite site;
  std::optional<Source<std::string>> slow;
  site->get("/slow", [&](Request&) { return slow.emplace().deferred(); });
  site->get("/", [](Request&) { return "x"; });
  Wire wire(site);
  wire.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string many;
  while (many.size() <= 65'536) many += kHello;
  wire.send(many);
  CHECK(wire.transport.paused());
  slow->callback("done");
  CHECK(wire.transport.producing());
  CHECK(countOf(wire.transport.value(), "HTTP/1.1 200") == 1 + many.size() / kHello.size());
}

TEST_CASE("a client that asks without taking the answers is not served past 256 KiB of them") {
  TestSite site;
  site->get("/", [](Request&) { return std::string(10'000, 'x'); });
  Wire wire(site);
  wire.transport.stall();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += kHello;
  wire.send(many);
  CHECK(wire.transport.pending() < 300'000);
  CHECK(wire.transport.paused());
  std::size_t answered = 0;
  for (int i = 0; i < 100 && answered < 1000; ++i) {
    answered += countOf(wire.transport.take(), "HTTP/1.1 200");
    wire.transport.drain();
    REQUIRE(wire.transport.pending() < 300'000);
  }
  CHECK(answered == 1000);
  CHECK(wire.transport.producing());
}

TEST_CASE("a client that takes nothing for a minute is cut off") {
  TestSite site;
  site->get("/", [](Request&) { return std::string(1'000'000, 'x'); });
  Wire wire(site);
  wire.transport.stall();
  wire.send(kHello);
  site.clock.advance(60s);
  site.clock.advance(60s);
  CHECK(wire.transport.aborted());
}

TEST_CASE("a client that takes a little of a long answer is waited for") {
  struct Slow final : testing::StringTransport {
    [[nodiscard]] std::uint64_t taken() const noexcept override { return bytesTaken; }
    std::uint64_t bytesTaken = 0;
  };
  TestSite site;
  site->get("/", [](Request&) { return std::string(1'000'000, 'x'); });
  const auto channel = site.site->buildProtocol(Address::IPv4("192.0.2.1", 4000));
  Slow transport;
  transport.connect(*channel);
  transport.stall();
  channel->dataReceived(kHello);
  for (int minutes = 0; minutes < 60; ++minutes) {
    ++transport.bytesTaken;  // from the kernel's buffer: pending() stands still
    site.clock.advance(60s);
  }
  CHECK_FALSE(transport.aborted());
  site.clock.advance(60s);
  CHECK(transport.aborted());
}

TEST_CASE("in drain an idle connection is closed, after a moment for a request on its way") {
  TestSite site = helloSite();
  Wire idle(site);
  idle.ask(kHello);
  Wire late(site);
  late.ask(kHello);
  Wire fresh(site);
  for (Wire* each : {&idle, &late, &fresh}) each->channel->drainBegun();
  CHECK_FALSE(idle.closed());
  CHECK(countOf(late.ask(kHello), "Connection: close\r\n") == 1);
  CHECK(late.closed());
  site.clock.advance(100ms);
  CHECK(idle.closed());
  CHECK_FALSE(fresh.closed());  // its handshake may not be done
  site.clock.advance(900ms);
  CHECK(fresh.closed());
}

TEST_CASE("in drain the answer at hand is the last, and says so") {
  TestSite site;
  std::optional<Source<std::string>> slow;
  site->get("/slow", [&](Request&) { return slow.emplace().deferred(); });
  Wire wire(site);
  wire.get("/slow");
  wire.channel->drainBegun();
  site.clock.advance(1s);
  CHECK_FALSE(wire.closed());
  slow->callback("done\n");
  const std::string answer = wire.transport.take();
  CHECK(answer.ends_with("done\n"));
  CHECK(countOf(answer, "Connection: close\r\n") == 1);
  CHECK(wire.closed());
}

TEST_CASE("in drain nobody waits for a body that nobody wants") {
  const bool before = GENERATE(true, false);  // it is answered before the drain, or in it
  TestSite site = helloSite();
  Wire wire(site);
  if (!before) wire.channel->drainBegun();
  CHECK(statusOf(wire.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc")) == 405);
  CHECK(wire.halfClosed() == !before);
  if (before) wire.channel->drainBegun();
  CHECK(wire.halfClosed());
  CHECK_FALSE(wire.closed());  // a reset would destroy the answer
  site.clock.advance(2s);
  CHECK(wire.closed());
}

TEST_CASE("in drain an answer whose head has gone is finished, then the connection is closed") {
  TestSite site;
  Request* begun = nullptr;
  site->get("/", [&](Request& request) {
    begun = &request;
    request.write("first ");
    return Deferred<void>(request.notifyFinish());
  });
  Wire wire(site);
  const std::string first = wire.ask(kHello);
  REQUIRE(begun != nullptr);
  wire.channel->drainBegun();
  CHECK_FALSE(wire.closed());
  begun->write("last");
  begun->finish();
  CHECK(countOf(first + wire.transport.take(), "Connection: close") == 0);
  CHECK(wire.closed());
}

TEST_CASE("an empty line or two before a request is forgiven") {
  TestSite site = helloSite();
  Wire wire(site);
  CHECK(statusOf(wire.ask("\r\n\r\n" + std::string(kHello))) == 200);
}

}  // namespace ropewalk::http
