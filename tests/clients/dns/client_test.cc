// The client over UDP against servers that lie, are silent, or cannot do what they should. RFC
// 5452, RFC 6891, RFC 7873.
#include "ropewalk/clients/dns/client.h"

#include <set>

#include "ropewalk/clients/dns/answer.h"
#include "tests/clients/dns/lying_server.h"

namespace ropewalk::dns::testing {
namespace {

ClientOptions to(std::vector<std::string> servers) {
  ClientOptions options;
  options.servers = std::move(servers);
  return options;
}

/// One server and a client of it.
struct Pair {
  explicit Pair(LyingServer::Script script = {}, ClientOptions options = {})
      : server(world.reactor, std::move(script)) {
    options.servers = {server.address()};
    client = std::make_unique<Client>(world.reactor, std::move(options));
  }
  Deferred<Message> ask(const std::string& name = "www.example.org") {
    return client->ask(testing::ask(name));
  }
  /// Waits until the server has been asked `times` times.
  const Got& asked(std::size_t times = 1) {
    REQUIRE(world.until([&] { return server.got.size() >= times; }));
    return server.got.back();
  }

  UnhandledFailures unhandled;
  World world;
  LyingServer server;
  std::unique_ptr<Client> client;
};

TEST_CASE("a question gets its answer, with id 0 and the name as it was asked") {
  Pair net(honest());
  const Message answer = net.world.await(net.ask("WWW.example.ORG"));
  CHECK(addresses(answer) == Texts{"192.0.2.7"});
  CHECK(answer.id == 0);
  CHECK(toText(answer.questions.at(0).name) == "WWW.example.ORG.");
  CHECK(toText(answer.answers.at(0).name) == "WWW.example.ORG.");
  CHECK(net.client->counts().sent == 1);
  CHECK(net.client->counts().answers == 1);
}

TEST_CASE("names that were compressed against the question come without its mixed case") {
  Pair net([](const Got& got) {
    Message answer = got.answer({here(got)});
    answer.authority.push_back(
        makeRecord(got.query.questions[0].name.parent(), "NS www.example.org."));
    got.reply(answer);
  });
  const Message answer = net.world.await(net.ask());
  CHECK(toText(answer.authority.at(0)) == "example.org.\t300\tIN\tNS\twww.example.org.");
}

TEST_CASE("names that a DNAME made come without its mixed case") {
  Pair net([](const Got& got) {
    const Name& sent = got.query.questions[0].name;
    const Name from("example.org");
    const Name made = sent.replaceEnding(from, Name("Example.NET")).value();
    got.reply(
        got.answer({makeRecord(from, "DNAME Example.NET."),
                    makeRecord(sent, "CNAME " + toText(made)), makeRecord(made, "A 192.0.2.7")}));
  });
  const Message answer = net.world.await(net.ask("www.Host.example.org"));
  CHECK(toText(answer.answers.at(1)) ==
        "www.Host.example.org.\t300\tIN\tCNAME\twww.Host.Example.NET.");
  CHECK(toText(answer.answers.at(2)) == "www.Host.Example.NET.\t300\tIN\tA\t192.0.2.7");
}

TEST_CASE("ids, source ports and the case of letters cannot be foretold") {
  Pair net(honest());
  std::set<std::uint16_t> ids, ports;
  std::set<std::string> names;
  for (int question = 0; question < 20; ++question) {
    net.world.await(net.ask("a-name-with-many-letters.example.org"));
    const Got& got = net.server.got.back();
    ids.insert(got.query.id);
    ports.insert(got.port);
    names.insert(got.query.questions.at(0).name.wire());
  }
  // Of 65,536 ids, 28,232 ports and 2^32 spellings: 20 that are mostly different.
  CHECK(ids.size() > 15);
  CHECK(ports.size() > 10);
  CHECK(names.size() > 18);
}

/// What a liar may do to a good answer.
struct Lie {
  const char* what;
  std::function<std::string(const Got&, Message)> bytes;
};

std::vector<Lie> lies() {
  const auto spoilt = [](auto spoil) {
    return [spoil](const Got&, Message answer) {
      spoil(answer);
      return answer.encode();
    };
  };
  return {
      {"a wrong id", spoilt([](Message& m) { m.id ^= 1; })},
      {"a wrong name", spoilt([](Message& m) { m.questions[0].name = Name("other.example.org"); })},
      {"a wrong type", spoilt([](Message& m) { m.questions[0].type = Type::AAAA; })},
      {"a wrong class", spoilt([](Message& m) { m.questions[0].klass = Class::CH; })},
      {"no question", spoilt([](Message& m) { m.questions.clear(); })},
      {"two questions", spoilt([](Message& m) { m.questions.push_back(m.questions[0]); })},
      {"no answer", spoilt([](Message& m) { m.response = false; })},
      {"another opcode", spoilt([](Message& m) { m.opcode = Opcode::NOTIFY; })},
      {"the wrong case", spoilt([](Message& m) {
         std::string wire = m.questions[0].name.wire();
         wire[1] = static_cast<char>(wire[1] ^ 0x20);
         m.questions[0].name = Name::fromWire(wire);
       })},
      {"nothing", [](const Got&, const Message&) { return std::string(); }},
      {"half a message",
       [](const Got&, const Message& m) {
         const std::string whole = m.encode();
         return whole.substr(0, whole.size() / 2);
       }},
      {"a name compressed in a loop",
       [](const Got&, const Message& m) {
         std::string wire = m.encode();
         wire[6] = 0;
         wire[7] = 1;                    // one answer
         wire.resize(wire.size() - 11);  // without OPT
         wire[11] = 0;
         const auto at = static_cast<char>(wire.size());
         const char record[] = {'\xc0', at, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4};
         return wire + std::string(record, sizeof record);
       }},
  };
}

TEST_CASE(
    "a datagram that is not the answer is counted, ignored, and the answer still waited for") {
  const auto which = GENERATE(range(0, 12));
  REQUIRE(lies().size() == 12);
  const Lie lie = lies().at(static_cast<std::size_t>(which));
  INFO(lie.what);
  Pair net([&](const Got& got) {
    const bool loop = std::string(lie.what).find("loop") != std::string::npos;
    got.send(lie.bytes(got, loop ? got.answer() : got.answer({here(got, "203.0.113.66")})));
    got.reply(got.answer({here(got)}));
  });
  const Message answer = net.world.await(net.ask());
  CHECK(addresses(answer) == Texts{"192.0.2.7"});
  CHECK(net.client->counts().ignored == 1);
  CHECK(net.client->counts().sent == 1);
}

TEST_CASE("bytes behind an answer mean nothing") {
  Pair net([](const Got& got) { got.send(got.answer({here(got)}).encode() + "x"); });
  CHECK(addresses(net.world.await(net.ask())) == Texts{"192.0.2.7"});
  CHECK(net.client->counts().ignored == 0);
}

/// Answers as servers do that give every name back in lower case.
void lowerCased(const Got& got) {
  Message answer = got.answer({here(got)});
  answer.questions[0].name = answer.questions[0].name.lowerCased();
  got.reply(answer);
}

/// What was asked over UDP and over TCP, in its case.
Texts namesAsked(const LyingServer& server) {
  Texts all;
  for (const Got& got : server.got) {
    all.push_back((got.overTcp ? "tcp " : "udp ") + toText(got.query.questions.at(0).name));
  }
  return all;
}

TEST_CASE("a server that answers in lower case is asked in the case that was given") {
  World world;
  LyingServer server(world.reactor, lowerCased);
  Client client(world.reactor, to({server.address()}));
  const std::string name(60, 'x');  // no chance that the mixed case is none
  auto asking = client.ask(ask(name + ".example"));
  REQUIRE(world.until([&] { return client.counts().ignored == 1; }));
  assertNoResult(asking);  // another one may come, which is the true one
  world.advance(100ms);
  CHECK(addresses(world.await(std::move(asking))) == Texts{"192.0.2.7"});
  REQUIRE(server.got.size() == 2);
  CHECK(namesAsked(server)[1] == "udp " + name + ".example.");
  // That is remembered for a while, and then tried anew.
  CHECK(addresses(world.await(client.ask(ask(name + ".two.example")))) == Texts{"192.0.2.7"});
  CHECK(server.got.size() == 3);
  world.advance(16min);
  auto later = client.ask(ask(name + ".three.example"));
  REQUIRE(world.until([&] { return client.counts().ignored == 2; }));
  world.advance(100ms);
  CHECK(addresses(world.await(std::move(later))) == Texts{"192.0.2.7"});
  CHECK(client.counts().timeouts == 0);
}

TEST_CASE("over TCP any case will do, when the given one does not come back either") {
  World world;
  LyingServer server(world.reactor, lowerCased);
  Client client(world.reactor, to({server.address()}));
  const std::string name(60, 'X');
  auto asking = client.ask(ask(name + ".example"));
  for (std::uint64_t wrong = 1; wrong <= 2; ++wrong) {
    REQUIRE(world.until([&] { return client.counts().ignored == wrong; }));
    world.advance(100ms);
  }
  const Message answer = world.await(std::move(asking));
  CHECK(addresses(answer) == Texts{"192.0.2.7"});
  CHECK(answer.questions.at(0).name.wire() == Name(name + ".example").wire());
  REQUIRE(server.got.size() == 3);
  CHECK(namesAsked(server)[1] == "udp " + name + ".example.");
  CHECK(namesAsked(server)[2] == "tcp " + name + ".example.");
}

TEST_CASE("with the mixed case off, any case will do") {
  ClientOptions options;
  options.randomCase = false;
  Pair net(
      [](const Got& got) {
        Message answer = got.answer({here(got)});
        answer.questions[0].name = Name("WWW.EXAMPLE.ORG");
        got.reply(answer);
      },
      options);
  CHECK(addresses(net.world.await(net.ask())) == Texts{"192.0.2.7"});
  CHECK(net.server.got.at(0).query.questions.at(0).name.wire() == Name("www.example.org").wire());
}

TEST_CASE("an answer from another port than was asked never arrives") {
  Pair net;
  LyingServer liar(net.world.reactor);
  net.server.script = [&](const Got& got) {
    liar.sendTo(got.port, got.answer({here(got, "203.0.113.66")}).encode());
  };
  auto asking = net.ask();
  const Got& got = net.asked();
  net.world.settle();
  assertNoResult(asking);
  got.reply(got.answer({here(got)}));
  CHECK(addresses(net.world.await(std::move(asking))) == Texts{"192.0.2.7"});
  CHECK(net.client->counts().ignored == 0);
}

TEST_CASE("an answer that comes after its time reaches nobody") {
  Pair net;
  auto asking = net.ask();
  const Got first = net.asked();
  net.world.advance(2s);
  const Got second = net.asked(2);
  CHECK(first.port != second.port);
  first.reply(first.answer({here(first, "203.0.113.66")}));
  net.world.settle();
  assertNoResult(asking);
  second.reply(second.answer({here(second)}));
  CHECK(addresses(net.world.await(std::move(asking))) == Texts{"192.0.2.7"});
}

TEST_CASE("of an answer that comes twice, the first one counts") {
  Pair net([](const Got& got) {
    got.reply(got.answer({here(got)}));
    got.reply(got.answer({here(got, "203.0.113.66")}));
  });
  CHECK(addresses(net.world.await(net.ask())) == Texts{"192.0.2.7"});
  net.world.settle();
  CHECK(net.client->counts().answers == 1);
}

TEST_CASE("a truncated answer is fetched again over TCP") {
  Pair net([](const Got& got) {
    Message answer = got.answer({here(got, got.overTcp ? "192.0.2.7" : "203.0.113.66")});
    answer.truncated = !got.overTcp;
    got.reply(answer);
  });
  const Message answer = net.world.await(net.ask());
  CHECK(addresses(answer) == Texts{"192.0.2.7"});
  CHECK_FALSE(answer.truncated);
  CHECK(net.client->counts().truncated == 1);
  CHECK(net.server.got.size() == 2);
  CHECK(net.server.got.at(1).overTcp);
}

TEST_CASE("an answer that is truncated over TCP, too, is none") {
  World world;
  LyingServer cut(world.reactor, [](const Got& got) {
    Message answer = got.answer();
    answer.truncated = true;
    got.reply(answer);
  });
  LyingServer good(world.reactor, honest());
  {
    ClientOptions options = to({cut.address()});
    options.tries = 1;
    Client client(world.reactor, options);
    const std::string why =
        world.awaitFailure<DNSQueryTimeoutError>(client.ask(ask("www.example.org")))
            .getErrorMessage();
    CHECK(why.find("its answer is truncated over TCP, too") != std::string::npos);
  }
  Client client(world.reactor, to({cut.address(), good.address()}));
  CHECK(addresses(world.await(client.ask(ask("www.example.org")))) == Texts{"192.0.2.7"});
}

TEST_CASE("an empty answer is one, as forwarders give it: nobody else is asked (RFC 2308 2.2)") {
  World world;
  LyingServer empty(world.reactor, [](const Got& got) { got.reply(got.answer()); });
  LyingServer other(world.reactor, honest());
  Client client(world.reactor, to({empty.address(), other.address()}));
  CHECK(world.await(client.ask(ask("www.example.org"))).answers.empty());
  CHECK(other.got.empty());
}

TEST_CASE("a lame server's empty answer makes the next one answer; if all are lame, it is NODATA") {
  World world;
  const auto nothing = [](const Got& got) {
    Message answer = got.answer();
    answer.recursionAvailable = false;
    got.reply(answer);
  };
  LyingServer lame(world.reactor, nothing);
  LyingServer lameToo(world.reactor, nothing);
  LyingServer good(world.reactor, honest());
  LyingServer failing(world.reactor,
                      [](const Got& got) { got.reply(got.failed(Rcode::SERVFAIL)); });
  const auto answerOf = [&](std::vector<std::string> servers) {
    Client client(world.reactor, to(std::move(servers)));
    return world.await(client.ask(ask("www.example.org")));
  };
  CHECK(addresses(answerOf({lame.address(), good.address()})) == Texts{"192.0.2.7"});
  CHECK(isLame(answerOf({lame.address(), lameToo.address()})));
  CHECK(answerOf({lame.address(), failing.address()}).rcode == Rcode::SERVFAIL);
  CHECK(answerOf({failing.address(), lame.address()}).rcode == Rcode::SERVFAIL);
  CHECK(lameToo.got.size() == 1);
}

TEST_CASE("a lame server has nothing to say for one that is silent") {
  World world;
  LyingServer lame(world.reactor, [](const Got& got) {
    Message answer = got.answer();
    answer.recursionAvailable = false;
    got.reply(answer);
  });
  LyingServer silent(world.reactor);
  ClientOptions options = to({lame.address(), silent.address()});
  options.tries = 1;
  Client client(world.reactor, options);
  auto asked = client.ask(ask("www.example.org"));
  REQUIRE(world.until([&] { return !silent.got.empty(); }));
  world.advance(2s);
  CHECK(world.awaitFailure<DNSQueryTimeoutError>(std::move(asked))
            .getErrorMessage()
            .find("an answer that says nothing") != std::string::npos);
}

TEST_CASE("a mere referral makes the next server answer; when nobody has better, it stays") {
  World world;
  LyingServer lame(world.reactor, [](const Got& got) {
    Message answer = got.answer();
    answer.authority.push_back(makeRecord(Name("example.org"), "NS ns.example.org."));
    got.reply(answer);
  });
  LyingServer good(world.reactor, honest());
  Client both(world.reactor, to({lame.address(), good.address()}));
  CHECK(addresses(world.await(both.ask(ask("www.example.org")))) == Texts{"192.0.2.7"});
  Client alone(world.reactor, to({lame.address()}));
  const Message answer = world.await(alone.ask(ask("www.example.org")));
  CHECK(answer.rcode == Rcode::NOERROR);
  CHECK(answer.answers.empty());
}

TEST_CASE(
    "a question to nobody moves on, waits twice as long in each round, and then says who was "
    "asked") {
  World world;
  LyingServer one(world.reactor), two(world.reactor);
  ClientOptions options = to({one.address(), two.address()});
  options.tries = 2;
  Client client(world.reactor, options);
  auto asking = client.ask(ask("www.example.org"));
  const auto heard = [&](std::size_t first, std::size_t second) {
    return world.until([&] { return one.got.size() == first && two.got.size() == second; });
  };
  CHECK(heard(1, 0));
  world.advance(1999ms);
  CHECK(heard(1, 0));
  world.advance(1ms);
  CHECK(heard(1, 1));
  world.advance(2s);
  CHECK(heard(2, 1));
  world.advance(3999ms);
  CHECK(heard(2, 1));
  world.advance(1ms);
  CHECK(heard(2, 2));
  world.advance(4s);
  const auto why = failureResultOf<DNSQueryTimeoutError>(asking).getErrorMessage();
  CHECK(why.find("www.example.org. A") != std::string::npos);
  CHECK(why.find(one.address()) != std::string::npos);
  CHECK(why.find(two.address()) != std::string::npos);
  CHECK(client.counts().timeouts == 4);
}

TEST_CASE("a server that was silent is asked last for a while") {
  World world;
  LyingServer silent(world.reactor), good(world.reactor, honest());
  Client client(world.reactor, to({silent.address(), good.address()}));
  auto asking = client.ask(ask("a.example"));
  REQUIRE(world.until([&] { return silent.got.size() == 1; }));
  world.advance(2s);
  world.await(std::move(asking));
  world.await(client.ask(ask("b.example")));
  CHECK(silent.got.size() == 1);
  world.advance(30s);
  silent.script = honest();
  world.await(client.ask(ask("c.example")));
  CHECK(silent.got.size() == 2);
}

TEST_CASE("with rotation each question begins with another server") {
  World world;
  LyingServer one(world.reactor, honest()), two(world.reactor, honest());
  ClientOptions options = to({one.address(), two.address()});
  options.rotate = true;
  Client client(world.reactor, options);
  for (const auto* name : {"a.example", "b.example", "c.example", "d.example"})
    world.await(client.ask(ask(name)));
  CHECK(one.got.size() == 2);
  CHECK(two.got.size() == 2);
}

TEST_CASE("where nobody listens the next server is asked at once") {
  World world;
  LyingServer good(world.reactor, honest());
  std::uint16_t unused = 0;
  {
    auto port = world.reactor.listenUDP(0, std::make_unique<DatagramProtocol>(),
                                        {.interface = "127.0.0.1"});
    unused = port.port();
    static_cast<void>(port.stopListening());
    world.settle();
  }
  Client client(world.reactor, to({format("127.0.0.1:{}", unused), good.address()}));
  CHECK(addresses(world.await(client.ask(ask("a.example")))) == Texts{"192.0.2.7"});
  CHECK(client.counts().timeouts == 0);
}

TEST_CASE("a server that refuses EDNS is asked without, and from then on at once") {
  const auto rcode = GENERATE(Rcode::FORMERR, Rcode::NOTIMP);
  const bool bare = GENERATE(false, true);  // a FORMERR of twelve bytes, as old servers send
  Pair net([&](const Got& got) {
    if (!got.query.edns) return got.reply(got.answer({here(got)}));
    Message answer = got.failed(rcode);
    answer.edns.reset();
    if (bare) answer.questions.clear();
    got.reply(answer);
  });
  CHECK(addresses(net.world.await(net.ask("a.example"))) == Texts{"192.0.2.7"});
  CHECK(net.server.got.size() == 2);
  net.world.await(net.ask("b.example"));
  CHECK(net.server.got.size() == 3);
  net.world.advance(15min);
  net.world.await(net.ask("c.example"));  // it may have learned it
  CHECK(net.server.got.size() == 5);
}

TEST_CASE("EDNS says 1232 bytes, and DO where it is asked for") {
  ClientOptions options;
  options.dnssecOk = true;
  Pair net(honest(), options);
  net.world.await(net.ask());
  const auto& edns = net.server.got.at(0).query.edns;
  REQUIRE(edns);
  CHECK(edns->udpSize == 1232);
  CHECK(edns->dnssecOk);
}

TEST_CASE("CD is set where the question says so, and such a question is one of its own") {
  World world;
  LyingServer server(world.reactor, honest());
  Client client(world.reactor, to({server.address()}));
  Question unchecked = ask("www.example.org");
  unchecked.checkingDisabled = true;
  auto one = client.ask(ask("www.example.org"));
  auto two = client.ask(unchecked);
  CHECK(world.await(std::move(one)).answers.size() == 1);
  CHECK(world.await(std::move(two)).answers.size() == 1);
  REQUIRE(server.got.size() == 2);
  CHECK(server.got[0].query.checkingDisabled != server.got[1].query.checkingDisabled);
}

TEST_CASE("SERVFAIL and REFUSED make the next server answer") {
  const auto rcode = GENERATE(Rcode::SERVFAIL, Rcode::REFUSED, Rcode::NOTIMP);
  World world;
  LyingServer bad(world.reactor, [&](const Got& got) { got.reply(got.failed(rcode)); });
  LyingServer good(world.reactor, honest());
  Client client(world.reactor, to({bad.address(), good.address()}));
  CHECK(addresses(world.await(client.ask(ask("a.example")))) == Texts{"192.0.2.7"});
}

TEST_CASE("when nobody has better, SERVFAIL is the answer") {
  World world;
  const LyingServer::Script fails = [](const Got& got) { got.reply(got.failed(Rcode::SERVFAIL)); };
  LyingServer one(world.reactor, fails), two(world.reactor, fails);
  Client client(world.reactor, to({one.address(), two.address()}));
  CHECK(world.await(client.ask(ask("a.example"))).rcode == Rcode::SERVFAIL);
  CHECK(one.got.size() == 1);
  CHECK(two.got.size() == 1);
}

TEST_CASE("NXDOMAIN is an answer, and nobody else is asked") {
  World world;
  LyingServer one(world.reactor, [](const Got& got) { got.reply(got.failed(Rcode::NXDOMAIN)); });
  LyingServer two(world.reactor, honest());
  Client client(world.reactor, to({one.address(), two.address()}));
  CHECK(world.await(client.ask(ask("a.example"))).rcode == Rcode::NXDOMAIN);
  CHECK(two.got.empty());
}

TEST_CASE("the same question of several is sent once, and each gets it in his spelling") {
  Pair net;
  auto mine = net.ask("www.example.org");
  auto yours = net.ask("WWW.Example.org");
  const Got& got = net.asked();
  got.reply(got.answer({here(got)}));
  CHECK(toText(net.world.await(std::move(mine)).answers.at(0).name) == "www.example.org.");
  CHECK(toText(net.world.await(std::move(yours)).answers.at(0).name) == "WWW.Example.org.");
  CHECK(net.server.got.size() == 1);
  CHECK(net.client->counts().merged == 1);
}

TEST_CASE("cancelling fails at once, and closes the socket") {
  Pair net;
  auto asking = net.ask();
  const Got& got = net.asked();
  asking.cancel();
  failureResultOf<CancelledError>(asking);
  net.world.settle();
  // The port is free again: it can be bound.
  auto port = net.world.reactor.listenUDP(got.port, std::make_unique<DatagramProtocol>(),
                                          {.interface = "127.0.0.1"});
  CHECK(port.port() == got.port);
}

TEST_CASE("who cancels leaves the others their answer") {
  Pair net;
  auto mine = net.ask();
  auto yours = net.ask();
  const Got& got = net.asked();
  mine.cancel();
  failureResultOf<CancelledError>(mine);
  got.reply(got.answer({here(got)}));
  CHECK(addresses(net.world.await(std::move(yours))) == Texts{"192.0.2.7"});
}

TEST_CASE("a client that goes away fails what is under way, also from inside an answer") {
  Pair net;
  auto asking = net.ask("a.example");
  auto other = net.ask("b.example");
  SECTION("from outside") {
    net.asked(2);
    net.client.reset();
  }
  SECTION("from inside") {
    net.server.script = [](const Got& got) {
      if (got.query.questions[0].name == Name("a.example")) got.reply(got.failed(Rcode::NXDOMAIN));
    };
    asking.addCallback([&](Message answer) {
      net.client.reset();
      return answer;
    });
    REQUIRE(net.world.until([&] { return asking.ready(); }));
  }
  failureResultOf<CancelledError>(other);
  if (!asking.result()->ok()) failureResultOf<CancelledError>(asking);
}

TEST_CASE("whoever asks again while the client goes away is told that it does") {
  Pair net;
  Client* const client = net.client.get();
  auto asking = net.ask("a.example");
  asking.addErrback([&](const Failure&) { return client->ask(ask("b.example")); });
  net.asked();
  net.client.reset();
  failureResultOf<CancelledError>(asking);
}

TEST_CASE("a server's cookie is learned and sent back; an answer without it is ignored") {
  Pair net;
  const auto cookieOf = [](const Got& got) {
    const auto* option = got.query.edns->find(EdnsOption::COOKIE);
    REQUIRE(option != nullptr);
    return option->data;
  };
  const auto withCookie = [](const Got& got, const std::string& cookie) {
    Message answer = got.answer({here(got)});
    answer.edns->options.push_back({EdnsOption::COOKIE, cookie});
    return answer;
  };
  net.server.script = [&](const Got& got) {
    got.reply(withCookie(got, cookieOf(got).substr(0, 8) + "a server"));
  };
  net.world.await(net.ask("a.example"));
  CHECK(cookieOf(net.server.got.at(0)).size() == 8);

  net.server.script = [&](const Got& got) {
    got.reply(got.answer({here(got, "203.0.113.66")}));  // none
    got.reply(withCookie(got,
                         "not ours"
                         "a server"));  // somebody else's
    got.reply(withCookie(got, cookieOf(got)));
  };
  CHECK(addresses(net.world.await(net.ask("b.example"))) == Texts{"192.0.2.7"});
  CHECK(cookieOf(net.server.got.at(1)).substr(8) == "a server");
  CHECK(net.client->counts().ignored == 2);
}

TEST_CASE("a server that forgot about cookies is believed again after one time-out") {
  Pair net([](const Got& got) {
    Message answer = got.answer({here(got)});
    const std::string& ours = got.query.edns->find(EdnsOption::COOKIE)->data;
    answer.edns->options.push_back({EdnsOption::COOKIE, ours.substr(0, 8) + "a server"});
    got.reply(answer);
  });
  net.world.await(net.ask("a.example"));
  net.server.script = honest();
  auto asking = net.ask("b.example");
  net.asked(2);
  REQUIRE(net.world.until([&] { return net.client->counts().ignored == 1; }));
  net.world.advance(2s);
  CHECK(addresses(net.world.await(std::move(asking))) == Texts{"192.0.2.7"});
}

TEST_CASE("BADCOOKIE brings the new cookie, and over TCP when that does not help either") {
  const bool stubborn = GENERATE(false, true);
  Pair net([&](const Got& got) {
    if (got.overTcp) return got.reply(got.answer({here(got)}));
    const std::string sent = got.query.edns->find(EdnsOption::COOKIE)->data;
    const bool good = sent.substr(8) == "a server" && !stubborn;
    Message answer = good ? got.answer({here(got)}) : got.failed(Rcode::BADCOOKIE);
    answer.edns->options.push_back({EdnsOption::COOKIE, sent.substr(0, 8) + "a server"});
    got.reply(answer);
  });
  CHECK(addresses(net.world.await(net.ask())) == Texts{"192.0.2.7"});
  CHECK(net.server.got.size() == (stubborn ? 3 : 2));
}

TEST_CASE("IPv6 servers are asked too") {
  World world;
  LyingServer server(world.reactor, honest(), "::1");
  Client client(world.reactor, to({server.address()}));
  CHECK(addresses(world.await(client.ask(ask("a.example")))) == Texts{"192.0.2.7"});
}

TEST_CASE("a server that makes no sense is refused with what is wrong about it") {
  World world;
  const auto refusal = [&](const std::string& server) -> std::string {
    try {
      const Client client(world.reactor, to({server}));
    } catch (const InvalidAddressError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal("dns.example.org").find("given by their address") != std::string::npos);
  CHECK(refusal("192.0.2.1:99999").find("no port") != std::string::npos);
  CHECK(refusal("[::1").find("without ']'") != std::string::npos);
  CHECK(refusal("gopher://192.0.2.1").find("https://") != std::string::npos);
}

}  // namespace
}  // namespace ropewalk::dns::testing
