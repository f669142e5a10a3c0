// LineReceiver and LineOnlyReceiver over a StringTransport. PROT-01.
#include "ropewalk/protocols/basic/line_receiver.h"

#include <string>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

using namespace ropewalk;

namespace {

using Events = std::vector<std::string>;

/// Records, and does what the test wants.
struct Recorder : LineReceiver {
  using LineReceiver::LineReceiver;
  void lineReceived(std::string_view line) override {
    events.push_back("line " + std::string(line));
    if (onLine) onLine(line);
  }
  void rawDataReceived(std::string_view data) override {
    events.push_back("raw " + std::string(data));
    if (onRaw) onRaw(data);
  }
  void lineLengthExceeded(std::string_view start) override {
    events.push_back("long " + std::string(start));
    if (!tolerant) LineReceiver::lineLengthExceeded(start);
  }

  Events events;
  UniqueFunction<void(std::string_view)> onLine;
  UniqueFunction<void(std::string_view)> onRaw;
  bool tolerant = false;
};

struct Connection {
  explicit Connection(LineOptions options = {}) : protocol(std::move(options)) {
    transport.connect(protocol);
  }
  testing::StringTransport transport;
  Recorder protocol;
};

/// "n\r\n" announces n raw bytes.
struct Announced : LineReceiver {
  void lineReceived(std::string_view line) override {
    events.push_back("line " + std::string(line));
    missing = static_cast<std::size_t>(std::stoi(std::string(line)));
    if (missing > 0) setRawMode();
  }
  void rawDataReceived(std::string_view data) override {
    const auto mine = data.substr(0, missing);
    body += mine;
    missing -= mine.size();
    if (missing > 0) return;
    events.push_back("body " + std::exchange(body, {}));
    setLineMode(data.substr(mine.size()));
  }
  Events events;
  std::string body;
  std::size_t missing = 0;
};

}  // namespace

TEST_CASE("lines are delivered without their delimiter, whole ones only") {
  Connection c;
  c.protocol.dataReceived("one\r\ntw");
  CHECK(c.protocol.events == Events{"line one"});
  c.protocol.dataReceived("o\r\n");
  CHECK(c.protocol.events == Events{"line one", "line two"});
}

TEST_CASE(
    "a line longer than maxLength reaches lineLengthExceeded, and nothing after it is delivered") {
  Connection c({.maxLength = 4});
  c.protocol.dataReceived("1234\r\n12345\r\nafter\r\n");
  c.protocol.dataReceived("more\r\n");
  CHECK(c.protocol.events == Events{"line 1234", "long 1234"});
  CHECK(c.transport.disconnecting());
}

TEST_CASE("an override of lineLengthExceeded that keeps the connection gets the lines after it") {
  Connection c({.maxLength = 4});
  c.protocol.tolerant = true;
  c.protocol.dataReceived("12345\r\nok\r\n");
  CHECK(c.protocol.events == Events{"long 1234", "line ok"});
  CHECK_FALSE(c.transport.disconnecting());
}

TEST_CASE("S-04: after loseConnection no line of the same chunk is delivered") {
  Connection c;
  c.protocol.onLine = [&](std::string_view) { c.protocol.transport().loseConnection(); };
  c.protocol.dataReceived("bye\r\nmore\r\n");
  c.protocol.dataReceived("and more\r\n");
  CHECK(c.protocol.events == Events{"line bye"});
}

TEST_CASE("a connection that is lost inside a callback ends the delivery") {
  Connection c;
  c.protocol.onLine = [&](std::string_view) { c.transport.lose(ConnectionLost("reset")); };
  c.protocol.dataReceived("one\r\ntwo\r\n");
  CHECK(c.protocol.events == Events{"line one"});
}

TEST_CASE(
    "pauseProducing inside a callback stops at once; resumeProducing delivers what has waited, "
    "then reads on") {
  Connection c;
  c.protocol.onLine = [&](std::string_view line) {
    if (line == "stop") c.protocol.pauseProducing();
  };
  c.protocol.dataReceived("a\r\nstop\r\nb\r\nstop\r\nc\r\n");
  CHECK(c.protocol.events == Events{"line a", "line stop"});
  CHECK(c.transport.paused());
  c.protocol.resumeProducing();
  CHECK(c.protocol.events == Events{"line a", "line stop", "line b", "line stop"});
  CHECK(c.transport.paused());
  c.protocol.resumeProducing();
  CHECK(c.protocol.events.back() == "line c");
  CHECK(c.transport.producing());
}

TEST_CASE("what arrives while paused comes after what has waited") {
  Connection c;
  c.protocol.pauseProducing();
  c.protocol.dataReceived("o");
  c.protocol.dataReceived("ne\r\ntwo\r");
  CHECK(c.protocol.events.empty());
  c.protocol.resumeProducing();
  c.protocol.dataReceived("\n");
  CHECK(c.protocol.events == Events{"line one", "line two"});
}

