// Aead: encryption that notices every change. RFC 5116, NIST SP 800-38D, RFC 8439 §2.8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ropewalk/core/base/result.h"

struct evp_cipher_ctx_st;

namespace ropewalk::crypto {

enum class AeadCipher : std::uint8_t { aes128Gcm, aes256Gcm, chacha20Poly1305 };

/// One key. A nonce must never come twice under it: both texts would be laid open. One thread.
///
///     Aead key(AeadCipher::aes128Gcm, secret);
///     const std::string sealed = key.seal(nonce, "text", "header");
///     const Result<std::string> text = key.open(nonce, sealed, "header");
class Aead {
 public:
  static constexpr std::size_t kNonceSize = 12;
  static constexpr std::size_t kTagSize = 16;
  using Tag = std::array<char, kTagSize>;

  /// 16 or 32 bytes.
  [[nodiscard]] static std::size_t keySize(AeadCipher cipher) noexcept;

  /// Throws std::invalid_argument when the key has another size, and so do the others for a nonce.
  Aead(AeadCipher cipher, std::string_view key);

  /// @param associated  not encrypted, yet guarded: opening needs the same
  /// @return the ciphertext and behind it the tag
  [[nodiscard]] std::string seal(std::string_view nonce, std::string_view plaintext,
                                 std::string_view associated = {});
  /// @return the plaintext; or a CryptoError, and no byte of it
  [[nodiscard]] Result<std::string> open(std::string_view nonce, std::string_view sealed,
                                         std::string_view associated = {});

  /// The same without a copy: the text is overwritten.
  /// @return the tag
  [[nodiscard]] Tag sealInPlace(std::string_view nonce, std::span<char> text,
                                std::string_view associated = {});
  /// Likewise; where it fails, with a CryptoError, the bytes are zeros.
  Result<void> openInPlace(std::string_view nonce, std::span<char> text, std::string_view tag,
                           std::string_view associated = {});

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  using Context = std::unique_ptr<evp_cipher_ctx_st, Free>;

  Context sealing_;
  Context opening_;
};

}  // namespace ropewalk::crypto
