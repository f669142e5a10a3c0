// ScriptedResolver: a dns::Resolver that answers what the test says, when the test says.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/clients/dns/resolver.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"

namespace ropewalk::dns::testing {

using ropewalk::testing::assertNoResult;
using ropewalk::testing::failureResultOf;
using ropewalk::testing::successResultOf;

/// An answer to a question, in presentation form: answerTo(q, {"www A 192.0.2.1"}, {…authority…}).
/// Names without a last dot are below example.
inline Record recordOf(const std::string& line) {
  const auto space = line.find(' ');
  const Name origin("example");
  const std::string rest = line.substr(space + 1);
  const auto second = rest.find(' ');
  const auto number = parseNumber<std::uint32_t>(rest.substr(0, second));
  const Seconds ttl(number.value_or(300));
  return makeRecord(Name::parse(line.substr(0, space), &origin).value(),
                    std::string_view(number ? rest.substr(second + 1) : rest), ttl);
}

inline Message answerTo(const Question& question, const std::vector<std::string>& answers,
                        const std::vector<std::string>& authority = {},
                        Rcode rcode = Rcode::NOERROR) {
  Message message;
  message.response = true;
  message.rcode = rcode;
  message.questions.push_back(question);
  for (const auto& line : answers) message.answers.push_back(recordOf(line));
  for (const auto& line : authority) message.authority.push_back(recordOf(line));
  return message;
}

/// Holds each question until the test answers it, or answers at once by `script`.
class ScriptedResolver final : public Resolver {
 public:
  struct Held {
    Question question{};
    Source<Message> source{};
  };

  Deferred<Message> ask(Question question) override {
    asked.push_back(question);
    if (script) return fired(script(question));
    Source<Message> source;
    Deferred<Message> answer = source.deferred();
    source.onCancel([this](Source<Message>&) { ++cancelled; });
    held.push_back({std::move(question), std::move(source)});
    return answer;
  }
  /// Answers the oldest question that is held.
  void answer(Result<Message> result) {
    REQUIRE_FALSE(held.empty());
    Held one = std::move(held.front());
    held.erase(held.begin());
    one.source.fire(std::move(result));
  }

  std::function<Result<Message>(const Question&)> script;
  std::vector<Question> asked;
  std::vector<Held> held;
  int cancelled = 0;
};

}  // namespace ropewalk::dns::testing
