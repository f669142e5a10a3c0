// Lookups: typed records, sorted, behind aliases; errors by what the server said.
#include "ropewalk/clients/dns/lookup.h"

#include "ropewalk/clients/dns/answer.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/host_resolver.h"
#include "ropewalk/core/net/reactor.h"
#include "tests/clients/dns/scripted_resolver.h"

namespace ropewalk::dns::testing {
namespace {

using Lines = std::vector<std::string>;
const std::string kSoa = "example. SOA ns.example. root.example. 1 2 3 4 120";

/// A resolver that answers every question with these.
std::shared_ptr<ScriptedResolver> saying(Lines answers, Lines authority = {},
                                         Rcode rcode = Rcode::NOERROR) {
  auto resolver = std::make_shared<ScriptedResolver>();
  resolver->script = [=](const Question& question) {
    return answerTo(question, answers, authority, rcode);
  };
  return resolver;
}

TEST_CASE("addresses of both families") {
  const auto four = saying({"www A 192.0.2.1", "www A 192.0.2.2"});
  const auto a = successResultOf(lookupAddress(*four, "www.example"));
  REQUIRE(a.size() == 2);
  CHECK(a[1].address == "192.0.2.2");
  CHECK(a[0].ttl == 300s);
  const auto six = saying({"www AAAA 2001:db8::1"});
  CHECK(successResultOf(lookupIPV6Address(*six, "www.example")).at(0).address == "2001:db8::1");
  CHECK(six->asked.at(0).type == Type::AAAA);
}

TEST_CASE("mail exchanges come by preference") {
  const auto resolver = saying(
      {"example. MX 20 b.example.", "example. MX 5 a.example.", "example. MX 20 c.example."});
  const auto mx = successResultOf(lookupMailExchange(*resolver, "example"));
  REQUIRE(mx.size() == 3);
  CHECK(toText(mx[0].exchange) == "a.example.");
  CHECK(toText(mx[1].exchange) == "b.example.");
}

TEST_CASE("services come by priority, then by weight") {
  const auto resolver =
      saying({"_x._tcp SRV 10 1 80 c.", "_x._tcp SRV 10 9 80 b.", "_x._tcp SRV 0 0 80 a."});
  const auto srv = successResultOf(lookupService(*resolver, "_x._tcp.example"));
  REQUIRE(srv.size() == 3);
  CHECK(toText(srv[0].target) == "a.");
  CHECK(toText(srv[1].target) == "b.");
}

TEST_CASE("text, servers, authority, any type") {
  CHECK(
      successResultOf(lookupText(*saying({"t TXT \"one \" \"two\""}), "t.example")).at(0).text() ==
      "one two");
  CHECK(toText(successResultOf(lookupNameservers(*saying({"example. NS ns.example."}), "example"))
                   .at(0)
                   .name) == "ns.example.");
  CHECK(successResultOf(lookupAuthority(*saying({kSoa}), "example")).serial == 1);
  const auto records =
      successResultOf(query(*saying({"h HTTPS 1 . alpn=h2"}), "h.example", Type::HTTPS));
  CHECK(records.at(0).type == Type::HTTPS);
}

TEST_CASE("a pointer is looked up by address or by name") {
  const auto pointer = [](const std::string& asked) {
    auto resolver = std::make_shared<ScriptedResolver>();
    resolver->script = [](const Question& question) {
      return answerTo(question, {toText(question.name) + " PTR host.example."});
    };
    const auto found = successResultOf(lookupPointer(*resolver, asked));
    CHECK(toText(found.at(0).name) == "host.example.");
    return toText(resolver->asked.at(0).name);
  };
  CHECK(pointer("192.0.2.7") == "7.2.0.192.in-addr.arpa.");
  CHECK(pointer("2001:db8::1") ==
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
  CHECK(pointer("7.2.0.192.in-addr.arpa") == "7.2.0.192.in-addr.arpa.");
}

TEST_CASE("CAA records are those of the nearest name above that has some") {
  auto resolver = std::make_shared<ScriptedResolver>();
  resolver->script = [](const Question& question) -> Result<Message> {
    if (question.name == Name("example"))
      return answerTo(question, {"example. CAA 0 issue \"ca.example\""});
    if (question.name == Name("a.example")) return answerTo(question, {}, {kSoa});
    return answerTo(question, {}, {kSoa}, Rcode::NXDOMAIN);
  };
  CHECK(successResultOf(lookupCAA(*resolver, "b.a.example")).at(0).value == "ca.example");
  CHECK(resolver->asked.size() == 3);
  failureResultOf<DNSNoDataError>(lookupCAA(*saying({}, {kSoa}), "b.a.example"));
  failureResultOf<DNSServerError>(lookupCAA(*saying({}, {}, Rcode::SERVFAIL), "b.a.example"));
}

TEST_CASE("aliases in the answer are followed, in any order") {
  const auto resolver =
      saying({"c A 192.0.2.3", "b CNAME c.example.", "x A 192.0.2.66", "a CNAME b.example."});
  const auto a = successResultOf(lookupAddress(*resolver, "a.example"));
  REQUIRE(a.size() == 1);
  CHECK(a[0].address == "192.0.2.3");
  CHECK(resolver->asked.size() == 1);
}

TEST_CASE("an alias whose target is not in the answer is asked for") {
  auto resolver = std::make_shared<ScriptedResolver>();
  resolver->script = [](const Question& question) {
    if (question.name == Name("a.example")) return answerTo(question, {"a CNAME b.example."});
    return answerTo(question, {"b A 192.0.2.2"});
  };
  CHECK(successResultOf(lookupAddress(*resolver, "a.example")).at(0).address == "192.0.2.2");
  CHECK(resolver->asked.size() == 2);
}

TEST_CASE("aliases that go in a circle end") {
  const bool within = GENERATE(true, false);
  auto resolver = std::make_shared<ScriptedResolver>();
  resolver->script = [&](const Question& question) {
    if (within) return answerTo(question, {"a CNAME b.example.", "b CNAME a.example."});
    const bool a = question.name == Name("a.example");
    return answerTo(question, {a ? "a CNAME b.example." : "b CNAME a.example."});
  };
  failureResultOf<ResolverError>(lookupAddress(*resolver, "a.example"));
  CHECK(resolver->asked.size() <= 8);
}

TEST_CASE("an alias may itself be asked for") {
  const auto resolver = saying({"a CNAME b.example."});
  const auto records = successResultOf(query(*resolver, "a.example", Type::CNAME));
  CHECK(records.at(0).type == Type::CNAME);
}

template <class E>
std::string errorOf(Rcode rcode) {
  const auto resolver = saying({}, {}, rcode);
  return failureResultOf<E>(lookupAddress(*resolver, "www.example")).getErrorMessage();
}

TEST_CASE("what the server said is the type of the error, and the message names the question") {
  CHECK(errorOf<DNSNameError>(Rcode::NXDOMAIN) ==
        "cannot resolve www.example. A: there is no such name");
  errorOf<DNSFormatError>(Rcode::FORMERR);
  errorOf<DNSServerError>(Rcode::SERVFAIL);
  errorOf<DNSNotImplementedError>(Rcode::NOTIMP);
  errorOf<DNSQueryRefusedError>(Rcode::REFUSED);
  errorOf<DNSUnknownError>(Rcode::NOTAUTH);
  errorOf<DNSNoDataError>(Rcode::NOERROR);
  // All of them can be caught as one.
  errorOf<ResolverError>(Rcode::NXDOMAIN);
  errorOf<DNSLookupError>(Rcode::NOERROR);
}

TEST_CASE("NODATA of every type of RFC 2308 is told from a referral") {
  const auto lookingUp = [](std::vector<std::string> authority) {
    const auto resolver = saying({}, std::move(authority));
    return lookupAddress(*resolver, "www.example");
  };
  failureResultOf<DNSNoDataError>(lookingUp({kSoa, "example. NS ns.example."}));
  failureResultOf<DNSNoDataError>(lookingUp({kSoa}));
  failureResultOf<DNSNoDataError>(lookingUp({}));  // as Docker's and dnsmasq's
  // As lame servers send it.
  const std::string why =
      failureResultOf<DNSServerError>(lookingUp({"example. NS ns.example."})).getErrorMessage();
  CHECK(why.find("a referral") != std::string::npos);
}

TEST_CASE("a name that is none fails without a question") {
  ScriptedResolver resolver;
  failureResultOf<FormatError>(lookupAddress(resolver, "a..example"));
  failureResultOf<FormatError>(lookupCAA(resolver, std::string(300, 'a')));
  failureResultOf<FormatError>(query(resolver, "a..example", Type::MX));
  CHECK(resolver.asked.empty());
}

TEST_CASE("cancelling a lookup cancels its question") {
  ScriptedResolver resolver;
  auto looking = lookupMailExchange(resolver, "example");
  looking.cancel();
  failureResultOf<CancelledError>(looking);
  CHECK(resolver.cancelled == 1);
}

TEST_CASE("getHostByName asks the reactor's resolver") {
  struct Fixed : ropewalk::HostResolver {
    Deferred<std::vector<Address>> resolve(std::string name, std::uint16_t port) override {
      CHECK(name == "host");
      return succeed(
          std::vector{Address::IPv6("2001:db8::1", port), Address::IPv4("192.0.2.1", port)});
    }
  };
  Reactor reactor;
  reactor.installNameResolver(std::make_unique<Fixed>());
  CHECK(successResultOf(getHostByName(reactor, "host")) == "2001:db8::1");
}

}  // namespace
}  // namespace ropewalk::dns::testing
