// Whole messages: decoding and encoding. RFC 1035 §4, RFC 6891 §6.1, RFC 8945 §5.1.
#include "message.h"

#include <algorithm>
#include <array>
#include <span>

#include "errors.h"
#include "rdata.h"
#include "ropewalk/core/base/format.h"
#include "writer.h"

namespace ropewalk::dns {

namespace {

constexpr std::array<std::string_view, 3> kSections = {"answer", "authority", "additional"};
constexpr std::size_t kOptLength = 11;
// RFC 8767 §4: one with the highest of its 32 bits set is a long one, not 0 as in RFC 2181.
constexpr std::uint32_t kMostTtl = 0x7FFF'FFFF;

/// Reads a message from its start to its end; the first fault stays.
class Reader {
 public:
  explicit Reader(std::string_view wire) : wire_(wire) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool has(std::size_t bytes) const { return bytes <= wire_.size() - at_; }
  std::uint16_t u16() {
    const auto high = static_cast<unsigned char>(wire_[at_]);
    const auto low = static_cast<unsigned char>(wire_[at_ + 1]);
    at_ += 2;
    return static_cast<std::uint16_t>(high << 8 | low);
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  bool name(Name& name) {
    std::array<char, kMaxNameLength> bytes;
    const auto read = wire::readName(wire_, at_, bytes.data());
    if (read.next == 0) return false;
    name = Name::fromWire({bytes.data(), read.length});
    at_ = read.next;
    return true;
  }
  Result<void> data(Type type, std::size_t length, std::string& out) {
    const std::size_t start = at_;
    at_ += length;
    return expandRdata(type, wire_, start, length, out);
  }

 private:
  std::string_view wire_;
  std::size_t at_ = 0;
};

template <class... Args>
Failure malformed(std::string_view pattern, const Args&... args) {
  return FormatError("malformed message: " + format(pattern, args...));
}

void readFlags(unsigned bits, Message& message) {
  message.response = (bits & 0x8000) != 0;
  message.opcode = static_cast<Opcode>(bits >> 11 & 15);
  message.authoritative = (bits & 0x0400) != 0;
  message.truncated = (bits & 0x0200) != 0;
  message.recursionDesired = (bits & 0x0100) != 0;
  message.recursionAvailable = (bits & 0x0080) != 0;
  message.authenticData = (bits & 0x0020) != 0;
  message.checkingDisabled = (bits & 0x0010) != 0;
  message.rcode = static_cast<Rcode>(bits & 15);
}

/// @return what is wrong; empty: nothing
Result<void> readQuestion(Reader& reader, Message& message) {
  Question question;
  const std::size_t start = reader.at();
  if (!reader.name(question.name)) return malformed("question: name at {}", start);
  if (!reader.has(4)) return malformed("question: cut short at {}", reader.at());
  question.type = static_cast<Type>(reader.u16());
  question.klass = static_cast<Class>(reader.u16());
  message.questions.push_back(std::move(question));
  return {};
}

Result<Record> readRecord(Reader& reader) {
  Record record;
  const std::size_t start = reader.at();
  if (!reader.name(record.name)) return malformed("name at {}", start);
  if (!reader.has(10)) return malformed("cut short at {}", reader.at());
  record.type = static_cast<Type>(reader.u16());
  record.klass = static_cast<Class>(reader.u16());
  record.ttl = reader.u32();
  const std::size_t length = reader.u16();
  if (!reader.has(length)) return malformed("data at {} is longer than the message", reader.at());
  auto data = reader.data(record.type, length, record.data);
  if (!data) return data.failure();
  return record;
}

Result<Edns> readOpt(const Record& record) {
  if (!record.name.isRoot()) return malformed("OPT below a name");
  Edns edns;
  edns.udpSize = static_cast<std::uint16_t>(record.klass);
  edns.version = static_cast<std::uint8_t>(record.ttl >> 16);
  edns.dnssecOk = (record.ttl & 0x8000) != 0;
  Reader reader(record.data);
  while (reader.has(1)) {
    if (!reader.has(4)) return malformed("OPT: option cut short");
    const auto code = static_cast<EdnsOption>(reader.u16());
    const std::size_t length = reader.u16();
    if (!reader.has(length)) return malformed("OPT: option longer than the record");
    std::string data;
    (void)reader.data(Type::OPT, length, data);
    edns.options.push_back({code, std::move(data)});
  }
  return edns;
}

/// OPT and TSIG are about the message, not in it.
Result<void> place(Message& message, std::vector<Record>& section, Record record, bool last) {
  if (record.type == Type::OPT) {
    if (message.edns || &section != &message.additional)
      return malformed("OPT twice, or too early");
    auto edns = readOpt(record);
    if (!edns) return edns.failure();
    message.rcode =
        static_cast<Rcode>(static_cast<unsigned>(message.rcode) | record.ttl >> 24 << 4);
    message.edns = std::move(*edns);
  } else if (record.type == Type::TSIG) {
    if (!last || &section != &message.additional) return malformed("TSIG is not the last record");
    message.tsig = std::move(record);
  } else {
    record.ttl = std::min(record.ttl, kMostTtl);
    section.push_back(std::move(record));
  }
  return {};
}

Failure inRecord(std::size_t section, unsigned index, const Failure& why) {
  return FormatError(
      format("record {} of the {}: {}", index + 1, kSections[section], why.getErrorMessage()));
}

Result<void> readSections(Reader& reader, Message& message, const std::array<unsigned, 3>& counts) {
  const std::array<std::vector<Record>*, 3> sections = {&message.answers, &message.authority,
                                                        &message.additional};
  for (std::size_t s = 0; s < sections.size(); ++s) {
    for (unsigned i = 0; i < counts[s]; ++i) {
      auto record = readRecord(reader);
      if (!record) return inRecord(s, i, record.failure());
      const bool last = i + 1 == counts[s];
      auto placed = place(message, *sections[s], std::move(*record), last);
      if (!placed) return inRecord(s, i, placed.failure());
    }
  }
  return {};
}

std::string optionBytes(const Edns& edns) {
  std::string bytes;
  for (const auto& option : edns.options) {
    const auto code = static_cast<std::uint16_t>(option.code);
    bytes += {static_cast<char>(code >> 8), static_cast<char>(code),
              static_cast<char>(option.data.size() >> 8), static_cast<char>(option.data.size())};
    bytes += option.data;
  }
  return bytes;
}

HeaderFlags flagsOf(const Message& message) {
  return {.response = message.response,
          .opcode = message.opcode,
          .authoritative = message.authoritative,
          .truncated = message.truncated,
          .recursionDesired = message.recursionDesired,
          .recursionAvailable = message.recursionAvailable,
          .authenticData = message.authenticData,
          .checkingDisabled = message.checkingDisabled,
          .rcode = message.rcode};
}

void writeSections(MessageWriter& writer, const Message& message) {
  if (!writeRecords(writer, Section::answer, message.answers) ||
      !writeRecords(writer, Section::authority, message.authority)) {
    writer.flags().truncated = true;
    return;
  }
  (void)writeRecords(writer, Section::additional, message.additional);
}

}  // namespace

Result<Message> Message::decode(std::string_view wire) {
  Reader reader(wire);
  if (!reader.has(kHeaderLength)) return malformed("{} bytes are no header", wire.size());
  Message message;
  message.id = reader.u16();
  readFlags(reader.u16(), message);
  const unsigned questions = reader.u16();
  std::array<unsigned, 3> counts{};
  for (auto& count : counts) count = reader.u16();
  for (unsigned i = 0; i < questions; ++i) {
    auto question = readQuestion(reader, message);
    if (!question) return question.failure();
  }
  auto sections = readSections(reader, message, counts);
  if (!sections) return sections.failure();
  return message;
}

std::string Message::encode(std::size_t limit) const {
  std::string wire(std::min(std::max(limit, kPlainUdpLength), kMaxMessageLength), '\0');
  MessageWriter writer(wire);
  writer.start(id, flagsOf(*this));
  const std::string options = edns ? optionBytes(*edns) : std::string();
  const std::size_t tsigLength =
      tsig ? tsig->name.wire().size() + 10 + tsig->data.size() : std::size_t{0};
  const std::size_t optLength = edns ? kOptLength + options.size() : 0;
  writer.keepFree(optLength + tsigLength);
  for (const auto& question : questions) {
    (void)writer.question(question.name.wire(), question.type, question.klass);
  }
  writeSections(writer, *this);
  if (edns) {
    (void)writer.opt(edns->udpSize, rcode, edns->dnssecOk, options, edns->version);
  }
  writer.keepFree(0);
  if (tsig) {
    (void)writer.record(Section::additional, tsig->name.wire(), tsig->type, tsig->klass, tsig->ttl,
                        tsig->data);
  }
  wire.resize(writer.finish().size());
  return wire;
}

}  // namespace ropewalk::dns
