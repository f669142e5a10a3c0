// Endpoint strings, and the schemes that core knows: rules E-01, E-02, E-05, E-06.
#include "ropewalk/core/net/endpoint.h"

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include "ropewalk/core/net/process/process.h"
#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

std::string errorOf(std::string_view text) {
  try {
    EndpointUrl::parse(text);
  } catch (const BadEndpointError& error) {
    return error.what();
  }
  return "";
}

template <class T>
Result<T> outcomeOf(World& world, Deferred<T> deferred) {
  REQUIRE(world.until([&] { return deferred.ready(); }));
  return std::move(deferred).takeResult();
}

}  // namespace

TEST_CASE("endpoint strings: ports and hosts") {
  struct Case {
    const char* text;
    const char* host;
    int port;
  };
  const auto each = GENERATE(values<Case>({{"8080", "", 8080},
                                           {":8080", "", 8080},
                                           {"*:8080", "", 8080},
                                           {"127.0.0.1:80", "127.0.0.1", 80},
                                           {"[::1]:80", "::1", 80},
                                           {"localhost:7007", "localhost", 7007},
                                           {"tcp://*:7000?backlog=4096&reuseport=1", "", 7000},
                                           {"tcp://[::1]:0", "::1", 0}}));
  const EndpointUrl url = EndpointUrl::parse(each.text);
  CHECK(url.scheme == "tcp");
  CHECK(url.host == each.host);
  CHECK(url.port == each.port);
}

TEST_CASE("endpoint strings: the case of a scheme means nothing (RFC 3986 §3.1)") {
  CHECK(EndpointUrl::parse("TCP://host:80").scheme == "tcp");
  CHECK(EndpointUrl::parse("Unix:/run/A.sock").path == "/run/A.sock");
  CHECK(EndpointUrl::parse("EXEC:grep -c a?b").path == "grep -c a?b");
  CHECK(EndpointUrl::parse("Host:80").host == "Host");
  CHECK(errorOf("TCP:8080") != "");
}

TEST_CASE("endpoint strings: paths, parameters, commands") {
  const EndpointUrl unix = EndpointUrl::parse("unix:/run/a%20b.sock?mode=660");
  CHECK(unix.path == "/run/a b.sock");
  CHECK(unix.parameter("mode") == "660");
  CHECK(EndpointUrl::parse("unix:@name").path == "@name");
  CHECK(EndpointUrl::parse("fd://3").port == 3);
  CHECK(EndpointUrl::parse("systemd:web").path == "web");
  CHECK(EndpointUrl::parse("systemd:0").path == "0");
  CHECK(EndpointUrl::parse("stdio:").scheme == "stdio");
  CHECK(EndpointUrl::parse("exec:grep -c a?b").path == "grep -c a?b");
  CHECK(EndpointUrl::parse("socks5://proxy:1080/db:5432").path == "/db:5432");
  CHECK(toText(unix) == "unix:/run/a b.sock?mode=660");
  CHECK(toText(EndpointUrl::parse("[::1]:80")) == "tcp://[::1]:80");
}

TEST_CASE("endpoint strings: what is wrong is said") {
  CHECK(errorOf("") == "cannot understand endpoint \"\": it is empty");
  CHECK_THAT(errorOf("127.0.0.1"), Catch::Matchers::Contains("write 127.0.0.1:PORT"));
  CHECK_THAT(errorOf("systemd://web"), Catch::Matchers::Contains("write systemd:web"));
  CHECK_THAT(errorOf("host:99999"), Catch::Matchers::Contains("'99999' is no port"));
  CHECK_THAT(errorOf("tcp://host:http"), Catch::Matchers::Contains("'http' is no port"));
  CHECK_THAT(errorOf("::1:80"), Catch::Matchers::Contains("[brackets]"));
  CHECK_THAT(errorOf("[::1:80"), Catch::Matchers::Contains("']'"));
  CHECK_THAT(errorOf("tcp://:80?a=1&a=2"), Catch::Matchers::Contains("twice"));
  CHECK_THAT(errorOf("unix:/a%2"), Catch::Matchers::Contains("hexadecimal"));
  for (const auto* empty : {"unix://", "unixgram://", "unix:///"}) {
    CHECK_THAT(errorOf(empty), Catch::Matchers::Contains("cannot understand endpoint"));
    CHECK_THAT(errorOf(empty), Catch::Matchers::EndsWith(":/path"));
  }
  CHECK_THAT(errorOf("systemd://"), Catch::Matchers::EndsWith("write systemd:name"));
}

