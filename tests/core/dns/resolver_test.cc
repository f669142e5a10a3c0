// The resolver against a name server of our own, on every poller. CORE-07, RFC 6761.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "ropewalk/core/base/text.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/dns/name_server.h"

namespace ropewalk {

using testing::assertNoResult;
using testing::failureResultOf;
using testing::successResultOf;
using Addresses = std::vector<Address>;
using Names = std::vector<std::string>;

namespace {

/// A name server, and a resolver that asks it.
struct Lookup {
  explicit Lookup(World& world) : world(world), server(world) {}

  Deferred<Addresses> start(const std::string& name) {
    if (!resolver) resolver = makeAresResolver(world.reactor, options ? *options : only(server));
    return resolver->resolve(name, 80);
  }
  Addresses find(const std::string& name) {
    Deferred<Addresses> found = start(name);
    REQUIRE(world.until([&] { return found.ready(); }));
    return successResultOf(found);
  }
  std::string failure(const std::string& name) {
    Deferred<Addresses> found = start(name);
    REQUIRE(world.until([&] { return found.ready(); }));
    return failureResultOf<DNSLookupError>(found).getErrorMessage();
  }

  World& world;
  NameServer server;
  std::optional<ResolverOptions> options;
  std::unique_ptr<HostResolver> resolver;
};

/// A file that is gone after the test.
struct TemporaryFile {
  explicit TemporaryFile(std::string_view text) {
    const UniqueFd made(::mkstemp(path.data()));
    write(text);
  }
  ~TemporaryFile() { ::unlink(path.c_str()); }
  void write(std::string_view text) const { std::ofstream(path) << text; }
  std::string path = "/tmp/ropewalk-dns-XXXXXX";
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a name gives its addresses of both families, each with the port that was asked for") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["www.example.test"] = {"192.0.2.7", "2001:db8::7"};
  const Addresses found = lookup.find("www.example.test");
  CHECK(hostsOf(found) == std::set<std::string>{"192.0.2.7", "2001:db8::7"});
  CHECK(found[0].port == 80);
  CHECK(found[1].port == 80);
  CHECK(found[0].family != found[1].family);
  CHECK(lookup.server.asked.size() == 2);
}

TEST_CASE("a name with addresses of one family gives those") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["v4.example.test"] = {"192.0.2.7"};
  CHECK(lookup.find("v4.example.test") == Addresses{Address::IPv4("192.0.2.7", 80)});
}

TEST_CASE("addresses that come twice are given once") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["twice.example.test"] = {"192.0.2.7", "192.0.2.7", "192.0.2.8"};
  CHECK(lookup.find("twice.example.test").size() == 2);
}

TEST_CASE("a name that does not exist says so, and what to do") {
  EVERY_POLLER;
  Lookup lookup(world);
  const std::string message = lookup.failure("nosuch.example.test");
  CHECK(contains(message, "cannot resolve \"nosuch.example.test\": no such name"));
  CHECK(contains(message, "check the spelling"));
}

TEST_CASE("a name without addresses is told from one that does not exist") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["mail.example.test"] = {};
  CHECK(contains(lookup.failure("mail.example.test"), "the name has no address"));
}

TEST_CASE("a server that never answers is a time-out, which names the server") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.mood = NameServer::Mood::silent;
  lookup.options = only(lookup.server);
  lookup.options->timeout = 30ms;
  const std::string message = lookup.failure("slow.example.test");
  CHECK(contains(message, "timed out: no answer from " + lookup.server.where()));
}

TEST_CASE("a query is repeated as often as `tries` says") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.mood = NameServer::Mood::silent;
  lookup.options = only(lookup.server);
  lookup.options->timeout = 10ms;
  lookup.options->tries = 3;
  (void)lookup.failure("slow.example.test");
  CHECK(std::count(lookup.server.asked.begin(), lookup.server.asked.end(), "A slow.example.test") ==
        3);
}

TEST_CASE("garbage instead of an answer fails the query, and not the next one") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.mood = NameServer::Mood::garbage;
  lookup.server.names["www.example.test"] = {"192.0.2.7"};
  lookup.options = only(lookup.server);
  lookup.options->timeout = 50ms;
  CHECK(contains(lookup.failure("www.example.test"), "cannot resolve"));
  lookup.server.mood = NameServer::Mood::truthful;
  CHECK(lookup.find("www.example.test").size() == 1);
}

TEST_CASE("servers that refuse or fail are named") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.mood = GENERATE(NameServer::Mood::refusing, NameServer::Mood::failing);
  CHECK(contains(lookup.failure("www.example.test"), "refused by " + lookup.server.where()));
}

