// TSIG: messages signed with a shared secret. RFC 8945.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "name.h"
#include "ropewalk/core/base/result.h"
#include "types.h"

namespace ropewalk::dns {

/// A shared secret and its name.
struct TsigKey {
  Name name{};
  std::string algorithm = "hmac-sha256";  ///< or hmac-sha1, -sha224, -sha384, -sha512
  std::string secret{};                   ///< bytes

  /// "[algorithm:]name:base64", as dig and kdig take it. FormatError for anything else.
  static Result<TsigKey> parse(std::string_view text);
  /// The longest record that signing with it appends: what MessageWriter::keepFree is told.
  [[nodiscard]] std::size_t recordSize() const noexcept;
};

/// What checking a signed message gave.
struct TsigCheck {
  Rcode error = Rcode::NOERROR;  ///< BADVERS (16, BADSIG), BADKEY, BADTIME; FORMERR; NOERROR: good
  std::string mac{};             ///< of the message: answers are signed over it
  std::string_view why{};        ///< static text for logs
};

/// Signs and checks one exchange: a request and its answer, which may be many messages (AXFR,
/// §5.3.1). A value; keeps the MAC that the next message is chained to. `now` is in seconds since
/// 1970, here and below.
class TsigSession {
 public:
  /// A client's: signs the request first.
  explicit TsigSession(TsigKey key) : key_(std::move(key)) {}
  /// A server's: continues from the request that checkRequest() approved.
  TsigSession(TsigKey key, std::string requestMac)
      : key_(std::move(key)), mac_(std::move(requestMac)), answering_(true) {}

  /// Appends a TSIG record to a whole message. The first is signed over the request's MAC, later
  /// ones over the one before (timers only). Throws std::invalid_argument for an algorithm that is
  /// not known.
  void sign(std::string& message, std::uint64_t now);
  /// Checks the TSIG at the end of an answer, and chains on. Messages of a stream may leave it out,
  /// at most 99 in a row (§5.3.1): they are noted, and covered by the next one.
  TsigCheck checkAnswer(std::string_view message, std::uint64_t now);
  /// Whether all that was checked is covered by a signature: must be so at the end of a stream.
  [[nodiscard]] bool covered() const noexcept { return !first_ && unsignedCount_ == 0; }
  [[nodiscard]] const TsigKey& key() const noexcept { return key_; }

 private:
  TsigKey key_;
  std::string mac_{};
  std::string unsigned_{};  // messages since the last signature
  int unsignedCount_ = 0;
  bool answering_ = false;
  bool first_ = true;
};

/// Checks a request against the keys that a server knows.
/// @param tsigAt  offset of the TSIG record (QueryView::tsigAt)
/// @param key     set to the one that it was signed with
[[nodiscard]] TsigCheck checkRequest(std::string_view message, std::size_t tsigAt,
                                     const std::vector<TsigKey>& keys, std::uint64_t now,
                                     const TsigKey** key);

/// Appends the TSIG record of an answer that turns a request away (RFC 8945 §5.2): without a MAC,
/// but for BADTIME, which is signed and carries the server's time.
/// @param request, tsigAt  the request, and where its TSIG is
/// @param check            what checkRequest gave
void appendTsigError(std::string& answer, std::string_view request, std::size_t tsigAt,
                     const TsigCheck& check, const TsigKey* key, std::uint64_t now);

}  // namespace ropewalk::dns
