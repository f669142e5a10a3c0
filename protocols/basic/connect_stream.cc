// A Stream made first, whose protocol a factory of one connection hands to the connector.
#include "connect_stream.h"

#include <utility>

#include "ropewalk/core/net/endpoint.h"

namespace ropewalk {

namespace {

/// Connects by `connect(factory)`; the stream is there before the connection is.
template <class Connect>
Deferred<StreamHandle> streamBy(Connect connect) {
  auto stream = std::make_shared<Stream>();
  return connect(factoryOf([stream](const Address&) { return stream->makeProtocol(); }))
      .addCallback([stream](const Handle<Protocol>&) { return stream; });
}

}  // namespace

Deferred<StreamHandle> connectStream(Reactor& reactor, std::string host, std::uint16_t port,
                                     ConnectOptions options) {
  return streamBy([&](std::shared_ptr<Factory> factory) {
    return reactor.connectTCP(std::move(host), port, std::move(factory), std::move(options));
  });
}

Deferred<StreamHandle> connectStream(Reactor& reactor, std::string endpoint) {
  return streamBy([&](std::shared_ptr<Factory> factory) {
    return connect(reactor, endpoint, std::move(factory));
  });
}

Deferred<StreamHandle> connectStream(std::string endpoint) {
  return connectStream(reactor(), std::move(endpoint));
}

}  // namespace ropewalk
