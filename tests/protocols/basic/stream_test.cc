// Stream: reading and writing by waiting, over a StringTransport.
#include "ropewalk/protocols/basic/stream.h"

#include <string>
#include <vector>

#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::assertNoResult;
using testing::failureResultOf;
using testing::successResultOf;

namespace {

struct Connection {
  Connection() { transport.connect(*protocol); }
  void receive(std::string_view data) { protocol->dataReceived(data); }
  void end() { protocol->readConnectionLost(); }

  testing::StringTransport transport;
  StreamHandle stream = std::make_shared<Stream>();
  std::unique_ptr<Protocol> protocol = stream->makeProtocol();
};

}  // namespace

TEST_CASE("readLine waits for a whole line, and leaves the rest") {
  Connection c;
  auto line = c.stream->readLine();
  c.receive("hel");
  assertNoResult(line);
  c.receive("lo\r\nnext\r\nre");
  CHECK(successResultOf(line) == "hello");
  CHECK(successResultOf(c.stream->readLine()) == "next");
  CHECK(successResultOf(c.stream->readSome()) == "re");
}

TEST_CASE("readLine goes by the line options") {
  Connection c;
  c.stream->setLineOptions(anyNewline(3));
  c.receive("abc\r\nde\nabcd\n");
  CHECK(successResultOf(c.stream->readLine()) == "abc");
  CHECK(successResultOf(c.stream->readLine()) == "de");
  failureResultOf<LineTooLong>(c.stream->readLine());
}

TEST_CASE("readLine takes LF and CRLF; what a terminal sends is a matter of options") {
  Connection c;
  c.receive("crlf\r\nlf\n\r\n");
  for (const char* line : {"crlf", "lf", ""}) CHECK(successResultOf(c.stream->readLine()) == line);
  c.stream->setLineOptions(anyNewline(6));
  c.receive(std::string_view("telnet\r\0again\rtoolong\r\n", 23));
  CHECK(successResultOf(c.stream->readLine()) == "telnet");
  CHECK(successResultOf(c.stream->readLine()) == "again");
  failureResultOf<LineTooLong>(c.stream->readLine());
}

TEST_CASE("a read that ran out of time says what it waited for, and what has come") {
  Connection c;
  testing::Clock clock;
  const auto told = [&](Deferred<std::string> read) {
    auto timed = std::move(read).addTimeout(5s, clock);
    clock.advance(5s);
    return failureResultOf<TimeoutError>(timed).getErrorMessage();
  };
  CHECK(told(c.stream->readLine()) == "timed out after 5 s in readLine: nothing has come");
  CHECK(told(c.stream->readSome()) == "timed out after 5 s in readSome: nothing has come");
  c.receive(std::string(33, 'x'));
  CHECK(told(c.stream->readLine()) ==
        "timed out after 5 s in readLine: 33 bytes without a line end");
  CHECK(told(c.stream->readUntil("\r\n\r\n")) ==
        "timed out after 5 s in readUntil: 33 bytes without \"\\r\\n\\r\\n\"");
  CHECK(told(c.stream->readExactly(40)) == "timed out after 5 s in readExactly: 33 bytes of 40");
  CHECK(told(c.stream->readAll()) == "timed out after 5 s in readAll: 33 bytes without an end");
  auto cancelled = c.stream->readLine();
  cancelled.cancel();
  CHECK(failureResultOf<CancelledError>(cancelled).getErrorMessage() ==
        "cancelled in readLine: 33 bytes without a line end");
}

TEST_CASE("readUntil finds a delimiter that comes in pieces, and takes it") {
  Connection c;
  auto head = c.stream->readUntil("\r\n\r\n");
  for (const char each : std::string_view("a\r\nb\r\r\n\r")) c.receive({&each, 1});
  assertNoResult(head);
  c.receive("\nbody");
  CHECK(successResultOf(head) == "a\r\nb\r");
  CHECK(successResultOf(c.stream->readSome()) == "body");
}

