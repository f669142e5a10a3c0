// KeyAgreement: a secret shared with a peer over an open line. RFC 7748, SEC 1 §3.3.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ropewalk/core/base/result.h"

struct evp_pkey_st;

namespace ropewalk::crypto {

enum class Group : std::uint8_t { x25519, p256, p384, p521 };

/// Our half of one agreement. Made fresh for each: nobody who takes the key later reads what was
/// said.
///
///     const KeyAgreement ours(Group::x25519);
///     send(ours.publicKey());
///     const Result<std::string> secret = ours.agree(theirs);  // not a key yet: see hkdf
class KeyAgreement {
 public:
  explicit KeyAgreement(Group group);
  /// With a private key that is there already: 32, 32, 48 or 66 bytes, big-endian on P curves.
  /// Throws std::invalid_argument when it is none.
  KeyAgreement(Group group, std::string_view privateKey);

  /// 32 bytes, or an uncompressed point of 65, 97 or 133.
  [[nodiscard]] const std::string& publicKey() const noexcept { return publicKey_; }
  /// 32, 32, 48 or 66 bytes; or a CryptoError when the peer's key is none: of another size, not on
  /// the curve, or one that makes every secret the same (RFC 7748 §6.1).
  [[nodiscard]] Result<std::string> agree(std::string_view peerPublicKey) const;

 private:
  Group group_;
  std::shared_ptr<evp_pkey_st> key_;
  std::string publicKey_;
};

}  // namespace ropewalk::crypto
