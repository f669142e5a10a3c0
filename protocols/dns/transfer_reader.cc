// Following a transfer, message by message and record by record. RFC 5936 §2.2, RFC 1995 §4.
#include "transfer_reader.h"

#include <utility>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/detail/presentation.h"
#include "serial.h"

namespace ropewalk::dns {

namespace {

constexpr std::size_t kSoaNumbers = 20;  // the five numbers at the end of an SOA

template <class... Args>
Failure bad(std::string_view pattern, const Args&... args) {
  return FormatError(format(pattern, args...));
}

}  // namespace

std::uint32_t serialOf(const Record& soa) noexcept {
  return static_cast<std::uint32_t>(detail::numberAt(soa.data, soa.data.size() - kSoaNumbers, 4));
}

TransferReader::TransferReader(Name zone, Type type, std::uint16_t id, TransferLimits limits,
                               std::optional<TsigKey> key)
    : zone_(std::move(zone)), type_(type), id_(id), limits_(limits) {
  if (key) tsig_.emplace(std::move(*key));
}

TransferReader::TransferReader(Record soa, std::uint16_t id, TransferLimits limits,
                               std::optional<TsigKey> key)
    : TransferReader(soa.name, Type::IXFR, id, limits, std::move(key)) {
  ours_ = std::move(soa);
}

std::string TransferReader::question(std::uint64_t now) {
  Message message;
  message.id = id_;
  message.questions.push_back({zone_, type_, Class::IN});
  if (ours_) message.authority.push_back(*ours_);  // RFC 1995 §3
  std::string wire = message.encode();
  if (tsig_) tsig_->sign(wire, now);
  return wire;
}

Result<Message> TransferReader::read(std::string_view wire, std::uint64_t now) {
  bytes_ += wire.size();
  if (bytes_ > limits_.bytes) return bad("it is longer than {} bytes", limits_.bytes);
  Result<Message> message = Message::decode(wire);
  if (!message) return message;
  if (auto good = check(*message); !good) return good.failure();
  if (tsig_) {
    const TsigCheck signature = tsig_->checkAnswer(wire, now);
    if (signature.error != Rcode::NOERROR)
      return bad("the signature is not good: {}", signature.why);
  }
  ++messages_;
  return message;
}

Result<void> TransferReader::check(const Message& message) const {
  if (!message.response || message.id != id_) return bad("an answer to something else came");
  if (message.opcode != Opcode::QUERY) return bad("a message with another opcode came");
  if (message.truncated) return bad("a message was truncated");
  const Question asked{zone_, type_, Class::IN};
  if (message.questions.empty()) {
    // RFC 5936 §2.2.1: later messages may leave the question out; and some servers do with an
    // error.
    if (messages_ != 0 || message.rcode != Rcode::NOERROR) return {};
    return bad("the first message does not repeat the question");
  }
  if (message.questions.size() != 1 || message.questions.front() != asked)
    return bad("an answer to another question came");
  return {};
}

Result<bool> TransferReader::take(const Message& message, const Sink& sink) {
  for (const Record& record : message.answers) {
    if (over()) return bad("something came behind the last SOA");
    if (++records_ > limits_.records) return bad("it has more than {} records", limits_.records);
    if (record.klass != Class::IN) return bad("a record of class {} came", record.klass);
    if (auto taken = takeRecord(record, sink); !taken) return taken.failure();
  }
  if (over() && tsig_ && !tsig_->covered()) return bad("the last message is not signed");
  return over();
}

Result<void> TransferReader::takeRecord(const Record& record, const Sink& sink) {
  if (state_ == State::begin) return takeFirst(record, sink);
  const bool soa = record.type == Type::SOA;
  if (soa && record.name != zone_) return bad("an SOA of {} came", record.name);
  if (state_ == State::first) {
    // The second record tells the two forms apart (RFC 1995 §4).
    incremental_ = ours_ && soa && serialOf(record) != newest_;
    state_ = incremental_ ? State::added : State::whole;
    if (incremental_) version_ = serialOf(*ours_);
  }
  if (soa) return takeSoa(record, sink);
  if (state_ == State::whole) return sink(TransferPart::record, record);
  return sink(state_ == State::removed ? TransferPart::removed : TransferPart::added, record);
}

Result<void> TransferReader::takeFirst(const Record& record, const Sink& sink) {
  if (record.type != Type::SOA || record.name != zone_) {
    return bad("it begins with {} {}: it does not begin with the SOA of {}", record.name,
               record.type, zone_);
  }
  newest_ = serialOf(record);
  // RFC 1995 §2: "replied to with a single SOA record of the server's current version".
  const bool newer = !ours_ || serialIsAfter(newest_, serialOf(*ours_));
  state_ = newer ? State::first : State::upToDate;
  return sink(TransferPart::newest, record);
}

Result<void> TransferReader::takeSoa(const Record& record, const Sink& sink) {
  const std::uint32_t serial = serialOf(record);
  switch (state_) {
    case State::whole:
      if (serial != newest_)
        return bad("it begins with serial {} and ends with {}", newest_, serial);
      state_ = State::over;
      return {};
    case State::removed:
      version_ = serial;
      state_ = State::added;
      return sink(TransferPart::added, record);
    default:
      break;
  }
  if (serial != version_) return bad("changes from serial {}, where {} is due", serial, version_);
  if (version_ == newest_) {
    state_ = State::over;
    return {};
  }
  state_ = State::removed;
  return sink(TransferPart::removed, record);
}

}  // namespace ropewalk::dns
