// Block lists: what their lines mean, whom they hold, and how they are exchanged.
#include "ropewalk/servers/dns/responders/block_list.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/net/world.h"
#include "tests/servers/dns/asking.h"
#include "tests/servers/dns/temporary_file.h"

namespace ropewalk::dns {

namespace {

struct Listed {
  BlockNames names;
  BlockReport report;

  explicit Listed(std::string_view text) { names.read(text, "list.txt", report); }
  /// The name that decides, as text; "" when it is not blocked.
  [[nodiscard]] std::string find(std::string_view name) const {
    const std::string wire = Name(name).lowerCased().wire();
    const std::string_view found = names.find(wire);
    return found.empty() ? "" : wire::nameToText(found);
  }
};

std::shared_ptr<BlockList> blocking(std::string_view text, BlockOptions options = {}) {
  auto names = std::make_shared<BlockNames>();
  BlockReport report;
  names->read(text, "list.txt", report);
  REQUIRE(report.faults == 0);
  auto list = std::make_shared<BlockList>(options);
  list->use(std::move(names));
  return list;
}

}  // namespace

TEST_CASE("a name is blocked with all that is below it, and nothing above or beside it") {
  const Listed list("ads.example\n");
  CHECK(list.find("ads.example") == "ads.example.");
  CHECK(list.find("a.b.ADS.example") == "ads.example.");
  CHECK(list.find("example").empty());
  CHECK(list.find("xads.example").empty());
  CHECK(list.find("ads.example.org").empty());
  CHECK(list.find(".").empty());
}

TEST_CASE("lines in the form of hosts files block their names, but not the machine's own") {
  const Listed list(
      "127.0.0.1 localhost localhost.localdomain\n"
      "::1 ip6-localhost ip6-loopback\n"
      "255.255.255.255 broadcasthost\n"
      "0.0.0.0 0.0.0.0\n"
      "0.0.0.0 ads.example  Tracker.Example#and a remark\r\n"
      ":: six.example\n");
  CHECK(list.report.faults == 0);
  CHECK(list.report.names == 3);
  CHECK(list.find("ads.example") == "ads.example.");
  CHECK(list.find("tracker.example") == "tracker.example.");
  CHECK(list.find("six.example") == "six.example.");
  CHECK(list.find("localhost").empty());
}

TEST_CASE("adblock rules of whole names are read, exceptions among them") {
  const Listed list(
      "[Adblock Plus]\n"
      "! Title: a list\n"
      "||ads.example^\n"
      "||more.example^$important\n"
      "@@||good.ads.example^\n");
  CHECK(list.report.faults == 0);
  CHECK(list.report.names == 3);
  CHECK(list.report.exceptions == 1);
  CHECK(list.find("x.ads.example") == "ads.example.");
  CHECK(list.find("more.example") == "more.example.");
  CHECK(list.find("good.ads.example").empty());
  CHECK(list.find("very.good.ads.example").empty());
}

TEST_CASE("an exception counts in whatever order the lines come") {
  CHECK(Listed("@@||a.test^\n||a.test^\n").find("a.test").empty());
  CHECK(Listed("||a.test^\n@@||a.test^\n").find("a.test").empty());
}

TEST_CASE("wildcards and leading dots mean the name with all that is below it") {
  const Listed list("*.a.test\n.b.test # remark\nc.test.\n");
  CHECK(list.find("a.test") == "a.test.");
  CHECK(list.find("x.b.test") == "b.test.");
  CHECK(list.find("c.test") == "c.test.");
}

TEST_CASE("lines that are no names are counted, and the first ones told with their place") {
  const Listed list(
      "# fine\n\n"
      "||ads.example/path^\n"
      "shop.example##.banner\n"
      "/banner[0-9]+/\n"
      "||third.example^$third-party\n"
      "a..test\n"
      "fine.test\n");
  CHECK(list.report.faults == 5);
  CHECK(list.report.names == 1);
  REQUIRE(list.report.firstFaults.size() == 5);
  CHECK(
      list.report.firstFaults[0] ==
      "list.txt:3: \"||ads.example/path^\" is no name; it looks like an adblock rule for parts of "
      "URLs");
  CHECK(
      list.report.firstFaults[1] ==
      "list.txt:4: \"shop.example##.banner\" is no name; it looks like a rule for the elements of "
      "pages");
  CHECK(list.report.firstFaults[4] == "list.txt:7: \"a..test\" is no name");
  CHECK(list.find("shop.example").empty());
}

/// What a line of no use looks like; "" when it was of use, or nobody knows.
std::string dialectOf(const std::string& line) {
  const Listed list(line + "\n");
  if (list.report.firstFaults.empty()) return "";
  const std::string& told = list.report.firstFaults[0];
  const std::size_t at = told.find("looks like ");
  return at == std::string::npos ? "unknown" : told.substr(at + 11);
}

TEST_CASE("the dialect of a line that is of no use is guessed") {
  CHECK(dialectOf("||all.example^$all") == "an adblock rule with options that only browsers have");
  CHECK(dialectOf("http://bad.example/") == "a URL");
  CHECK(dialectOf("b\u00fccher.example").starts_with("a name that is not ASCII"));
  CHECK(dialectOf("comma.example,ads") == "a table of several columns");
  CHECK(dialectOf("bad.example/path") == "an address with a path");
  CHECK(dialectOf("address=/router.example/192.0.2.1").find("elsewhere") != std::string::npos);
  CHECK(dialectOf("server=/corp.example/192.0.2.1").find("elsewhere") != std::string::npos);
  CHECK(dialectOf("local-zone: \"a.example\" transparent").find("blocks nothing") !=
        std::string::npos);
  CHECK(dialectOf("local-data: \"a.example A 192.0.2.1\"").find("elsewhere") != std::string::npos);
  CHECK(dialectOf("a..b") == "unknown");
}

TEST_CASE("lines of dnsmasq are read") {
  const Listed list(
      "address=/a.test/0.0.0.0\naddress=/b.test/c.test/::\naddress=/d.test/\naddress=/e.test/#\n"
      "server=/f.test/\nlocal=/g.test/ # remark\nserver=/good.a.test/#\n");
  CHECK(list.report.faults == 0);
  CHECK(list.report.names == 8);
  CHECK(list.report.exceptions == 1);
  for (const char* name :
       {"x.a.test", "b.test", "c.test", "d.test", "e.test", "f.test", "g.test"}) {
    INFO(name);
    CHECK_FALSE(list.find(name).empty());
  }
  CHECK(list.find("good.a.test").empty());
}

TEST_CASE("lines of Unbound are read") {
  const Listed list(
      "server:\nlocal-zone: \"a.test\" always_nxdomain\n  local-zone: b.test. static\n"
      "local-data: \"c.test A 0.0.0.0\"\nlocal-data: \"c.test. 60 IN AAAA ::\"\n"
      "local-zone: \"good.a.test\" always_transparent # remark\n");
  CHECK(list.report.faults == 0);
  CHECK(list.report.names == 4);
  for (const char* name : {"x.a.test", "b.test", "c.test"}) {
    INFO(name);
    CHECK_FALSE(list.find(name).empty());
  }
  CHECK(list.find("good.a.test").empty());
}

TEST_CASE("no more than ten faults are told") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "a..b\n";
  const Listed list(text);
  CHECK(list.report.faults == 100);
  CHECK(list.report.firstFaults.size() == 10);
}

