// Messages by their own text; JSON and traces put together here.
#include "resolve_output.h"

#include <nlohmann/json.hpp>

#include "ropewalk/clients/dns/answer.h"
#include "ropewalk/clients/dns/delegation.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::app {

namespace {

using nlohmann::json;

json recordsJson(const std::vector<dns::Record>& records) {
  json all = json::array();
  for (const dns::Record& record : records)
    all.push_back({{"name", toText(record.name)},
                   {"ttl", record.ttl},
                   {"class", toText(record.klass)},
                   {"type", toText(record.type)},
                   {"data", dns::rdataToText(record.type, record.data)}});
  return all;
}

json flagsJson(const dns::Message& answer) {
  json flags = json::array();
  if (answer.authoritative) flags.push_back("aa");
  if (answer.truncated) flags.push_back("tc");
  if (answer.recursionDesired) flags.push_back("rd");
  if (answer.recursionAvailable) flags.push_back("ra");
  if (answer.authenticData) flags.push_back("ad");
  if (answer.checkingDisabled) flags.push_back("cd");
  return flags;
}

std::string saidText(const dns::TraceStep& step) {
  switch (classify(*step.answer, step.question, step.zone)) {
    case dns::Reply::referral:
      return "refers to " +
             toText(readReferral(*step.answer, step.question, step.zone, TimePoint()).zone);
    case dns::Reply::answer:
      return format("answers with {} record{}", step.answer->answers.size(),
                    step.answer->answers.size() == 1 ? "" : "s");
    case dns::Reply::negative:
      return step.answer->rcode == dns::Rcode::NXDOMAIN ? "there is no such name"
                                                        : "the name has no such record";
    case dns::Reply::useless:
      break;
  }
  const bool fine = step.answer->rcode == dns::Rcode::NOERROR;
  return fine ? "does not serve the zone" : toText(step.answer->rcode);
}

}  // namespace

std::string shortAnswer(const dns::Message& answer) {
  std::string text;
  if (answer.questions.empty()) return text;
  for (const dns::Record& record : follow(answer, answer.questions.front()).records)
    text += dns::rdataToText(record.type, record.data) + "\n";
  return text;
}

std::string wholeAnswer(const dns::Message& answer, const std::string& servers, Duration took) {
  return toText(answer) + format("\n;; {}, by {}\n", humanDuration(took), servers);
}

std::string jsonAnswer(const dns::Message& answer, const std::vector<std::string>& servers,
                       Duration took) {
  json record = {{"rcode", toText(answer.rcode)},
                 {"flags", flagsJson(answer)},
                 {"answer", recordsJson(answer.answers)},
                 {"authority", recordsJson(answer.authority)},
                 {"additional", recordsJson(answer.additional)},
                 {"servers", servers},
                 {"seconds", std::chrono::duration<double>(took).count()}};
  if (!answer.questions.empty()) {
    const dns::Question& question = answer.questions.front();
    record["question"] = {{"name", toText(question.name)},
                          {"class", toText(question.klass)},
                          {"type", toText(question.type)}};
  }
  return record.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string traceLine(const dns::TraceStep& step) {
  const std::string said =
      step.answer != nullptr ? saidText(step) : step.failure->getErrorMessage();
  // A root server that was given as an address has no name.
  const std::string name =
      step.server.name.isRoot() ? "" : format(" ({})", toText(step.server.name));
  return format(";; {} by {}{}, {}: {}: {}\n", toText(step.zone), step.server.addresses.front(),
                name, humanDuration(step.took), toText(step.question), said);
}

}  // namespace ropewalk::app
