// What ropewalk resolve prints: answers as dig does, short, or as JSON; the steps of a trace.
#pragma once

#include <string>
#include <vector>

#include "ropewalk/clients/dns/recursive_resolver.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::app {

/// The data of the answer's records of the asked type, a line each.
[[nodiscard]] std::string shortAnswer(const dns::Message& answer);

/// The whole message, then who was asked and how long it took.
[[nodiscard]] std::string wholeAnswer(const dns::Message& answer, const std::string& servers,
                                      Duration took);

/// The same as one JSON object.
[[nodiscard]] std::string jsonAnswer(const dns::Message& answer,
                                     const std::vector<std::string>& servers, Duration took);

/// ";; example. by 127.0.0.1 (ns.example.), 3 ms: www.example. A: refers to sub.example."
[[nodiscard]] std::string traceLine(const dns::TraceStep& step);

}  // namespace ropewalk::app
