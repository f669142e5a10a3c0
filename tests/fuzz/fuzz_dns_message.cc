// DNS messages: what is decoded is encoded so that it decodes to the same; readQuery sees what
// decode sees; every record's text is read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/query_view.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/transfer_reader.h"

using namespace ropewalk;
using namespace ropewalk::dns;

namespace {

// Names that came compressed may go out in full: from such an input no message gets too long.
constexpr std::size_t kMaxInput = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Pointers to a name in another case change the case, and nothing else.
void requireSame(const std::vector<Record>& a, const std::vector<Record>& b) {
  require(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    require(a[i].name == b[i].name && a[i].type == b[i].type && a[i].klass == b[i].klass);
    require(a[i].ttl == b[i].ttl && lowerCase(a[i].data) == lowerCase(b[i].data));
  }
}

void checkText(const std::vector<Record>& records) {
  for (const Record& record : records) {
    require(checkRdata(record.type, record.data).ok());
    const auto again = parseRdata(record.type, rdataToText(record.type, record.data));
    require(again.ok() && *again == record.data);
    require(Name(toText(record.name)).wire() == record.name.wire());
  }
}

void checkRoundTrip(const Message& message) {
  const std::string wire = message.encode();
  const auto again = Message::decode(wire);
  require(again.ok() && again->encode() == wire);
  require(again->id == message.id && again->rcode == message.rcode);
  require(again->truncated == message.truncated && again->opcode == message.opcode);
  require(again->questions == message.questions && again->edns == message.edns);
  requireSame(again->answers, message.answers);
  requireSame(again->authority, message.authority);
  requireSame(again->additional, message.additional);
  require(again->tsig.has_value() == message.tsig.has_value());
}

void checkQuery(const Message& message, const QueryView& query) {
  require(message.questions.size() == 1 && !message.response);
  const Question& question = message.questions[0];
  require(question.name.wire() == query.name() && question.type == query.type);
  require(question.name.lowerCased().wire() == query.lowerName());
  require(question.klass == query.klass && message.id == query.id);
  require(message.opcode == query.opcode && message.recursionDesired == query.recursionDesired);
  require(message.edns.has_value() == query.edns);
  require(message.tsig.has_value() == (query.tsigAt != 0));
  if (!query.edns) return;
  require(message.edns->dnssecOk == query.dnssecOk && message.edns->version == query.ednsVersion);
  const auto* cookie = message.edns->find(EdnsOption::COOKIE);
  require((cookie == nullptr) == (query.cookie.empty() && !query.badCookie));
  if (cookie != nullptr) require(parseCookie(cookie->data).has_value() == !query.badCookie);
}

/// What a transfer takes it for: a verdict, whatever it is.
void checkTransfer(const Message& message, std::string_view wire) {
  if (message.questions.size() != 1) return;
  const Name& zone = message.questions[0].name;
  const auto sink = [](TransferPart, const Record&) { return Result<void>(); };
  TransferReader whole(zone, Type::AXFR, message.id, {});
  TransferReader changes({zone, Type::SOA, Class::IN, 0, std::string(22, '\0')}, message.id, {});
  for (TransferReader* reader : {&whole, &changes}) {
    const auto read = reader->read(wire, 0);
    if (read) (void)reader->take(*read, sink);
    require(reader->records() <= message.answers.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) return 0;
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  QueryView query;
  const QueryFault fault = readQuery(wire, query);
  const auto message = Message::decode(wire);
  if (!message) {
    require(!message.failure().getErrorMessage().empty());
    return 0;
  }
  checkRoundTrip(*message);
  checkText(message->answers);
  checkText(message->authority);
  checkText(message->additional);
  require(!toText(*message).empty());
  checkTransfer(*message, wire);
  const bool read = message->opcode == Opcode::QUERY || message->opcode == Opcode::NOTIFY;
  require(message->response == (fault == QueryFault::silence));
  if (fault == QueryFault::none && read) checkQuery(*message, query);
  // An OPT whose root is a pointer is all that only decode takes.
  if (fault == QueryFault::formErr) require(message->questions.size() != 1 || message->edns);
  return 0;
}
