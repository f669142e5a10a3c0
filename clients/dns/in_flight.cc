// A map from question to SharedResult, which is left before anybody is told.
#include "in_flight.h"

#include <utility>

#include "ropewalk/clients/dns/detail/query.h"

namespace ropewalk::dns::detail {

std::string keyOf(const Question& question) {
  std::string key = question.name.lowerCased().wire();
  for (const auto number :
       {static_cast<std::uint16_t>(question.type), static_cast<std::uint16_t>(question.klass)}) {
    key += static_cast<char>(number >> 8);
    key += static_cast<char>(number & 0xff);
  }
  key += question.checkingDisabled ? '\1' : '\0';
  return key;
}

InFlight::~InFlight() {
  closed_ = true;  // who is told that it was cancelled may ask again
  const auto questions = std::move(questions_);
  questions_.clear();
}

Deferred<Message> InFlight::ask(Question question, Start start) {
  if (closed_) return fail<Message>(CancelledError("the resolver goes away"));
  std::string key = keyOf(question);
  const auto found = questions_.find(key);
  const bool joins = found != questions_.end();
  const auto shared = joins ? found->second : std::make_shared<Shared>();
  Deferred<Message> mine = shared->wait();
  if (!joins) {
    questions_.emplace(key, shared);
    // Whoever calls this may destroy us in what he is told: the map is left first.
    shared->start(start(), [this, key = std::move(key)] { questions_.erase(key); });
  }
  return std::move(mine).addCallback([question = std::move(question)](Message answer) {
    adoptQuestion(answer, question);
    return answer;
  });
}

}  // namespace ropewalk::dns::detail