TEST_CASE("names that are too long, or have too long labels, are faults") {
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'b');
  CHECK(Listed(longest).report.names == 1);
  CHECK(Listed(longest + 'b').report.faults == 1);
  CHECK(Listed(label + "a.test").report.faults == 1);
  CHECK(Listed(label + ".test").report.names == 1);
}

TEST_CASE("a name counts once, however often it is listed") {
  const Listed list("a.test\nA.test\n0.0.0.0 a.test\n");
  CHECK(list.report.names == 1);
  CHECK(list.names.size() == 1);
}

TEST_CASE("a blocked name does not exist, and may be remembered not to") {
  const auto list = blocking("ads.example\n");
  const Told told = ask(*list, "x.ads.example", Type::MX);
  CHECK(told.verdict == Verdict::answered);
  CHECK(told.answer.rcode == Rcode::NXDOMAIN);
  CHECK(told.answer.authoritative);
  REQUIRE(told.answer.authority.size() == 1);
  CHECK(told.answer.authority[0].type == Type::SOA);
  CHECK(told.answer.authority[0].name == Name("ads.example"));
  CHECK(told.answer.authority[0].ttl == 300);
  const auto soa = recordsOf<SOA>(told.answer.authority);
  REQUIRE(soa.size() == 1);
  CHECK(soa[0].minimum == 300);
  CHECK(list->blocked() == 1);
}

