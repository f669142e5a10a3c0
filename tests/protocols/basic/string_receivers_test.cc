// NetstringReceiver, Int8/16/32StringReceiver, FixedLengthReceiver over a StringTransport. PROT-02.
#include "ropewalk/protocols/basic/string_receivers.h"

#include <string>
#include <vector>

#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

using namespace ropewalk;
using namespace std::string_literals;

namespace {

using Events = std::vector<std::string>;

struct Netstrings : NetstringReceiver {
  using NetstringReceiver::NetstringReceiver;
  void stringReceived(std::string_view string) override {
    events.emplace_back(string);
    if (string == "pause") pauseProducing();
  }
  void brokenPeer(const Failure& why) override {
    events.push_back(why.kind());
    NetstringReceiver::brokenPeer(why);
  }
  Events events;
};

template <class Receiver>
struct Strings : Receiver {
  using Receiver::Receiver;
  void stringReceived(std::string_view string) override { events.emplace_back(string); }
  void lengthLimitExceeded(std::size_t length) override {
    events.push_back("long " + std::to_string(length));
    Receiver::lengthLimitExceeded(length);
  }
  Events events;
};

struct Blocks : FixedLengthReceiver {
  using FixedLengthReceiver::FixedLengthReceiver;
  void blockReceived(std::string_view block) override {
    events.emplace_back(block);
    setLength(events.size() + 1);
  }
  Events events;
};

template <class Receiver>
struct Connection {
  template <class... Args>
  explicit Connection(Args... args) : protocol(args...) {
    transport.connect(protocol);
  }
  testing::StringTransport transport;
  Receiver protocol;
};

}  // namespace

TEST_CASE("netstrings are received and sent") {
  Connection<Netstrings> c;
  c.protocol.dataReceived("5:hello,0:");
  c.protocol.dataReceived(",");
  c.protocol.sendString("a,b");
  CHECK(c.protocol.events == Events{"hello", ""});
  CHECK(c.transport.value() == "3:a,b,");
}

TEST_CASE("a broken netstring loses the connection, and nothing after it is delivered") {
  Connection<Netstrings> c;
  c.protocol.dataReceived("1:a,01:b,1:c,");
  CHECK(c.protocol.events == Events{"a", "ProtocolError"});
  CHECK(c.transport.disconnecting());
}

TEST_CASE("a netstring past the limit loses the connection") {
  Connection<Netstrings> c(10U);
  c.protocol.dataReceived("11:");
  CHECK(c.protocol.events == Events{"LimitExceeded"});
  CHECK(c.transport.disconnecting());
}

TEST_CASE("a netstring receiver pauses inside a callback") {
  Connection<Netstrings> c;
  c.protocol.dataReceived("5:pause,1:a,");
  CHECK(c.protocol.events == Events{"pause"});
  c.protocol.resumeProducing();
  CHECK(c.protocol.events == Events{"pause", "a"});
}

TEST_CASE("Int8, Int16 and Int32 strings are received and sent") {
  Connection<Strings<Int8StringReceiver>> one;
  one.protocol.dataReceived("\x02hi\x00"s);
  CHECK(one.protocol.events == Events{"hi", ""});
  one.protocol.sendString("hi");
  CHECK(one.transport.value() == "\x02hi");

  Connection<Strings<Int16StringReceiver>> two;
  two.protocol.sendString("hi");
  CHECK(two.transport.value() == "\x00\x02hi"s);
  two.protocol.dataReceived(two.transport.value());
  CHECK(two.protocol.events == Events{"hi"});

  Connection<Strings<Int32StringReceiver>> four;
  four.protocol.sendString("hi");
  CHECK(four.transport.value() == "\x00\x00\x00\x02hi"s);
  four.protocol.dataReceived(four.transport.value());
  CHECK(four.protocol.events == Events{"hi"});
}

TEST_CASE("a string that its prefix cannot hold is refused") {
  Connection<Strings<Int8StringReceiver>> one;
  CHECK_THROWS_AS(one.protocol.sendString(std::string(256, 'x')), StringTooLongError);
  CHECK(one.transport.value().empty());
  one.protocol.sendString(std::string(255, 'x'));
  CHECK(one.transport.value().size() == 256);
}

TEST_CASE("a string longer than the limit loses the connection before it comes") {
  Connection<Strings<Int32StringReceiver>> c;
  c.protocol.dataReceived("\x7f\xff\xff\xff"s);
  CHECK(c.protocol.events == Events{"long 2147483647"});
  CHECK(c.transport.disconnecting());
}

TEST_CASE("blocks of one length; a new length holds from the next block on") {
  const auto events = testing::feedEverySplit("abbcccdd", [](const testing::Pieces& pieces) {
    Connection<Blocks> c(1U);
    for (const auto piece : pieces) c.protocol.dataReceived(piece);
    return c.protocol.events;
  });
  CHECK(events == Events{"a", "bb", "ccc"});
}

TEST_CASE("blocks of no bytes are refused") { CHECK_THROWS_AS(Blocks(0U), std::invalid_argument); }
