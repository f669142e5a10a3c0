// Finger: the server's end of a connection. RFC 1288.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "finger_query.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/protocols/basic/line_receiver.h"

namespace ropewalk::wire {

/// Answers a query, for people to read; host is empty in it. What it gives is cleaned by
/// fingerText().
using FingerLookup = AsyncFunction<Deferred<std::string>(FingerQuery)>;

/// Reads one query, looks it up, writes the answer, closes. Queries that want to be forwarded are
/// refused (RFC 1288 §3.2.1): a gateway would hide who asks. A lookup that fails is logged; the
/// peer learns only that there is no answer.
class Finger final : public LineOnlyReceiver {
 public:
  explicit Finger(FingerLookup lookup)
      : LineOnlyReceiver(anyNewline(kMaxFingerQuery)), lookup_(std::move(lookup)) {}

  void lineReceived(std::string_view line) override;
  void lineLengthExceeded(std::string_view start) override;
  /// Keeps our half open while the answer is looked up.
  void readConnectionLost() override;

 private:
  void answer(std::string_view text);

  FingerLookup lookup_;
  bool asked_ = false;
};

}  // namespace ropewalk::wire