TEST_CASE("a line over the limit fails as soon as that is certain, and stays readable") {
  Connection c;
  auto line = c.stream->readUntil("\n", 4);
  c.receive("1234");
  assertNoResult(line);
  c.receive("5");
  failureResultOf<LineTooLong>(line);
  failureResultOf<LineTooLong>(c.stream->readUntil("\n", 4));
  CHECK(successResultOf(c.stream->readSome()) == "12345");
}

TEST_CASE("readUntil refuses an empty delimiter") {
  Connection c;
  CHECK_THROWS_AS((void)c.stream->readUntil(""), std::invalid_argument);
}

TEST_CASE("readExactly waits for so many bytes, none at once") {
  Connection c;
  CHECK(successResultOf(c.stream->readExactly(0)).empty());
  auto bytes = c.stream->readExactly(5);
  c.receive("1234");
  assertNoResult(bytes);
  c.receive("56");
  CHECK(successResultOf(bytes) == "12345");
  CHECK(successResultOf(c.stream->readExactly(1)) == "6");
}

TEST_CASE("readSome gives what is there, and an empty string at the end") {
  Connection c;
  auto some = c.stream->readSome();
  c.receive("abc");
  CHECK(successResultOf(some) == "abc");
  CHECK_FALSE(c.stream->atEnd());
  c.end();
  CHECK(c.stream->atEnd());
  CHECK(successResultOf(c.stream->readSome()).empty());
}

TEST_CASE("readAll gives all up to the orderly end") {
  Connection c;
  auto all = c.stream->readAll(10);
  c.receive("12345");
  c.receive("67890");
  assertNoResult(all);
  c.end();
  CHECK(successResultOf(all) == "1234567890");
  CHECK(c.stream->atEnd());
}

TEST_CASE("readAll over its limit fails, and loses nothing") {
  Connection c;
  auto all = c.stream->readAll(3);
  c.receive("1234");
  failureResultOf<LimitExceeded>(all);
  CHECK(successResultOf(c.stream->readExactly(4)) == "1234");
}

TEST_CASE("readAll of a connection that broke fails: the rest is missing") {
  Connection c;
  auto all = c.stream->readAll();
  c.receive("half");
  c.transport.lose(ConnectionLost("reset"));
  failureResultOf<ConnectionLost>(all);
  CHECK(successResultOf(c.stream->readSome()) == "half");
  failureResultOf<ConnectionLost>(c.stream->readSome());
}

TEST_CASE(
    "at the end readLine and readExactly fail with ConnectionDone, and an unfinished line stays") {
  Connection c;
  c.receive("whole\r\nunfinished");
  c.end();
  CHECK(successResultOf(c.stream->readLine()) == "whole");
  failureResultOf<ConnectionDone>(c.stream->readLine());
  failureResultOf<ConnectionDone>(c.stream->readExactly(100));
  CHECK(successResultOf(c.stream->readAll()) == "unfinished");
}

TEST_CASE("a read that waits fails with the reason of the loss") {
  Connection c;
  auto line = c.stream->readLine();
  c.transport.lose(ConnectionLost("the cable"));
  CHECK(failureResultOf<ConnectionLost>(line).getErrorMessage() == "the cable");
}

TEST_CASE("what had arrived can be read after the connection and its protocol are gone") {
  Connection c;
  c.receive("one\r\ntwo\r\n");
  c.transport.lose(ConnectionLost("reset"));
  c.protocol.reset();
  CHECK(successResultOf(c.stream->readLine()) == "one");
  CHECK(successResultOf(c.stream->readLine()) == "two");
  failureResultOf<ConnectionLost>(c.stream->readLine());
}

TEST_CASE("after our own loseConnection an all is not whole") {
  Connection c;
  auto all = c.stream->readAll();
  c.receive("part");
  c.stream->loseConnection();
  c.transport.lose();
  failureResultOf<ConnectionDone>(all);
}

TEST_CASE("after loseWriteConnection the end of both halves is orderly") {
  Connection c;
  c.stream->loseWriteConnection();
  auto all = c.stream->readAll();
  c.receive("answer");
  c.transport.lose();  // both halves closed: one connectionLost (S-08)
  CHECK(successResultOf(all) == "answer");
}

TEST_CASE("a second read while one waits is a programming error") {
  Connection c;
  auto line = c.stream->readLine();
  CHECK_THROWS_AS((void)c.stream->readSome(), std::logic_error);
  c.receive("ok\r\n");
  CHECK(successResultOf(line) == "ok");
}

