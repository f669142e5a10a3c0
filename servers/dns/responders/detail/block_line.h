// BlockLine: what one line of a block list says, in the forms that are shared: hosts(5), plain
// names, adblock, dnsmasq, Unbound. Private to servers/dns.
#pragma once

#include <functional>
#include <string_view>

namespace ropewalk::dns::detail {

/// Names as they are written: "ads.example", ".ads.example", "*.ads.example".
struct BlockSink {
  std::function<bool(std::string_view name)> blocked{};    ///< @return false: it is no name
  std::function<bool(std::string_view name)> exception{};  ///< likewise: let through
};

/// Reads a line.
/// @return the word that is of no use, and why it may be here; an empty word: all of it was
struct BlockFault {
  std::string_view word{};
  std::string_view dialect{};  ///< "a rule for browsers"; empty: nobody knows
};
[[nodiscard]] BlockFault readBlockLine(std::string_view line, const BlockSink& sink);

}  // namespace ropewalk::dns::detail
