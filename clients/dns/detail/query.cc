// Mixing the case of a name, and the checks that tell an answer from a forgery. RFC 5452 §9,
// RFC 7873 §5.3, RFC 8467 §4.1.
#include "query.h"

#include <algorithm>
#include <utility>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"

namespace ropewalk::dns {

namespace {

constexpr std::size_t kPadTo = 128;     // RFC 8467 §4.1
constexpr std::size_t kOptionHead = 4;  // code and length

/// Each letter in a case that nobody can guess.
Name mixedCase(const Name& name) {
  std::string wire = name.wire();
  const std::string bits = randomBytes((wire.size() + 7) / 8);
  for (std::size_t at = 0; at < wire.size();) {
    const std::size_t length = static_cast<unsigned char>(wire[at]);
    for (std::size_t i = at + 1; i <= at + length; ++i) {
      const bool letter = lowerCase(wire[i]) >= 'a' && lowerCase(wire[i]) <= 'z';
      const bool flip = (static_cast<unsigned char>(bits[i / 8]) >> (i % 8) & 1) != 0;
      if (letter && flip) wire[i] = static_cast<char>(wire[i] ^ 0x20);
    }
    at += length + 1;
  }
  return Name::fromWire(wire);
}

Edns ednsOf(const QueryOptions& options) {
  Edns edns;
  edns.udpSize = options.udpSize;
  edns.dnssecOk = options.dnssecOk;
  if (!options.cookie.empty()) edns.options.push_back({EdnsOption::COOKIE, options.cookie});
  return edns;
}

std::string encoded(Message message, bool padded) {
  std::string wire = message.encode();
  if (!padded || !message.edns) return wire;
  const std::size_t length = wire.size() + kOptionHead;
  const std::string padding((kPadTo - length % kPadTo) % kPadTo, '\0');
  message.edns->options.push_back({EdnsOption::PADDING, padding});
  return message.encode();
}

/// The labels that both begin with, in their case: into that of `asked`.
void putBack(std::string& name, std::string_view sent, std::string_view asked) {
  for (std::size_t at = 0; at < sent.size() && at < name.size();) {
    const std::size_t end = at + 1 + static_cast<unsigned char>(sent[at]);
    if (name.compare(at, end - at, sent.substr(at, end - at)) != 0) return;
    name.replace(at, end - at, asked.substr(at, end - at));
    at = end;
  }
}

/// Names that a DNAME made have labels of the one that was sent, in its case.
void unmixAliases(std::vector<Record>& answers, const Name& sent, const Name& asked) {
  const auto isDname = [](const Record& record) { return record.type == Type::DNAME; };
  if (std::none_of(answers.begin(), answers.end(), isDname)) return;
  for (Record& record : answers) {
    std::string owner = record.name.wire();
    putBack(owner, sent.wire(), asked.wire());
    record.name = Name::fromWire(owner);
    if (record.type == Type::CNAME) putBack(record.data, sent.wire(), asked.wire());
  }
}

/// Servers that could not read the question need not repeat it (RFC 6895 is silent, and they do).
bool mayLackQuestion(Rcode rcode) { return rcode == Rcode::FORMERR || rcode == Rcode::NOTIMP; }

}  // namespace

OutgoingQuery::OutgoingQuery(Question question, QueryOptions options, std::uint16_t id)
    : question_(std::move(question)),
      sent_(options.randomCase ? mixedCase(question_.name) : question_.name),
      options_(std::move(options)),
      id_(id) {
  Message message;
  message.id = id_;
  message.recursionDesired = options_.recursionDesired;
  message.checkingDisabled = options_.checkingDisabled || question_.checkingDisabled;
  message.questions.push_back({sent_, question_.type, question_.klass});
  if (options_.edns) message.edns = ednsOf(options_);
  wire_ = encoded(std::move(message), options_.padded);
}

Result<Message> OutgoingQuery::receive(std::string_view wire) const {
  // Names of the answer are compressed against that of the question. So it is put back into the
  // case it was asked in before they are read: nobody sees what we mixed.
  const std::string& sent = sent_.wire();
  const bool sameCase =
      wire.size() >= kHeaderLength + sent.size() && wire.substr(kHeaderLength, sent.size()) == sent;
  std::string restored;
  if (options_.randomCase && sameCase) {
    restored = wire;
    restored.replace(kHeaderLength, sent.size(), question_.name.wire());
    wire = restored;
  }
  Result<Message> answer = Message::decode(wire);
  if (!answer) return answer;
  const std::string_view wrong = mismatch(*answer);
  if (!wrong.empty()) return Failure(FormatError(std::string(wrong)));
  if (options_.sameCase && !sameCase && !answer->questions.empty())
    return Failure(WrongCaseError());
  answer->id = 0;
  if (answer->questions.empty()) answer->questions.push_back(question_);
  adoptQuestion(*answer, question_);
  unmixAliases(answer->answers, sent_, question_.name);
  return answer;
}

std::string_view OutgoingQuery::mismatch(const Message& answer) const noexcept {
  if (!answer.response) return "it is no answer";
  if (answer.id != id_) return "its id is wrong";
  if (answer.opcode != Opcode::QUERY) return "its opcode is wrong";
  if (answer.questions.empty() && mayLackQuestion(answer.rcode)) return cookieMismatch(answer);
  if (answer.questions.size() != 1) return "it has not exactly one question";
  const Question& said = answer.questions.front();
  if (said.type != question_.type || said.klass != question_.klass) return "its question is wrong";
  if (said.name != sent_) return "its name is wrong";
  return cookieMismatch(answer);
}

std::string_view OutgoingQuery::cookieMismatch(const Message& answer) const noexcept {
  constexpr std::size_t kOurs = 8;
  if (!options_.edns || options_.cookie.size() < kOurs) return "";
  const Edns::Option* const option = answer.edns ? answer.edns->find(EdnsOption::COOKIE) : nullptr;
  if (option == nullptr) {
    // RFC 7873 §5.3: who has sent cookies before and sends none now may be somebody else.
    const bool expected = options_.cookie.size() > kOurs && !mayLackQuestion(answer.rcode);
    return expected ? "its cookie is missing" : "";
  }
  const std::string_view ours = std::string_view(options_.cookie).substr(0, kOurs);
  if (!std::string_view(option->data).starts_with(ours)) return "its cookie is not ours";
  return "";
}

void adoptQuestion(Message& answer, const Question& question) {
  if (!answer.questions.empty()) answer.questions.front().name = question.name;
  for (auto* section : {&answer.answers, &answer.authority, &answer.additional}) {
    for (Record& record : *section) {
      if (record.name == question.name) record.name = question.name;
    }
  }
}

std::uint16_t randomId() {
  const std::string bytes = randomBytes(2);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
}

}  // namespace ropewalk::dns
