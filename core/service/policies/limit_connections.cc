// A place in the counts is an object, which goes back when its connection is lost or its
// protocol dies. IPv4 peers of a dual-stack socket count as IPv4: RFC 4291 §2.5.5.2.

#include "limit_connections.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "protocol_wrapper.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

namespace {

constexpr std::array<unsigned char, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Who shares a count: an IPv4 address (in the low 32 bits, under a prefix that no /64 in use has),
/// or an IPv6 /64. None for what has no IP address.
std::optional<std::uint64_t> peerKey(const Address& peer) {
  const std::string literal = peer.host.substr(0, peer.host.find('%'));  // the scope is our side's
  std::uint32_t v4 = 0;
  if (peer.family == Address::Family::IPv4 && ::inet_pton(AF_INET, literal.c_str(), &v4) == 1) {
    return v4;
  }
  std::array<unsigned char, 16> v6{};
  if (peer.family != Address::Family::IPv6 ||
      ::inet_pton(AF_INET6, literal.c_str(), v6.data()) != 1) {
    return std::nullopt;
  }
  // RFC 4291 §2.5.5.2: an IPv4 peer of a dual-stack socket.
  if (std::memcmp(v6.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0) {
    std::memcpy(&v4, v6.data() + kMappedPrefix.size(), sizeof v4);
    return v4;
  }
  std::uint64_t network = 0;
  for (std::size_t i = 0; i < sizeof network; ++i) network = network << 8 | v6[i];
  return network == 0 ? ~std::uint64_t{0} : network;  // not the key of 0.0.0.0
}

}  // namespace

/// How many are open, and from whom.
class LimitedFactory::Counts {
 public:
  [[nodiscard]] std::size_t total() const noexcept { return total_; }
  [[nodiscard]] std::size_t from(std::uint64_t key) const {
    const auto found = peers_.find(key);
    return found == peers_.end() ? 0 : found->second;
  }
  void add(std::optional<std::uint64_t> key) {
    if (key) ++peers_[*key];
    ++total_;
  }
  void remove(std::optional<std::uint64_t> key) noexcept {
    --total_;
    if (!key) return;
    const auto found = peers_.find(*key);
    if (--found->second == 0) peers_.erase(found);
  }

 private:
  std::size_t total_ = 0;
  std::unordered_map<std::uint64_t, std::size_t> peers_;
};

/// One connection's place in the counts: given back at the latest when it dies.
class LimitedFactory::Slot {
 public:
  Slot(std::shared_ptr<Counts> counts, std::optional<std::uint64_t> key)
      : counts_(std::move(counts)), key_(key) {
    counts_->add(key_);
  }
  Slot(Slot&& other) noexcept : counts_(std::exchange(other.counts_, nullptr)), key_(other.key_) {}
  Slot& operator=(Slot&&) = delete;
  ~Slot() { release(); }

  void release() noexcept {
    if (counts_) std::exchange(counts_, nullptr)->remove(key_);
  }

 private:
  std::shared_ptr<Counts> counts_;
  std::optional<std::uint64_t> key_;
};

class LimitedFactory::Limited final : public ProtocolWrapper {
 public:
  Limited(std::unique_ptr<Protocol> inner, Slot slot)
      : ProtocolWrapper(std::move(inner)), slot_(std::move(slot)) {}

  void connectionLost(const Failure& reason) override {
    slot_.release();
    ProtocolWrapper::connectionLost(reason);
  }

 private:
  Slot slot_;
};

LimitedFactory::LimitedFactory(std::shared_ptr<Factory> inner, ConnectionLimits limits)
    : inner_(std::move(inner)),
      limits_(std::move(limits)),
      counts_(std::make_shared<Counts>()),
      overflowed_(std::make_shared<Counts>()) {}

LimitedFactory::~LimitedFactory() = default;

std::unique_ptr<Protocol> LimitedFactory::buildProtocol(const Address& peer) {
  const std::optional<std::uint64_t> key = peerKey(peer);
  const bool room = counts_->total() < limits_.total && (!key || limits_.perPeer == kUnlimited ||
                                                         counts_->from(*key) < limits_.perPeer);
  if (!room) return overflow(peer);
  Slot slot(counts_, key);  // first: the inner factory may look at the count, refuse, or throw
  std::unique_ptr<Protocol> protocol = inner_->buildProtocol(peer);
  return protocol ? std::make_unique<Limited>(std::move(protocol), std::move(slot)) : nullptr;
}

std::unique_ptr<Protocol> LimitedFactory::overflow(const Address& peer) {
  ++refused_;
  log::debug("too many connections: {} is refused", peer);
  if (!limits_.overflow || overflowed_->total() >= limits_.overflowTotal) return nullptr;
  Slot slot(overflowed_, std::nullopt);
  std::unique_ptr<Protocol> protocol = limits_.overflow->buildProtocol(peer);
  return protocol ? std::make_unique<Limited>(std::move(protocol), std::move(slot)) : nullptr;
}

void LimitedFactory::startFactory() {
  inner_->doStart();
  if (limits_.overflow) limits_.overflow->doStart();
}

void LimitedFactory::stopFactory() {
  inner_->doStop();
  if (limits_.overflow) limits_.overflow->doStop();
}

std::size_t LimitedFactory::connections() const noexcept { return counts_->total(); }

std::size_t LimitedFactory::connectionsFrom(const Address& peer) const {
  const std::optional<std::uint64_t> key = peerKey(peer);
  return key ? counts_->from(*key) : 0;
}

std::shared_ptr<LimitedFactory> limitConnections(std::shared_ptr<Factory> factory,
                                                 ConnectionLimits limits) {
  return std::make_shared<LimitedFactory>(std::move(factory), std::move(limits));
}

}  // namespace ropewalk