TEST_CASE("pausing and resuming inside one callback loses nothing, and does not recurse") {
  Connection c;
  int depth = 0;
  c.protocol.onLine = [&](std::string_view) {
    CHECK(++depth == 1);
    c.protocol.pauseProducing();
    c.protocol.resumeProducing();
    --depth;
  };
  c.protocol.dataReceived("a\r\nb\r\nc\r\n");
  CHECK(c.protocol.events == Events{"line a", "line b", "line c"});
  CHECK(c.transport.producing());
}

TEST_CASE("data that arrives inside a callback is delivered after it, in order") {
  Connection c;
  c.protocol.onLine = [&](std::string_view line) {
    if (line == "a") c.protocol.dataReceived("c\r\n");
  };
  c.protocol.dataReceived("a\r\nb\r\n");
  CHECK(c.protocol.events == Events{"line a", "line b", "line c"});
}

TEST_CASE("S-03: an exception of lineReceived comes out, and nothing after it is delivered") {
  Connection c;
  c.protocol.onLine = [](std::string_view) { throw std::runtime_error("no"); };
  CHECK_THROWS_AS(c.protocol.dataReceived("a\r\nb\r\n"), std::runtime_error);
  CHECK(c.protocol.events == Events{"line a"});
}

TEST_CASE("raw mode starts and ends in the middle of a chunk") {
  const auto events = testing::feedEverySplit("3\r\na\r\n5\r\n\r\n\r\nx0\r\n1\r\nz7",
                                              [](const testing::Pieces& pieces) {
                                                testing::StringTransport transport;
                                                Announced protocol;
                                                transport.connect(protocol);
                                                for (const auto piece : pieces)
                                                  protocol.dataReceived(piece);
                                                return protocol.events;
                                              });
  CHECK(events ==
        Events{"line 3", "body a\r\n", "line 5", "body \r\n\r\nx", "line 0", "line 1", "body z"});
}

TEST_CASE("setRawMode outside of a callback delivers an unfinished line as raw data") {
  Connection c;
  c.protocol.dataReceived("one\r\nunfin");
  c.protocol.setRawMode();
  c.protocol.dataReceived("ished\r\n");
  CHECK(c.protocol.events == Events{"line one", "raw unfin", "raw ished\r\n"});
}

TEST_CASE("setLineMode takes bytes from anywhere, and delivers them first") {
  Connection c;
  c.protocol.setRawMode();
  c.protocol.onRaw = [&](std::string_view) { c.protocol.setLineMode(std::string("own\r\nha")); };
  c.protocol.dataReceived("raw");
  c.protocol.dataReceived("lf\r\n");
  CHECK(c.protocol.events == Events{"raw raw", "line own", "line half"});
}

