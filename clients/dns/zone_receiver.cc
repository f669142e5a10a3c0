#include "ropewalk/clients/dns/zone_receiver.h"

#include <utility>

#include "ropewalk/clients/dns/answer.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"

namespace ropewalk::dns::detail {

ZoneReceiver::ZoneReceiver(Name zone, std::uint16_t id, Limits limits, std::optional<TsigKey> key)
    : zone_(std::move(zone)), id_(id), limits_(limits) {
  if (key) tsig_.emplace(std::move(*key));
}

std::string ZoneReceiver::question(std::uint64_t now) {
  Message message;
  message.id = id_;
  message.questions.push_back({zone_, Type::AXFR});
  std::string wire = message.encode();
  if (tsig_) tsig_->sign(wire, now);
  return wire;
}

Result<bool> ZoneReceiver::receive(std::string_view wire, std::uint64_t now) {
  bytes_ += wire.size();
  if (bytes_ > limits_.bytes) return failed(format("it is longer than {} bytes", limits_.bytes));
  Result<Message> message = Message::decode(wire);
  if (!message) return failed(message.failure().getErrorMessage());
  const Result<void> good = check(*message);
  if (!good) return good.failure();
  const Result<void> signature = checkSignature(wire, now);
  if (!signature) return signature.failure();
  ++messages_;
  for (Record& record : message->answers) {
    const Result<void> added = add(std::move(record));
    if (!added) return added.failure();
  }
  if (complete_ && tsig_ && !tsig_->covered()) return failed("its last message is not signed");
  return complete_;
}

Result<void> ZoneReceiver::check(const Message& message) const {
  const Question question{zone_, Type::AXFR};
  if (!message.response || message.id != id_) return failed("an answer to something else came");
  if (message.opcode != Opcode::QUERY) return failed("a message with another opcode came");
  // RFC 5936 §2.2.1: later messages may leave the question out.
  if (!message.questions.empty() &&
      (message.questions.size() != 1 || message.questions.front() != question))
    return failed("an answer to another question came");
  const Result<void> good = checkRcode(message, question);
  if (!good) return good;
  if (message.truncated) return failed("a message was truncated");
  return {};
}

Result<void> ZoneReceiver::checkSignature(std::string_view wire, std::uint64_t now) {
  if (!tsig_) return {};
  const TsigCheck check = tsig_->checkAnswer(wire, now);
  if (check.error == Rcode::NOERROR) return {};
  return failed(format("its signature is not good: {}", check.why));
}

Result<void> ZoneReceiver::add(Record record) {
  if (complete_) return failed("something came behind the last SOA");
  const bool authority = record.type == Type::SOA && record.name == zone_;
  if (records_.empty() && !authority) return failed("it does not begin with the SOA");
  if (!record.name.isBelow(zone_))
    return failed(format("{} is not of this zone", toText(record.name)));
  if (authority && !records_.empty()) {
    complete_ = true;  // RFC 5936 §2.2: the SOA again ends it
    return {};
  }
  if (records_.size() >= limits_.records)
    return failed(format("it has more than {} records", limits_.records));
  records_.push_back(std::move(record));
  return {};
}

Failure ZoneReceiver::failed(const std::string& why) const {
  return ResolverError(format("cannot transfer zone {}: {}", toText(zone_), why));
}

}  // namespace ropewalk::dns::detail
