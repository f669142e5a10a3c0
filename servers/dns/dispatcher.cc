// From a question to its answer. RFC 1035 §4.1.1, RFC 6891 §6.2, RFC 7873 §5.2, RFC 8467.
#include "dispatcher.h"

#include <algorithm>
#include <cstring>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/servers/dns/detail/dispatcher_exchange.h"
#include "ropewalk/servers/dns/responders/chain.h"

namespace ropewalk::dns {

using detail::Exchange;

namespace {

constexpr log::Logger kLog{"dns"};

/// TSIG of one answer: algorithm, MAC and the fixed fields; the key's name comes on top.
constexpr std::size_t kTsigRoom = 26 + 10 + 16 + 64 + 6;

}  // namespace

Dispatcher::Dispatcher(Options options) : options_(std::move(options)) {
  options_.udpSize = std::clamp<std::uint16_t>(options_.udpSize, kPlainUdpLength, 4096);
}

Dispatcher::~Dispatcher() = default;

Timestamp Dispatcher::wallTime() const {
  return options_.clock != nullptr ? options_.clock->wallTime() : now();
}

std::uint64_t Dispatcher::unixTime() const {
  return static_cast<std::uint64_t>(wallTime().unixSeconds());
}

Disposition Dispatcher::answer(std::string_view message, Carrier carrier,
                               std::string_view peerBytes, std::span<char> room) {
  ++counts_.queries[static_cast<std::size_t>(carrier)];
  Exchange exchange(room, carrier, peerBytes);
  const QueryFault fault = readQuery(message, exchange.view);
  if (fault == QueryFault::silence) {
    ++counts_.malformed;
    return {};
  }
  if (!serves(exchange.view.opcode)) return {reject(exchange, Rcode::NOTIMP)};
  if (fault == QueryFault::formErr || exchange.view.badCookie) {
    ++counts_.malformed;
    return {reject(exchange, Rcode::FORMERR)};
  }
  if (exchange.view.opcode == Opcode::NOTIFY) return {takeNotify(exchange)};
  begin(exchange);
  if (!admit(exchange)) return {finish(exchange)};
  if (transfers_ && Transfers::wants(exchange.query)) return transfer(exchange);
  return ask(exchange);
}

Disposition Dispatcher::transfer(Exchange& exchange) {
  auto begun = transfers_->begin(exchange.query, exchange.key, exchange.tsig.mac);
  if (begun.transfer) return {{}, {}, std::move(begun.transfer)};
  exchange.rcode(begun.rcode);
  return {finish(exchange)};
}

/// What follows an opcode that is not served may be anything, and is not looked at.
bool Dispatcher::serves(Opcode opcode) const noexcept {
  return opcode == Opcode::QUERY || (opcode == Opcode::NOTIFY && notified_ != nullptr);
}

std::string_view Dispatcher::takeNotify(Exchange& exchange) {
  begin(exchange);
  if (admit(exchange)) {
    exchange.writer.flags().authoritative = true;
    exchange.writer.flags().rcode = notified_(exchange.query);
  }
  return finish(exchange);
}

/// A header, and nothing else: never longer than the question.
std::string_view Dispatcher::reject(Exchange& exchange, Rcode rcode) {
  exchange.writer.start(exchange.view.id, {.opcode = exchange.view.opcode,
                                           .recursionDesired = exchange.view.recursionDesired,
                                           .rcode = rcode});
  const std::string_view answer = exchange.writer.finish();
  note(exchange, rcode, answer);
  return answer;
}

void Dispatcher::begin(Exchange& exchange) {
  const QueryView& view = exchange.view;
  std::size_t limit = exchange.room.size();
  if (exchange.query.carrier == Carrier::udp) {
    limit = std::min<std::size_t>({limit, view.udpSize, options_.udpSize});
  }
  exchange.writer = MessageWriter(exchange.room.first(limit));
  exchange.writer.start(view.id, {.opcode = view.opcode,
                                  .recursionDesired = view.recursionDesired,
                                  .checkingDisabled = view.checkingDisabled});
  (void)exchange.writer.question(view.name(), view.type, view.klass);
  std::size_t kept = 0;
  if (view.edns) kept += Exchange::kOptLength + exchange.options(options_.nsid).size();
  if (view.tsigAt != 0) kept += kMaxNameLength + kTsigRoom;
  exchange.writer.keepFree(std::min(kept, limit / 2));
}

/// Checks what is about the message and not about the question.
/// @return false when the answer is settled by that
bool Dispatcher::admit(Exchange& exchange) {
  const QueryView& view = exchange.view;
  if (view.tsigAt != 0) {
    exchange.tsig =
        checkRequest(view.message, view.tsigAt, options_.keys, unixTime(), &exchange.key);
    if (exchange.tsig.error != Rcode::NOERROR) {
      exchange.rcode(exchange.tsig.error == Rcode::FORMERR ? Rcode::FORMERR : Rcode::NOTAUTH);
      return false;
    }
    exchange.query.tsigKey = exchange.key->name.wire();
  }
  if (view.edns && view.ednsVersion != 0) {
    exchange.rcode(Rcode::BADVERS);
    return false;
  }
  if (!view.cookie.empty()) exchange.readCookie(cookies_, wallTime());
  return true;
}

Disposition Dispatcher::ask(Exchange& exchange) {
  std::shared_ptr<Responder> later;
  switch (askInTurn(responders_, exchange.query, exchange.writer, &later)) {
    case Verdict::pass:
    case Verdict::exists:
      exchange.rcode(Rcode::REFUSED);
      break;
    case Verdict::nothing:
      exchange.writer.flags().authoritative = true;
      break;
    case Verdict::answered:
      break;
    case Verdict::silence:
      ++counts_.dropped;
      return {};
    case Verdict::later:
      return askLater(exchange, later);
  }
  return {finish(exchange)};
}

std::string_view Dispatcher::finish(Exchange& exchange) {
  const auto action = filter(exchange);
  if (action == AnswerFilter::Action::drop) {
    ++counts_.dropped;
    return {};
  }
  if (action == AnswerFilter::Action::truncate) {
    begin(exchange);
    exchange.writer.flags().truncated = true;
  }
  const Rcode rcode = exchange.rcode();
  if (exchange.view.edns) {
    const auto options = exchange.paddedOptions(options_.nsid);
    (void)exchange.writer.opt(options_.udpSize, rcode, exchange.view.dnssecOk, options);
  }
  std::string_view answer = exchange.writer.finish();
  if (exchange.view.tsigAt != 0) answer = sign(exchange, answer);
  note(exchange, rcode, answer);
  return answer;
}

std::string_view Dispatcher::sign(Exchange& exchange, std::string_view answer) {
  std::string message(answer);
  if (exchange.tsig.error == Rcode::NOERROR) {
    TsigSession(*exchange.key, exchange.tsig.mac).sign(message, unixTime());
  } else {
    appendTsigError(message, exchange.view.message, exchange.view.tsigAt, exchange.tsig,
                    exchange.key, unixTime());
  }
  if (message.size() > exchange.room.size()) return {};  // cannot be: room was kept for it
  std::memcpy(exchange.room.data(), message.data(), message.size());
  return {exchange.room.data(), message.size()};
}

AnswerFilter::Action Dispatcher::filter(const Exchange& exchange) const {
  if (filters_.empty()) return AnswerFilter::Action::send;
  const MessageWriter& writer = exchange.writer;
  const AnswerSummary summary{
      .rcode = exchange.rcode(),
      .answers = writer.count(Section::answer),
      .referral = writer.count(Section::answer) == 0 && writer.count(Section::authority) != 0 &&
                  !exchange.writer.flags().authoritative && exchange.rcode() == Rcode::NOERROR,
      .size = writer.size(),
      .addressProven = exchange.addressProven};
  for (const auto& filter : filters_) {
    const auto action = filter->answerReady(exchange.query, summary);
    if (action != AnswerFilter::Action::send) return action;
  }
  return AnswerFilter::Action::send;
}

void Dispatcher::note(const Exchange& exchange, Rcode rcode, std::string_view answer) {
  const auto number = static_cast<std::size_t>(rcode);
  if (number < counts_.rcodes.size()) ++counts_.rcodes[number];
  if (exchange.writer.flags().truncated) ++counts_.truncated;
  if (answered_) {
    answered_({exchange.query, rcode, exchange.writer.count(Section::answer), answer.size()});
  }
}

/// A question whose answer comes later: its bytes, so that it can be read again then.
struct Dispatcher::Pending {
  std::string message;
  std::string peerBytes;
  Carrier carrier;
};

Disposition Dispatcher::askLater(Exchange& exchange, const std::shared_ptr<Responder>& responder) {
  if (counts_.later >= options_.maxLater) {
    ++counts_.overload;
    exchange.rcode(Rcode::SERVFAIL);
    return {finish(exchange)};
  }
  ++counts_.later;
  Pending pending{std::string(exchange.view.message), std::string(exchange.query.peerBytes),
                  exchange.query.carrier};
  LaterQuery query;
  query.question = exchange.query.question();
  query.carrier = exchange.query.carrier;
  query.peer = exchange.query.peer();
  query.recursionDesired = exchange.view.recursionDesired;
  query.dnssecOk = exchange.view.dnssecOk;
  query.checkingDisabled = exchange.view.checkingDisabled;
  Deferred<std::optional<Message>> asked = responder->resolve(std::move(query));
  // The responder lives until its answer is there; this one may be gone by then.
  Deferred<std::string> answer = std::move(asked).addBoth(
      [self = Handle<Dispatcher>(*this, life_), responder,
       pending = std::move(pending)](Result<std::optional<Message>> result) -> Result<std::string> {
        return self ? self->complete(pending, result) : std::string();
      });
  return {{}, std::move(answer)};
}

std::string Dispatcher::complete(const Pending& pending,
                                 const Result<std::optional<Message>>& result) {
  --counts_.later;
  if (!result && result.failure().check<CancelledError>()) return {};  // whoever asked is gone
  std::string room(pending.carrier == Carrier::udp ? options_.udpSize : kMaxMessageLength, '\0');
  Exchange exchange(room, pending.carrier, pending.peerBytes);
  if (readQuery(pending.message, exchange.view) != QueryFault::none) return {};
  begin(exchange);
  if (admit(exchange)) {
    if (!result) {
      kLog.warn("{}: {}", exchange.query.question(), result.failure().getErrorMessage());
      exchange.rcode(Rcode::SERVFAIL);
    } else if (!*result) {
      exchange.rcode(Rcode::REFUSED);
    } else {
      exchange.copy(**result);
    }
  }
  return std::string(finish(exchange));
}

}  // namespace ropewalk::dns
