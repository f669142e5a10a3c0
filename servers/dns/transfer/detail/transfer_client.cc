// SOA, then IXFR, then AXFR on one connection, as far as each answer asks for it. RFC 1995 §2, §4.
#include "transfer_client.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/random.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/protocols/dns/serial.h"

namespace ropewalk::dns::detail {

namespace {

std::uint64_t unixTime(const Clock& clock) {
  return static_cast<std::uint64_t>(clock.wallTime().unixSeconds());
}

template <class... Args>
Failure bad(std::string_view pattern, const Args&... args) {
  return FormatError(format(pattern, args...));
}

}  // namespace

TransferClient::TransferClient(std::shared_ptr<const TransferRequest> request)
    : Int16StringReceiver(kMaxMessageLength), request_(std::move(request)) {}

Deferred<TransferResult> TransferClient::result() {
  source_.onCancel([self = handleOf(*this)](Source<TransferResult>&) {
    if (self) self->transport().abortConnection();
  });
  return source_.deferred();
}

void TransferClient::connectionMade() {
  timeout_.emplace(transport().reactor(), [this] {
    end(unanswered(Failure(
        TimeoutError(format("no answer to {} in {}", asked_, humanDuration(request_->timeout))))));
  });
  ask(Type::SOA);
}

void TransferClient::ask(Type type) {
  asked_ = type;
  const auto id = static_cast<std::uint16_t>(transport().reactor().slot<Random>().next());
  if (type == Type::IXFR) {
    const Zone& zone = *request_->current;
    reader_.emplace(
        Record{request_->apex, Type::SOA, Class::IN, 0, std::string(zone.data(zone.soa(), 0))}, id,
        request_->limits, request_->key);
  } else {
    reader_.emplace(request_->apex, type, id, request_->limits, request_->key);
  }
  if (type != Type::SOA) {
    transfer_ = std::make_unique<TransferIn>(request_->apex,
                                             type == Type::IXFR ? request_->current : nullptr);
  }
  sendString(reader_->question(unixTime(transport().reactor())));
  timeout_->set(request_->timeout);
}

void TransferClient::stringReceived(std::string_view bytes) {
  if (source_.called()) return;  // cancelled, or over
  timeout_->set(request_->timeout);
  auto message = reader_->read(bytes, unixTime(transport().reactor()));
  auto handled = message ? handle(*message) : Result<void>(message.failure());
  if (!handled) end(handled.failure());
}

Result<void> TransferClient::handle(const Message& message) {
  if (message.rcode != Rcode::NOERROR) {
    if (asked_ != Type::IXFR) {
      return Failure(ResolverError(format("the answer to {} is {}", asked_, message.rcode)));
    }
    ask(Type::AXFR);  // an old server (RFC 1995 §4), or one that does not like the increment
    return {};
  }
  return asked_ == Type::SOA ? soaReceived(message) : recordsReceived(message);
}

Result<void> TransferClient::soaReceived(const Message& message) {
  const auto soas = recordsOf<SOA>(message.answers);
  if (soas.size() != 1 || message.answers[0].name != request_->apex) {
    return bad("the answer to SOA has none");
  }
  // One that lost the zone itself may still have it in a cache.
  if (!message.authoritative) {
    return Failure(ResolverError("the primary is not authoritative for the zone"));
  }
  const bool newer =
      !request_->current || serialIsAfter(soas[0].serial, request_->current->serial());
  if (!newer) {
    end(TransferResult());
    return {};
  }
  ask(request_->current && request_->incremental ? Type::IXFR : Type::AXFR);
  return {};
}

Result<void> TransferClient::recordsReceived(const Message& message) {
  auto over = reader_->take(message, [this](TransferPart part, const Record& record) {
    return transfer_->take(part, record);
  });
  if (!over) return over.failure();
  if (*over) end(reader_->upToDate() ? TransferResult() : std::move(transfer_));
  return {};
}

void TransferClient::end(Result<TransferResult> result) {
  timeout_->clear();
  result ? transport().loseConnection() : transport().abortConnection();
  if (!source_.called()) source_.fire(std::move(result));
}

Failure TransferClient::unanswered(Failure why) const {
  if (asked_ != Type::IXFR) return why;
  return Failure(IncrementUnanswered(why.getErrorMessage()));
}

void TransferClient::connectionLost(const Failure& reason) {
  timeout_.reset();
  if (!source_.called()) {
    source_.errback(unanswered(Failure(ConnectionLost(format(
        "the connection ended within the answer to {}: {}", asked_, reason.getErrorMessage())))));
  }
}

}  // namespace ropewalk::dns::detail
