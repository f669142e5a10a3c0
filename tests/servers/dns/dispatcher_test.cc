// Dispatcher: what each answer has in common. RFC 1035 §4.1.1, RFC 6891, RFC 7873, RFC 7830.
#include "ropewalk/servers/dns/dispatcher.h"

#include <string>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/responders/name_functions.h"
#include "tests/catch.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kZone =
    "$ORIGIN a.test.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
    "www A 192.0.2.7\n";
constexpr std::string_view kPeer("\x7f\x00\x00\x01", 4);

/// A server's inside, with one zone.
struct Inside {
  explicit Inside(Dispatcher::Options options = {}) : dispatcher(std::move(options)) {
    authority->put(Zone::parse(kZone).value());
    dispatcher.setResponders({authority});
  }
  std::string raw(std::string_view message, Carrier carrier = Carrier::udp) {
    std::string room(carrier == Carrier::udp ? 4096 : 65'535, '\0');
    const auto answered = dispatcher.answer(message, carrier, kPeer, room);
    return std::string(answered.now);
  }
  Message ask(const Message& question, Carrier carrier = Carrier::udp) {
    return Message::decode(raw(question.encode(), carrier)).value();
  }

  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  Dispatcher dispatcher;
};

Message question(std::string_view name, Type type = Type::A) {
  Message message;
  message.id = 0x1234;
  message.recursionDesired = true;
  message.questions = {{Name(name), type, Class::IN}};
  return message;
}

std::string header(unsigned flags, unsigned questions, std::string_view rest = {}) {
  std::string bytes{'\x12',
                    '\x34',
                    static_cast<char>(flags >> 8),
                    static_cast<char>(flags),
                    '\0',
                    static_cast<char>(questions)};
  bytes.append(6, '\0').append(rest);
  return bytes;
}

}  // namespace

TEST_CASE("an answer repeats the id, the question as it was written, and RD") {
  Inside server;
  const Message answer = server.ask(question("wWw.a.TEST"));
  CHECK(answer.id == 0x1234);
  CHECK(answer.response);
  CHECK(answer.authoritative);
  CHECK(answer.recursionDesired);
  CHECK_FALSE(answer.recursionAvailable);
  CHECK(toText(answer.questions.at(0).name) == "wWw.a.TEST.");
  CHECK(answer.answers.size() == 1);
  CHECK_FALSE(answer.edns);
}

TEST_CASE("answers are not answered, and too short messages neither") {
  Inside server;
  Message loop = question("www.a.test");
  loop.response = true;
  CHECK(server.raw(loop.encode()).empty());
  CHECK(server.raw("").empty());
  CHECK(server.raw(std::string(11, '\0')).empty());
  CHECK(server.dispatcher.counts().malformed == 3);
}

TEST_CASE("malformed questions get FORMERR in a header alone, no longer than they are") {
  Inside server;
  for (const auto& bytes : {header(0, 1), header(0, 1, "\x03www"), header(0, 0),
                            header(0, 2, std::string("\0\0\1\0\1", 5)),
                            header(0, 1, std::string("\xc0\x0c\0\1\0\1", 6))}) {
    const std::string answer = server.raw(bytes);
    REQUIRE(answer.size() == kHeaderLength);
    CHECK(answer.substr(0, 2) == "\x12\x34");
    CHECK((static_cast<unsigned char>(answer[2]) & 0x80) != 0);
    CHECK((answer[3] & 15) == static_cast<int>(Rcode::FORMERR));
  }
}

TEST_CASE("bytes behind a question mean nothing") {
  Inside server;
  const std::string asked = question("www.a.test").encode();
  CHECK(server.raw(asked + "garbage") == server.raw(asked));
  CHECK_FALSE(server.raw(asked).empty());
}

TEST_CASE("opcodes that nobody serves get NOTIMP") {
  Inside server;
  for (const unsigned opcode : {1U, 2U, 4U, 5U, 6U, 15U}) {
    const std::string answer = server.raw(header(opcode << 11, 0, "whatever"));
    REQUIRE(answer.size() == kHeaderLength);
    CHECK((answer[3] & 15) == static_cast<int>(Rcode::NOTIMP));
    CHECK((static_cast<unsigned char>(answer[2]) >> 3 & 15U) == opcode);
  }
}

