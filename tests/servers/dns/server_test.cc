// Server: over datagrams, streams and TLS, with real sockets. RFC 1035 §4.2, RFC 7766, RFC 7858.
#include "ropewalk/servers/dns/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>

#include "ropewalk/core/async/task.h"
#include "ropewalk/core/net/endpoint.h"
#include "tests/core/net/world.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kZone =
    "$ORIGIN a.test.\n$TTL 60\n@ SOA ns h 7 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
    "www A 192.0.2.7\n";

std::string question(std::string_view name, Type type = Type::A, std::uint16_t id = 1) {
  Message message;
  message.id = id;
  message.questions = {{Name(name), type, Class::IN}};
  return message.encode();
}

std::string framed(std::string_view message) {
  return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} +
         std::string(message);
}

/// A server on a reactor, and a plain socket that talks to it.
struct Served {
  explicit Served(World& w) : world(w), server(Server::make(world.reactor)) {
    server->zone(Zone::parse(kZone).value());
  }
  ~Served() { ::close(fd); }

  void connect(const std::string& scheme) {
    const auto port =
        ropewalk::listen(world.reactor, scheme + "://127.0.0.1:0", server).takeResult().value();
    fd = ::socket(AF_INET, (scheme == "udp" ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    pollfd connected{fd, POLLOUT, 0};
    REQUIRE(::poll(&connected, 1, 5000) == 1);
  }
  void send(std::string_view bytes) const {
    REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// Turns the reactor until `size` bytes (one datagram) have come.
  std::string receive(std::size_t size = 1) {
    std::string got;
    REQUIRE(world.until([&] {
      char buffer[70'000];
      const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
      if (count > 0) got.append(buffer, static_cast<std::size_t>(count));
      return got.size() >= size || count == 0;
    }));
    return got;
  }
  /// The next message of the stream; what came behind it stays for the next call.
  Message next() {
    while (rest.size() < 2 || rest.size() < 2 + length()) rest += receive();
    Message message = Message::decode(rest.substr(2, length())).value();
    rest.erase(0, 2 + length());
    return message;
  }
  [[nodiscard]] std::size_t length() const {
    return static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8 |
           static_cast<unsigned char>(rest[1]);
  }

  World& world;
  std::shared_ptr<Server> server;
  int fd = -1;
  std::string rest;
};

}  // namespace

TEST_CASE("a server answers datagrams") {
  EVERY_POLLER;
  Served served(world);
  served.connect("udp");
  served.send(question("www.a.test"));
  const Message answer = Message::decode(served.receive()).value();
  CHECK(answer.answers.size() == 1);
  CHECK(served.server->dispatcher().counts().queries[0] == 1);
}

TEST_CASE("B4: a stream whose first segment is one byte of the length is answered") {
  EVERY_POLLER;
  Served served(world);
  served.connect("tcp");
  const std::string bytes = framed(question("www.a.test"));
  for (const char byte : bytes) {
    served.send({&byte, 1});
    served.world.settle();
  }
  CHECK(served.next().answers.size() == 1);
}

TEST_CASE("questions on a stream are answered one after the other, without waiting") {
  EVERY_POLLER;
  Served served(world);
  served.connect("tcp");
  std::string all;
  for (std::uint16_t id = 0; id < 50; ++id) all += framed(question("www.a.test", Type::A, id));
  served.send(all);
  for (std::uint16_t id = 0; id < 50; ++id) CHECK(served.next().id == id);
}

TEST_CASE("a slow answer does not hold up those behind it") {
  EVERY_POLLER;
  Served served(world);
  Source<A> source;
  served.server->answer("slow.test", [&](const Question&) { return source.deferred(); });
  served.connect("tcp");
  served.send(framed(question("slow.test", Type::A, 1)) +
              framed(question("www.a.test", Type::A, 2)));
  CHECK(served.next().id == 2);
  source.callback(A("192.0.2.9"));
  CHECK(served.next().id == 1);
}

TEST_CASE("a client that is gone before its answer is forgotten") {
  EVERY_POLLER;
  Served served(world);
  bool cancelled = false;
  served.server->answer("slow.test", [&](const Question&) {
    Source<A> source;
    Deferred<A> answer =
        deferLater(served.world.reactor, 1h).addCallback([] { return A("192.0.2.9"); });
    answer.addErrback([&](const Failure&) { cancelled = true; });
    return answer;
  });
  served.connect("tcp");
  served.send(framed(question("slow.test")));
  REQUIRE(served.world.until([&] { return served.server->dispatcher().counts().later == 1; }));
  ::shutdown(served.fd, SHUT_RDWR);
  CHECK(served.world.until([&] { return cancelled; }));
  CHECK(served.server->dispatcher().counts().later == 0);
}

TEST_CASE("a zone goes out over a stream to those who may have it") {
  EVERY_POLLER;
  Served served(world);
  TransferPolicy policy;
  policy.allow({"127.0.0.0/8"});
  served.server->allowTransfers(policy);
  served.connect("tcp");
  served.send(framed(question("a.test", Type::AXFR, 9)));
  const Message zone = served.next();
  CHECK(zone.id == 9);
  REQUIRE(zone.answers.size() == 5);
  CHECK(zone.answers.front().type == Type::SOA);
  CHECK(zone.answers.back() == zone.answers.front());
}

TEST_CASE("a zone goes to nobody unless somebody is allowed to have it") {
  EVERY_POLLER;
  Served served(world);
  served.connect("tcp");
  served.send(framed(question("a.test", Type::AXFR)));
  CHECK(served.next().rcode == Rcode::REFUSED);
}

TEST_CASE("a large zone goes out in many messages, with questions answered in between") {
  EVERY_POLLER;
  Served served(world);
  std::string text(kZone);
  for (int i = 0; i < 20'000; ++i) text += format("h{} A 192.0.2.9\n", i);
  served.server->zone(Zone::parse(text).value());
  TransferPolicy policy;
  policy.allow({"any"});
  served.server->allowTransfers(policy);
  served.connect("tcp");
  served.send(framed(question("a.test", Type::AXFR, 1)) +
              framed(question("www.a.test", Type::A, 2)));
  std::size_t records = 0;
  bool between = false;
  while (records < 20'005) {
    const Message message = served.next();
    if (message.id == 2) {
      between = true;
    } else {
      records += message.answers.size();
    }
  }
  CHECK(records == 20'005);
  CHECK(between);
}

TEST_CASE("a connection that asks nothing is closed after its time") {
  EVERY_POLLER;
  const auto server = Server::make(world.reactor, {.streams = {.idleTimeout = 50ms}});
  const auto port =
      ropewalk::listen(world.reactor, "tcp://127.0.0.1:0", server).takeResult().value();
  ropewalk::Record& record = world.record();
  struct Client : Protocol {
    explicit Client(ropewalk::Record& r) : record(r) {}
    void dataReceived(std::string_view) override {}
    void connectionLost(const Failure&) override { record.over = true; }
    ropewalk::Record& record;
  };
  const auto client =
      world.reactor.connectTCP("127.0.0.1", port.port(), factoryFor<Client>(std::ref(record)));
  CHECK(world.until([&] { return record.over; }));
}

}  // namespace ropewalk::dns
