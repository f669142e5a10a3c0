// Upstreams: several resolvers as one, of which those are asked that answer, and answer fast.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "resolver.h"
#include "ropewalk/core/async/clock.h"

namespace ropewalk::dns {

struct UpstreamsOptions {
  enum class Strategy : std::uint8_t {
    inTurn,   ///< the first one that is up; the next ones only when it fails
    fastest,  ///< the two that answered fastest of late, both at once
  };
  Strategy strategy = Strategy::inTurn;
  /// For one upstream to answer, before the next one is asked.
  Duration timeout = std::chrono::seconds(5);
  /// So many questions in a row without an answer, and it is down: asked last, and probed.
  int failuresUntilDown = 3;
  /// Before the first probe; doubled from one to the next.
  Duration firstPause = std::chrono::seconds(1);
  Duration longestPause = std::chrono::seconds(60);
};

/// An answer of SERVFAIL, REFUSED, NOTIMP or FORMERR, a mere referral, or an empty one without AA
/// and RA (a lame server's), is passed over as long as there is somebody else to ask, but is no
/// sign of bad health: a name that nobody can resolve must not bring the upstreams down. When none
/// has better, it is the answer. When none answers, the failure of the last one it is.
///
/// One that is down is probed with the NS records of the root, and is up again when it answers
/// anything at all. While all are down, all are asked.
///
/// One thread; the clock must outlive it.
class Upstreams final : public Resolver {
 public:
  struct Member {
    std::string name;  ///< for logs: "tls://192.0.2.1"
    std::shared_ptr<Resolver> resolver;
  };

  /// Throws std::invalid_argument without members.
  Upstreams(Clock& clock, std::vector<Member> members,
            UpstreamsOptions options = UpstreamsOptions());
  ~Upstreams() override;

  [[nodiscard]] Deferred<Message> ask(Question question) override;

  struct Health {
    std::string name;
    bool up = true;
    int failures = 0;         ///< in a row
    Duration roundTrip{};     ///< smoothed; 0: not known
    std::uint64_t asked = 0;  ///< questions, without probes
    std::uint64_t unanswered = 0;
  };
  /// In the order of the members.
  [[nodiscard]] std::vector<Health> health() const;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace ropewalk::dns
