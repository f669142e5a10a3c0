// Finger: queries, answers, and the server's end. RFC 1288.
#include "ropewalk/protocols/wire/finger.h"

#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

using namespace ropewalk;
using wire::FingerQuery;
using wire::parseFingerQuery;

namespace {

struct Connection {
  explicit Connection(wire::FingerLookup lookup) : server(std::move(lookup)) {
    transport.connect(server);
  }
  testing::StringTransport transport;
  wire::Finger server;
};

Deferred<std::string> describe(const FingerQuery& query) {
  return succeed((query.verbose ? "long " : "short ") + query.user + "\n");
}

}  // namespace

TEST_CASE("RFC 1288 §2.3: queries") {
  const auto [line, query] = GENERATE(table<std::string, FingerQuery>({
      {"", {false, "", ""}},
      {"ada", {false, "ada", ""}},
      {"/W", {true, "", ""}},
      {"/w  ada", {true, "ada", ""}},
      {"/Wada", {false, "/Wada", ""}},
      {"ada lovelace ", {false, "ada lovelace", ""}},
      {"ada@b.example", {false, "ada", "b.example"}},
      {"@b", {false, "", "b"}},
      {"/W @a@b", {true, "", "a@b"}},
  }));
  CAPTURE(line);
  CHECK(parseFingerQuery(line).value() == query);
}

TEST_CASE("queries with control characters, or an @ without a host, are refused") {
  CHECK_FALSE(parseFingerQuery("a\x1b[2J").ok());
  CHECK_FALSE(parseFingerQuery(std::string("a\0b", 3)).ok());
  CHECK_FALSE(parseFingerQuery("ada@").ok());
}

TEST_CASE("a query becomes the line that is read as the same query") {
  const FingerQuery query =
      GENERATE(FingerQuery{}, FingerQuery{true, "", ""}, FingerQuery{true, "ada", "b"},
               FingerQuery{false, "", "a@b"}, FingerQuery{false, "x y", ""});
  const std::string line = wire::toLine(query);
  REQUIRE(line.ends_with("\r\n"));
  CHECK(parseFingerQuery(line.substr(0, line.size() - 2)).value() == query);
}

TEST_CASE("a query with a line end in it is refused: it would be two") {
  CHECK_THROWS_AS(wire::toLine({false, "ada\r\nroot", ""}), std::invalid_argument);
}

TEST_CASE("RFC 1288 §3.3: an answer cannot play with the terminal") {
  CHECK(wire::fingerText("a\nb\r\nc") == "a\r\nb\r\nc\r\n");
  CHECK(wire::fingerText("\x1b[2Jx\x07\ty\x7f\rz") == "[2Jx\tyz\r\n");
  CHECK(wire::fingerText("caf\xc3\xa9 \xe2\x82\xac") == "caf\xc3\xa9 \xe2\x82\xac\r\n");
  CHECK(wire::fingerText("\xc2\x9b"
                         "2J\xff") == "2J?\r\n");
  CHECK(wire::fingerText("").empty());
}

TEST_CASE("a query is looked up, answered, and the connection closed") {
  Connection c(describe);
  c.server.dataReceived("/W a");
  CHECK(c.transport.value().empty());
  c.server.dataReceived("da\r\nroot\r\n");
  CHECK(c.transport.value() == "long ada\r\n");
  CHECK(c.transport.disconnecting());
}

TEST_CASE("a bare LF ends a query, too") {
  Connection c(describe);
  c.server.dataReceived("ada\n");
  CHECK(c.transport.value() == "short ada\r\n");
}

TEST_CASE("RFC 1288 §3.2.1: forwarding is refused, without a lookup") {
  Connection c(
      [](const FingerQuery&) -> Deferred<std::string> { throw std::logic_error("looked up"); });
  c.server.dataReceived("ada@elsewhere\r\n");
  CHECK(c.transport.value() == "Finger forwarding service denied\r\n");
  CHECK(c.transport.disconnecting());
}

TEST_CASE("bad and endless queries are answered and closed") {
  Connection bad(describe);
  bad.server.dataReceived("a\x01\r\n");
  CHECK(bad.transport.value() == "bad query\r\n");
  Connection endless(describe);
  endless.server.dataReceived(std::string(1000, 'x'));
  CHECK(endless.transport.value() == "query is too long\r\n");
  CHECK(endless.transport.disconnecting());
}

TEST_CASE("while a lookup runs the peer may close its half, and still gets the answer") {
  Source<std::string> found;
  Connection c([&](const FingerQuery&) { return found.deferred(); });
  c.server.dataReceived("ada\r\n");
  c.server.readConnectionLost();
  CHECK_FALSE(c.transport.disconnecting());
  found.callback("here");
  CHECK(c.transport.value() == "here\r\n");
  CHECK(c.transport.disconnecting());
}

TEST_CASE("a peer that closes without a query is closed") {
  Connection c(describe);
  c.server.readConnectionLost();
  CHECK(c.transport.disconnecting());
}

TEST_CASE("a lookup is cancelled when the peer goes") {
  Source<std::string> found;
  bool cancelled = false;
  found.onCancel([&](Source<std::string>&) { cancelled = true; });
  Connection c([&](const FingerQuery&) { return found.deferred(); });
  c.server.dataReceived("ada\r\n");
  c.transport.lose(ConnectionLost("reset"));
  CHECK(cancelled);
}

TEST_CASE("a lookup that fails is logged, and the peer learns no details") {
  log::testing::Captured captured;
  Connection c(
      [](const FingerQuery&) { return fail<std::string>(std::runtime_error("secret path")); });
  c.server.dataReceived("ada\r\n");
  CHECK(c.transport.value() == "cannot look that up now\r\n");
  CHECK(captured.contains(log::Level::error, "secret path"));
}