TEST_CASE("where somebody listens for NOTIFY, it is read as a question is") {
  Inside server;
  server.dispatcher.onNotify([](const Query& query) {
    return toText(query.question().name) == "a.test." ? Rcode::NOERROR : Rcode::NOTAUTH;
  });
  Message notify = question("a.test", Type::SOA);
  notify.opcode = Opcode::NOTIFY;
  CHECK(server.ask(notify).rcode == Rcode::NOERROR);
  CHECK(server.ask(notify).authoritative);
  notify.questions[0].name = Name("b.test");
  CHECK(server.ask(notify).rcode == Rcode::NOTAUTH);

  const std::string answer = server.raw(header(4U << 11, 0, "whatever"));
  REQUIRE(answer.size() == kHeaderLength);
  CHECK((answer[3] & 15) == static_cast<int>(Rcode::FORMERR));
}

TEST_CASE("names of nobody's get REFUSED") {
  Inside server;
  const Message answer = server.ask(question("www.b.test"));
  CHECK(answer.rcode == Rcode::REFUSED);
  CHECK(answer.answers.empty());
  CHECK(answer.authority.empty());
}

TEST_CASE("EDNS is answered with EDNS, and another version with BADVERS") {
  Inside server;
  Message asked = question("www.a.test");
  asked.edns.emplace().dnssecOk = true;
  Message answer = server.ask(asked);
  REQUIRE(answer.edns);
  CHECK(answer.edns->udpSize == 1232);
  CHECK(answer.edns->dnssecOk);
  CHECK(answer.edns->version == 0);

  asked.edns->version = 1;
  answer = server.ask(asked);
  CHECK(answer.rcode == Rcode::BADVERS);
  CHECK(answer.answers.empty());
}

TEST_CASE("a cookie comes back with the server's half, and that one proves the address") {
  Inside server;
  Message asked = question("www.a.test");
  asked.edns.emplace().options = {{EdnsOption::COOKIE, "12345678"}};
  const Message answer = server.ask(asked);
  const Edns::Option* cookie = answer.edns->find(EdnsOption::COOKIE);
  REQUIRE(cookie != nullptr);
  CHECK(cookie->data.size() == 24);
  CHECK(cookie->data.substr(0, 8) == "12345678");

  asked.edns->options = {{EdnsOption::COOKIE, "1234567"}};
  CHECK(server.raw(asked.encode()).size() == kHeaderLength);  // FORMERR: RFC 7873 §5.2.2
}

TEST_CASE("a cookie is dated by the clock that was given") {
  const testing::Clock clock;  // it is the beginning of 2026
  Inside server({.clock = &clock});
  Message asked = question("www.a.test");
  asked.edns.emplace().options = {{EdnsOption::COOKIE, "12345678"}};
  const Message answer = server.ask(asked);
  const Edns::Option* cookie = answer.edns->find(EdnsOption::COOKIE);
  REQUIRE(cookie != nullptr);
  CHECK(cookie->data.substr(12, 4) == std::string_view("\x69\x55\xb9\x00", 4));
}

TEST_CASE("the name of the server is told to those who ask") {
  Inside server({.nsid = "ams-1"});
  Message asked = question("www.a.test");
  asked.edns.emplace().options = {{EdnsOption::NSID, ""}};
  const Message answer = server.ask(asked);
  REQUIRE(answer.edns->find(EdnsOption::NSID) != nullptr);
  CHECK(answer.edns->find(EdnsOption::NSID)->data == "ams-1");
}

TEST_CASE("answers are padded where that hides something, and nowhere else") {
  Inside server;
  Message asked = question("www.a.test");
  asked.edns.emplace().options = {{EdnsOption::PADDING, std::string(20, '\0')}};
  CHECK(server.raw(asked.encode(), Carrier::tls).size() == 468);
  CHECK(server.raw(asked.encode(), Carrier::https).size() == 468);
  CHECK(server.raw(asked.encode(), Carrier::udp).size() < 100);
}

