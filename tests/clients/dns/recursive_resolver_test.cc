// Iteration from a private root: referrals, glue, aliases, limits, and what servers may not say.
// RFC 1034 §5.3.3, RFC 5452 §6, RFC 6672.
#include "ropewalk/clients/dns/recursive_resolver.h"

#include "ropewalk/clients/dns/delegation.h"
#include "tests/clients/dns/private_root.h"

namespace ropewalk::dns::testing {
namespace {

using Lines = std::vector<std::string>;

/// . (1) delegates example (2, 3) and other (4); example delegates sub.example (5).
struct Internet {
  Internet() {
    root.serve(1, {".",
                   {"example NS ns1.example.", "example NS ns2.example.", "ns1.example A 127.0.1.2",
                    "ns2.example A 127.0.1.3", "other NS ns.other.", "ns.other A 127.0.1.4",
                    "glueless NS hidden.other."}});
    for (const int host : {2, 3})
      root.serve(host, {"example",
                        {"www A 192.0.2.80", "alias CNAME www.example.", "away CNAME www.other.",
                         "sub NS ns.sub.example.", "ns.sub A 127.0.1.5", "mail MX 10 www.example.",
                         "loop1 CNAME loop2.other.", "moved DNAME other.",
                         "grow DNAME x.grow.example.", "chain CNAME alias.example."}});
    root.serve(4, {"other",
                   {"www A 192.0.2.44", "loop2 CNAME loop1.example.", "a.b A 192.0.2.45",
                    "ns A 127.0.1.4", "hidden A 127.0.1.4"}});
    root.serve(4, {"glueless", {"www A 192.0.2.46"}});
    root.serve(5, {"sub.example", {"deep A 192.0.2.55"}});
  }
  RecursiveResolver& resolver() {
    if (!made) {
      if (!options) options = root.options();
      made = std::make_unique<RecursiveResolver>(world.reactor, *options);
    }
    return *made;
  }
  Deferred<Message> ask(const std::string& name, Type type = Type::A) {
    return resolver().ask({Name(name), type});
  }
  Message answer(const std::string& name, Type type = Type::A) {
    return world.await(ask(name, type));
  }
  std::string failure(const std::string& name) {
    return world.awaitFailure<ResolverError>(ask(name)).getErrorMessage();
  }
  /// How often it was asked, whoever "it" was.
  [[nodiscard]] long asked(const std::string& part) const {
    return std::count_if(root.asked().begin(), root.asked().end(), [&](const std::string& each) {
      return each.find(part) != std::string::npos;
    });
  }

