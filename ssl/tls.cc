// Factories that put a TlsFilter around each protocol, and filters put in mid-stream.
#include "tls.h"

#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"
#include "ropewalk/ssl/detail/tls_filter.h"

namespace ropewalk::ssl {

namespace {

using detail::TlsFilter;

class TlsFactory final : public WrappingFactory {
 public:
  TlsFactory(Context context, std::optional<ServerIdentity> server, std::shared_ptr<Factory> inner)
      : WrappingFactory(std::move(inner)),
        context_(std::move(context)),
        server_(std::move(server)) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol,
                                 const Address& /*peer*/) override {
    return std::make_unique<TlsFilter>(context_, server_, std::move(protocol));
  }

  Context context_;
  std::optional<ServerIdentity> server_;
};

void mustBe(const Context& context, bool server) {
  if (context.isServer() == server) return;
  throw std::logic_error(server ? "a TLS server needs a context made by Context::server"
                                : "a TLS client needs a context made by Context::client");
}

}  // namespace

std::shared_ptr<Factory> wrap(Context context, std::shared_ptr<Factory> factory) {
  mustBe(context, true);
  return std::make_shared<TlsFactory>(std::move(context), std::nullopt, std::move(factory));
}

std::shared_ptr<Factory> wrapClient(Context context, ServerIdentity server,
                                    std::shared_ptr<Factory> factory) {
  mustBe(context, false);
  return std::make_shared<TlsFactory>(std::move(context), std::move(server), std::move(factory));
}

ListeningPort listenSSL(Reactor& reactor, std::uint16_t port, std::shared_ptr<Factory> factory,
                        const Context& context, ListenOptions options) {
  return reactor.listenTCP(port, wrap(context, std::move(factory)), std::move(options));
}

Deferred<Handle<Protocol>> connectSSL(Reactor& reactor, std::string host, std::uint16_t port,
                                      std::shared_ptr<Factory> factory, const Context& context,
                                      ConnectOptions options) {
  ServerIdentity server{host, format("{}", port)};
  auto wrapped = wrapClient(context, std::move(server), std::move(factory));
  return reactor.connectTCP(std::move(host), port, std::move(wrapped), std::move(options));
}

void startTLS(Transport& transport, const Context& context) {
  mustBe(context, true);
  transport.insertFilter(std::make_unique<TlsFilter>(context, std::nullopt, nullptr));
}

void startTLS(Transport& transport, const Context& context, const ServerIdentity& server) {
  mustBe(context, false);
  transport.insertFilter(std::make_unique<TlsFilter>(context, server, nullptr));
}

}  // namespace ropewalk::ssl