TEST_CASE("other names, and other classes, are passed") {
  const auto list = blocking("ads.example\n");
  CHECK(ask(*list, "www.example").verdict == Verdict::pass);
  CHECK(ask(*list, "ads.example", Type::TXT, {.klass = Class::CH}).verdict == Verdict::pass);
  CHECK(list->blocked() == 0);
}

TEST_CASE("zero addresses are given for addresses, and no data for other types") {
  const auto list =
      blocking("ads.example\n", {.answer = BlockOptions::Answer::zeroAddress, .ttl = 7});
  CHECK(ask(*list, "Ads.example").lines() == std::vector<std::string>{"Ads.example. A 0.0.0.0"});
  CHECK(ask(*list, "ads.example", Type::AAAA).lines() ==
        std::vector<std::string>{"ads.example. AAAA ::"});
  CHECK(ask(*list, "ads.example", Type::ANY).answer.answers.size() == 2);
  const Told told = ask(*list, "ads.example", Type::MX);
  CHECK(told.answer.rcode == Rcode::NOERROR);
  CHECK(told.answer.answers.empty());
  REQUIRE(told.answer.authority.size() == 1);
  CHECK(told.answer.authority[0].ttl == 7);
}

TEST_CASE("a list may refuse instead") {
  const auto list = blocking("ads.example\n", {.answer = BlockOptions::Answer::refused});
  const Told told = ask(*list, "ads.example");
  CHECK(told.answer.rcode == Rcode::REFUSED);
  CHECK(told.answer.authority.empty());
}

TEST_CASE("lists are exchanged as a whole, and stay when one of the new ones cannot be read") {
  const TemporaryFile first("a.test\n"), second("b.test\nwhat is/this\n");
  BlockList list;
  list.addFile(first.path());
  list.addFile(second.path());
  const auto report = list.reload();
  REQUIRE(report);
  CHECK(report->names == 3);  // "what" is a name
  CHECK(report->faults == 1);
  CHECK(report->firstFaults[0] ==
        second.path() + ":2: \"is/this\" is no name; it looks like an address with a path");
  CHECK(ask(list, "b.test").verdict == Verdict::answered);

  first.write("c.test\n");
  second.remove();
  const auto failed = list.reload();
  REQUIRE_FALSE(failed);
  CHECK(failed.failure().getErrorMessage() ==
        "cannot read the block list " + second.path() + ": no such file or directory");
  CHECK(ask(list, "a.test").verdict == Verdict::answered);
  CHECK(ask(list, "c.test").verdict == Verdict::pass);

  second.write("");
  REQUIRE(list.reload());
  CHECK(ask(list, "a.test").verdict == Verdict::pass);
  CHECK(ask(list, "c.test").verdict == Verdict::answered);
}

TEST_CASE("lists may be read on a thread while the old ones answer") {
  World world("epoll");
  const TemporaryFile file("a.test\n");
  const auto list = std::make_shared<BlockList>();
  list->addFile(file.path());
  auto reading = list->reloadOnThread(world.reactor);
  CHECK(ask(*list, "a.test").verdict == Verdict::pass);
  REQUIRE(world.until([&] { return reading.ready(); }));
  CHECK(testing::successResultOf(reading).names == 1);
  CHECK(ask(*list, "a.test").verdict == Verdict::answered);

  file.remove();
  auto failing = list->reloadOnThread(world.reactor);
  REQUIRE(world.until([&] { return failing.ready(); }));
  (void)testing::failureResultOf(failing);
  CHECK(ask(*list, "a.test").verdict == Verdict::answered);
}

TEST_CASE("a directory is no list") {
  BlockList list;
  list.addFile("/tmp");
  CHECK_FALSE(list.reload());
}

TEST_CASE("a million names take less than 64 MB, and each is found") {
  BlockNames names;
  BlockReport report;
  std::string text;
  constexpr int kNames = 1'000'000;
  for (int i = 0; i < kNames; ++i) text += format("0.0.0.0 tracker{}.ads-of-somebody.example\n", i);
  names.read(text, "list.txt", report);
  CHECK(report.names == kNames);
  CHECK(names.memory() < 64'000'000);
  bool all = true;
  for (int i = 0; i < kNames; i += 997) {
    const Name name(format("www.tracker{}.ads-of-somebody.example", i));
    all &= !names.find(name.wire()).empty();
  }
  CHECK(all);
  CHECK(names.find(Name("tracker1000000.ads-of-somebody.example").wire()).empty());
}

}  // namespace ropewalk::dns
