#include "ropewalk/clients/dns/zone_transfer.h"

#include <chrono>
#include <utility>

#include "ropewalk/clients/dns/lookup.h"
#include "ropewalk/clients/dns/query.h"
#include "ropewalk/clients/dns/server_address.h"
#include "ropewalk/clients/dns/system_resolver.h"
#include "ropewalk/clients/dns/zone_receiver.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/resolver.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/line/string_receivers.h"
#include "ropewalk/ssl/tls.h"

namespace ropewalk::dns {

namespace {

using Records = std::vector<Record>;

std::uint64_t systemTime() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

/// The connection of one transfer.
class Transfer final : public Int16StringReceiver {
 public:
  Transfer(Clock& clock, Name zone, const ZoneTransferOptions& options)
      : Int16StringReceiver(kMaxMessageLength),
        receiver_(zone, randomId(), {options.maxRecords(), options.maxBytes()}, options.key()),
        zone_(std::move(zone)),
        timeout_(options.timeout()),
        unixTime_(options.unixTime() != nullptr ? options.unixTime() : &systemTime),
        silence_(clock, [this] { timedOut(); }) {}

  /// Asks; the connection is closed afterwards.
  Deferred<Records> begin() {
    source_.emplace();
    Deferred<Records> records = source_->deferred();
    source_->onCancel([self = handleOf(*this)](Source<Records>&) {
      if (self) self->transport().abortConnection();
    });
    silence_.set(timeout_);
    sendString(receiver_.question(unixTime_()));
    return records;
  }

  void stringReceived(std::string_view string) override {
    silence_.set(timeout_);
    const Result<bool> over = receiver_.receive(string, unixTime_());
    if (!over) return finish(over.failure());
    if (*over) finish(receiver_.take());
  }

  void connectionLost(const Failure& reason) override {
    if (reason.check<ConnectionDone>() == nullptr) return finish(reason);
    finish(Failure(ConnectionLost(
        format("cannot transfer zone {}: the server closed the connection {}", toText(zone_),
               receiver_.empty() ? "without an answer" : "in the middle of it"))));
  }

 private:
  void timedOut() {
    finish(Failure(DNSQueryTimeoutError(format("cannot transfer zone {}: nothing came from {}",
                                               toText(zone_), toText(transport().getPeer())))));
  }

  void finish(Result<Records> result) {
    silence_.clear();
    transport().abortConnection();
    if (!source_ || source_->called()) return;  // not begun, or cancelled
    Source<Records> source = std::move(*source_);
    source_.reset();
    source.fire(std::move(result));
  }

  detail::ZoneReceiver receiver_;
  Name zone_;
  Duration timeout_;
  std::uint64_t (*unixTime_)();
  Deadline silence_;
  std::optional<Source<Records>> source_{};
};

Deferred<Handle<Protocol>> open(Reactor& reactor, const ServerAddress& server,
                                const ZoneTransferOptions& options,
                                std::shared_ptr<Factory> factory) {
  const auto connecting = ConnectOptions().timeout(options.timeout());
  if (server.wire != Wire::tls)
    return reactor.connectTCP(server.host, server.port, std::move(factory), connecting);
  const auto secure = ssl::wrapClient(ssl::Context::client(options.tls()),
                                      {server.name, toText(server)}, std::move(factory));
  return reactor.connectTCP(server.host, server.port, secure, connecting)
      .addCallback([](Handle<Protocol> connected) { return ssl::handshaken(connected); });
}

/// The address of the primary, by the SOA and the reactor's resolver.
Deferred<std::string> primaryOf(Reactor& reactor, std::shared_ptr<Resolver> resolver,
                                std::string zone) {
  Deferred<SOA> asking = lookupAuthority(*resolver, zone);
  const SOA soa = co_await std::move(asking);
  Deferred<std::string> resolving = getHostByName(reactor, toText(soa.mname));
  co_return co_await std::move(resolving);
}

Deferred<Records> transfer(Reactor& reactor, Name zone, ZoneTransferOptions options) {
  if (options.server().empty()) {
    auto resolver = systemResolver(reactor);
    Deferred<std::string> finding = primaryOf(reactor, resolver, toText(zone));
    options.server(co_await std::move(finding));
  }
  const ServerAddress server = ServerAddress::parse(options.server());
  if (server.wire == Wire::https)
    co_return Failure(InvalidAddressError(
        format("cannot transfer zone {} over https: ask for it by TCP or tls://", toText(zone))));
  auto factory = factoryOf([&reactor, zone, options](const Address&) {
    return std::make_unique<Transfer>(reactor, zone, options);
  });
  Deferred<Handle<Protocol>> connecting = open(reactor, server, options, std::move(factory));
  const Handle<Protocol> connected = co_await std::move(connecting);
  if (!connected)
    co_return Failure(ConnectionLost(format("{} closed the connection at once", toText(server))));
  Deferred<Records> transferring = static_cast<Transfer&>(*connected).begin();
  co_return co_await std::move(transferring);
}

}  // namespace

Deferred<Records> lookupZone(Reactor& reactor, std::string zone, ZoneTransferOptions options) {
  Result<Name> name = Name::parse(zone);
  if (!name) return fail<Records>(name.failure());
  return transfer(reactor, std::move(*name), std::move(options));
}

Deferred<Records> lookupZone(std::string zone, ZoneTransferOptions options) {
  return lookupZone(reactor(), std::move(zone), std::move(options));
}

}  // namespace ropewalk::dns
