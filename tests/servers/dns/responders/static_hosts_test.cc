// Hosts files as answers.
#include "ropewalk/servers/dns/responders/static_hosts.h"

#include <stdexcept>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/protocols/dns/errors.h"
#include "tests/servers/dns/asking.h"
#include "tests/servers/dns/temporary_file.h"

namespace ropewalk::dns {

namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<StaticHosts> hostsOf(std::string_view text) {
  const TemporaryFile file(text);
  auto hosts = std::make_shared<StaticHosts>();
  hosts->readFile(file.path());
  return hosts;
}

constexpr std::string_view kHome =
    "# home\n"
    "192.168.1.9\tprinter.home.arpa printer\r\n"
    "2001:db8::9 printer.home.arpa\n"
    "192.168.1.10 Both.home.arpa # this one\n"
    "192.168.1.11 both.home.arpa\n";

}  // namespace

TEST_CASE("a listed name has the addresses of its lines") {
  const auto hosts = hostsOf(kHome);
  CHECK(ask(*hosts, "Printer.home.arpa").lines() == Lines{"Printer.home.arpa. A 192.168.1.9"});
  CHECK(ask(*hosts, "printer").lines() == Lines{"printer. A 192.168.1.9"});
  CHECK(ask(*hosts, "printer.home.arpa", Type::AAAA).lines() ==
        Lines{"printer.home.arpa. AAAA 2001:db8::9"});
  CHECK(ask(*hosts, "both.home.arpa").lines() ==
        Lines{"both.home.arpa. A 192.168.1.10", "both.home.arpa. A 192.168.1.11"});
  CHECK(ask(*hosts, "printer.home.arpa", Type::ANY).answer.answers.size() == 2);
  const Told told = ask(*hosts, "printer.home.arpa");
  CHECK(told.answer.authoritative);
  CHECK(told.answer.answers[0].ttl == 60);
}

TEST_CASE("an address has the first name of its line") {
  const auto hosts = hostsOf(kHome);
  CHECK(ask(*hosts, "9.1.168.192.in-addr.arpa", Type::PTR).lines() ==
        Lines{"9.1.168.192.in-addr.arpa. PTR printer.home.arpa."});
  const std::string six = toText(Name::reverse("2001:db8::9").value());
  CHECK(ask(*hosts, six, Type::PTR).lines() == Lines{six + " PTR printer.home.arpa."});
}

TEST_CASE("a listed name has no data of other types, others are passed") {
  const auto hosts = hostsOf(kHome);
  const Told told = ask(*hosts, "printer", Type::MX);
  CHECK(told.verdict == Verdict::answered);
  CHECK(told.answer.rcode == Rcode::NOERROR);
  CHECK(told.answer.answers.empty());
  REQUIRE(told.answer.authority.size() == 1);
  CHECK(told.answer.authority[0].type == Type::SOA);
  CHECK(ask(*hosts, "printer", Type::AAAA).answer.answers.empty());
  CHECK(ask(*hosts, "scanner.home.arpa").verdict == Verdict::pass);
  CHECK(ask(*hosts, "x.printer.home.arpa").verdict == Verdict::pass);
  CHECK(ask(*hosts, "printer", Type::A, {.klass = Class::CH}).verdict == Verdict::pass);
}

TEST_CASE("a name that is not to be reached gives its address no name") {
  const auto hosts = hostsOf("0.0.0.0 ads.test\n:: ads.test\n");
  CHECK(ask(*hosts, "ads.test").lines() == Lines{"ads.test. A 0.0.0.0"});
  CHECK(ask(*hosts, "0.0.0.0.in-addr.arpa", Type::PTR).verdict == Verdict::pass);
}

TEST_CASE("a scope is no part of a record") {
  const auto hosts = hostsOf("fe80::1%eth0 router.test\n");
  CHECK(ask(*hosts, "router.test", Type::AAAA).lines() == Lines{"router.test. AAAA fe80::1"});
}

TEST_CASE("pairs may be added, besides a file") {
  const auto hosts = hostsOf(kHome);
  hosts->add("Scanner.home.arpa", "192.168.1.12");
  hosts->add("scanner.home.arpa.", "2001:db8::12");
  hosts->add("printer.home.arpa", "192.168.1.9");
  hosts->add("printer.home.arpa", "192.168.1.19");
  CHECK(ask(*hosts, "scanner.home.arpa").lines() == Lines{"scanner.home.arpa. A 192.168.1.12"});
  CHECK(ask(*hosts, "12.1.168.192.in-addr.arpa", Type::PTR).lines() ==
        Lines{"12.1.168.192.in-addr.arpa. PTR Scanner.home.arpa."});
  CHECK(ask(*hosts, "printer.home.arpa").answer.answers.size() == 2);
  CHECK_THROWS_AS(hosts->add("a.test", "nowhere"), std::invalid_argument);
  CHECK_THROWS_AS(hosts->add("a..test", "192.0.2.1"), FormatError);
  CHECK(ask(*hosts, "a.test").verdict == Verdict::pass);
}

TEST_CASE("lines that make no sense are passed over and counted in the log") {
  const log::testing::Captured logged;
  const auto hosts = hostsOf("fine\n\n192.0.2.1\nnowhere a.test\n192.0.2.2 b.test\n");
  CHECK(ask(*hosts, "b.test").verdict == Verdict::answered);
  REQUIRE(logged.events().size() == 1);
  CHECK_THAT(logged.events()[0].message, Catch::Contains(":1: no address and names; 3 such lines"));
}

TEST_CASE("a file that has changed is read again, by a timer") {
  const log::testing::Captured logged;
  const TemporaryFile file("192.0.2.1 a.test\n");
  testing::Clock clock;
  StaticHosts hosts;
  hosts.readFile(file.path());
  hosts.watch(clock, 5s);

  file.write("192.0.2.100 a.test\n");
  CHECK(ask(hosts, "a.test").lines() == Lines{"a.test. A 192.0.2.1"});
  clock.advance(5s);
  CHECK(ask(hosts, "a.test").lines() == Lines{"a.test. A 192.0.2.100"});

  file.remove();
  clock.advance(5s);
  CHECK(ask(hosts, "a.test").lines() == Lines{"a.test. A 192.0.2.100"});
  REQUIRE(logged.events().size() == 1);
  CHECK_THAT(logged.events()[0].message, Catch::Contains("what it said before stays"));
  clock.advance(5s);
  CHECK(logged.events().size() == 1);

  file.write("192.0.2.3 b.test\n");
  clock.advance(5s);
  CHECK(ask(hosts, "a.test").verdict == Verdict::pass);
  CHECK(ask(hosts, "b.test").verdict == Verdict::answered);
}

TEST_CASE("a file that is not there, or is none, is an error at first") {
  StaticHosts hosts;
  CHECK_THROWS_WITH(hosts.readFile("/nowhere/hosts"),
                    "cannot read the hosts file /nowhere/hosts: no such file or directory");
  CHECK_THROWS_AS(hosts.readFile("/tmp"), Error);
}

TEST_CASE("addresses that do not fit are left out together, and TC says so") {
  StaticHosts hosts;
  for (int i = 1; i < 100; ++i) hosts.add("many.test", format("192.0.2.{}", i));
  const Told told = ask(hosts, "many.test", Type::A, {.room = 512});
  CHECK(told.answer.truncated);
  CHECK(told.answer.answers.empty());
  CHECK(ask(hosts, "many.test", Type::A, {.room = 4096}).answer.answers.size() == 99);
}

}  // namespace ropewalk::dns
