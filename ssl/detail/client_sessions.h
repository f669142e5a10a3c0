// ClientSessions: the tickets of servers that a client may return to.
#pragma once

#include <string>
#include <unordered_map>

#include "openssl.h"

namespace ropewalk::ssl::detail {

/// The latest session for each server. One thread.
class ClientSessions {
 public:
  void put(const std::string& server, SessionPtr session) {
    if (sessions_.size() >= kMost && !sessions_.contains(server))
      sessions_.erase(sessions_.begin());
    sessions_[server] = std::move(session);
  }
  /// Null when there is none. A ticket is for one use (RFC 8446 §C.4): two connections with it
  /// could be linked.
  [[nodiscard]] SessionPtr take(const std::string& server) {
    const auto found = sessions_.find(server);
    if (found == sessions_.end()) return nullptr;
    if (SSL_SESSION_is_resumable(found->second.get()) != 1) {
      sessions_.erase(found);
      return nullptr;
    }
    SessionPtr session = std::move(found->second);
    sessions_.erase(found);
    return session;
  }

 private:
  static constexpr std::size_t kMost = 1'000;

  std::unordered_map<std::string, SessionPtr> sessions_;
};

}  // namespace ropewalk::ssl::detail
