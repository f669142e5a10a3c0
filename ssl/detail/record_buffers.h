// RecordBuffers: which connections keep OpenSSL's record buffers between two messages.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "ropewalk/core/async/clock.h"

namespace ropewalk::ssl::detail {

/// Two buffers of 17 KiB each are much for an idle connection, and to take and give them back with
/// every message (SSL_MODE_RELEASE_BUFFERS) is a tenth of what a small one costs. So connections
/// give them back, but for a bounded number that speak. One for each ThreadContext.
///
/// Every connection has one place where it may be a keeper, and shares it with others. A keeper
/// that was silent for kSilence loses its place, and its buffers, to the next that speaks there; as
/// long as it speaks it stays, so that no two take the place from each other with each message.
class RecordBuffers {
 public:
  static constexpr std::size_t kPlaces = 128;  // 4 MiB at most
  static constexpr Duration kSilence = std::chrono::seconds(1);

  RecordBuffers() = default;
  RecordBuffers(const RecordBuffers&) = delete;
  RecordBuffers& operator=(const RecordBuffers&) = delete;
  ~RecordBuffers() = default;

  /// The place of one more connection.
  [[nodiscard]] std::size_t assign() noexcept { return next_++ % kPlaces; }

  /// The connection is about to read or to write. It is called before, so that no keeper is taken
  /// for silent while OpenSSL works for it: TLS in TLS writes to another connection meanwhile.
  void speaks(std::size_t place, SSL* ssl, TimePoint now) noexcept {
    Place& here = places_[place];
    if (here.keeper != ssl && !take(here, ssl, now)) return;
    here.spoke = now;
  }

  /// The connection is gone.
  void forget(std::size_t place, const SSL* ssl) noexcept {
    if (places_[place].keeper == ssl) places_[place].keeper = nullptr;
  }

 private:
  struct Place {
    SSL* keeper = nullptr;
    TimePoint spoke{};
  };

  static bool take(Place& place, SSL* ssl, TimePoint now) noexcept {
    if (place.keeper != nullptr) {
      if (now - place.spoke < kSilence) return false;
      release(place.keeper);
    }
    place.keeper = ssl;
    SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    // OpenSSL 3.2 and later tell their record layer only when one is set; this one is set already.
    SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return true;
  }

  static void release(SSL* ssl) noexcept {
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    // Part of a record waits in them: they go when it is complete. Before 3.0.14 OpenSSL frees them
    // even where the next record's header has been read (CVE-2024-4741): "RB" is its body.
    const bool betweenRecords = std::string_view(SSL_rstate_string(ssl)) == "RH";
    if (betweenRecords && SSL_has_pending(ssl) == 0) SSL_free_buffers(ssl);
  }

  std::array<Place, kPlaces> places_{};
  std::size_t next_ = 0;
};

}  // namespace ropewalk::ssl::detail
