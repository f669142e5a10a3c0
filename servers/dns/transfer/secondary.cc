// When a secondary asks, and what it does with the answer.
#include "secondary.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/network.h"
#include "ropewalk/core/net/threads/threads.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/protocols/dns/serial.h"
#include "ropewalk/servers/dns/transfer/detail/transfer_client.h"
#include "ropewalk/servers/dns/transfer/detail/zone_copy.h"

namespace ropewalk::dns {

using detail::TransferClient;
using detail::TransferIn;

namespace {

constexpr log::Logger kLog{"dns.secondary"};
constexpr std::uint16_t kPort = 53;

SOA soaOf(const Zone& zone) {
  return SOA::fromData(zone.data(zone.soa(), 0), Seconds(zone.soa().ttl)).value();
}

/// The serial that a NOTIFY tells (RFC 1996 §3.7); nothing: it does not.
std::optional<std::uint32_t> serialIn(std::string_view message) {
  const auto decoded = Message::decode(message);
  if (!decoded) return std::nullopt;
  const auto soas = recordsOf<SOA>(decoded->answers);
  return soas.empty() ? std::nullopt : std::optional(soas[0].serial);
}

/// What does not fit together by changes may do so as a whole (RFC 1995 §4); and there are servers
/// that end the connection, or say nothing, when they are asked for changes.
bool mayDoAsWhole(const Failure& why) {
  return why.check<FormatError>() != nullptr || why.check<detail::IncrementUnanswered>() != nullptr;
}

}  // namespace

Secondary::Secondary(Reactor& reactor, std::shared_ptr<Authority> authority, Name apex,
                     SecondaryOptions options)
    : reactor_(reactor),
      authority_(std::move(authority)),
      apex_(std::move(apex)),
      options_(std::move(options)),
      firstRetry_(options_.firstRetry) {
  if (options_.primaries.empty()) {
    throw std::invalid_argument(format("the secondary zone {} has no primary", apex_));
  }
  for (const auto& text : options_.primaries) primaries_.push_back(parsePrimary(text));
}

Secondary::~Secondary() { lifetime_.end(); }

Clock& Secondary::clock() const noexcept {
  return options_.clock != nullptr ? *options_.clock : static_cast<Clock&>(reactor_);
}

Secondary::Primary Secondary::parsePrimary(const std::string& text) {
  if (text.find("://") != std::string::npos) return {text, text, {}};
  std::string_view host = text;
  std::optional<std::uint16_t> port = kPort;
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (colon != std::string::npos &&
      (bracketed ? text[colon - 1] == ']' : text.find(':') == colon)) {
    port = parseNumber<std::uint16_t>(host.substr(colon + 1));
    host = host.substr(0, colon);
  }
  if (bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const Address address = port ? Address::fromLiteral(host, *port) : Address();
  if (address.family == Address::Family::none) {
    throw InvalidAddressError(
        format("{} is no primary: give an IP address, with :port if need be, or an endpoint",
               quoteBytes(text)));
  }
  return {text, format("tcp://{}", address), addressBytes(address)};
}

Secondary::Timers Secondary::timers() const {
  const SOA soa = soaOf(*zone_);
  const auto bounded = [&](std::uint32_t seconds) {
    return std::clamp<Duration>(Seconds(seconds), options_.leastWait, options_.mostWait);
  };
  const Duration refresh = bounded(soa.refresh);
  // An expire below refresh would take the zone away while all is well.
  return {refresh, bounded(soa.retry), std::max<Duration>(Seconds(soa.expire), refresh * 2)};
}

void Secondary::start() {
  if (!options_.file.empty()) readCopy();
  refresh();
}

void Secondary::readCopy() {
  auto copy = detail::readZoneCopy(options_.file, apex_);
  if (!copy) {
    kLog.info("{}: there is no copy to begin with: {}", apex_, copy.failure().getErrorMessage());
    return;
  }
  zone_ = copy->zone;
  const Duration left = timers().expire - copy->age;
  if (left <= Duration::zero()) {
    kLog.warn("{}: the copy in {} has expired", apex_, options_.file);
    zone_ = nullptr;
    return;
  }
  expiry_ = clock().callLater(left, [this] { expire(); });
  authority_->put(zone_);
}

void Secondary::refresh() {
  if (refreshing_) {
    again_ = true;
    return;
  }
  refreshing_ = true;
  again_ = false;
  primary_ = 0;
  lastBegun_ = clock().now();
  next_.clear();
  attempt(options_.incremental);
}

void Secondary::attempt(bool incremental) {
  auto request = std::make_shared<detail::TransferRequest>();
  request->apex = apex_;
  request->current = zone_;
  request->key = options_.key;
  request->incremental = incremental;
  request->limits = {options_.maxRecords, options_.maxBytes};
  request->timeout = options_.answerTimeout;
  lifetime_.own(
      connect<TransferClient>(reactor_, primaries_[primary_].endpoint,
                              std::shared_ptr<const detail::TransferRequest>(std::move(request)))
          .addCallback([](Handle<TransferClient> client) -> Deferred<detail::TransferResult> {
            if (client) return client->result();
            return fail<detail::TransferResult>(ConnectionLost("the connection ended at once"));
          })
          .addTimeout(options_.transferTimeout, reactor_)
          .addBoth([this, incremental](Result<detail::TransferResult> result) {
            attempted(incremental, std::move(result));
            return Unit{};
          }));
}

void Secondary::attempted(bool incremental, Result<std::unique_ptr<TransferIn>> result) {
  if (lifetime_.ended()) return;
  if (result && *result) return build(*std::move(result));
  if (result && zone_) return succeeded();
  if (result) return attempt(false);  // it expired meanwhile: the whole zone is wanted
  if (incremental && zone_ && mayDoAsWhole(result.failure())) {
    kLog.warn("{}: from {}: {}; asking for the whole zone", apex_, primaries_[primary_].text,
              result.failure().getErrorMessage());
    return attempt(false);
  }
  failed(result.failure());
}

void Secondary::build(std::unique_ptr<TransferIn> transfer) {
  ++(transfer->incremental() ? counts_.incremental : counts_.whole);
  const bool incremental = transfer->incremental();
  auto work = [transfer = std::move(transfer), file = options_.file,
               apex = apex_]() -> Result<Authority::ZonePointer> {
    auto zone = transfer->build();
    if (!zone || file.empty()) return zone;
    auto written = detail::writeZoneCopy(**zone, file);
    if (!written) kLog.error("{}: {}", apex, written.failure().getErrorMessage());
    return zone;
  };
  lifetime_.own(deferToThread(reactor_, std::move(work))
                    .addBoth([this, incremental](Result<Authority::ZonePointer> zone) {
                      if (lifetime_.ended()) return Unit{};
                      if (zone) {
                        serve(*zone);
                      } else {
                        attempted(incremental, zone.failure());
                      }
                      return Unit{};
                    }));
}

void Secondary::serve(const Authority::ZonePointer& zone) {
  for (const auto& warning : zone->warnings()) kLog.warn("{}: {}", apex_, warning);
  kLog.info("{}: serial {} from {}, {} records", apex_, zone->serial(), primaries_[primary_].text,
            zone->recordCount());
  zone_ = zone;
  expired_ = false;
  succeeded();
  authority_->put(zone);
}

void Secondary::succeeded() {
  ++counts_.refreshes;
  firstRetry_ = options_.firstRetry;
  const Timers now = timers();
  expiry_ = clock().callLater(now.expire, [this] { expire(); });
  if (!options_.file.empty()) {
    auto touched = detail::touchZoneCopy(options_.file);
    if (!touched) kLog.warn("{}: {}", apex_, touched.failure().getErrorMessage());
  }
  ended(now.refresh);
}

void Secondary::failed(const Failure& why) {
  ++counts_.failures;
  kLog.warn("{}: from {}: {}", apex_, primaries_[primary_].text, why.getErrorMessage());
  if (++primary_ < primaries_.size()) return attempt(options_.incremental);
  if (zone_) return ended(timers().retry);
  const Duration wait = firstRetry_;
  firstRetry_ = std::min(firstRetry_ * 2, options_.mostWait);
  ended(wait);
}

void Secondary::ended(Duration next) {
  refreshing_ = false;
  if (again_) next = options_.notifySpacing;
  again_ = false;
  next_ = clock().callLater(next, [this] { refresh(); });
}

void Secondary::expire() {
  kLog.error("{}: no primary answered for so long that the zone has expired", apex_);
  zone_ = nullptr;
  expired_ = true;
  authority_->remove(apex_);
}

bool Secondary::maySend(const Query& query) const {
  if (options_.key && wire::equalNames(query.tsigKey, options_.key->name.wire())) return true;
  for (const Primary& primary : primaries_) {
    if (!primary.peerBytes.empty() && primary.peerBytes == query.peerBytes) return true;
  }
  return options_.notifiers.contains(query.peerBytes);
}

Rcode Secondary::notified(const Query& query) {
  if (!maySend(query)) {
    kLog.warn("{}: NOTIFY from {}, who is no primary", apex_, query.peer().host);
    return Rcode::REFUSED;
  }
  const auto serial = serialIn(query.view.message);
  if (serial && zone_ && !serialIsAfter(*serial, zone_->serial())) return Rcode::NOERROR;
  ++counts_.notifies;
  if (refreshing_) {
    again_ = true;
    return Rcode::NOERROR;
  }
  const Duration since = clock().now() - lastBegun_;
  if (since >= options_.notifySpacing) {
    refresh();
  } else {
    next_ = clock().callLater(options_.notifySpacing - since, [this] { refresh(); });
  }
  return Rcode::NOERROR;
}

}  // namespace ropewalk::dns
