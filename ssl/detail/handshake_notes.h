// HandshakeNotes: what OpenSSL's callbacks need of one connection, and leave for it.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "ropewalk/core/async/clock.h"

namespace ropewalk::ssl::detail {

struct HandshakeNotes {
  TimePoint began{};
  std::string host;               ///< a client's: whom it means to talk to
  std::string session;            ///< a client's: under which its session is kept
  std::string certificateError;   ///< why the peer's certificate is not accepted
  bool unknownAuthority = false;  ///< that is why
};

inline void setNotes(SSL* ssl, HandshakeNotes* notes) { SSL_set_app_data(ssl, notes); }
/// May be null once the handshake is over.
inline HandshakeNotes* notesOf(const SSL* ssl) {
  return static_cast<HandshakeNotes*>(SSL_get_app_data(ssl));
}

}  // namespace ropewalk::ssl::detail