TEST_CASE("what does not fit into a datagram is left out whole, with TC") {
  auto answers = std::make_shared<NameFunctions>();
  answers->add("big.test", [](const Question&) {
    std::vector<TXT> all;
    for (int i = 0; i < 20; ++i) all.emplace_back(std::string(100, static_cast<char>('a' + i)));
    return all;
  });
  Inside server;
  server.dispatcher.setResponders({answers});
  Message asked = question("big.test", Type::TXT);
  const std::string plain = server.raw(asked.encode());
  CHECK(plain.size() <= 512);
  CHECK(Message::decode(plain)->truncated);
  CHECK(Message::decode(plain)->answers.empty());

  asked.edns.emplace().udpSize = 4096;  // but not past what we send at most
  const std::string larger = server.raw(asked.encode());
  CHECK(larger.size() <= 1232);
  CHECK(Message::decode(larger)->truncated);
  CHECK(Message::decode(larger)->edns);
  CHECK(server.ask(asked, Carrier::tcp).answers.size() == 20);
  CHECK(server.dispatcher.counts().truncated == 2);
}

TEST_CASE("a filter may drop an answer, or leave the question alone of it") {
  struct Filter final : AnswerFilter {
    Action action = Action::send;
    AnswerSummary seen{};
    Action answerReady(const Query& /*query*/, const AnswerSummary& answer) noexcept override {
      seen = answer;
      return action;
    }
  };
  Inside server;
  const auto filter = std::make_shared<Filter>();
  server.dispatcher.add(filter);
  CHECK(server.ask(question("www.a.test")).answers.size() == 1);
  CHECK(filter->seen.answers == 1);
  filter->action = AnswerFilter::Action::truncate;
  const Message cut = server.ask(question("www.a.test"));
  CHECK(cut.truncated);
  CHECK(cut.answers.empty());
  CHECK(cut.questions.size() == 1);
  filter->action = AnswerFilter::Action::drop;
  CHECK(server.raw(question("www.a.test").encode()).empty());
  CHECK(server.dispatcher.counts().dropped == 1);
}

TEST_CASE("an answer that comes later has the id, the sections and the rcode") {
  auto answers = std::make_shared<NameFunctions>();
  Source<A> source;
  answers->add("slow.test", [&source](const Question&) { return source.deferred(); });
  Inside server;
  server.dispatcher.setResponders({answers});
  std::string room(1232, '\0');
  auto answered =
      server.dispatcher.answer(question("slow.test").encode(), Carrier::udp, kPeer, room);
  CHECK(answered.now.empty());
  REQUIRE(answered.later);
  CHECK(server.dispatcher.counts().later == 1);
  source.callback(A("192.0.2.9"));
  const Message answer = Message::decode(std::move(*answered.later).takeResult().value()).value();
  CHECK(answer.id == 0x1234);
  CHECK(answer.answers.size() == 1);
  CHECK(server.dispatcher.counts().later == 0);
}

TEST_CASE("past the limit of questions under way there is SERVFAIL at once") {
  auto answers = std::make_shared<NameFunctions>();
  std::vector<Source<A>> sources;
  sources.reserve(3);
  answers->add("slow.test", [&](const Question&) { return sources.emplace_back().deferred(); });
  Inside server({.maxLater = 2});
  server.dispatcher.setResponders({answers});
  std::string room(1232, '\0');
  std::vector<Disposition> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(
        server.dispatcher.answer(question("slow.test").encode(), Carrier::udp, kPeer, room));
    CHECK(waiting.back().later);
  }
  CHECK(server.ask(question("slow.test")).rcode == Rcode::SERVFAIL);
  CHECK(server.dispatcher.counts().overload == 1);
  for (auto& source : sources) source.callback(A("192.0.2.9"));
}

}  // namespace ropewalk::dns
