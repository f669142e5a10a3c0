// feedEverySplit: the same bytes, cut in every way that matters, must give the same events.
#pragma once

#include <string_view>
#include <vector>

#include "tests/catch.h"

namespace ropewalk::testing {

using Pieces = std::vector<std::string_view>;

/// Calls run with the whole input, with every two-way cut of it, and with a drip of single bytes.
/// @param run  `Events run(const Pieces&)`: makes a fresh decoder, feeds it piece by piece, and
/// gives what came of it, comparable
///             and printable. No piece is empty.
/// @return     the events of the whole input
template <class Run>
auto feedEverySplit(std::string_view input, Run run) {
  const auto whole = run(Pieces{input});
  for (std::size_t cut = 1; cut < input.size(); ++cut) {
    const auto events = run(Pieces{input.substr(0, cut), input.substr(cut)});
    if (events == whole) continue;
    INFO("cut after byte " << cut << " of " << input.size());
    CHECK(events == whole);
  }
  Pieces drip;
  for (std::size_t at = 0; at < input.size(); ++at) drip.push_back(input.substr(at, 1));
  const auto events = run(drip);
  INFO("fed one byte at a time");
  CHECK(events == whole);
  return whole;
}

}  // namespace ropewalk::testing