TEST_CASE("a port where no server listens is an error that names it") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.options = only(lookup.server);
  lookup.options->timeout = 1h;  // nobody waits for it
  lookup.options->servers = {"127.0.0.1:1"};
  CHECK(contains(lookup.failure("www.example.test"), "127.0.0.1:1"));
}

TEST_CASE("a server that refuses costs no time: the next one is asked at once, name by name") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.options = only(lookup.server);
  lookup.options->servers = {"127.0.0.1:1", lookup.server.where()};
  lookup.options->timeout = 1h;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "www" + std::to_string(i) + ".example.test";
    lookup.server.names[name] = {"192.0.2.7", "2001:db8::7"};
    CHECK(hostsOf(lookup.find(name)) == std::set<std::string>{"192.0.2.7", "2001:db8::7"});
  }
}

TEST_CASE("a server that was silent is asked last for a while: one name waits, not each") {
  EVERY_POLLER;
  Lookup lookup(world);
  NameServer silent(world);
  silent.mood = NameServer::Mood::silent;
  lookup.options = only(lookup.server);
  lookup.options->servers = {silent.where(), lookup.server.where()};
  lookup.options->timeout = 500ms;
  lookup.options->tries = 3;
  std::size_t asked = 0;
  for (int i = 0; i < 3; ++i) {
    const std::string name = "www" + std::to_string(i) + ".example.test";
    lookup.server.names[name] = {"192.0.2.7"};
    CHECK(lookup.find(name).size() == 1);
    if (i == 0) asked = silent.asked.size();
    CHECK(silent.asked.size() == asked);
  }
  CHECK(asked >= 2);  // A and AAAA of the first name
}

TEST_CASE("of resolv.conf servers, timeout and attempts are heeded") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.mood = NameServer::Mood::silent;
  const TemporaryFile conf("nameserver " + lookup.server.where() +
                           "\noptions timeout:1 attempts:1\n");
  lookup.options = only(lookup.server);
  lookup.options->servers.clear();
  lookup.options->resolvConf = conf.path;
  lookup.options->timeout.reset();
  lookup.options->tries.reset();
  CHECK(contains(lookup.failure("slow.example.test"),
                 "timed out: no answer from " + lookup.server.where()));
  // Three rounds, the default, are six questions, and so would be attempts:3.
  CHECK(lookup.server.asked.size() == 2);
}

TEST_CASE("a server of resolv.conf that has a zone is left out, and the others are asked") {
  EVERY_POLLER;
  const log::testing::Captured captured(log::Level::debug);
  Lookup lookup(world);
  lookup.server.names["db.test"] = {"192.0.2.1"};
  const std::string zoned = "nameserver fe80::1%lo\n";
  const TemporaryFile conf(zoned + "nameserver " + lookup.server.where() + "\n");
  lookup.options = only(lookup.server);
  lookup.options->servers.clear();
  lookup.options->resolvConf = conf.path;
  CHECK(lookup.find("db.test").front().host == "192.0.2.1");
  CHECK(lookup.find("db.test").front().host == "192.0.2.1");
  CHECK(captured.contains(log::Level::debug, "leaves out the name server fe80::1%lo"));
  CHECK(std::ranges::count_if(captured.messages(), [](const std::string& each) {
          return contains(each, "leaves out");
        }) == 1);
}

TEST_CASE("nothing that resolv.conf says makes a resolver, or the next lookup, throw") {
  EVERY_POLLER;
  Lookup lookup(world);
  const TemporaryFile conf("nameserver fe80::1%lo\n");
  lookup.options = only(lookup.server);
  lookup.options->servers.clear();
  lookup.options->resolvConf = conf.path;
  CHECK_NOTHROW(makeAresResolver(world.reactor, *lookup.options));
  conf.write("nameserver " + lookup.server.where() + "\n");
  lookup.server.names["db.test"] = {"192.0.2.1"};
  CHECK(lookup.find("db.test").front().host == "192.0.2.1");
}

TEST_CASE("the second server is asked when the first fails") {
  EVERY_POLLER;
  Lookup lookup(world);
  NameServer broken(world);
  broken.mood = NameServer::Mood::failing;
  lookup.server.names["www.example.test"] = {"192.0.2.7"};
  lookup.options = only(lookup.server);
  lookup.options->servers = {broken.where(), lookup.server.where()};
  lookup.options->tries = 2;
  CHECK(lookup.find("www.example.test").size() == 1);
  CHECK_FALSE(broken.asked.empty());
}

TEST_CASE("a short name is tried in the search domains") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["db.two.test"] = {"192.0.2.7"};
  lookup.options = only(lookup.server);
  lookup.options->search = std::vector<std::string>{"one.test", "two.test"};
  CHECK(lookup.find("db").size() == 1);
  CHECK(lookup.server.asked.front().ends_with("db.one.test"));
}

