// A small name server on the loopback, for tests of the resolver.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ropewalk/core/net/dns/detail/ares_resolver.h"
#include "tests/core/net/world.h"

namespace ropewalk {

/// Answers A and AAAA queries over UDP on the reactor under test, as told. Names that it was not
/// told of do not exist.
class NameServer {
 public:
  enum class Mood { truthful, silent, garbage, refusing, failing, emptyAnswers };

  explicit NameServer(World& world)
      : world_(world), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port_ = ntohs(where.sin_port);
    world_.reactor.addReader(socket_.get(), [this] { readable(); });
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer() { world_.reactor.removeReader(socket_.get()); }

  /// "127.0.0.1:40123".
  [[nodiscard]] std::string where() const { return "127.0.0.1:" + std::to_string(port_); }

  Mood mood = Mood::truthful;
  std::map<std::string, std::vector<std::string>> names;  // addresses of either family
  std::vector<std::string> asked;  // "A www.example.test", in the order they came

 private:
  void readable() {
    char packet[1500];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(), packet, sizeof packet, 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 12) return;
    const std::string reply = answer(std::string(packet, static_cast<std::size_t>(got)));
    if (mood == Mood::silent) return;
    ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
             size);
  }

  std::string answer(std::string query) {
    std::size_t at = 12;
    std::string name;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += 1 + length;
    }
    const int type = query[at + 2];
    asked.push_back((type == 1 ? "A " : "AAAA ") + name);
    std::string reply = query.substr(0, at + 5);  // header and question
    const auto found = names.find(name);
    int code = found == names.end() ? 3 : 0;
    if (mood == Mood::refusing) code = 5;
    if (mood == Mood::failing) code = 2;
    if (mood == Mood::garbage) return reply.substr(0, 2) + std::string(40, '\xff');
    std::string records;
    int count = 0;
    if (code == 0 && mood != Mood::emptyAnswers) {
      for (const auto& address : found->second) count += append(records, type, address);
    }
    reply[2] = '\x81';
    reply[3] = static_cast<char>(0x80 | code);
    reply[6] = 0;
    reply[7] = static_cast<char>(count);
    reply[8] = reply[9] = reply[10] = reply[11] = 0;
    return reply + records;
  }

  static int append(std::string& records, int type, const std::string& address) {
    char bytes[16];
    const int family = type == 1 ? AF_INET : AF_INET6;
    if (::inet_pton(family, address.c_str(), bytes) != 1) return 0;
    const char length = type == 1 ? 4 : 16;
    records += std::string("\xc0\x0c\0", 3) + static_cast<char>(type) +
               std::string("\0\1\0\0\0\x3c\0", 7) + length;
    records.append(bytes, static_cast<std::size_t>(length));
    return 1;
  }

  World& world_;
  UniqueFd socket_;
  std::uint16_t port_ = 0;
};

/// A resolver that asks `server` and nobody else.
inline ResolverOptions only(const NameServer& server) {
  return {.servers = {server.where()},
          .resolvConf = "",
          .hostsFile = "",
          .search = std::vector<std::string>(),
          .ndots = {},
          .timeout = 2s,
          .tries = 1};
}

/// The hosts of addresses, sorted: for comparisons that do not care about RFC 6724.
inline std::set<std::string> hostsOf(const std::vector<Address>& addresses) {
  std::set<std::string> hosts;
  for (const Address& address : addresses) hosts.insert(address.host);
  return hosts;
}

}  // namespace ropewalk
