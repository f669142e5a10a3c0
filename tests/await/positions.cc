// Each options class and each function that takes one, inside the co_await expression where g++ 12 would destroy an aggregate
// twice: as a default argument and as a temporary with its setters. Built with AddressSanitizer; nobody answers, so that all
// of it ends at once.
#include <iostream>

#include "ropewalk/clients/dns/dns.h"
#include "ropewalk/clients/http/http.h"
#include "ropewalk/clients/wire/wire.h"
#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/core.h"
#include "ropewalk/core/net/process/process_output.h"
#include "ropewalk/core/net/stream/detail/race_connect.h"
#include "ropewalk/core/service/policies/with_timeout.h"
#include "ropewalk/protocols/basic/connect_stream.h"
#include "ropewalk/servers/dns/dns.h"
#include "ropewalk/servers/forward/forward.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/ssl.h"

namespace ropewalk {
namespace {

constexpr int kTimes = 20;
constexpr std::uint16_t kNobody = 1;  // tcpmux: refused
const std::string kHost = "127.0.0.1";

/// On the heap, so that freeing it twice is seen.
std::string text() { return std::string(100, 'x'); }
std::string url() { return "http://127.0.0.1:1/" + text(); }
struct Quiet : Protocol {
  void dataReceived(std::string_view /*data*/) override {}
};
std::shared_ptr<Factory> factory() { return factoryFor<Quiet>(); }

int done = 0;

/// Whatever comes of it.
template <class T>
Deferred<void> any(Deferred<T> deferred) {
  ++done;
  return std::move(deferred).addBoth([](Result<T>) -> Result<void> { return {}; });
}

std::vector<Deferred<int>> two() {
  std::vector<Deferred<int>> both;
  both.push_back(succeed(1));
  both.push_back(fail<int>(ConnectionLost("lost")));
  return both;
}

/// Knows nothing.
class Nobody final : public dns::Resolver {
 public:
  Deferred<dns::Message> ask(dns::Question question) override {
    return fail<dns::Message>(ConnectionLost(toText(question)));
  }
};

Deferred<void> connecting(Reactor& reactor) {
  const ssl::Context context = ssl::Context::client();
  co_await any(reactor.connectTCP(kHost, kNobody, factory()));
  co_await any(reactor.connectTCP(kHost, kNobody, factory(),
                                  ConnectOptions().timeout(9s).bindAddress(kHost).resolved([] {})));
  co_await any(reactor.connectUNIX("/nowhere/" + text(), factory()));
  co_await any(reactor.connectUNIX("/nowhere/" + text(), factory(), ConnectOptions().timeout(9s)));
  co_await any(connectStream(reactor, kHost, kNobody));
  co_await any(connectStream(reactor, kHost, kNobody, ConnectOptions().bindAddress(text())));
  co_await any(ssl::connectSSL(reactor, kHost, kNobody, factory(), context));
  co_await any(ssl::connectSSL(reactor, kHost, kNobody, factory(), ssl::Context::client(),
                               ConnectOptions().bindAddress(kHost)));
  ConnectAttempt refuse = [](const Address&) { return fail<UniqueFd>(ConnectError("no")); };
  const std::vector<Address> addresses{Address::IPv4(kHost, kNobody)};
  co_await any(raceConnect(reactor, addresses, std::move(refuse), RaceOptions().attemptDelay(1ms)));
  co_await any(wire::finger(reactor, kHost, wire::FingerQuery(text()), kNobody));
  co_await any(wire::finger(reactor, kHost, wire::FingerQuery(true, text(), text()), kNobody));
}

Deferred<void> listening(Reactor& reactor) {
  const std::string where = "tcp://127.0.0.1:0";
  for (int i = 0; i < 1; ++i) {
    ListeningPort forward = co_await listen(reactor, where, forwardTo("127.0.0.1:1"));
    ListeningPort timed = co_await listen(reactor, where, withTimeout(factory(), 9s));
    ListeningPort site = co_await listen(reactor, where, std::make_shared<http::Site>());
    ListeningPort names = co_await listen(reactor, where, dns::Server::make(reactor));
    co_await forward.stopListening();
    co_await timed.stopListening();
    co_await site.stopListening();
    co_await names.stopListening();
  }
}

Deferred<void> running(Reactor& reactor) {
  co_await any(getProcessOutput(reactor, "true"));
  co_await any(getProcessOutput(reactor, "echo", {"one", text()}));
  co_await any(getProcessOutput(
      reactor, "cat", {},
      ProcessOutputOptions().input(text()).directory("/").variable("A", text()).errortoo(true)));
  co_await any(getProcessValue(reactor, "true", Arguments(text(), "two")));
  co_await any(getProcessValue(reactor, "true", {}, ProcessOutputOptions().timeout(9s).limit(9)));
  co_await any(getProcessOutputAndValue(reactor, "true"));
  co_await any(getProcessOutputAndValue(reactor, "true", {text()}, ProcessOutputOptions()));
  co_await any(gatherResults(two()));
  co_await any(gatherResults(two(), GatherOptions().consumeErrors(true)));
  co_await DeferredList(two());
  co_await DeferredList(two(), DeferredListOptions().consumeErrors(true));
}

Deferred<void> fetching(Reactor& reactor, http::Agent& agent) {
  http::RedirectPolicy once;
  once.limit = 1;
  const auto path = "/nowhere/" + text();
  co_await any(http::getPage(agent, url()));
  co_await any(http::getPage(reactor, url()));
  co_await any(http::getPage(
      agent, url(),
      http::PageOptions().method("PUT").header("A", text()).body(text()).bodyLimit(9).timeout(9s)));
  co_await any(agent.get(url()));
  co_await any(agent.head(url()));
  co_await any(agent.post(url(), text()));
  co_await any(agent.put(url(), text()));
  co_await any(agent.request(http::get(url())));
  co_await any(
      agent.request(http::put(url()).header("A", text()).body(text()).timeout(9s).redirects(once)));
  co_await any(agent.request(
      http::ClientRequest(url()).method("PATCH").timeouts(http::Timeouts{.total = 9s})));
  co_await any(http::downloadPage(agent, url(), path));
  co_await any(http::downloadPage(
      agent, url(), path,
      http::DownloadOptions().header("A", text()).limit(9).progress([](auto, auto) {})));
}

Deferred<void> asking(Reactor& reactor) {
  const auto nobody = std::make_shared<Nobody>();
  const dns::Name name = dns::Name::parse("a-long-name.below-another-long-name.example").value();
  co_await any(nobody->ask(dns::Question(name, dns::Type::MX)));
  co_await any(nobody->ask({name, dns::Type::MX}));
  co_await any(dns::connectService(reactor, "_x._tcp.example", factory(),
                                   dns::ServiceOptions().resolver(nobody).defaultPort(1).connect(
                                       ConnectOptions().bindAddress(text()))));
  co_await any(dns::lookupZone(reactor, "example",
                               dns::ZoneTransferOptions().server("127.0.0.1:1").timeout(9s)));
}

Deferred<void> all(Reactor& reactor) {
  http::Agent agent(reactor);
  for (int i = 0; i < kTimes; ++i) {
    co_await connecting(reactor);
    co_await listening(reactor);
    co_await running(reactor);
    co_await fetching(reactor, agent);
    co_await asking(reactor);
  }
}

}  // namespace
}  // namespace ropewalk

int main() {
  const int status = ropewalk::react([] { return ropewalk::all(ropewalk::reactor()); });
  std::cout << ropewalk::done << " awaited\n";
  return status != 0 ? status : ropewalk::done > 0 ? 0 : 1;
}