  UnhandledFailures unhandled;
  World world;
  PrivateRoot root{world};
  std::optional<RecursiveOptions> options;
  std::unique_ptr<RecursiveResolver> made;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("from the root down to the zone that answers") {
  Internet net;
  const Message answer = net.answer("deep.sub.example");
  CHECK(addresses(answer) == Texts{"192.0.2.55"});
  CHECK(answer.recursionAvailable);
  REQUIRE(net.root.asked().size() == 3);
  CHECK(has(net.root.asked()[0], "127.0.1.1 "));
  CHECK(has(net.root.asked()[2], "127.0.1.5 deep.sub.example."));
}

TEST_CASE("delegations are remembered for their TTL") {
  Internet net;
  net.answer("deep.sub.example");
  net.answer("deep.sub.example", Type::MX);
  CHECK(net.root.asked().size() == 4);
  net.world.advance(301s);
  net.answer("deep.sub.example");
  CHECK(net.root.asked().size() == 7);
}

TEST_CASE("a name that is not there, and a name without the type, have a SOA to say so") {
  Internet net;
  const Message gone = net.answer("nothing.example");
  CHECK(gone.rcode == Rcode::NXDOMAIN);
  REQUIRE(gone.authority.size() == 1);
  CHECK(gone.authority[0].type == Type::SOA);
  const Message empty = net.answer("www.example", Type::MX);
  CHECK(empty.rcode == Rcode::NOERROR);
  CHECK(empty.answers.empty());
  CHECK(empty.authority.size() == 1);
}

TEST_CASE("aliases are followed, within a zone and into others") {
  Internet net;
  const Message within = net.answer("chain.example");
  CHECK(addresses(within) == Texts{"192.0.2.80"});
  CHECK(within.answers.size() == 3);
  CHECK(addresses(net.answer("away.example")) == Texts{"192.0.2.44"});
}

TEST_CASE("an alias is an answer to who asks for it, and so is its absence at the end") {
  Internet net;
  const Message alias = net.answer("alias.example", Type::CNAME);
  REQUIRE(alias.answers.size() == 1);
  CHECK(alias.answers[0].type == Type::CNAME);
  const Message empty = net.answer("away.example", Type::MX);
  CHECK(empty.rcode == Rcode::NOERROR);
  REQUIRE(empty.answers.size() == 1);  // the alias
  CHECK(empty.authority.size() == 1);
}

TEST_CASE("a DNAME moves what is below it") {
  Internet net;
  const Message answer = net.answer("a.b.moved.example");
  CHECK(addresses(answer) == Texts{"192.0.2.45"});
  REQUIRE(answer.answers.size() == 3);
  CHECK(answer.answers[0].type == Type::DNAME);
  CHECK(toText(answer.answers[1]) == "a.b.moved.example.\t300\tIN\tCNAME\ta.b.other.");
}

TEST_CASE(
    "a DNAME that leads ever further below itself ends after as many aliases as are allowed") {
  Internet net;
  CHECK(has(net.failure("www.grow.example"), "more than 12 aliases"));
  CHECK(net.root.asked().size() < 5);  // one answer has all of them
}

TEST_CASE("aliases that go in a circle fail") {
  Internet net;
  CHECK(has(net.failure("loop1.example"), "circle"));
  CHECK(net.root.asked().size() < 10);
}

TEST_CASE("servers without glue are looked up") {
  Internet net;
  CHECK(addresses(net.answer("www.glueless")) == Texts{"192.0.2.46"});
  CHECK(net.asked("127.0.1.4 hidden.other. A") == 1);
  // And their address is known from then on.
  const auto before = net.root.asked().size();
  net.answer("www.glueless", Type::MX);
  CHECK(net.root.asked().size() == before + 1);
}

TEST_CASE("a server that refuses, is lame, or is silent is passed over") {
  const auto which = GENERATE(0, 1, 2, 3);
  Internet net;
  if (which == 0) net.root.spoil(2, [](const Question&, Message& m) { m.rcode = Rcode::REFUSED; });
  if (which == 1) {
    net.root.spoil(2, [](const Question&, Message& m) {  // refers up
      m = Message{m.id,  true,  Opcode::QUERY, false,          false,      false,
                  false, false, false,         Rcode::NOERROR, m.questions};
      m.authority.push_back(makeRecord(Name(), "NS root.test."));
    });
  }
  if (which == 2) net.root.silence(2);
  if (which == 3) net.root.spoil(2, [](const Question&, Message& m) { m.authoritative = false; });
  for (const auto* name : {"www.example", "alias.example", "chain.example", "away.example"}) {
    auto asking = net.ask(name);
    // Which server is asked first is chance: time passes only where it is the silent one.
    REQUIRE(net.world.until([&] {
      if (which == 2 && !asking.ready()) net.world.advance(100ms);
      return asking.ready();
    }));
    CHECK(addresses(successResultOf(asking)).size() == 1);
  }
  CHECK(net.asked("127.0.1.3 ") > 0);
}

TEST_CASE("when no server of a zone answers, the error says what each did") {
  Internet net;
  net.root.spoil(2, [](const Question&, Message& m) { m.rcode = Rcode::SERVFAIL; });
  net.root.spoil(3, [](const Question&, Message& m) { m.rcode = Rcode::REFUSED; });
  const std::string why = net.failure("www.example");
  INFO(why);
  CHECK(has(why, "www.example. A"));
  CHECK(has(why, "zone example."));
  CHECK(has(why, "127.0.1.2"));
  CHECK(has(why, "SERVFAIL"));
  CHECK(has(why, "REFUSED"));
}

TEST_CASE("what a server says about other zones is not believed") {
  Internet net;
  // The server of example claims to know an address of other, and its servers.
  net.root.spoil(2, [](const Question&, Message& m) {
    m.answers.push_back(makeRecord(Name("www.other"), A("203.0.113.66")));
    m.authority.push_back(makeRecord(Name("other"), "NS evil.example."));
    m.additional.push_back(makeRecord(Name("evil.example"), A("127.0.1.6")));
    m.additional.push_back(makeRecord(Name("ns.other"), A("127.0.1.6")));
  });
  net.root.spoil(3, [](const Question&, Message& m) {
    m.answers.push_back(makeRecord(Name("www.other"), A("203.0.113.66")));
  });
  const Message away = net.answer("away.example");
  CHECK(addresses(away) == Texts{"192.0.2.44"});
  net.answer("www.example");
  CHECK(addresses(net.answer("www.other")) == Texts{"192.0.2.44"});
  CHECK(net.asked("127.0.1.6 ") == 0);
}

TEST_CASE("glue for names outside the referring zone is not believed") {
  Message referral;
  referral.response = true;
  const Question question{Name("www.sub.example")};
  referral.questions.push_back(question);
  referral.authority.push_back(makeRecord(Name("sub.example"), "NS ns.other."));
  referral.authority.push_back(makeRecord(Name("sub.example"), "NS ns.sub.example."));
  referral.authority.push_back(makeRecord(Name("sub.example"), "NS unknown.sub.example."));
  referral.additional.push_back(makeRecord(Name("ns.other"), A("203.0.113.66")));
  referral.additional.push_back(makeRecord(Name("ns.sub.example"), A("127.0.1.5")));
  REQUIRE(classify(referral, question, Name("example")) == Reply::referral);
  const Delegation read = readReferral(referral, question, Name("example"), TimePoint());
  CHECK(read.zone == Name("sub.example"));
  REQUIRE(read.servers.size() == 2);  // one below the zone without an address is of no use
  CHECK(read.servers[0].addresses.empty());
  CHECK(read.servers[1].addresses == Texts{"127.0.1.5"});
  CHECK(classify(referral, question, Name("sub.example")) == Reply::useless);  // to itself
  CHECK(classify(referral, question, Name("other")) == Reply::useless);
}

TEST_CASE("servers that need each other to be found end in an error, not for ever") {
  Internet net;
  net.root.spoil(1, [](const Question& question, Message& m) {
    const bool one = question.name.isBelow(Name("one")), two = question.name.isBelow(Name("two"));
    if (!one && !two) return;
    m.authoritative = false;
    m.rcode = Rcode::NOERROR;
    m.answers.clear();
    m.authority = {makeRecord(Name(one ? "one" : "two"), one ? "NS ns.two." : "NS ns.one.")};
  });
  net.failure("www.one");
  CHECK(net.root.asked().size() < 20);
}

TEST_CASE("a zone that makes much work ends at the limit") {
  Internet net;
  // Each name refers to more servers that have to be looked for (NXNSAttack).
  net.root.spoil(4, [](const Question& question, Message& m) {
    m.authoritative = false;
    m.rcode = Rcode::NOERROR;
    m.answers.clear();
    m.authority.clear();
    for (int server = 0; server < 30; ++server)
      m.authority.push_back(
          makeRecord(question.name, format("NS n{}.{}x.example.", server, question.name.labels())));
  });
  net.failure("www.other");
  CHECK(net.root.asked().size() < 60);
  net.made.reset();
  net.options = net.root.options();
  net.options->maxQueries = 3;
  const auto before = net.root.asked().size();
  CHECK(has(net.failure("www.glueless"), "3 queries"));
  CHECK(net.root.asked().size() - before == 3);
}

TEST_CASE("DS records are asked for at the parent") {
  Internet net;
  net.answer("deep.sub.example");
  const auto before = net.root.asked().size();
  const Message answer = net.answer("sub.example", Type::DS);
  CHECK(net.root.asked().size() == before + 1);
  CHECK(net.asked("127.0.1.5 sub.example. DS") == 0);
}

TEST_CASE("the same question of several is asked once; cancelling stops all of it") {
  Internet net;
  auto one = net.ask("www.example");
  auto two = net.ask("WWW.example");
  net.world.await(std::move(one));
  net.world.await(std::move(two));
  CHECK(net.root.asked().size() == 2);
  auto gone = net.ask("www.other");
  gone.cancel();
  failureResultOf<CancelledError>(gone);
  auto under = net.ask("www.glueless");
  net.made.reset();
  failureResultOf<CancelledError>(under);
}

TEST_CASE("whoever watches sees each step") {
  Internet net;
  std::vector<std::string> steps;
  net.options = net.root.options();
  net.options->trace = [&](const TraceStep& step) {
    steps.push_back(format("{} {} {} {}", toText(step.zone), toText(step.server.name),
                           step.server.addresses.at(0), step.answer != nullptr));
  };
  net.answer("www.other");
  CHECK(steps == Texts{". root.test. 127.0.1.1 true", "other. ns.other. 127.0.1.4 true"});
}

TEST_CASE("the roots of the Internet are thirteen, each with both addresses") {
  const auto roots = rootHints();
  CHECK(roots.size() == 13);
  for (const NameServer& server : roots) {
    REQUIRE(server.addresses.size() == 2);
    CHECK(Address::fromLiteral(server.addresses[0], 53).family == Address::Family::IPv4);
    CHECK(Address::fromLiteral(server.addresses[1], 53).family == Address::Family::IPv6);
  }
  CHECK(toText(roots.back().name) == "m.root-servers.net.");
}

}  // namespace
}  // namespace ropewalk::dns::testing
