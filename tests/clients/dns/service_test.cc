// Connecting to services: order by priority and weight, fail-over, the endpoint scheme. RFC 2782.
#include "ropewalk/clients/dns/service.h"

#include <map>

#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/host_resolver.h"
#include "tests/clients/dns/lying_server.h"
#include "tests/clients/dns/scripted_resolver.h"

namespace ropewalk::dns::testing {
namespace {

SRV target(std::uint16_t priority, std::uint16_t weight, const std::string& name,
           std::uint16_t port = 1) {
  SRV srv;
  srv.priority = priority;
  srv.weight = weight;
  srv.port = port;
  srv.target = Name(name);
  return srv;
}

TEST_CASE("lower priorities come first, whatever their weight") {
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    Random random(seed);
    const auto order =
        orderByWeight({target(20, 60'000, "c"), target(10, 0, "b"), target(0, 1, "a")}, random);
    CHECK(toText(order.at(0).target) == "a.");
    CHECK(toText(order.at(1).target) == "b.");
  }
}

TEST_CASE("within a priority the chance to be first is the weight; one of weight 0 has little") {
  Random random(1);
  std::map<std::string, int> first;
  constexpr int kDraws = 4'000;
  for (int draw = 0; draw < kDraws; ++draw) {
    const auto order =
        orderByWeight({target(0, 30, "a"), target(0, 10, "b"), target(0, 0, "z")}, random);
    REQUIRE(order.size() == 3);
    ++first[toText(order[0].target)];
  }
  // 30 : 10 of 41, and 1 of 41; the seed makes it the same every time.
  CHECK(first["a."] > kDraws * 68 / 100);
  CHECK(first["b."] > kDraws * 20 / 100);
  CHECK(first["z."] > 0);
  CHECK(first["z."] < kDraws * 5 / 100);
}

TEST_CASE("the same seed gives the same order") {
  const std::vector<SRV> all = {target(0, 1, "a"), target(0, 1, "b"), target(0, 1, "c")};
  Random one(5), two(5);
  const auto first = orderByWeight(all, one), second = orderByWeight(all, two);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(first[i].target == second[i].target);
}

/// Every name is this machine.
struct Loopback : ropewalk::HostResolver {
  Deferred<std::vector<Address>> resolve(std::string name, std::uint16_t port) override {
    names.push_back(name);
    if (name.starts_with("gone"))
      return fail<std::vector<Address>>(DNSLookupError("cannot resolve " + name));
    return succeed(std::vector{Address::IPv4("127.0.0.1", port)});
  }
  std::vector<std::string> names;
};

struct Quiet : Protocol {
  void dataReceived(std::string_view /*data*/) override {}
};

struct Service {
  Service() {
    auto names = std::make_unique<Loopback>();
    loopback = names.get();
    world.reactor.installNameResolver(std::move(names));
    open = world.reactor.listenTCP(0, factoryFor<Quiet>(), {.interface = "127.0.0.1"});
    auto port = world.reactor.listenTCP(0, factoryFor<Quiet>(), {.interface = "127.0.0.1"});
    closed = port.port();
    static_cast<void>(port.stopListening());
    options.resolver(resolver);
    options.seed(1);
  }
  void records(std::vector<std::string> lines, Rcode rcode = Rcode::NOERROR) {
    resolver->script = [=](const Question& question) {
      return answerTo(question, lines, {}, rcode);
    };
  }
  Deferred<Handle<Protocol>> connect(const std::string& service = "_x._tcp.example") {
    return connectService(world.reactor, service, factoryFor<Quiet>(), options);
  }

  World world;
  std::shared_ptr<ScriptedResolver> resolver = std::make_shared<ScriptedResolver>();
  Loopback* loopback = nullptr;
  ListeningPort open;
  std::uint16_t closed = 0;
  ServiceOptions options;
};

TEST_CASE("a service is connected to where its record says") {
  Service net;
  net.records({format("_x._tcp SRV 0 0 {} host.example.", net.open.port())});
  const Handle<Protocol> connected = net.world.await(net.connect());
  REQUIRE(connected);
  CHECK(connected->transport().getPeer().port == net.open.port());
  CHECK(net.loopback->names == Texts{"host.example"});
}

TEST_CASE("a target that cannot be reached gives way to the next") {
  Service net;
  net.records({format("_x._tcp SRV 0 0 {} gone.example.", net.open.port()),
               format("_x._tcp SRV 1 0 {} closed.example.", net.closed),
               format("_x._tcp SRV 2 0 {} open.example.", net.open.port())});
  CHECK(net.world.await(net.connect()));
  CHECK(net.loopback->names == Texts{"gone.example", "closed.example", "open.example"});
}

TEST_CASE("when no target can be reached, the error lists them") {
  Service net;
  net.records({format("_x._tcp SRV 0 0 {} closed.example.", net.closed),
               "_x._tcp SRV 1 0 1 gone.example."});
  const auto why = net.world.awaitFailure<ConnectError>(net.connect()).getErrorMessage();
  INFO(why);
  CHECK(why.find("_x._tcp.example") != std::string::npos);
  CHECK(why.find(format("127.0.0.1:{}", net.closed)) != std::string::npos);
  CHECK(why.find("gone.example") != std::string::npos);
}

TEST_CASE("a target of . says that the service is not there") {
  Service net;
  net.records({"_x._tcp SRV 0 0 0 ."});
  const auto why = net.world.awaitFailure<ConnectError>(net.connect()).getErrorMessage();
  CHECK(why.find("does not offer it") != std::string::npos);
}

TEST_CASE("without records the domain itself serves at the default port, if there is one") {
  Service net;
  net.records({}, Rcode::NXDOMAIN);
  net.world.awaitFailure<DNSNameError>(net.connect());
  net.options.defaultPort(net.open.port());
  CHECK(net.world.await(net.connect()));
  CHECK(net.loopback->names == Texts{"example"});
  net.records({}, Rcode::SERVFAIL);
  net.world.awaitFailure<DNSServerError>(net.connect());
}

TEST_CASE("cancelling stops the lookup, and the attempt to connect") {
  Service net;
  auto looking = net.connect();
  looking.cancel();
  failureResultOf<CancelledError>(looking);
  CHECK(net.resolver->cancelled == 1);
  net.records({format("_x._tcp SRV 0 0 {} open.example.", net.open.port()),
               format("_x._tcp SRV 1 0 {} next.example.", net.open.port())});
  auto connecting = net.connect();
  connecting.cancel();
  REQUIRE(connecting.ready());
  CHECK_FALSE(std::move(connecting).takeResult().ok());
  CHECK(net.loopback->names == Texts{"open.example"});
}

TEST_CASE("what is no service name is refused") {
  Service net;
  failureResultOf<InvalidAddressError>(net.connect("www.example"));
  failureResultOf<FormatError>(net.connect("_x._tcp..example"));
}

TEST_CASE("endpoints: srv+tcp://_x._tcp.example") {
  Service net;
  const auto schemes = connectSchemes();
  CHECK(std::find(schemes.begin(), schemes.end(), "srv+tcp") != schemes.end());
  const EndpointUrl url = EndpointUrl::parse("srv+tcp://_imap._tcp.example?port=143");
  CHECK(url.host == "_imap._tcp.example");
  CHECK(toText(url) == "srv+tcp://_imap._tcp.example?port=143");
  auto bad = ropewalk::connect(net.world.reactor, "srv+tcp://example", factoryFor<Quiet>());
  failureResultOf<InvalidAddressError>(bad);
  auto unknown = ropewalk::connect(net.world.reactor, "srv+tcp://_x._tcp.example?ports=1",
                                   factoryFor<Quiet>());
  failureResultOf<BadEndpointError>(unknown);
}

}  // namespace
}  // namespace ropewalk::dns::testing
