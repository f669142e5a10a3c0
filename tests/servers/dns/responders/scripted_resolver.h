// A resolver whose answers the test gives.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "ropewalk/clients/dns/resolver.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"

namespace ropewalk::dns {

/// Keeps what it is asked until the test says what becomes of it, oldest first.
class ScriptedResolver final : public Resolver {
 public:
  struct Asked {
    Question question;
    Source<Message> source;
    std::shared_ptr<bool> cancelled = std::make_shared<bool>(false);
  };

  Deferred<Message> ask(Question question) override {
    ++count;
    Asked& asked = waiting.emplace_back(Asked{std::move(question), Source<Message>()});
    asked.source.onCancel([cancelled = asked.cancelled](Source<Message>& source) {
      *cancelled = true;
      source.errback(CancelledError("cancelled"));
    });
    return asked.source.deferred();
  }

  void answer(std::string_view address) {
    Message message;
    message.response = true;
    REQUIRE_FALSE(waiting.empty());
    message.questions = {waiting.front().question};
    message.answers.push_back(makeRecord(waiting.front().question.name, A(address)));
    answer(std::move(message));
  }
  void answer(Rcode rcode) {
    Message message;
    message.response = true;
    message.rcode = rcode;
    answer(std::move(message));
  }
  void answer(Message message) { take().source.callback(std::move(message)); }
  template <class E>
  void fail(E error) {
    take().source.errback(std::move(error));
  }

  std::deque<Asked> waiting;
  int count = 0;

 private:
  Asked take() {
    REQUIRE_FALSE(waiting.empty());
    Asked asked = std::move(waiting.front());
    waiting.pop_front();
    return asked;
  }
};

}  // namespace ropewalk::dns
