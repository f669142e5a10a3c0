// The scheme memory: its two functions.

#include "memory_endpoints.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/testing/detail/memory_link.h"

namespace ropewalk::testing {

namespace {

using detail::MemoryLink;
using detail::MemoryPort;

constexpr long kMostOnTheWire = 1L << 30;

Deferred<ListeningPort> listenMemory(Reactor& reactor, const EndpointUrl& url,
                                     std::shared_ptr<Factory> factory) {
  url.checkParameters({});
  if (MemoryPort::find(reactor.loop(), url.path) != nullptr) {
    throw CannotListenError(
        format("cannot listen on {}: somebody listens there already", toText(url)));
  }
  factory->doStart();
  auto& port = reactor.loop().own(
      std::make_unique<MemoryPort>(reactor.loop(), url.path, std::move(factory)));
  return succeed(ListeningPort(Handle<ropewalk::detail::Port>(port, port.life())));
}

Deferred<Handle<Protocol>> connectMemory(Reactor& reactor, const EndpointUrl& url,
                                         std::shared_ptr<Factory> factory) {
  url.checkParameters({"wire"});
  LoopbackOptions options;
  const auto wire = static_cast<long>(options.wireCapacity);
  options.wireCapacity = static_cast<std::size_t>(url.number("wire", wire, 1, kMostOnTheWire));
  options.reactor = &reactor;
  std::unique_ptr<Protocol> client = factory->buildProtocol(MemoryPort::addressOf(url.path));
  if (!client)
    throw NoProtocol(format("cannot connect to {}: the factory gave no protocol", toText(url)));
  auto& link = reactor.loop().own(
      std::make_unique<MemoryLink>(reactor.loop(), url.path, std::move(client), options));
  return link.connected().addCallback(
      [](Handle<Protocol> connected) { return whenOpened(std::move(connected)); });
}

}  // namespace

bool registerMemoryEndpoints() {
  EndpointScheme scheme;
  scheme.listen = &listenMemory;
  scheme.connect = &connectMemory;
  registerEndpointScheme("memory", std::move(scheme));
  return true;
}

}  // namespace ropewalk::testing
