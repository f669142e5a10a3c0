// Digests and HMAC. FIPS 180-4, RFC 1321, RFC 2104.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_mac_ctx_st;

namespace ropewalk::crypto {

/// MD5 and SHA-1 are for protocols that name them, never for new ones.
enum class Hash : std::uint8_t { md5, sha1, sha256, sha384, sha512, sha224 };

/// 16, 20, 28, 32, 48 or 64 bytes.
[[nodiscard]] std::size_t digestSize(Hash hash) noexcept;

/// The digest of data. Throws CryptoError where OpenSSL does not have the hash (MD5 under FIPS
/// rules); so do all of these.
[[nodiscard]] std::string digest(Hash hash, std::string_view data);
/// The HMAC of data, as long as a digest. Any key will do, the empty one too.
[[nodiscard]] std::string hmac(Hash hash, std::string_view key, std::string_view data);

/// A digest of bytes that come in pieces. A copy goes its own way: the digest so far is that of a
/// copy.
///
///     Digest transcript(Hash::sha256);
///     transcript.update(hello);
///     std::string soFar = Digest(transcript).finish();
class Digest {
 public:
  explicit Digest(Hash hash);
  Digest(const Digest& other);
  Digest& operator=(const Digest& other);
  Digest(Digest&&) noexcept = default;
  Digest& operator=(Digest&&) noexcept = default;
  ~Digest() = default;

  Digest& update(std::string_view data);
  /// The digest; and begins again, with nothing.
  [[nodiscard]] std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };

  Hash hash_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// The same with a key; the key stays for the next message.
class Hmac {
 public:
  Hmac(Hash hash, std::string_view key);

  Hmac& update(std::string_view data);
  /// The HMAC; and begins again, with the same key.
  [[nodiscard]] std::string finish();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const noexcept;
  };

  Hash hash_;
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace ropewalk::crypto
