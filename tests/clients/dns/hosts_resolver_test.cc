// Answers from a hosts file, and chains of resolvers. hosts(5).
#include "ropewalk/clients/dns/hosts_resolver.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ropewalk/clients/dns/answer.h"
#include "ropewalk/clients/dns/resolver_chain.h"
#include "ropewalk/clients/dns/special_names.h"
#include "ropewalk/clients/dns/system_resolver.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/dns/resolv_conf.h"
#include "tests/clients/dns/lying_server.h"
#include "tests/clients/dns/scripted_resolver.h"

namespace ropewalk::dns::testing {
namespace {

/// A file of one's own, gone afterwards.
struct TextFile {
  explicit TextFile(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ropewalk-dns-XXXXXX").string();
    const int fd = ::mkstemp(pattern.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    path = pattern;
    write(text);
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() { std::filesystem::remove(path); }
  void write(const std::string& text) const { std::ofstream(path) << text; }
  std::string path;
};

const char* const kHosts =
    "127.0.0.1 localhost\n"
    "192.0.2.7 box box.example # the box\n"
    "2001:db8:0:0::7 box\n"
    "fe80::1%lo scoped\n"
    "nonsense here\n";

struct Hosts {
  TextFile file{kHosts};
  HostsResolver resolver{file.path};
  Message ask(const std::string& name, Type type) {
    return successResultOf(resolver.ask({Name(name), type}));
  }
};

TEST_CASE("names in the hosts file have addresses, in any case") {
  Hosts hosts;
  CHECK(addresses(hosts.ask("BOX.example", Type::A)) == Texts{"192.0.2.7"});
  const Message six = hosts.ask("box", Type::AAAA);
  CHECK(recordsOf<AAAA>(six.answers).at(0).address == "2001:db8::7");
  CHECK(six.answers.at(0).ttl == 3600);
}

TEST_CASE("a listed name has no other data") {
  Hosts hosts;
  for (const Type type : {Type::AAAA, Type::MX}) {
    const Message answer = hosts.ask("box.example", type);
    CHECK(answer.rcode == Rcode::NOERROR);
    CHECK(answer.answers.empty());
    CHECK(negativeAuthority(answer) != nullptr);  // says how long it holds
  }
  CHECK(hosts.ask("scoped", Type::AAAA).answers.empty());
}

TEST_CASE("addresses of the hosts file have names, in any spelling") {
  Hosts hosts;
  const auto names = [&](const std::string& literal) {
    const Message answer = hosts.ask(toText(Name::reverse(literal).value()), Type::PTR);
    Texts all;
    for (const PTR& each : recordsOf<PTR>(answer.answers)) all.push_back(toText(each.name));
    return all;
  };
  CHECK(names("192.0.2.7") == Texts{"box.", "box.example."});
  CHECK(names("2001:db8::7") == Texts{"box."});
}

TEST_CASE("what is not listed fails, so that a chain goes on") {
  Hosts hosts;
  for (const auto* name : {"other.example", "8.2.0.192.in-addr.arpa", "x.y.z.w.in-addr.arpa"})
    failureResultOf<ResolverError>(hosts.resolver.ask({Name(name)}));
  auto next = std::make_shared<ScriptedResolver>();
  next->script = [](const Question& question) { return answerTo(question, {"o A 192.0.2.9"}); };
  ResolverChain chain({std::make_shared<HostsResolver>(hosts.file.path), next});
  CHECK(addresses(successResultOf(chain.ask({Name("box")}))) == Texts{"192.0.2.7"});
  CHECK(next->asked.empty());
  CHECK(addresses(successResultOf(chain.ask({Name("o.example")}))) == Texts{"192.0.2.9"});
}

TEST_CASE("a changed hosts file is read again, a missing one lists nobody") {
  Hosts hosts;
  hosts.ask("box", Type::A);
  hosts.file.write("192.0.2.100 another-name-of-another-box\n");
  CHECK(addresses(hosts.ask("another-name-of-another-box", Type::A)) == Texts{"192.0.2.100"});
  failureResultOf<ResolverError>(hosts.resolver.ask({Name("box")}));
  HostsResolver none("/nowhere/hosts");
  failureResultOf<ResolverError>(none.ask({Name("box")}));
}

TEST_CASE(
    "a chain that nobody in answers fails as its last one did; cancelling reaches who is asked") {
  auto one = std::make_shared<ScriptedResolver>(), two = std::make_shared<ScriptedResolver>();
  ResolverChain chain({one, two});
  auto asking = chain.ask({Name("a.example")});
  CHECK(two->asked.empty());
  one->answer(Failure(ResolverError("not here")));
  two->answer(Failure(DNSQueryTimeoutError("nobody there")));
  failureResultOf<DNSQueryTimeoutError>(asking);
  auto gone = chain.ask({Name("a.example")});
  gone.cancel();
  failureResultOf<CancelledError>(gone);
  CHECK(one->cancelled == 1);
  CHECK(two->asked.size() == 1);
  failureResultOf<ResolverError>(ResolverChain({}).ask({Name("a.example")}));
}

TEST_CASE("an answer of NXDOMAIN ends the chain") {
  auto one = std::make_shared<ScriptedResolver>(), two = std::make_shared<ScriptedResolver>();
  one->script = [](const Question& question) {
    return answerTo(question, {}, {}, Rcode::NXDOMAIN);
  };
  ResolverChain chain({one, two});
  CHECK(successResultOf(chain.ask({Name("a.example")})).rcode == Rcode::NXDOMAIN);
  CHECK(two->asked.empty());
}

TEST_CASE("localhost is this machine; invalid and onion are nobody; the network is not asked") {
  SpecialNames special;
  const auto ask = [&](const char* name, Type type = Type::A) {
    return special.ask({Name(name), type});
  };
  CHECK(addresses(successResultOf(ask("LOCALHOST"))) == Texts{"127.0.0.1"});
  CHECK(addresses(successResultOf(ask("a.localhost"))) == Texts{"127.0.0.1"});
  CHECK(recordsOf<AAAA>(successResultOf(ask("localhost", Type::AAAA)).answers).size() == 1);
  CHECK(successResultOf(ask("localhost", Type::MX)).answers.empty());
  CHECK(successResultOf(ask("a.invalid")).rcode == Rcode::NXDOMAIN);
  CHECK(successResultOf(ask("a.onion")).rcode == Rcode::NXDOMAIN);
  failureResultOf<ResolverError>(ask("localhost.example"));
}

TEST_CASE("the system's resolver asks the hosts file, then its cache, then the servers") {
  World world;
  const TextFile file(kHosts);
  LyingServer server(world.reactor, honest("192.0.2.99"));
  SystemResolverOptions options;
  options.hostsFile = file.path;
  options.client.servers = {server.address()};
  const auto resolver = systemResolver(world.reactor, options);
  CHECK(addresses(world.await(resolver->ask(ask("box")))) == Texts{"192.0.2.7"});
  CHECK(addresses(world.await(resolver->ask(ask("x.localhost")))) == Texts{"127.0.0.1"});
  CHECK(server.got.empty());
  for (int times = 0; times < 2; ++times)
    CHECK(addresses(world.await(resolver->ask(ask("a.example")))) == Texts{"192.0.2.99"});
  CHECK(server.got.size() == 1);
}

TEST_CASE("resolv.conf: servers and options, the rest passed over") {
  using ropewalk::detail::ResolvConf;
  const ResolvConf conf = ResolvConf::parse(
      "# comment\n; another\nnameserver 192.0.2.1 # first\nnameserver\t2001:db8::1\r\n"
      "nameserver name.example\nsearch a.example b.example\n"
      "options timeout:7 attempts:99 rotate use-vc ndots:2 timeout:0\n");
  CHECK(conf.servers == Texts{"192.0.2.1", "2001:db8::1"});
  CHECK(conf.timeout == Duration(7s));
  CHECK(conf.attempts == 5);
  CHECK(conf.rotate);
  CHECK(conf.tcp);
  CHECK(ResolvConf::parse("").servers.empty());
  CHECK(ResolvConf::parse("nameserver 192.0.2.1:5353\nnameserver [::1]:5353\nnameserver [::1]\n"
                          "nameserver 192.0.2.1:0\nnameserver 192.0.2.1:x\n")
            .servers == Texts{"192.0.2.1:5353", "[::1]:5353", "[::1]"});
}

TEST_CASE("the client rereads resolv.conf when it has changed") {
  World world;
  const TextFile file("nameserver 192.0.2.1\n");
  ClientOptions options;
  options.resolvConf = file.path;
  Client client(world.reactor, options);
  CHECK(client.servers() == Texts{"192.0.2.1"});
  file.write("nameserver 192.0.2.10\nnameserver 2001:db8::10\n");
  CHECK(client.servers() == Texts{"192.0.2.10", "2001:db8::10"});
  file.write("\n");
  CHECK(client.servers() == Texts{"127.0.0.1"});
}

}  // namespace
}  // namespace ropewalk::dns::testing
