// One connection that follows a transfer to its end, and the search for a zone's primary. RFC 5936
// §4.1.
#include "zone_transfer.h"

#include <chrono>
#include <utility>

#include "answer.h"
#include "lookup.h"
#include "ropewalk/clients/dns/detail/query.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/host_resolver.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/basic/string_receivers.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/protocols/dns/transfer_reader.h"
#include "ropewalk/ssl/tls.h"
#include "server_address.h"
#include "system_resolver.h"

namespace ropewalk::dns {

namespace {

using Records = std::vector<Record>;

TransferReader readerOf(const Name& zone, std::optional<std::uint32_t> since,
                        const ZoneTransferOptions& options) {
  const TransferLimits limits{options.maxRecords(), options.maxBytes()};
  if (!since) return {zone, Type::AXFR, randomId(), limits, options.key()};
  SOA soa;
  soa.serial = *since;
  soa.ttl = Seconds(0);
  return {makeRecord(zone, soa), randomId(), limits, options.key()};
}

/// The connection of one transfer.
class Transfer final : public Int16StringReceiver {
 public:
  /// @param since  nothing: the whole zone
  Transfer(Clock& clock, Name zone, std::optional<std::uint32_t> since,
           const ZoneTransferOptions& options)
      : Int16StringReceiver(kMaxMessageLength),
        reader_(readerOf(zone, since, options)),
        zone_(std::move(zone)),
        timeout_(options.timeout()),
        clock_(clock),
        silence_(clock, [this] { timedOut(); }) {}

  /// Asks; the connection is closed afterwards.
  Deferred<ZoneUpdate> begin() {
    source_.emplace();
    Deferred<ZoneUpdate> update = source_->deferred();
    source_->onCancel([self = handleOf(*this)](Source<ZoneUpdate>&) {
      if (self) self->transport().abortConnection();
    });
    silence_.set(timeout_);
    sendString(reader_.question(unixTime()));
    return update;
  }

  void stringReceived(std::string_view string) override {
    silence_.set(timeout_);
    const Result<bool> over = receive(string);
    if (!over) return finish(over.failure());
    if (*over) finish(std::move(update_));
  }

  void connectionLost(const Failure& reason) override {
    if (reason.check<ConnectionDone>() == nullptr) return finish(reason);
    finish(Failure(ConnectionLost(
        format("cannot transfer zone {}: the server closed the connection {}", toText(zone_),
               reader_.empty() ? "without an answer" : "in the middle of it"))));
  }

 private:
  Result<bool> receive(std::string_view wire) {
    const Result<Message> message = reader_.read(wire, unixTime());
    if (!message) return failed(message.failure());
    if (auto good = checkRcode(*message, {zone_, reader_.type()}); !good) return good.failure();
    Result<bool> over = reader_.take(
        *message, [this](TransferPart part, const Record& record) { return keep(part, record); });
    if (!over) return failed(over.failure());
    return over;
  }

  Result<void> keep(TransferPart part, const Record& record) {
    if (!record.name.isBelow(zone_))
      return Failure(FormatError(format("{} is not of this zone", toText(record.name))));
    switch (part) {
      case TransferPart::newest:
        update_.soa = record;
        update_.records.push_back(record);
        break;
      case TransferPart::record:
        update_.records.push_back(record);
        break;
      case TransferPart::removed:
        if (record.type == Type::SOA) update_.steps.emplace_back();
        update_.steps.back().removed.push_back(record);
        break;
      case TransferPart::added:
        update_.steps.back().added.push_back(record);
        break;
    }
    return {};
  }

  /// RFC 8945 §4.2: signatures say when they were made.
  [[nodiscard]] std::uint64_t unixTime() const {
    return static_cast<std::uint64_t>(clock_.wallTime().unixSeconds());
  }

  [[nodiscard]] Failure failed(const Failure& why) const {
    return ResolverError(
        format("cannot transfer zone {}: {}", toText(zone_), why.getErrorMessage()));
  }

