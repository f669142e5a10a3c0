// The differential check of the HTTP fuzzers: whole, cut in two, and dripped, an input must give
// the same events.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ropewalk::http::testing {

/// Feeds the input to sessions that make() gives, in pieces of each of a few sizes, and aborts when
/// the transcripts differ.
template <class Make>
void requireSameForSplits(std::string_view input, Make make) {
  const auto run = [&](std::size_t first, std::size_t step) {
    auto session = make();
    session.feed(input.substr(0, first));
    for (std::size_t at = first; at < input.size(); at += step)
      session.feed(input.substr(at, step));
    return session.transcript();
  };
  const std::string whole = run(input.size(), 1);
  constexpr std::size_t kDripUpTo =
      2048;  // a drip of a long input is quadratic in the test, not in the codec
  const std::size_t middle = input.size() / 2;
  const std::size_t third = input.size() / 3;
  const std::string others[] = {
      run(std::min<std::size_t>(1, input.size()), std::max<std::size_t>(1, input.size())),
      run(middle, input.size()), run(third, std::max<std::size_t>(1, third)),
      run(0, input.size() <= kDripUpTo ? 1 : 97)};
  for (const std::string& other : others) {
    if (other == whole) continue;
    std::fprintf(stderr, "whole:\n%s\nin pieces:\n%s\n", whole.c_str(), other.c_str());
    std::abort();
  }
}

}  // namespace ropewalk::http::testing
