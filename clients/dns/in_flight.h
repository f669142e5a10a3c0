// InFlight: questions under way, so that one that is asked twice is sent once.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/protocols/dns/message.h"
#include "shared_result.h"

namespace ropewalk::dns::detail {

/// Name in lower case, type, class and CD: equal for questions that have the same answer.
[[nodiscard]] std::string keyOf(const Question& question);

/// The questions of one resolver. When it dies, those that wait fail with CancelledError: so it is
/// the last member of its owner. One thread.
class InFlight {
 public:
  using Start = UniqueFunction<Deferred<Message>()>;

  InFlight() = default;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight();

  /// Joins the same question if it is under way, else has it asked. Each gets the answer with the
  /// name in the case that he asked in. Cancelling leaves; when all have left, the work is
  /// cancelled.
  [[nodiscard]] Deferred<Message> ask(Question question, Start start);

  [[nodiscard]] bool contains(const Question& question) const {
    return questions_.contains(keyOf(question));
  }
  [[nodiscard]] std::size_t size() const noexcept { return questions_.size(); }

 private:
  using Shared = SharedResult<Message>;

  std::map<std::string, std::shared_ptr<Shared>> questions_;
  bool closed_ = false;
};

}  // namespace ropewalk::dns::detail
