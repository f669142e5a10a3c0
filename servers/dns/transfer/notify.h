// Notifier: tells secondaries that a zone has changed. RFC 1996.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/servers/dns/responders/authority.h"

namespace ropewalk::dns {

struct NotifyTarget {
  Address address{};             ///< an IP address; port 0: 53
  std::optional<TsigKey> key{};  ///< signs the NOTIFY; the answer must be signed with it, too
};

struct NotifierOptions {
  Duration firstWait = std::chrono::seconds(5);  ///< for an answer; doubled each time
  int tries = 5;  ///< for each target and change, RFC 1996 §3.6: then its refresh has to do
  Clock* clock = nullptr;  ///< null: the reactor
};

/// Sends NOTIFY over UDP for every version of a zone that it is told of, to each target until that
/// answers. A newer version takes the place of one that is not answered yet. One thread; dies
/// before the reactor.
///
///     auto notifier = std::make_shared<Notifier>(reactor);
///     notifier->add({Address::fromLiteral("192.0.2.2", 53)});
///     authority->onChange([notifier](const auto& zone) { notifier->changed(*zone); });
class Notifier {
 public:
  struct Counts {
    std::uint64_t sent = 0;      ///< messages
    std::uint64_t answered = 0;  ///< targets that took note
    std::uint64_t failed = 0;    ///< targets that gave no answer, or a bad one
  };

  explicit Notifier(Reactor& reactor, NotifierOptions options = NotifierOptions());
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();

  /// Of every zone, or of this one only. Throws InvalidAddressError when it is no IP address.
  void add(NotifyTarget target);
  void add(const Name& apex, NotifyTarget target);
  /// Begins to tell the targets of this zone; what it still told them of an older version ends.
  void changed(const Zone& zone);

  /// How many targets have not answered yet.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  class Port;
  struct Target : NotifyTarget {
    std::optional<Name> apex;  // nothing: every zone
  };
  struct Waiting {
    std::size_t target = 0;
    Name apex{};
    std::uint32_t serial = 0;
    std::string message{};  // unsigned
    std::optional<TsigSession> session{};
    int tries = 0;
    Duration wait{};
    ScopedCall timer{};
  };

  void begin(std::size_t target, const Zone& zone);
  void send(std::uint16_t id);
  void silent(std::uint16_t id);
  void received(std::string_view message, const DatagramPeer& peer);
  void finish(std::uint16_t id, bool good, std::string_view why);
  [[nodiscard]] DatagramTransport& transportFor(const Address& target);
  [[nodiscard]] std::uint16_t freshId() const;
  [[nodiscard]] Clock& clock() const noexcept;
  [[nodiscard]] std::uint64_t unixTime() const;  // of signatures

  Reactor& reactor_;
  const NotifierOptions options_;
  std::vector<Target> targets_;
  std::map<std::uint16_t, Waiting> waiting_;  // by the id of their message
  Handle<Port> ports_[2];                     // IPv4 and IPv6, made when needed
  Counts counts_;
  Life life_;
};

}  // namespace ropewalk::dns
