// Development certificates: an authority of one's own and a certificate for localhost, made when
// they are first needed.
#pragma once

#include <string>
#include <vector>

namespace ropewalk::ssl {

/// PEM files.
struct DevelopmentFiles {
  std::string authority;    ///< for clients to trust: curl --cacert, AgentTLS::trust
  std::string certificate;  ///< signed by it
  std::string key;          ///< of the certificate
};

/// Makes what is missing, has other names, or expires within 30 days; keeps the authority as long
/// as it is good, so that who trusts it once need not again. The certificate is for 90 days, the
/// authority for ten years. The directory is its owner's alone, and several processes may start at
/// once. Throws ContextError.
/// @param names      DNS names and IP literals
/// @param directory  empty: ropewalk/dev-cert below $XDG_STATE_HOME, or ~/.local/state
[[nodiscard]] DevelopmentFiles developmentCertificate(
    const std::vector<std::string>& names = {"localhost", "127.0.0.1", "::1"},
    const std::string& directory = "");

}  // namespace ropewalk::ssl