TEST_CASE("10,000 switches in one chunk take no stack") {
  Connection c;
  c.protocol.onLine = [&](std::string_view) { c.protocol.setRawMode(); };
  c.protocol.onRaw = [&](std::string_view data) { c.protocol.setLineMode(data.substr(1)); };
  std::string input;
  for (int i = 0; i < 10'000; ++i) input += "l\r\nr";
  c.protocol.dataReceived(input);
  CHECK(c.protocol.events.size() == 20'000);
}

TEST_CASE("pauseProducing in raw mode keeps the extra for later") {
  Connection c;
  c.protocol.setRawMode();
  c.protocol.onRaw = [&](std::string_view data) {
    c.protocol.pauseProducing();
    c.protocol.setLineMode(data.substr(3));
  };
  c.protocol.dataReceived("rawline\r\n");
  CHECK(c.protocol.events == Events{"raw rawline\r\n"});
  c.protocol.resumeProducing();
  CHECK(c.protocol.events.back() == "line line");
}

TEST_CASE("sendLine writes the line and its delimiter") {
  Connection c({.delimiter = "\n"});
  c.protocol.sendLine("hello");
  c.protocol.sendLine("");
  CHECK(c.transport.value() == "hello\n\n");
}

TEST_CASE("what is read with any line end is answered with CRLF") {
  Connection c(anyNewline());
  c.protocol.dataReceived("a\nb\r\nc\rd\n");
  CHECK(c.protocol.events == Events{"line a", "line b", "line c", "line d"});
  c.protocol.sendLine("hello");
  CHECK(c.transport.value() == "hello\r\n");
  CHECK_THROWS_AS(c.protocol.sendLine("a\nQUIT"), std::invalid_argument);
}

TEST_CASE("sendLine refuses a line end inside a line: that would be injection") {
  Connection c;
  CHECK_THROWS_AS(c.protocol.sendLine("a\r\nQUIT"), std::invalid_argument);
  CHECK_THROWS_AS(c.protocol.sendLine("a\nQUIT"), std::invalid_argument);
  CHECK_THROWS_AS(c.protocol.sendLine("a\r"), std::invalid_argument);
  CHECK(c.transport.value().empty());
}

TEST_CASE("sendLine with a delimiter of one's own refuses just that one") {
  Connection c({.delimiter = ";"});
  c.protocol.sendLine("a\r\nb");
  CHECK(c.transport.value() == "a\r\nb;");
  CHECK_THROWS_AS(c.protocol.sendLine("a;b"), std::invalid_argument);
}

TEST_CASE("clearLineBuffer gives up what was not delivered, inside a callback too") {
  Connection c;
  std::string given;
  c.protocol.onLine = [&](std::string_view) { given = c.protocol.clearLineBuffer(); };
  c.protocol.dataReceived("one\r\ntwo\r\nthr");
  CHECK(given == "two\r\nthr");
  c.protocol.dataReceived("ee\r\n");
  CHECK(c.protocol.events == Events{"line one", "line ee"});
}

TEST_CASE("setLineOptions holds for the rest of the chunk, and for an unfinished line") {
  Connection c;
  c.protocol.onLine = [&](std::string_view line) {
    if (line == "LF") c.protocol.setLineOptions({.delimiter = "\n"});
  };
  c.protocol.dataReceived("LF\r\na\nb\nc");
  CHECK(c.protocol.events == Events{"line LF", "line a", "line b"});
  c.protocol.setLineOptions({.delimiter = "c"});
  CHECK(c.protocol.events.back() == "line ");
}

TEST_CASE("a receiver slows down like any producer, and stops by losing its connection") {
  Connection c;
  testing::StringTransport other;
  other.stall();
  other.registerProducer(c.protocol, Streaming::push);
  other.write(std::string(70'000, 'x'));
  CHECK(c.transport.paused());
  other.drain();
  CHECK(c.transport.producing());
  c.protocol.stopProducing();
  CHECK(c.transport.disconnecting());
}

TEST_CASE("raw mode without an override is a programming error") {
  struct NoRaw : LineReceiver {
    void lineReceived(std::string_view) override { setRawMode(); }
  } protocol;
  testing::StringTransport transport;
  transport.connect(protocol);
  CHECK_THROWS_AS(protocol.dataReceived("a\r\nb"), std::logic_error);
}

namespace {

/// Lines that are answered, by a server whose peer takes nothing unless told.
struct Unread {
  Unread() {
    transport.setReactor(memory.reactor());
    transport.setAccepted();
    transport.stall();
    protocol.onLine = [this](std::string_view line) {
      protocol.sendLine(std::string(line) + std::string(8 * 1024, '.'));
    };
    transport.connect(protocol);
  }
  /// Lines "0" to "n-1" in one piece.
  void ask(int lines) {
    std::string all;
    for (int i = 0; i < lines; ++i) all += std::to_string(i) + "\r\n";
    protocol.dataReceived(all);
  }

  testing::MemoryReactor memory;
  Recorder protocol;
  testing::StringTransport transport;
};

constexpr std::size_t kAnswersThatWait = std::size_t{256} * 1024;

}  // namespace

TEST_CASE("lines whose answers are not taken wait, also those of one piece; none is lost") {
  Unread unread;
  constexpr int kLines = 1000;
  unread.ask(kLines);
  CHECK(unread.transport.paused());
  for (int drains = 0; drains < kLines && unread.protocol.events.size() < kLines; ++drains) {
    REQUIRE(unread.transport.pending() <= kAnswersThatWait + 9 * 1024);
    unread.transport.drain();
  }
  REQUIRE(unread.protocol.events.size() == kLines);
  for (int i = 0; i < kLines; ++i) CHECK(unread.protocol.events[i] == format("line {}", i));
  unread.transport.drain();
  CHECK(unread.transport.producing());
}

TEST_CASE("who asks for lines and takes no answer is cut off after 10 s") {
  Unread unread;
  unread.ask(1000);
  unread.memory.advance(10s - 1ms);
  CHECK_FALSE(unread.transport.aborted());
  unread.memory.advance(1ms);
  CHECK(unread.transport.aborted());
}

TEST_CASE("a receiver that pauses itself stays paused when its answers are taken") {
  Unread unread;
  unread.ask(1000);
  unread.protocol.pauseProducing();
  const std::size_t before = unread.protocol.events.size();
  unread.transport.drain();
  CHECK(unread.protocol.events.size() == before);
  CHECK(unread.transport.paused());
  unread.protocol.resumeProducing();
  CHECK(unread.protocol.events.size() > before);
}

TEST_CASE("resumeProducing delivers nothing while answers wait, and the limits may be set") {
  Unread unread;
  unread.protocol.setAnswerLimits({.pending = 1024, .patience = 1s});
  unread.ask(10);
  CHECK(unread.protocol.events.size() == 1);
  unread.protocol.pauseProducing();
  unread.protocol.resumeProducing();
  unread.protocol.dataReceived("late\r\n");
  CHECK(unread.protocol.events.size() == 1);
  CHECK(unread.transport.paused());
  unread.transport.drain();
  CHECK(unread.protocol.events.size() == 2);
  unread.memory.advance(1s);
  CHECK(unread.transport.aborted());
}
