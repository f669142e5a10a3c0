// AresChannel: c-ares driven by a reactor. The only place that knows c-ares; a private header.
#pragma once

#include <ares.h>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ares_resolver.h"
#include "ares_sockets.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/dns/resolv_conf.h"

namespace ropewalk::detail {

/// Owns the c-ares channel: tells the reactor which sockets and times it waits for, and it what
/// they gave. One thread.
///
/// c-ares must not be entered again, least of all destroyed, from its own callbacks. So an answer
/// is only noted there, and handed out once c-ares has returned; that is also why whatever a
/// callback of a query does (asking again, closing the resolver) is allowed.
class AresChannel final : public std::enable_shared_from_this<AresChannel> {
 public:
  AresChannel(Reactor& reactor, ResolverOptions options);
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;
  ~AresChannel();

  [[nodiscard]] Deferred<std::vector<Address>> ask(std::string name, std::uint16_t port);
  /// Fails what is under way, and lets go of the reactor.
  void close();

 private:
  struct Query {
    AresChannel* channel = nullptr;
    std::list<Query>::iterator position{};
    std::string name;
    std::uint16_t port = 0;
    Source<std::vector<Address>> source{};
    std::optional<Result<std::vector<Address>>> result{};
  };
  struct Interest {
    bool read = false;
    bool write = false;
  };

  void open();
  void reopenIfReconfigured();
  void useServers(const std::vector<std::string>& servers);
  void readRefusal(int fd);
  void orderServers();
  void watch(int fd, Interest interest);
  void process(int readable, int writable);
  void waitForTimeout();
  void handOut();
  static void answered(void* query, int status, int timeouts, ares_addrinfo* found) noexcept;
  static Result<std::vector<Address>> toAddresses(const Query& query, const ares_addrinfo* found);
  Failure explain(const Query& query, int status) const;
  std::vector<std::string> serverList() const;
  std::string servers() const;

  Reactor& reactor_;
  const ResolverOptions options_;
  AresSockets sockets_;
  ares_channel channel_ = nullptr;
  ResolvConfFile conf_;
  std::vector<std::string> configured_;  // servers in the order that was asked for
  std::vector<std::string> ordered_;     // in that they are asked in now
  std::string better_{};                 // a server that answered while another one was silent
  TimePoint betterUntil_{};
  std::unordered_map<int, Interest> watched_;
  std::list<Query> asked_;     // c-ares points into these
  std::list<Query> answered_;  // not yet handed out
  ScopedCall timer_;
};

}  // namespace ropewalk::detail
