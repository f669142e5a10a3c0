// StreamCipher: AES in counter mode and ChaCha20, and Poly1305 for whoever joins them himself.
// RFC 4344 §4, RFC 8439 §2.4 and §2.5.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_cipher_ctx_st;

namespace ropewalk::crypto {

enum class Stream : std::uint8_t { aes128Ctr, aes192Ctr, aes256Ctr, chacha20 };

/// Goes on where it stopped, however the bytes are cut; encrypting and decrypting are the same. It
/// notices no change: something else must (a MAC).
class StreamCipher {
 public:
  static constexpr std::size_t kCounterSize = 16;

  /// Throws std::invalid_argument when key or counter has another size.
  /// @param key      16, 24, 32 or 32 bytes, in the order of Stream
  /// @param counter  the first block's, 16 bytes: big-endian for AES; for ChaCha20 4 bytes of
  ///                 little-endian counter and 12 of nonce
  StreamCipher(Stream cipher, std::string_view key, std::string_view counter);

  /// In place.
  void apply(std::span<char> text);
  /// The same with a copy.
  [[nodiscard]] std::string applied(std::string_view text);
  /// From another counter on, with the same key.
  void restart(std::string_view counter);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };

  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

/// The authenticator of data, 16 bytes.
/// @param key  32 bytes, for one message only; else throws std::invalid_argument
[[nodiscard]] std::string poly1305(std::string_view key, std::string_view data);

}  // namespace ropewalk::crypto
