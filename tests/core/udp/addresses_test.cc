// Whom datagrams come from and which of our addresses they came to; multicast, broadcast.
// RFC 3678, RFC 4607.

#include <ifaddrs.h>
#include <net/if.h>

#include "tests/core/udp/datagrams.h"

using namespace ropewalk;

namespace {

using Strings = std::vector<std::string>;

/// The loopback interface is no multicast interface unless somebody makes it one; joining works on
/// it all the same.
constexpr const char* kLoopback = "lo";
constexpr const char* kGroup = "239.193.7.7";
// RFC 4291 §2.7: scope 1 never leaves the machine, whatever the interface.
constexpr const char* kGroup6 = "ff11::7:7";

Address to(const std::string& host, const ListeningPort& port) {
  return Address::fromLiteral(host, port.port());
}

/// Where IPv6 multicast has a route: Linux gives loopback none. Empty when there is none at all.
std::string interfaceForIPv6() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return "";
  std::string found;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    const bool able = (each->ifa_flags & (IFF_UP | IFF_MULTICAST)) == (IFF_UP | IFF_MULTICAST) &&
                      each->ifa_addr != nullptr && each->ifa_addr->sa_family == AF_INET6;
    if (able && found.empty()) found = each->ifa_name;
  }
  ::freeifaddrs(list);
  return found;
}

/// Sends to a group by an interface.
bool multicast(const Peer& peer, std::string_view data, const Address& group,
               const std::string& interface = kLoopback) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (group.family == Address::Family::IPv4) {
    ip_mreqn by{};
    by.imr_ifindex = static_cast<int>(index);
    ::setsockopt(peer.fd(), IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof by);
  } else {
    ::setsockopt(peer.fd(), IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
  }
  return peer.send(data, group);
}

}  // namespace