  void timedOut() {
    finish(Failure(DNSQueryTimeoutError(format("cannot transfer zone {}: nothing came from {}",
                                               toText(zone_), toText(transport().getPeer())))));
  }

  void finish(Result<ZoneUpdate> result) {
    silence_.clear();
    transport().abortConnection();
    if (!source_ || source_->called()) return;  // not begun, or cancelled
    if (result && !reader_.upToDate()) {
      result->form = reader_.incremental() ? ZoneUpdate::Form::changes : ZoneUpdate::Form::whole;
    }
    if (result && reader_.incremental()) result->records.clear();
    Source<ZoneUpdate> source = std::move(*source_);
    source_.reset();
    source.fire(std::move(result));
  }

  TransferReader reader_;
  Name zone_;
  Duration timeout_;
  Clock& clock_;
  Deadline silence_;
  ZoneUpdate update_{};
  std::optional<Source<ZoneUpdate>> source_{};
};

Deferred<Handle<Protocol>> open(Reactor& reactor, const ServerAddress& server,
                                const ZoneTransferOptions& options,
                                std::shared_ptr<Factory> factory) {
  const auto connecting = ConnectOptions().timeout(options.timeout());
  if (server.wire != Wire::tls)
    return reactor.connectTCP(server.host, server.port, std::move(factory), connecting);
  const auto secure = ssl::wrapClient(ssl::Context::client(options.tls()),
                                      {server.name, toText(server)}, std::move(factory));
  return reactor.connectTCP(server.host, server.port, secure, connecting);
}

/// The address of the primary, by the SOA and the reactor's resolver.
Deferred<std::string> primaryOf(Reactor& reactor, std::shared_ptr<Resolver> resolver,
                                std::string zone) {
  Deferred<SOA> asking = lookupAuthority(*resolver, zone);
  const SOA soa = co_await std::move(asking);
  Deferred<std::string> resolving = getHostByName(reactor, toText(soa.mname));
  co_return co_await std::move(resolving);
}

Deferred<ZoneUpdate> transfer(Reactor& reactor, Name zone, std::optional<std::uint32_t> since,
                              ZoneTransferOptions options) {
  if (options.server().empty()) {
    auto resolver = systemResolver(reactor);
    Deferred<std::string> finding = primaryOf(reactor, resolver, toText(zone));
    options.server(co_await std::move(finding));
  }
  const ServerAddress server = ServerAddress::parse(options.server());
  if (server.wire == Wire::https)
    co_return Failure(InvalidAddressError(
        format("cannot transfer zone {} over https: ask for it by TCP or tls://", toText(zone))));
  auto factory = factoryOf([&reactor, zone, since, options](const Address&) {
    return std::make_unique<Transfer>(reactor, zone, since, options);
  });
  Deferred<Handle<Protocol>> connecting = open(reactor, server, options, std::move(factory));
  const Handle<Protocol> connected = co_await std::move(connecting);
  if (!connected)
    co_return Failure(ConnectionLost(format("{} closed the connection at once", toText(server))));
  Deferred<ZoneUpdate> transferring = static_cast<Transfer&>(*connected).begin();
  co_return co_await std::move(transferring);
}

}  // namespace

Deferred<Records> lookupZone(Reactor& reactor, std::string zone, ZoneTransferOptions options) {
  Result<Name> name = Name::parse(zone);
  if (!name) return fail<Records>(name.failure());
  return transfer(reactor, std::move(*name), {}, std::move(options))
      .addCallback([](ZoneUpdate update) { return std::move(update.records); });
}

Deferred<Records> lookupZone(std::string zone, ZoneTransferOptions options) {
  return lookupZone(reactor(), std::move(zone), std::move(options));
}

Deferred<ZoneUpdate> lookupZoneChanges(Reactor& reactor, std::string zone, std::uint32_t serial,
                                       ZoneTransferOptions options) {
  Result<Name> name = Name::parse(zone);
  if (!name) return fail<ZoneUpdate>(name.failure());
  return transfer(reactor, std::move(*name), serial, std::move(options));
}

}  // namespace ropewalk::dns