TEST_CASE("a name with a final dot is not searched for") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.options = only(lookup.server);
  lookup.options->search = std::vector<std::string>{"one.test"};
  (void)lookup.failure("db.example.");
  for (const std::string& asked : lookup.server.asked) CHECK(asked.ends_with("db.example"));
}

TEST_CASE("ndots decides which names are searched for first") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.options = only(lookup.server);
  lookup.options->search = std::vector<std::string>{"one.test"};
  lookup.options->ndots = 3;
  (void)lookup.failure("a.b.c");
  CHECK(lookup.server.asked.front().ends_with("a.b.c.one.test"));
}

TEST_CASE("many queries at once each get their own answer") {
  EVERY_POLLER;
  Lookup lookup(world);
  std::vector<Deferred<Addresses>> answers;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "host" + std::to_string(i) + ".example.test";
    lookup.server.names[name] = {"192.0.2." + std::to_string(i)};
    answers.push_back(lookup.start(name));
  }
  for (int i = 0; i < 100; ++i) {
    REQUIRE(world.until([&] { return answers[i].ready(); }));
    CHECK(successResultOf(answers[i]).front().host == "192.0.2." + std::to_string(i));
  }
}

TEST_CASE("an IP literal is its own address and asks nobody") {
  EVERY_POLLER;
  Lookup lookup(world);
  CHECK(successResultOf(lookup.start("192.0.2.1")) == Addresses{Address::IPv4("192.0.2.1", 80)});
  CHECK(successResultOf(lookup.start("2001:db8::1")) ==
        Addresses{Address::IPv6("2001:db8::1", 80)});
  CHECK(lookup.server.asked.empty());
}

TEST_CASE("localhost and the names below it are the loopback, without the network (RFC 6761)") {
  EVERY_POLLER;
  Lookup lookup(world);
  const std::string name = GENERATE("localhost", "LocalHost.", "app.localhost", "a.b.localhost.");
  CHECK(successResultOf(lookup.start(name)) ==
        Addresses{Address::IPv6("::1", 80), Address::IPv4("127.0.0.1", 80)});
  CHECK(lookup.server.asked.empty());
}

TEST_CASE("notlocalhost is a name like any other") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["notlocalhost"] = {"192.0.2.7"};
  CHECK(lookup.find("notlocalhost").size() == 1);
}

TEST_CASE("names below invalid and onion never leave the machine (RFC 6761, RFC 7686)") {
  EVERY_POLLER;
  Lookup lookup(world);
  CHECK(contains(failureResultOf(lookup.start("www.invalid")).getErrorMessage(), "RFC 6761"));
  CHECK(contains(failureResultOf(lookup.start("www.onion")).getErrorMessage(), "RFC 7686"));
  CHECK(lookup.server.asked.empty());
}

TEST_CASE("what can be no host name fails at once, with the reason") {
  EVERY_POLLER;
  Lookup lookup(world);
  const auto why = [&](const std::string& name) {
    return failureResultOf<DNSLookupError>(lookup.start(name)).getErrorMessage();
  };
  CHECK(contains(why(""), "empty"));
  CHECK(contains(why("."), "empty"));
  CHECK(contains(why("a..b"), "part of the name is empty"));
  CHECK(contains(why("a b"), "blank"));
  CHECK(contains(why(std::string("a\0b", 3)), "control character"));
  CHECK(contains(why("b\xc3\xbc"
                     "cher.test"),
                 "ASCII"));
  CHECK(contains(why(std::string(64, 'a') + ".test"), "63"));
  CHECK(contains(why(std::string(62, 'a') + "." + std::string(62, 'b') + "." +
                     std::string(62, 'c') + "." + std::string(65, 'd')),
                 "253"));
  CHECK(lookup.server.asked.empty());
}

TEST_CASE("the hosts file is asked before the network") {
  EVERY_POLLER;
  Lookup lookup(world);
  const TemporaryFile hosts(
      "# comment\n192.0.2.1 db DB.example.test # and more\n2001:db8::1\tdb\nnonsense db\n192.0.2.1 "
      "db");
  lookup.options = only(lookup.server);
  lookup.options->hostsFile = hosts.path;
  CHECK(successResultOf(lookup.start("db")) ==
        Addresses{Address::IPv4("192.0.2.1", 80), Address::IPv6("2001:db8::1", 80)});
  CHECK(successResultOf(lookup.start("Db.Example.TEST.")).size() == 1);
  CHECK(lookup.server.asked.empty());
}

