// Messages over TCP: each behind two bytes of length, cut in any way. RFC 1035 §4.2.2, RFC 7766 §8
// (the length may come alone, or half of it).
#include <string>
#include <vector>

#include "ropewalk/core/testing/string_transport.h"
#include "ropewalk/protocols/basic/string_receivers.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

using namespace ropewalk;
using namespace ropewalk::dns;

namespace {

/// What a stream of messages holds, by their questions.
struct Stream : Int16StringReceiver {
  Stream() : Int16StringReceiver(kMaxMessageLength) {}
  void stringReceived(std::string_view string) override {
    const auto message = Message::decode(string);
    events.push_back(message ? toText(message->questions.at(0)) : message.failure().kind());
  }
  std::vector<std::string> events;
};

std::string framed(std::string_view message) {
  std::string out = {static_cast<char>(message.size() >> 8), static_cast<char>(message.size())};
  return out.append(message);
}

std::string question(const char* name) {
  Message message;
  message.questions = {{Name(name), Type::TXT}};
  return framed(message.encode());
}

std::vector<std::string> received(const ropewalk::testing::Pieces& pieces) {
  ropewalk::testing::StringTransport transport;
  Stream stream;
  transport.connect(stream);
  for (const auto piece : pieces) stream.dataReceived(piece);
  return stream.events;
}

}  // namespace

TEST_CASE("messages come out of a stream however it is cut") {
  const std::string input = question("a.example") + question("b.example") + framed("short") +
                            framed("") + question("c.example");
  const auto events = ropewalk::testing::feedEverySplit(input, received);
  CHECK(events == std::vector<std::string>{"a.example. TXT", "b.example. TXT", "FormatError",
                                           "FormatError", "c.example. TXT"});
}

TEST_CASE("a first read of one byte is no message yet, nor an error") {
  const std::string input = question("a.example");
  CHECK(received({std::string_view(input).substr(0, 1)}).empty());
  CHECK(received({std::string_view(input).substr(0, 1), std::string_view(input).substr(1)}) ==
        std::vector<std::string>{"a.example. TXT"});
  CHECK(
      received({std::string_view(input).substr(0, 2), std::string_view(input).substr(2)}).size() ==
      1);
}

TEST_CASE("a message of the greatest length passes") {
  Message message;
  message.questions = {{Name("big.example"), Type::TXT}};
  Record record{Name(), static_cast<Type>(65280), Class::IN, 0, ""};
  record.data.assign(kMaxMessageLength - message.encode().size() - 11, 'x');
  message.answers = {record};
  const std::string wire = message.encode();
  REQUIRE(wire.size() == kMaxMessageLength);
  const std::string input = framed(wire);
  CHECK(received({std::string_view(input).substr(0, 1), std::string_view(input).substr(1)}) ==
        std::vector<std::string>{"big.example. TXT"});
}
