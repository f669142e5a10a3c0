// TicketKeys: what session tickets are sealed with. RFC 5077 §4, RFC 8446 §4.6.1.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "openssl.h"
#include "ropewalk/core/async/clock.h"

namespace ropewalk::ssl::detail {

/// One key: a name that goes into the ticket in the clear, and the secrets. Wiped when it goes.
struct TicketKey {
  ~TicketKey() { OPENSSL_cleanse(this, sizeof *this); }

  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 32> cipher{};
  std::array<unsigned char, 32> mac{};
};

/// The keys of one context, shared by all threads. The first seals, all open. Without a file they
/// are random, and a new one takes the lead every 12 hours; the last two stay for opening.
class TicketKeys {
 public:
  using Now = std::function<TimePoint()>;

  /// @param now  what tells the time, on any thread; empty: the system's steady clock
  explicit TicketKeys(Now now = {});
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  ~TicketKeys() = default;

  /// From a file (ServerOptions::ticketKeys). Throws ContextError. Random keys until then.
  void load(const std::string& file);

  [[nodiscard]] TicketKey sealing();
  /// The key of that name, and whether it is the one that seals now.
  struct Opening {
    TicketKey key;
    bool current = false;
  };
  [[nodiscard]] std::optional<Opening> opening(const unsigned char* name);

  /// For SSL_CTX_set_tlsext_ticket_key_evp_cb.
  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  /// @param renew  whether the client gets a new ticket in any case
  int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
           EVP_MAC_CTX* mac, bool renew);

 private:
  void rotate();

  const Now now_;
  std::mutex mutex_;
  std::vector<TicketKey> keys_;  // under mutex_; the first seals
  bool fromFile_ = false;
  TimePoint rotated_;  // under mutex_
};

}  // namespace ropewalk::ssl::detail
