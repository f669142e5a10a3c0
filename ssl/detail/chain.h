// The certificates that are served behind one's own: the order of RFC 8446 §4.4.2, out of chain
// files as people have them.
#pragma once

#include <string>
#include <vector>

#include "openssl.h"

namespace ropewalk::ssl::detail {

struct Chain {
  std::vector<X509Ptr> certificates;  ///< each issued the one before it; then other ways up
  std::vector<std::string> remarks;   ///< what was put right, for who looks after the file
};

/// Puts in order what a chain file holds: its own certificate once more, roots between the others,
/// authorities that two roots have signed. Throws ContextError where one has no part in the chain,
/// or one that is needed is not valid now.
/// @param file  for messages
[[nodiscard]] Chain arrangeChain(X509* certificate, std::vector<X509Ptr> given,
                                 const std::string& file);

/// Whether `issuer` issued `subject`, by their names and key identifiers.
[[nodiscard]] bool issued(X509* issuer, X509* subject);

}  // namespace ropewalk::ssl::detail
