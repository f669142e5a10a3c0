// limitConnections: at most so many connections at a time, in all and from one peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// No limit.
constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

/// How many connections limitConnections lets in, and what becomes of the others.
struct ConnectionLimits {
  std::size_t total = kUnlimited;  ///< open connections
  /// Of them from one IPv4 address, or one IPv6 /64 (which one customer has whole). Peers without
  /// an IP address (UNIX sockets) count in total only.
  std::size_t perPeer = kUnlimited;
  /// Answers those above a limit ("too many, try later"). None: they are closed without a word.
  std::shared_ptr<Factory> overflow{};
  /// How many of those at a time; the rest is closed without a word.
  std::size_t overflowTotal = 100;
};

/// What limitConnections makes. A connection counts from buildProtocol until connectionLost,
/// whatever goes wrong between. One thread.
class LimitedFactory final : public Factory {
 public:
  LimitedFactory(std::shared_ptr<Factory> inner, ConnectionLimits limits);
  ~LimitedFactory() override;

  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override;
  void startFactory() override;
  void stopFactory() override;

  /// How many are open, those that overflowed aside.
  [[nodiscard]] std::size_t connections() const noexcept;
  /// How many are open from the peers that share a count with this one.
  [[nodiscard]] std::size_t connectionsFrom(const Address& peer) const;
  /// How many came in vain so far.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  class Counts;
  class Slot;
  class Limited;

  std::unique_ptr<Protocol> overflow(const Address& peer);

  std::shared_ptr<Factory> inner_;
  ConnectionLimits limits_;
  std::shared_ptr<Counts> counts_;  // connections may outlive the factory
  std::shared_ptr<Counts> overflowed_;
  std::uint64_t refused_ = 0;
};

/// Limits the connections of a factory, over all the ports that it serves.
///
///     auto limited = limitConnections(site, {.total = 10'000, .perPeer = 50});
[[nodiscard]] std::shared_ptr<LimitedFactory> limitConnections(std::shared_ptr<Factory> factory,
                                                               ConnectionLimits limits);

}  // namespace ropewalk
