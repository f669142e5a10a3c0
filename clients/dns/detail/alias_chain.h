// What of an authoritative answer may be believed: the records of a name, along its aliases.
// RFC 1034 §3.6.2, RFC 6672 (DNAME), RFC 5452 §6.
#pragma once

#include <vector>

#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

struct AliasChain {
  std::vector<Record> records{};  ///< aliases, and what they lead to
  int aliases = 0;                ///< that were followed
  Name end{};  ///< the name that is asked for next, if there were no records of it
};

/// Records of the name and the type (and signatures of these), along aliases within `zone`: about
/// other names its server knows nothing. A DNAME is applied here; the CNAME that came with it is
/// not needed.
/// @param maxAliases  with more the chain breaks off: `aliases` is greater then
/// @return  FormatError for an alias that cannot be read, or leads to a name that is too long
[[nodiscard]] Result<AliasChain> believed(const Message& answer, const Question& question,
                                          const Name& zone, int maxAliases);

}  // namespace ropewalk::dns