TEST_CASE("a changed hosts file is noticed") {
  EVERY_POLLER;
  Lookup lookup(world);
  const TemporaryFile hosts("192.0.2.1 db\n");
  lookup.options = only(lookup.server);
  lookup.options->hostsFile = hosts.path;
  CHECK(successResultOf(lookup.start("db")).front().host == "192.0.2.1");
  hosts.write("192.0.2.22 db\n");
  CHECK(successResultOf(lookup.start("db")).front().host == "192.0.2.22");
}

TEST_CASE("resolv.conf is read, and read again when it has changed") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["db.one.test"] = {"192.0.2.1"};
  lookup.server.names["db.other.test"] = {"192.0.2.2"};
  const TemporaryFile conf("search one.test\n");
  lookup.options = only(lookup.server);
  lookup.options->search.reset();
  lookup.options->resolvConf = conf.path;
  CHECK(lookup.find("db").front().host == "192.0.2.1");
  conf.write("search other.test\n");
  CHECK(lookup.find("db").front().host == "192.0.2.2");
}

TEST_CASE("what is no domain in a search list means nothing: systemd-resolved writes a dot") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["db.one.test"] = {"192.0.2.1"};
  const std::string domains = GENERATE(".", "one.test .", ". one.test", ".one.test", "one..test");
  const TemporaryFile conf("search " + domains + "\n");
  lookup.options = only(lookup.server);
  if (GENERATE(true, false)) {
    lookup.options->search.reset();
    lookup.options->resolvConf = conf.path;
  } else {
    lookup.options->search = Names();
    for (const auto word : split(domains, ' ')) lookup.options->search->emplace_back(word);
  }
  CHECK(contains(lookup.failure("nosuch"), "no such name"));
  CHECK(contains(lookup.failure("nosuch.example.test"), "no such name"));
  const bool searched = domains == "one.test ." || domains == ". one.test";
  if (searched) CHECK(lookup.find("db").front().host == "192.0.2.1");
}

TEST_CASE("a cancelled query fails at once, its answer is dropped, and others go on") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["one.example.test"] = {"192.0.2.1"};
  lookup.server.names["two.example.test"] = {"192.0.2.2"};
  Deferred<Addresses> one = lookup.start("one.example.test");
  Deferred<Addresses> two = lookup.start("two.example.test");
  one.cancel();
  failureResultOf<CancelledError>(one);
  REQUIRE(world.until([&] { return two.ready(); }));
  CHECK(successResultOf(two).front().host == "192.0.2.2");
}

TEST_CASE("a resolver that goes away fails what is under way") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.mood = NameServer::Mood::silent;
  Deferred<Addresses> found = lookup.start("www.example.test");
  assertNoResult(found);
  lookup.resolver.reset();
  CHECK(contains(failureResultOf<DNSLookupError>(found).getErrorMessage(), "closed"));
}

TEST_CASE("a callback may destroy the resolver, or ask it again") {
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["www.example.test"] = {"192.0.2.7"};
  bool again = false;
  Deferred<void> done =
      lookup.start("www.example.test")
          .addCallback([&](const Addresses&) { return lookup.start("www.example.test"); })
          .addCallback([&](const Addresses&) {
            again = true;
            lookup.resolver.reset();
          });
  REQUIRE(world.until([&] { return done.ready(); }));
  CHECK(again);
  CHECK(lookup.resolver == nullptr);
}

TEST_CASE("a reactor uses its resolver for connectTCP, and the one that is installed") {
  Record server;
  Record client;
  EVERY_POLLER;
  Lookup lookup(world);
  lookup.server.names["service.test"] = {"127.0.0.1"};
  world.reactor.installNameResolver(makeAresResolver(world.reactor, only(lookup.server)));
  const auto port = world.reactor.listenTCP(0, recorderFactory(server), {.interface = "127.0.0.1"});
  auto connected = world.reactor.connectTCP("service.test", port.port(), recorderFactory(client));
  REQUIRE(world.until([&] { return server.made() && connected.ready(); }));
  CHECK(successResultOf(connected)->transport().getPeer() ==
        Address::IPv4("127.0.0.1", port.port()));
}

TEST_CASE("connectTCP to a name that is not there fails with DNSLookupError") {
  Record client;
  EVERY_POLLER;
  auto connected = world.reactor.connectTCP("www.invalid", 80, recorderFactory(client));
  failureResultOf<DNSLookupError>(connected);
}

TEST_CASE("a name server that is no address is refused when the resolver is made") {
  EVERY_POLLER;
  CHECK_THROWS_AS(makeAresResolver(world.reactor, {.servers = {"dns.example.test"}}),
                  DNSLookupError);
}

TEST_CASE("reactors on several threads may make their resolvers at the same time") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      Reactor reactor;
      (void)makeHostResolver(reactor);
    });
  }
  for (std::thread& thread : threads) thread.join();
  SUCCEED("no race, no crash");
}

}  // namespace ropewalk
