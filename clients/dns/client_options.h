// ClientOptions: whom a dns::Client asks, and how.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk::dns {

/// The defaults are what the machine is configured for.
struct ClientOptions {
  /// ServerAddress strings, in the order they are asked. Empty: those of resolvConf.
  std::vector<std::string> servers{};
  /// Read again when it has changed.
  std::string resolvConf = "/etc/resolv.conf";

  /// For the first try of a server over UDP, doubled from round to round. Unset: as resolvConf
  /// says, else 2 s.
  std::optional<Duration> timeout{};
  /// For a try over TCP, TLS or HTTPS, connecting included, unless `timeout` gives more.
  Duration streamTimeout = std::chrono::seconds(5);
  /// Rounds through the servers. Unset: as resolvConf says, else 3.
  std::optional<int> tries{};
  /// Each question begins with another server. Unset: as resolvConf says, else not. Servers that
  /// did not answer lately come last in any case.
  std::optional<bool> rotate{};
  /// A server that left a question unanswered comes last for so long.
  Duration penalty = std::chrono::seconds(30);

  bool recursionDesired = true;
  bool checkingDisabled = false;  ///< of every question; else as the question says
  bool dnssecOk = false;          ///< asks for signatures; nobody here checks them
  /// Off: never. On: left out towards a server that cannot have it.
  bool edns = true;
  std::uint16_t udpSize = 1232;
  bool randomCase = true;  ///< 0x20, over UDP
  bool cookies = true;     ///< RFC 7873, over UDP
  bool padding = true;     ///< RFC 8467, over TLS and HTTPS
  bool tcp = false;        ///< "192.0.2.1" means tcp://192.0.2.1

  ssl::ClientOptions tls{};  ///< of tls:// and https://
  bool httpGet = false;      ///< https:// asks with GET, which can be cached on the way
};

}  // namespace ropewalk::dns
