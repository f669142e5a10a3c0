// Material: everything that a context loads from files. Made whole, checked, never changed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "key_pair.h"
#include "openssl.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk::ssl::detail {

/// Shared by the threads: OpenSSL's objects in it are reference-counted and not written to.
struct Material {
  std::vector<KeyPair> pairs;  ///< the default one first; a client has one or none
  StorePtr trust;              ///< the authorities of the peer; null: nobody is asked
  std::vector<X509Ptr> authorities;
  std::string ocspStaple;  ///< DER

  /// The pairs for a name: its own, then those of a wildcard (RFC 9525 §6.3). Null when there are
  /// none.
  [[nodiscard]] const std::vector<const KeyPair*>* pairsFor(std::string_view asked) const;

  std::unordered_map<std::string, std::vector<const KeyPair*>> byName;
};

/// Throws ContextError.
[[nodiscard]] std::shared_ptr<const Material> loadMaterial(const ServerOptions& options);
[[nodiscard]] std::shared_ptr<const Material> loadMaterial(const ClientOptions& options);

/// The files that it came from, for watching.
[[nodiscard]] std::vector<std::string> filesOf(const ServerOptions& options);
[[nodiscard]] std::vector<std::string> filesOf(const ClientOptions& options);

}  // namespace ropewalk::ssl::detail
