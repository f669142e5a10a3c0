// Messages as text: records as in master files, messages as dig prints them. RFC 1035 §5.1,
// RFC 3597 §5.
#include <array>

#include "message.h"
#include "rdata.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

std::string flagsText(const Message& message) {
  std::string text;
  const auto add = [&text](bool set, std::string_view name) {
    if (set) text.append(" ").append(name);
  };
  add(message.response, "qr");
  add(message.authoritative, "aa");
  add(message.truncated, "tc");
  add(message.recursionDesired, "rd");
  add(message.recursionAvailable, "ra");
  add(message.authenticData, "ad");
  add(message.checkingDisabled, "cd");
  return text;
}

std::string optionName(EdnsOption code) {
  switch (code) {
    case EdnsOption::NSID:
      return "NSID";
    case EdnsOption::CLIENT_SUBNET:
      return "CLIENT-SUBNET";
    case EdnsOption::EXPIRE:
      return "EXPIRE";
    case EdnsOption::COOKIE:
      return "COOKIE";
    case EdnsOption::TCP_KEEPALIVE:
      return "TCP-KEEPALIVE";
    case EdnsOption::PADDING:
      return "PADDING";
    case EdnsOption::EXTENDED_ERROR:
      return "EDE";
  }
  return format("OPT={}", static_cast<std::uint16_t>(code));
}

void addEdns(std::string& text, const Edns& edns) {
  text += format(";; OPT PSEUDOSECTION:\n; EDNS: version: {}, flags:{}; udp: {}\n", edns.version,
                 edns.dnssecOk ? " do" : "", edns.udpSize);
  for (const auto& option : edns.options) {
    text += format("; {}: {}\n", optionName(option.code),
                   option.code == EdnsOption::PADDING ? format("{} bytes", option.data.size())
                                                      : hex(option.data));
  }
}

void addSection(std::string& text, std::string_view title, const std::vector<Record>& records) {
  if (records.empty()) return;
  text += format("\n;; {} SECTION:\n", title);
  for (const auto& record : records) text += toText(record) + "\n";
}

}  // namespace

std::string toText(const Question& question) {
  if (question.klass == Class::IN) return format("{} {}", question.name, question.type);
  return format("{} {} {}", question.name, question.klass, question.type);
}

std::string toText(const Record& record) {
  return format("{}\t{}\t{}\t{}\t{}", record.name, record.ttl, record.klass, record.type,
                rdataToText(record.type, record.data));
}

std::string toText(const Message& message) {
  std::string text = format(";; ->>HEADER<<- opcode: {}, status: {}, id: {}\n", message.opcode,
                            message.rcode, message.id);
  text += format(";; flags:{}; QUERY: {}, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}\n\n",
                 flagsText(message), message.questions.size(), message.answers.size(),
                 message.authority.size(), message.additional.size() + (message.edns ? 1 : 0));
  if (message.edns) addEdns(text, *message.edns);
  if (!message.questions.empty()) text += ";; QUESTION SECTION:\n";
  for (const auto& question : message.questions) {
    text += format(";{}\t\t{}\t{}\n", question.name, question.klass, question.type);
  }
  addSection(text, "ANSWER", message.answers);
  addSection(text, "AUTHORITY", message.authority);
  addSection(text, "ADDITIONAL", message.additional);
  return text;
}

}  // namespace ropewalk::dns
