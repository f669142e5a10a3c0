// The table from OpenSSL's reasons and the peer's alerts to HandshakeFailure. RFC 8446 §6.
#include "error_queue.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ropewalk/core/base/format.h"

namespace ropewalk::ssl {

std::string_view toText(HandshakeFailure reason) noexcept {
  constexpr std::array<std::string_view, kHandshakeFailures> kNames{"timeout",
                                                                    "closed",
                                                                    "plaintext",
                                                                    "not TLS",
                                                                    "version",
                                                                    "cipher",
                                                                    "protocol",
                                                                    "missing certificate",
                                                                    "refused certificate",
                                                                    "refused by peer",
                                                                    "other"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace ropewalk::ssl

namespace ropewalk::ssl::detail {

namespace {

using Reason = HandshakeFailure;

struct Meaning {
  int code;  // SSL_R_…
  Reason reason;
  std::string_view server;  // what it means there, and what to do
  std::string_view client;
};

constexpr std::string_view kNoVersion = "no TLS version in common";
constexpr std::string_view kNoCipher = "no cipher suite or key exchange group in common";
constexpr std::string_view kNotTLS = "the peer does not speak TLS here";

const std::array kMeanings{
    Meaning{SSL_R_HTTP_REQUEST, Reason::plaintext, "a plain HTTP request came; use https://",
            kNotTLS},
    Meaning{SSL_R_HTTPS_PROXY_REQUEST, Reason::plaintext, "a plain CONNECT request came", kNotTLS},
    Meaning{SSL_R_WRONG_VERSION_NUMBER, Reason::notTLS, kNotTLS, kNotTLS},
    Meaning{SSL_R_UNEXPECTED_MESSAGE, Reason::notTLS, kNotTLS, kNotTLS},
    Meaning{SSL_R_BAD_RECORD_TYPE, Reason::notTLS, kNotTLS, kNotTLS},
    Meaning{SSL_R_UNKNOWN_PROTOCOL, Reason::notTLS, kNotTLS, kNotTLS},
    Meaning{SSL_R_LENGTH_MISMATCH, Reason::notTLS, "a broken handshake message came",
            "a broken handshake message came"},
    Meaning{SSL_R_UNSUPPORTED_PROTOCOL, Reason::version, kNoVersion, kNoVersion},
    Meaning{SSL_R_VERSION_TOO_LOW, Reason::version, kNoVersion, kNoVersion},
    Meaning{SSL_R_NO_PROTOCOLS_AVAILABLE, Reason::version, kNoVersion, kNoVersion},
    Meaning{SSL_R_NO_SHARED_CIPHER, Reason::cipher, kNoCipher, kNoCipher},
    Meaning{SSL_R_NO_SUITABLE_KEY_SHARE, Reason::cipher, kNoCipher, kNoCipher},
    Meaning{SSL_R_NO_SUITABLE_GROUPS, Reason::cipher, kNoCipher, kNoCipher},
    Meaning{SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, Reason::cipher,
            "no signature algorithm in common: the client does not take our kind of key",
            "no signature algorithm in common"},
    Meaning{SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, Reason::cipher,
            "no signature algorithm in common", "no signature algorithm in common"},
    Meaning{SSL_R_WRONG_CIPHER_RETURNED, Reason::cipher, kNoCipher, kNoCipher},
    Meaning{SSL_R_NO_APPLICATION_PROTOCOL, Reason::protocol,
            "no application protocol in common (ALPN)", "no application protocol in common (ALPN)"},
    Meaning{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, Reason::missingCertificate,
            "the client has no certificate, and must show one", "the server showed no certificate"},
    Meaning{SSL_R_CERTIFICATE_VERIFY_FAILED, Reason::refusedCertificate,
            "the client's certificate is not accepted", "the server's certificate is not accepted"},
    Meaning{SSL_R_EE_KEY_TOO_SMALL, Reason::refusedCertificate, "the key is too small",
            "the key is too small"},
    Meaning{SSL_R_CA_MD_TOO_WEAK, Reason::refusedCertificate,
            "the certificate is signed with a weak hash",
            "the certificate is signed with a weak hash"},
    Meaning{SSL_R_RECORD_TOO_SMALL, Reason::notTLS, "too many empty records came",
            "too many empty records came"},
    Meaning{SSL_R_RECORD_LENGTH_MISMATCH, Reason::notTLS, "a record of a wrong length came",
            "a record of a wrong length came"},
    Meaning{SSL_R_DATA_LENGTH_TOO_LONG, Reason::notTLS, "a record longer than TLS allows came",
            "a record longer than TLS allows came"},
    Meaning{SSL_R_PACKET_LENGTH_TOO_LONG, Reason::notTLS, "a record longer than TLS allows came",
            "a record longer than TLS allows came"},
    Meaning{SSL_R_ENCRYPTED_LENGTH_TOO_LONG, Reason::notTLS, "a record longer than TLS allows came",
            "a record longer than TLS allows came"},
};

constexpr int kFirstAlert = SSL_AD_REASON_OFFSET;
constexpr int kLastAlert = SSL_AD_REASON_OFFSET + 255;

HandshakeVerdict alertVerdict(int alert) {
  const std::string_view name = SSL_alert_desc_string_long(alert);
  if (alert == SSL_AD_PROTOCOL_VERSION)
    return {Reason::version, format("{}: the peer refused (alert {})", kNoVersion, alert)};
  if (alert == SSL_AD_NO_APPLICATION_PROTOCOL)
    return {Reason::protocol, "no application protocol in common (ALPN): the peer refused"};
  if (alert == SSL_AD_CERTIFICATE_REQUIRED)
    return {Reason::refusedByPeer, "the server wants a certificate of ours (alert 116)"};
  if (alert == SSL_AD_UNKNOWN_CA)
    return {Reason::refusedByPeer,
            "the peer does not know the authority of our certificate (alert 48)"};
  return {Reason::refusedByPeer, format("the peer refused: {} (alert {})", name, alert)};
}

HandshakeVerdict verdictOf(unsigned long error, bool server) {
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    const int code = ERR_GET_REASON(error);
    if (code >= kFirstAlert && code <= kLastAlert) return alertVerdict(code - kFirstAlert);
    const auto* known = std::find_if(kMeanings.begin(), kMeanings.end(),
                                     [&](const Meaning& each) { return each.code == code; });
    if (known != kMeanings.end())
      return {known->reason, std::string(server ? known->server : known->client)};
  }
  const char* words = ERR_reason_error_string(error);
  return {Reason::other, words != nullptr ? words : "unknown error"};
}

/// Empties the queue; what was in it is told by one of its errors.
HandshakeVerdict drain(unsigned long error, bool server) {
  HandshakeVerdict verdict =
      error != 0 ? verdictOf(error, server) : HandshakeVerdict{Reason::other, "unknown error"};
  ERR_clear_error();
  return verdict;
}

}  // namespace

HandshakeVerdict drainHandshakeErrors(bool server) { return drain(ERR_peek_error(), server); }
HandshakeVerdict drainReadErrors(bool server) { return drain(ERR_peek_last_error(), server); }

bool lastErrorIsAlert() noexcept {
  const unsigned long last = ERR_peek_last_error();
  return ERR_GET_LIB(last) == ERR_LIB_SSL && ERR_GET_REASON(last) >= kFirstAlert &&
         ERR_GET_REASON(last) <= kLastAlert;
}

}  // namespace ropewalk::ssl::detail