TEST_CASE("Twisted's endpoint strings are refused, and the URL to write is given") {
  struct Case {
    const char* text;
    const char* write;
  };
  const auto each = GENERATE(values<Case>({
      {"tcp:8080", "write tcp://:8080 (or tcp://tcp:8080, if tcp is the name of a host)"},
      {"tcp:8080:interface=127.0.0.1", "write tcp://127.0.0.1:8080"},
      {"tcp:8080:interface=\\:\\:1:backlog=9", "write tcp://[::1]:8080?backlog=9"},
      {"tcp:host:80", "write tcp://host:80"},
      {"tcp:host=example.org:port=80:timeout=3", "write tcp://example.org:80?timeout=3"},
      {"tcp:", "write tcp://host:port"},
      {"tcp6:8080", "write tcp://:8080 (or tcp://tcp6:8080, if tcp6 is the name of a host)"},
      {"ssl:443:privateKey=k.pem:certKey=c.pem", "write tls://:443?cert=c.pem&key=k.pem"},
      {"tls:example.org:443", "write tls://example.org:443"},
      {"haproxy:tcp:8080", "write proxy+tcp://:8080"},
      {"unix:/p:mode=600", "write unix:/p?mode=600"},
      {"unix:address=/p:mode=600", "write unix:/p?mode=600"},
      {"unixgram:/p:mode=600", "write unixgram:/p?mode=600"},
      {"systemd:domain=INET:index=0", "write systemd:0"},
      {"udp:53", "write udp://:53 (or tcp://udp:53, if udp is the name of a host)"},
      {"fd:3", "write fd://3"},
      {"unix:///run/x", "write unix:/run/x"},
      {"proxy+tcp:host:80", "write proxy+tcp://host:80"},
  }));
  CHECK(errorOf(each.text) ==
        format("cannot understand endpoint {}: {}", quoteBytes(each.text), each.write));
}

TEST_CASE("whatever follows the known parts of an endpoint is an error") {
  const char* text =
      GENERATE("tcp://host:80/", "tcp://host:80/path", "udp://:53/x", "tls://:443/x", "fd://3/x",
               "stdio:x", "stdio://x", "proxy+tcp://:80/x", "srv+tcp://_imap._tcp.example/x",
               "tcp://host:80#x", "tcp://user@host:80", "tcp://host name:80", "[name]:80",
               "[::1]x:80", "[::1]:80x", "8080x", ":80:90", "tcp://", "fd://x");
  CAPTURE(text);
  CHECK_THAT(errorOf(text), Catch::Matchers::StartsWith("cannot understand endpoint "));
}

TEST_CASE("the zone of an IPv6 address may be written as in URLs (RFC 6874)") {
  CHECK(EndpointUrl::parse("[fe80::1%eth0]:80").host == "fe80::1%eth0");
  CHECK(EndpointUrl::parse("tcp://[fe80::1%25eth0]:80").host == "fe80::1%eth0");
}

TEST_CASE("a scheme that another library brings is told with its header") {
  World world("poll");
  const auto why = [&](std::string_view endpoint) {
    return outcomeOf(world, listen(world.reactor, endpoint, recorderFactory(world.record())))
        .failure()
        .getErrorMessage();
  };
  CHECK(why("tls://:443") ==
        "cannot listen on tls://*:443: #include <ropewalk/ssl/ssl.h> makes tls:// known");
  CHECK_THAT(why("proxy+tcp://:80"),
             Catch::Matchers::Contains("#include <ropewalk/servers/proxy_protocol/accept.h>"));
  CHECK_THAT(why("fd://host:3"), Catch::Matchers::Contains("write fd://3"));
}

TEST_CASE("E-01: listen gives the port, connect fires after connectionMade") {
  EVERY_POLLER;
  Record& server = world.record();
  Record& client = world.record();
  auto listening = listen(world.reactor, "tcp://127.0.0.1:0", recorderFactory(server));
  const ListeningPort port = outcomeOf(world, std::move(listening)).value();
  const auto made =
      outcomeOf(world, connect(world.reactor, toText(port.getHost()), recorderFactory(client)));
  CHECK(made.value().get() == client.protocol);
  CHECK(world.until([&] { return server.made(); }));
}