TEST_CASE("DatagramPeer: literals both ways, without a detour") {
  for (const char* host : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "10.9.87.100", "1.2.3.4"}) {
    const DatagramPeer peer(Address::IPv4(host, 4711));
    CHECK(peer.address() == Address::IPv4(host, 4711));
    CHECK(peer.port() == 4711);
    CHECK(peer.addressBytes().size() == 4);
    CHECK(peer.known());
    CHECK(peer.localAddress() == Address());
  }
  for (const char* bad : {"1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "1..2.3", "",
                          "a.b.c.d", "1.2.3.4 ", "1.2.3.0004", "+1.2.3.4"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(DatagramPeer(Address::IPv4(bad, 1)), InvalidAddressError);
  }
  const DatagramPeer six(Address::IPv6("2001:db8::1", 53));
  CHECK(six.address() == Address::IPv6("2001:db8::1", 53));
  CHECK(six.port() == 53);
  CHECK(six.addressBytes() == std::string_view("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16));
  CHECK(DatagramPeer(Address::UNIX("/run/x")).address() == Address::UNIX("/run/x"));
  CHECK(DatagramPeer(Address::UNIX("@name")).address() == Address::UNIX("@name"));
  CHECK(DatagramPeer(Address::UNIX("@name")).port() == 0);
  CHECK(DatagramPeer(Address::UNIX("@name")).addressBytes().empty());
}

TEST_CASE("DatagramPeer: nobody, equality, and IPv4 in IPv6 as IPv4") {
  CHECK_FALSE(DatagramPeer().known());
  CHECK_FALSE(DatagramPeer(Address()).known());
  CHECK(DatagramPeer().address() == Address());
  CHECK(DatagramPeer().port() == 0);
  const DatagramPeer four(Address::IPv4("192.0.2.1", 5));
  CHECK(four == DatagramPeer(Address::IPv6("::ffff:192.0.2.1", 5)));
  CHECK(DatagramPeer(Address::IPv6("::ffff:192.0.2.1", 5)).address() ==
        Address::IPv4("192.0.2.1", 5));
  CHECK_FALSE(four == DatagramPeer(Address::IPv4("192.0.2.1", 6)));
  CHECK_FALSE(four == DatagramPeer(Address::IPv4("192.0.2.2", 5)));
  CHECK_FALSE(four == DatagramPeer());
}

TEST_CASE("bound to every interface: an answer leaves from the address that was asked") {
  EVERY_POLLER;
  auto port = world.reactor.listenUDP(0, std::make_unique<Echo>());
  for (const char* asked : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
    Peer peer;
    // Both at once: each answer has a source of its own.
    REQUIRE(peer.send("1", to(asked, port)));
    REQUIRE(peer.send("2", to(asked, port)));
    CHECK(peer.take(world, 2) == Strings{"1", "2"});
    CHECK(peer.sender() == to(asked, port));
  }
  if (!hasIPv6()) return;
  Peer six("::1");
  REQUIRE(six.send("6", to("::1", port)));
  CHECK(six.take(world, 1) == Strings{"6"});
  CHECK(six.sender() == to("::1", port));
}

TEST_CASE("bound to any IPv4 address alone: likewise") {
  EVERY_POLLER;
  auto port = world.reactor.listenUDP(0, std::make_unique<Echo>(), {.interface = "0.0.0.0"});
  CHECK(port.getHost().host == "0.0.0.0");
  Peer peer;
  REQUIRE(peer.send("1", to("127.0.0.2", port)));
  CHECK(peer.take(world, 1) == Strings{"1"});
  CHECK(peer.sender() == to("127.0.0.2", port));
}

TEST_CASE("a datagram says which of our addresses it came to, and by which interface") {
  EVERY_POLLER;
  DatagramRecord record;
  std::vector<Address> locals;
  std::vector<std::uint32_t> interfaces;
  auto port = world.reactor.listenUDP(0, datagramRecorder(record, [&](DatagramRecorder& protocol) {
                                        protocol.onDatagram = [&](const Datagram& datagram) {
                                          locals.push_back(datagram.peer.localAddress());
                                          interfaces.push_back(datagram.peer.interfaceIndex());
                                        };
                                      }));
  const Peer peer;
  REQUIRE(peer.send("x", to("127.0.0.2", port)));
  REQUIRE(world.until([&] { return record.received.size() == 1; }));
  CHECK(locals.back() == Address::IPv4("127.0.0.2", 0));
  CHECK(interfaces.back() == ::if_nametoindex(kLoopback));
  CHECK(record.senders.back() == peer.address());  // IPv4, although the socket is of IPv6
  if (!hasIPv6()) return;
  const Peer six("::1");
  REQUIRE(six.send("x", to("::1", port)));
  REQUIRE(world.until([&] { return record.received.size() == 2; }));
  CHECK(locals.back() == Address::IPv6("::1", 0));
  CHECK(record.senders.back() == six.address());
}

TEST_CASE("bound to one address there is nothing to say: localAddress is of no family") {
  World world("poll");
  DatagramRecord record;
  Address local = loopback(1);
  auto port = world.reactor.listenUDP(
      0,
      datagramRecorder(record,
                       [&](DatagramRecorder& protocol) {
                         protocol.onDatagram = [&](const Datagram& datagram) {
                           local = datagram.peer.localAddress();
                         };
                       }),
      {.interface = "127.0.0.1"});
  const Peer peer;
  REQUIRE(peer.send("x", port.getHost()));
  REQUIRE(world.until([&] { return record.received.size() == 1; }));
  CHECK(local == Address());
}

TEST_CASE("a DatagramPeer may be kept, and answered later") {
  EVERY_POLLER;
  DatagramRecord record;
  DatagramPeer kept;
  auto port = world.reactor.listenUDP(0, datagramRecorder(record, [&](DatagramRecorder& protocol) {
                                        protocol.onDatagram = [&](const Datagram& datagram) {
                                          kept = datagram.peer;
                                        };
                                      }));
  Peer peer;
  REQUIRE(peer.send("question", to("127.0.0.5", port)));
  REQUIRE(world.until([&] { return kept.known(); }));
  world.settle();
  record.transport().write("answer", kept);
  CHECK(peer.take(world, 1) == Strings{"answer"});
  CHECK(peer.sender() == to("127.0.0.5", port));
}

TEST_CASE("IPv6 alone, and an IPv4 peer there is a datagram that cannot be sent") {
  EVERY_POLLER;
  if (!hasIPv6()) return;
  DatagramRecord record;
  auto port = world.reactor.listenUDP(0, datagramRecorder(record), {.interface = "::"});
  Peer six("::1");
  Peer four;
  REQUIRE(six.send("x", to("::1", port)));
  REQUIRE(world.until([&] { return record.received.size() == 1; }));
  record.transport().write("no", four.address());
  record.transport().write("yes", six.address());
  CHECK(six.take(world, 1) == Strings{"yes"});
  CHECK(record.transport().counts().dropped == 1);
  // It leaves IPv4 to others.
  CHECK(Peer("127.0.0.1", port.port()).ok());
}

TEST_CASE("multicast: a port hears a group between joinGroup and leaveGroup") {
  EVERY_POLLER;
  const std::string interface6 = interfaceForIPv6();
  if (interface6.empty()) WARN("no interface with IPv6 multicast: tested with IPv4 alone");
  for (const bool six : {false, true}) {
    if (six && interface6.empty()) continue;
    CAPTURE(six);
    const std::string interface = six ? interface6 : kLoopback;
    const char* group = six ? kGroup6 : kGroup;
    DatagramRecord record;
    auto port = world.reactor.listenUDP(0, datagramRecorder(record));
    const Peer peer(six ? "::" : "127.0.0.1");
    record.transport().joinGroup(group, interface);
    REQUIRE(multicast(peer, "heard", to(group, port), interface));
    REQUIRE(world.until([&] { return record.received.size() == 1; }));
    record.transport().leaveGroup(group, interface);
    REQUIRE(multicast(peer, "not heard", to(group, port), interface));
    REQUIRE(peer.send("end", to(six ? "::1" : "127.0.0.1", port)));
    REQUIRE(world.until([&] { return record.received.size() == 2; }));
    CHECK(record.received == Strings{"heard", "end"});
    CHECK_THROWS_AS(record.transport().leaveGroup(group, interface), SocketOptionError);
  }
}

TEST_CASE("multicast of IPv6 from one source, with the interface in the group's name") {
  EVERY_POLLER;
  const std::string interface = interfaceForIPv6();
  if (interface.empty()) return;
  const std::string group = "ff31::7:7";  // RFC 4607: ff3x::/32
  const Peer probe("::");
  DatagramRecord all;
  auto port =
      world.reactor.listenUDP(0, datagramRecorder(all), {.groups = {group + "%" + interface}});
  REQUIRE(multicast(probe, "1", to(group, port), interface));
  REQUIRE(world.until([&] { return all.received.size() == 1; }));
  const std::string own = all.senders.front().host;

  DatagramRecord some;
  DatagramRecord none;
  auto wanted = world.reactor.listenUDP(0, datagramRecorder(some));
  auto unwanted = world.reactor.listenUDP(0, datagramRecorder(none));
  some.transport().joinSourceGroup(group, own, interface);
  none.transport().joinSourceGroup(group, "2001:db8::1", interface);
  REQUIRE(multicast(probe, "2", to(group, unwanted), interface));
  REQUIRE(multicast(probe, "2", to(group, wanted), interface));
  REQUIRE(world.until([&] { return some.received.size() == 1; }));
  world.settle();
  CHECK(none.received.empty());
}

TEST_CASE("multicast: a port does not hear groups that others on this machine have joined") {
  EVERY_POLLER;
  DatagramRecord member;
  DatagramRecord stranger;
  const ListenUDPOptions shared{.interface = "0.0.0.0", .reuseAddress = true};
  auto port = world.reactor.listenUDP(0, datagramRecorder(member), shared);
  auto other = world.reactor.listenUDP(port.port(), datagramRecorder(stranger), shared);
  member.transport().joinGroup(kGroup, "127.0.0.1");  // an interface by its address
  const Peer peer;
  REQUIRE(multicast(peer, "for members", to(kGroup, port)));
  REQUIRE(world.until([&] { return !member.received.empty(); }));
  world.settle();
  CHECK(stranger.received.empty());
  stranger.transport().joinGroup(kGroup, kLoopback);
  REQUIRE(multicast(peer, "for both", to(kGroup, port)));
  REQUIRE(world.until([&] { return member.received.size() == 2 && !stranger.received.empty(); }));
  CHECK(stranger.received == Strings{"for both"});
  CHECK(other.listening());
}

TEST_CASE("multicast: an answer to what came by a group leaves from an address of ours") {
  EVERY_POLLER;
  for (const char* interface : {"", "0.0.0.0"}) {
    DatagramRecord record;
    Address local;
    auto port = world.reactor.listenUDP(
        0,
        datagramRecorder(record,
                         [&](DatagramRecorder& protocol) {
                           protocol.onDatagram = [&](const Datagram& datagram) {
                             local = datagram.peer.localAddress();
                             protocol.transport().write("here", datagram.peer);
                           };
                         }),
        {.interface = interface, .groups = {std::string(kGroup) + "%lo"}});
    Peer peer;
    REQUIRE(multicast(peer, "who is there?", to(kGroup, port)));
    CHECK(peer.take(world, 1) == Strings{"here"});
    CHECK(local == Address::IPv4(kGroup, 0));
    CHECK(peer.sender() == to("127.0.0.1", port));
    CHECK(record.transport().counts().dropped == 0);
  }
}

TEST_CASE("multicast from one source: others are not heard (SSM)") {
  EVERY_POLLER;
  const char* group = "232.7.7.7";
  DatagramRecord record;
  auto port = world.reactor.listenUDP(0, datagramRecorder(record), {.interface = "0.0.0.0"});
  record.transport().joinSourceGroup(group, "127.0.0.2", kLoopback);
  const Peer wanted("127.0.0.2");
  const Peer unwanted("127.0.0.3");
  REQUIRE(multicast(unwanted, "noise", to(group, port)));
  REQUIRE(multicast(wanted, "signal", to(group, port)));
  REQUIRE(world.until([&] { return !record.received.empty(); }));
  world.settle();
  CHECK(record.received == Strings{"signal"});
  CHECK(record.senders.front() == wanted.address());
  record.transport().leaveSourceGroup(group, "127.0.0.2", kLoopback);
  CHECK_THROWS_AS(record.transport().leaveSourceGroup(group, "127.0.0.2", kLoopback),
                  SocketOptionError);
}

TEST_CASE("multicast: interface, TTL and loopback of what is sent") {
  EVERY_POLLER;
  for (const char* interface : {"", "0.0.0.0"}) {  // both families, one
    DatagramRecord sender;
    DatagramRecord receiver;
    int hops = -1;
    auto port = world.reactor.listenUDP(0, datagramRecorder(receiver), {.interface = "0.0.0.0"});
    receiver.transport().joinGroup(kGroup, kLoopback);
    auto from = world.reactor.listenUDP(0, datagramRecorder(sender), {.interface = interface});
    DatagramTransport& transport = sender.transport();
    transport.setMulticastInterface(kLoopback);
    transport.setMulticastTTL(7);
    transport.write("1", to(kGroup, port));
    REQUIRE(world.until([&] { return receiver.received.size() == 1; }));
    socklen_t size = sizeof hops;
    // The option is the kernel's to keep; which descriptor is ours we can tell by its name.
    for (int fd = 3; fd < 256; ++fd) {
      if (detail::SocketAddress::ofHost(fd) != from.getHost()) continue;
      REQUIRE(::getsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, &size) == 0);
    }
    CHECK(hops == 7);
    transport.setMulticastLoopback(false);
    transport.write("2", to(kGroup, port));
    world.settle();
    transport.setMulticastLoopback(true);
    transport.write("3", to(kGroup, port));
    REQUIRE(world.until([&] { return receiver.received.size() >= 2; }));
    CHECK_THROWS_AS(transport.setMulticastTTL(256), SocketOptionError);
    CHECK_THROWS_AS(transport.setMulticastTTL(-1), SocketOptionError);
    CHECK_THROWS_AS(transport.setMulticastInterface("no-such-interface"), SocketOptionError);
  }
}

TEST_CASE("multicast: what cannot be joined is SocketOptionError with the group's name") {
  World world("poll");
  DatagramRecord record;
  world.reactor.listenUDP(0, datagramRecorder(record));
  DatagramTransport& transport = record.transport();
  CHECK_THROWS_WITH(transport.joinGroup("127.0.0.1"), Catch::Contains("join group 127.0.0.1"));
  CHECK_THROWS_WITH(transport.joinGroup("all-hosts"), Catch::Contains("no IP address"));
  CHECK_THROWS_WITH(transport.joinGroup(kGroup, "nowhere0"), Catch::Contains("'nowhere0'"));
  CHECK_THROWS_AS(transport.joinSourceGroup("232.1.1.1", "somebody", kLoopback), SocketOptionError);
  CHECK_THROWS_AS(
      world.reactor.listenUDP(0, std::make_unique<Echo>(), {.groups = {"239.1.1.1%nowhere0"}}),
      SocketOptionError);
}

TEST_CASE("broadcast is refused until it is allowed") {
  EVERY_POLLER;
  DatagramRecord record;
  Peer listener("0.0.0.0");
  world.reactor.listenUDP(0, datagramRecorder(record), {.interface = "127.0.0.1"});
  const Address everybody = Address::IPv4("127.255.255.255", listener.address().port);
  record.transport().write("1", everybody);
  world.settle();
  CHECK(record.transport().counts().dropped == 1);
  record.transport().setBroadcastAllowed(true);
  record.transport().write("2", everybody);
  CHECK(listener.take(world, 1) == Strings{"2"});
  record.transport().setBroadcastAllowed(false);
  record.transport().write("3", everybody);
  world.settle();
  CHECK(record.transport().counts().dropped == 2);
}

TEST_CASE("an answer to a broadcast leaves from an address of ours") {
  EVERY_POLLER;
  auto port = world.reactor.listenUDP(0, std::make_unique<Echo>());
  Peer peer;
  const int on = 1;
  ::setsockopt(peer.fd(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  REQUIRE(peer.send("who?", to("127.255.255.255", port)));
  CHECK(peer.take(world, 1) == Strings{"who?"});
  CHECK(peer.sender() == to("127.0.0.1", port));
}
