// ECDH by EVP_PKEY_derive, over keys made of plain bytes. RFC 7748 §6, SEC 1 §3.3.1.
#include "key_agreement.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/algorithms.h"
#include "ropewalk/ssl/crypto/detail/error_queue.h"
#include "ropewalk/ssl/crypto/detail/raw_keys.h"
#include "secret.h"

namespace ropewalk::crypto {

namespace {

using detail::bytesOf;
using detail::FreeWith;
using detail::KeyPtr;
using detail::must;
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;

struct Kind {
  int curve;  // NID_undef: X25519
  const char* name;
};

Kind kindOf(Group group) noexcept {
  switch (group) {
    case Group::p256:
      return {NID_X9_62_prime256v1, "P-256"};
    case Group::p384:
      return {NID_secp384r1, "P-384"};
    case Group::p521:
      return {NID_secp521r1, "P-521"};
    case Group::x25519:
      break;
  }
  return {NID_undef, "X25519"};
}

KeyPtr fresh(Group group) {
  const Kind kind = kindOf(group);
  KeyPtr key(kind.curve == NID_undef ? EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")
                                     : EVP_EC_gen(kind.name));
  must(key != nullptr, "make a key");
  return key;
}

KeyPtr known(Group group, std::string_view bytes) {
  const Kind kind = kindOf(group);
  KeyPtr key = kind.curve == NID_undef ? detail::edwardsPrivate(EVP_PKEY_X25519, bytes)
                                       : detail::ecPrivate(kind.curve, bytes);
  if (!key) throw std::invalid_argument(format("no private key of {}", kind.name));
  return key;
}

Failure refused(std::string why) {
  detail::clearErrors();
  return CryptoError(std::move(why));
}

}  // namespace

KeyAgreement::KeyAgreement(Group group)
    : group_(group), key_(fresh(group)), publicKey_(detail::publicBytes(key_.get())) {}

KeyAgreement::KeyAgreement(Group group, std::string_view privateKey)
    : group_(group), key_(known(group, privateKey)), publicKey_(detail::publicBytes(key_.get())) {}

Result<std::string> KeyAgreement::agree(std::string_view peerPublicKey) const {
  const Kind kind = kindOf(group_);
  const KeyPtr peer = kind.curve == NID_undef
                          ? detail::edwardsPublic(EVP_PKEY_X25519, peerPublicKey)
                          : detail::ecPublic(kind.curve, peerPublicKey);
  if (!peer) return refused(format("the peer's key is no key of {}", kind.name));
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  std::size_t size = 0;
  // ecPublic has checked the point; a second check would be half of the whole cost.
  must(context && EVP_PKEY_derive_init(context.get()) == 1 &&
           EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) == 1 &&
           EVP_PKEY_derive(context.get(), nullptr, &size) == 1,
       "agree on a secret");
  std::string secret(size, '\0');
  if (EVP_PKEY_derive(context.get(), bytesOf(secret.data()), &size) == 1) return secret;
  return refused(format("the peer's key of {} makes every secret the same", kind.name));
}

}  // namespace ropewalk::crypto