TEST_CASE("E-02: errors of every kind become failures, never exceptions") {
  EVERY_POLLER;
  const auto why = [&](std::string_view endpoint) {
    return outcomeOf(world, listen(world.reactor, endpoint, recorderFactory(world.record())))
        .failure();
  };
  CHECK(why("tcp://host:http").check<BadEndpointError>());
  CHECK_THAT(why("nonsense://x:1").getErrorMessage(),
             Catch::Matchers::Contains("there are") && Catch::Matchers::Contains("unix"));
  CHECK_THAT(why("tcp://:0?backlgo=3").getErrorMessage(),
             Catch::Matchers::Contains("did you mean 'backlog'?"));
  CHECK_THAT(why("tcp://:0?backlog=many").getErrorMessage(),
             Catch::Matchers::Contains("must be a number"));
  CHECK(why("tcp://192.0.2.1:0").check<CannotListenError>());
  CHECK(why("fd://987").check<BadEndpointError>());
  CHECK(why("systemd:web").check<CannotListenError>());
  CHECK(why("exec:cat").check<BadEndpointError>());
}

TEST_CASE("unix: listens with a mode, and connects") {
  EVERY_POLLER;
  const std::string path =
      format("/tmp/ropewalk-endpoint-{}-{}.sock", ::getpid(), world.reactor.name());
  Record& server = world.record();
  auto listening = listen(world.reactor, "unix:" + path + "?mode=600", recorderFactory(server));
  ListeningPort port = outcomeOf(world, std::move(listening)).value();
  outcomeOf(world, connect(world.reactor, "unix:" + path, recorderFactory(world.record()))).value();
  CHECK(world.until([&] { return server.made(); }));
  port.stopListening();
}

TEST_CASE("fd: adopts a listening socket; the caller keeps his own descriptor") {
  EVERY_POLLER;
  Record& server = world.record();
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(::listen(socket.get(), 1) == 0);
  auto listening = listen(world.reactor, format("fd://{}", socket.get()), recorderFactory(server));
  ListeningPort port = outcomeOf(world, std::move(listening)).value();
  const Client client(port.port());
  CHECK(world.until([&] { return server.made(); }));
  port.stopListening();
  CHECK(::fcntl(socket.get(), F_GETFD) >= 0);
}

TEST_CASE("systemd: takes the socket that was passed under a name") {
  // Socket activation passes descriptors from 3 on; this process has something else there, so that
  // number is only named.
  World world("poll");
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_FDNAMES", "web", 1);
  const auto other =
      outcomeOf(world, listen(world.reactor, "systemd:mail", recorderFactory(world.record())));
  CHECK_THAT(other.failure().getErrorMessage(), Catch::Matchers::Contains("(web)"));
  const UniqueFd saved(::fcntl(3, F_DUPFD_CLOEXEC, 10));
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(::listen(socket.get(), 1) == 0);
  REQUIRE(::dup2(socket.get(), 3) == 3);
  Record& server = world.record();
  ListeningPort port =
      outcomeOf(world, listen(world.reactor, "systemd:web", recorderFactory(server))).value();
  const Client client(port.port());
  CHECK(world.until([&] { return server.made(); }));
  saved ? ::dup2(saved.get(), 3) : ::close(3);
  ::unsetenv("LISTEN_PID");
}

TEST_CASE("E-06: exec: is a child's input and output; its exit status is the reason") {
  EVERY_POLLER;
  Record& good = world.record();
  outcomeOf(world, connect(world.reactor, "exec:tr a-z A-Z", recorderFactory(good))).value();
  good.protocol->transport().write("shout");
  good.protocol->transport().loseWriteConnection();
  REQUIRE(world.until([&] { return good.over; }));
  CHECK(good.received == "SHOUT");
  CHECK(good.lostKind == "ConnectionDone");
  Record& bad = world.record();
  outcomeOf(world, connect(world.reactor, "exec:exit 3", recorderFactory(bad))).value();
  REQUIRE(world.until([&] { return bad.over; }));
  CHECK(bad.lostKind == "ProcessTerminated");
}

TEST_CASE("a scheme can be registered, for listening, connecting or both") {
  World world("poll");
  Record& client = world.record();
  registerEndpointScheme(
      "test", {{}, [](Reactor& reactor, const EndpointUrl& url, std::shared_ptr<Factory> factory) {
                 return connect(reactor, "exec:" + url.path, std::move(factory));
               }});
  outcomeOf(world, connect(world.reactor, "test:echo hi", recorderFactory(client))).value();
  CHECK(world.until([&] { return client.received == "hi\n"; }));
  const auto names = connectSchemes();
  CHECK(std::count(names.begin(), names.end(), "test") == 1);
  CHECK(outcomeOf(world, listen(world.reactor, "test:x", recorderFactory(client)))
            .failure()
            .check<BadEndpointError>());
}

}  // namespace ropewalk
