// udp:// and unixgram: endpoints, listening and connecting.

#include <utility>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/detail/endpoint_schemes.h"
#include "ropewalk/core/net/host_resolver.h"
#include "ropewalk/core/net/udp/detail/udp.h"

namespace ropewalk {

namespace {

using Connected = Deferred<Handle<DatagramProtocol>>;

constexpr long kMostBytes = 1L << 30;  // of a receive buffer

/// "interface" may be an address to bind to, as with tcp, or the name of the
/// interface to join groups on.
ListenUDPOptions listenOptions(const EndpointUrl& url) {
  url.checkParameters(
      {"reuseport", "reuseaddr", "broadcast", "max", "rcvbuf", "join", "interface"});
  ListenUDPOptions options;
  options.interface = url.host == "localhost" ? "127.0.0.1" : url.host;
  options.reusePort = url.number("reuseport", 0, 0, 1) != 0;
  options.reuseAddress = url.number("reuseaddr", 0, 0, 1) != 0;
  options.broadcast = url.number("broadcast", 0, 0, 1) != 0;
  options.maxPacketSize = static_cast<std::size_t>(url.number("max", 8192, 1, 65'535));
  options.receiveBuffer = static_cast<std::size_t>(url.number("rcvbuf", 0, 0, kMostBytes));
  std::string interface = url.parameter("interface");
  if (Address::fromLiteral(interface, 0).family != Address::Family::none)
    options.interface = std::exchange(interface, {});
  const std::string groups = url.parameter("join");
  if (groups.empty()) {
    if (interface.empty()) return options;
    throw BadEndpointError(
        format("cannot listen on {}: '{}' is no IP address; an interface's name goes with join=",
               toText(url), interface));
  }
  for (const std::string_view group : split(groups, ',')) {
    const bool named = interface.empty() || group.find('%') != std::string_view::npos;
    options.groups.push_back(named ? std::string(group) : format("{}%{}", group, interface));
  }
  return options;
}

std::unique_ptr<DatagramProtocol> protocolFor(const EndpointUrl& url, Factory& factory) {
  std::unique_ptr<DatagramProtocol> protocol = factory.buildDatagramProtocol();
  if (protocol) return protocol;
  throw CannotListenError(format(
      "cannot listen on {}: this service speaks streams only; use tcp:// or unix:", toText(url)));
}

Handle<DatagramProtocol> handleOf(DatagramProtocol& protocol) {
  return {protocol, protocol.life()};
}

ConnectUDPOptions connectOptions(const EndpointUrl& url) {
  url.checkParameters({"bind", "max", "rcvbuf"});
  ConnectUDPOptions options;
  options.bindAddress = url.parameter("bind");
  options.maxPacketSize = static_cast<std::size_t>(url.number("max", 8192, 1, 65'535));
  options.receiveBuffer = static_cast<std::size_t>(url.number("rcvbuf", 0, 0, kMostBytes));
  return options;
}

Connected connectUdp(Reactor& reactor, EndpointUrl url,
                     std::unique_ptr<DatagramProtocol> protocol) {
  const ConnectUDPOptions options = connectOptions(url);
  const std::string host = url.host.empty() ? "localhost" : url.host;
  std::vector<Address> addresses{Address::fromLiteral(host, url.port)};
  if (addresses.front().family == Address::Family::none) {
    Deferred<std::vector<Address>> resolving = reactor.nameResolver().resolve(host, url.port);
    addresses = co_await std::move(resolving);
  }
  const Handle<DatagramProtocol> handle = handleOf(*protocol);
  detail::connectUDP(reactor, addresses, std::move(protocol), options);
  co_return handle;
}

Connected connectUnixgram(Reactor& reactor, const EndpointUrl& url,
                          std::unique_ptr<DatagramProtocol> protocol) {
  url.checkParameters({"bind", "max"});
  UNIXDatagramOptions options;
  options.bindPath = url.parameter("bind");
  options.maxPacketSize = static_cast<std::size_t>(url.number("max", 8192, 1, 256 * 1024));
  const Handle<DatagramProtocol> handle = handleOf(*protocol);
  reactor.connectUNIXDatagram(url.path, std::move(protocol), options);
  return succeed(Handle<DatagramProtocol>(handle));
}

Connected connectScheme(Reactor& reactor, const EndpointUrl& url,
                        std::unique_ptr<DatagramProtocol> protocol) {
  if (url.scheme == "udp") return connectUdp(reactor, url, std::move(protocol));
  if (url.scheme == "unixgram") return connectUnixgram(reactor, url, std::move(protocol));
  throw BadEndpointError(
      format("cannot connect to {}: no scheme '{}' for datagrams; there are udp, unixgram",
             toText(url), url.scheme));
}

}  // namespace

Connected connectDatagram(Reactor& reactor, std::string_view endpoint,
                          std::unique_ptr<DatagramProtocol> protocol) {
  return maybeDeferred([&] {
           return connectScheme(reactor, EndpointUrl::parse(endpoint), std::move(protocol));
         })
      .addErrback(
          [to = std::string(endpoint)](const Failure& why) -> Result<Handle<DatagramProtocol>> {
            if (why.check<CancelledError>() == nullptr) return why;
            return Failure(ConnectingCancelledError(format("connecting to {} was cancelled", to)));
          });
}

Deferred<ListeningPort> detail::listenUdpEndpoint(Reactor& reactor, const EndpointUrl& url,
                                                  FactoryPointer factory) {
  const ListenUDPOptions options = listenOptions(url);
  std::unique_ptr<DatagramProtocol> protocol = protocolFor(url, *factory);
  return succeed(listenUDP(reactor, url.port, std::move(protocol), options, std::move(factory)));
}

Deferred<ListeningPort> detail::listenUnixgramEndpoint(Reactor& reactor, const EndpointUrl& url,
                                                       FactoryPointer factory) {
  url.checkParameters({"mode", "max"});
  UNIXDatagramOptions options;
  options.mode = static_cast<unsigned>(url.number("mode", 0666, 0, 0777, 8));
  options.maxPacketSize = static_cast<std::size_t>(url.number("max", 8192, 1, 256 * 1024));
  std::unique_ptr<DatagramProtocol> protocol = protocolFor(url, *factory);
  return succeed(
      listenUNIXDatagram(reactor, url.path, std::move(protocol), options, std::move(factory)));
}

}  // namespace ropewalk