TEST_CASE("D-20: cancelling a read loses nothing, and another may follow") {
  Connection c;
  auto line = c.stream->readLine();
  c.receive("hel");
  line.cancel();
  failureResultOf<CancelledError>(line);
  auto again = c.stream->readLine();
  c.receive("lo\r\n");
  CHECK(successResultOf(again) == "hello");
}

TEST_CASE("a callback of a read may start the next one") {
  Connection c;
  std::vector<std::string> lines;
  auto both = c.stream->readLine().addCallback([&](std::string first) {
    lines.push_back(std::move(first));
    return c.stream->readLine().addCallback(
        [&](std::string second) { lines.push_back(std::move(second)); });
  });
  c.receive("a\r\nb\r\n");
  successResultOf(both);
  CHECK(lines == std::vector<std::string>{"a", "b"});
}

TEST_CASE("while nobody reads at most 64 KiB and a chunk are buffered") {
  Connection c;
  c.receive(std::string(64 * 1024, 'x'));
  CHECK(c.transport.producing());
  c.receive("y");
  CHECK(c.transport.paused());
  CHECK(successResultOf(c.stream->readExactly(1)) == "x");
  CHECK(c.transport.paused());
  CHECK(successResultOf(c.stream->readExactly(40'000)).size() == 40'000);
  CHECK(c.transport.producing());
}

TEST_CASE("a read of more than is buffered resumes the transport, and cancelling it pauses again") {
  Connection c;
  c.receive(std::string(70'000, 'x'));
  CHECK(c.transport.paused());
  auto much = c.stream->readExactly(1'000'000);
  CHECK(c.transport.producing());
  c.receive(std::string(200'000, 'x'));
  CHECK(c.transport.producing());
  much.cancel();
  failureResultOf<CancelledError>(much);
  CHECK(c.transport.paused());
}

TEST_CASE("write fires at once while little is pending, else when all is with the kernel") {
  Connection c;
  c.transport.stall();
  successResultOf(c.stream->write(std::string(64 * 1024, 'x')));
  auto much = c.stream->write("y");
  assertNoResult(much);
  c.transport.drain();
  successResultOf(much);
  CHECK(c.transport.value().size() == 64 * 1024 + 1);
}

TEST_CASE("a write that waits fails when the connection is lost, and so does any later one") {
  Connection c;
  c.transport.stall();
  auto write = c.stream->write(std::string(100'000, 'x'));
  c.transport.lose(ConnectionLost("reset"));
  failureResultOf<ConnectionLost>(write);
  failureResultOf<ConnectionLost>(c.stream->write("more"));
}

TEST_CASE("when the last handle goes the connection is lost, whatever the peer does then") {
  Connection c;
  c.stream.reset();
  CHECK(c.transport.disconnecting());
  c.receive("nobody");
  c.end();
  c.transport.lose();
}

TEST_CASE("a read that waits keeps the stream, also without a handle") {
  Connection c;
  auto line = std::exchange(c.stream, nullptr)->readLine();
  CHECK_FALSE(c.transport.disconnecting());
  c.receive("hello\r\n");
  CHECK(successResultOf(line) == "hello");
  CHECK(c.transport.disconnecting());
}

TEST_CASE("the peer's end leaves our half open: an answer can still be written") {
  Connection c;
  c.end();
  CHECK_FALSE(c.transport.disconnecting());
  successResultOf(c.stream->write("answer"));
  CHECK(c.transport.value() == "answer");
}

TEST_CASE("a stream is one connection") {
  Connection c;
  CHECK_THROWS_AS((void)c.stream->makeProtocol(), std::logic_error);
  CHECK(c.stream->getPeer().host == "192.168.1.1");
}

TEST_CASE("a stream whose connection is never made fails its reads") {
  auto stream = std::make_shared<Stream>();
  CHECK_THROWS_AS((void)stream->readLine(), std::logic_error);
  auto protocol = stream->makeProtocol();
  auto line = stream->readLine();
  protocol.reset();
  failureResultOf<ConnectionLost>(line);
}
