// Filling the messages of a transfer, and choosing its form.
#include "transfer.h"

#include "ropewalk/core/base/log.h"
#include "ropewalk/protocols/dns/serial.h"
#include "ropewalk/servers/dns/transfer/detail/transfer_source.h"

namespace ropewalk::dns {

namespace {

constexpr log::Logger kLog{"dns.transfer"};
constexpr std::size_t kOptLength = 11;
constexpr std::uint16_t kUdpSize = 1232;  // says nothing on a stream, but has to be there

}  // namespace

TransferOut::TransferOut(Question question, std::unique_ptr<detail::TransferSource> source,
                         std::optional<TsigSession> signature)
    : question_(std::move(question)),
      source_(std::move(source)),
      signature_(std::move(signature)),
      pending_(source_->next(record_)) {}

TransferOut::~TransferOut() = default;

bool TransferOut::next(std::string& message, Timestamp now) {
  if (!pending_) return false;
  message.resize(kMessageSize);
  std::size_t size = write(message);
  if (size == 0) {
    message.resize(kMaxMessageLength);
    size = write(message);
  }
  message.resize(size);
  if (signature_) signature_->sign(message, static_cast<std::uint64_t>(now.unixSeconds()));
  first_ = false;
  bytes_ += message.size();
  return true;
}

/// @return the size of the message; 0: not even one record found room, and there is more to be had
std::size_t TransferOut::write(std::string& room) {
  MessageWriter writer(room);
  writer.start(question_.id,
               {.authoritative = true, .recursionDesired = question_.recursionDesired});
  // RFC 5936 §2.2.2 and §2.2.5: the question and the OPT need to be in the first one only.
  const bool opt = first_ && question_.edns;
  writer.keepFree((opt ? kOptLength : 0) + (signature_ ? signature_->key().recordSize() : 0));
  if (first_) (void)writer.question(question_.name.wire(), question_.type, Class::IN);
  if (!fill(writer)) {
    if (room.size() < kMaxMessageLength) return 0;
    kLog.error("the {} record of {} is too long for any message", record_.type,
               wire::nameToText(record_.name));
    writer.flags().rcode = Rcode::SERVFAIL;
    pending_ = false;
  }
  if (opt) (void)writer.opt(kUdpSize, Rcode::NOERROR, false, {});
  return writer.finish().size();
}

/// @return whether anything was written
bool TransferOut::fill(MessageWriter& writer) {
  while (pending_) {
    if (!writer.record(Section::answer, record_.name, record_.type, record_.klass, record_.ttl,
                       record_.data)) {
      break;
    }
    ++records_;
    pending_ = source_->next(record_);
  }
  return writer.count(Section::answer) != 0;
}

Rcode Transfers::check(const Query& query, Authority::ZonePointer& zone) const {
  const Name apex = Name::fromWire(query.view.lowerName());
  const auto own = policies_.find(apex);
  // Who may not have a zone does not learn whether it is here.
  if (!(own != policies_.end() ? own->second : policy_).allows(query)) return Rcode::REFUSED;
  zone = authority_->zone(apex);
  if (!zone || query.view.klass != Class::IN) return Rcode::NOTAUTH;  // RFC 5936 §2.2.1
  if (query.view.type == Type::IXFR && !query.view.soaInAuthority) return Rcode::FORMERR;
  return Rcode::NOERROR;
}

std::unique_ptr<detail::TransferSource> Transfers::sourceFor(
    const QueryView& view, const Authority::ZonePointer& zone) const {
  if (view.type == Type::AXFR) return std::make_unique<detail::WholeZone>(zone);
  if (view.serial == zone->serial() || serialIsAfter(view.serial, zone->serial())) {
    return std::make_unique<detail::ZoneSteps>(zone, ZoneHistory::Steps{});
  }
  auto steps = history_ ? history_->since(*zone, view.serial) : std::nullopt;
  std::size_t records = 0;
  if (steps) {
    for (const auto& step : *steps) records += step->records();
  }
  // RFC 1995 §4: when the changes are more than the zone, the zone is the shorter answer.
  if (!steps || records >= zone->recordCount() + 2) {
    return std::make_unique<detail::WholeZone>(zone);
  }
  return std::make_unique<detail::ZoneSteps>(zone, *std::move(steps));
}

Transfers::Begun Transfers::begin(const Query& query, const TsigKey* key,
                                  std::string requestMac) const {
  const QueryView& view = query.view;
  Authority::ZonePointer zone;
  const Rcode rcode = check(query, zone);
  if (rcode != Rcode::NOERROR) {
    kLog.info("{} of {} by {}: {}", view.type, wire::nameToText(view.name()), query.peer().host,
              rcode);
    return {rcode, nullptr};
  }
  std::optional<TsigSession> signature;
  if (key != nullptr) signature.emplace(*key, std::move(requestMac));
  TransferOut::Question question{view.id, Name::fromWire(view.name()), view.type,
                                 view.recursionDesired, view.edns};
  return {Rcode::NOERROR, std::make_unique<TransferOut>(std::move(question), sourceFor(view, zone),
                                                        std::move(signature))};
}

Verdict Transfers::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.type != Type::AXFR && view.type != Type::IXFR) return Verdict::pass;
  Authority::ZonePointer zone;
  Rcode rcode = check(query, zone);
  // RFC 5936 §4.2: there is no AXFR but over streams.
  if (rcode == Rcode::NOERROR && view.type == Type::AXFR) rcode = Rcode::REFUSED;
  answer.flags().rcode = rcode;
  if (rcode != Rcode::NOERROR) return Verdict::answered;
  answer.flags().authoritative = true;
  const RRset& soa = zone->soa();
  if (!answer.record(Section::answer, zone->apex().wire(), Type::SOA, Class::IN, soa.ttl,
                     zone->data(soa, 0))) {
    answer.flags().truncated = true;
  }
  return Verdict::answered;
}

}  // namespace ropewalk::dns
