// AnswerCache: answers by question, for as long as their TTLs say. RFC 1035 §7.4, RFC 2308,
// RFC 8767, RFC 9520.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

struct CacheOptions {
  std::size_t entries = 10'000;    ///< at most; the one that was not asked for longest goes first
  std::size_t bytes = 16'777'216;  ///< at most, of all answers together
  Duration maxTtl = std::chrono::hours(24);         ///< whatever the records say
  Duration maxNegativeTtl = std::chrono::hours(3);  ///< RFC 2308 §5
  Duration failureTtl = std::chrono::seconds(5);  ///< of SERVFAIL (RFC 9520 §3.2); zero: not kept

  /// Answers that were asked for twice or more are fetched again when a tenth of their time is
  /// left.
  bool prefetch = true;

  /// How long answers are kept past their time, for when nobody answers (RFC 8767). Zero: not.
  Duration serveStale = Duration::zero();
  /// Without an answer for so long, a stale one is given.
  Duration staleAfter = std::chrono::milliseconds(1'800);
  Duration staleTtl = std::chrono::seconds(30);  ///< what stale answers say
};

struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stale = 0;       ///< answers given past their time
  std::uint64_t prefetches = 0;  ///< questions asked ahead of need
  std::uint64_t evicted = 0;     ///< for lack of room
};

/// How long an answer may be kept: the least TTL of its records; of a negative one what its SOA
/// says; zero for one that may not be kept (a referral, a negative one without SOA, a truncated
/// one).
[[nodiscard]] Duration lifeOf(const Message& answer, const Question& question,
                              const CacheOptions& options);

/// The store, without the asking. A value for one thread; the clock must outlive it.
class AnswerCache {
 public:
  AnswerCache(Clock& clock, CacheOptions options) : clock_(clock), options_(options) {}

  struct Found {
    Message answer{};       ///< with TTLs counted down, or staleTtl
    bool fresh = false;     ///< false: stale
    bool expiring = false;  ///< it is worth fetching again: said once in a life
  };
  /// What is known; nothing when it is not, or is too old even to be stale. NXDOMAIN is an answer
  /// to every type (RFC 2308 §5).
  [[nodiscard]] std::optional<Found> find(const Question& question);

  /// Keeps it where it may be kept; SERVFAIL never in place of a stale answer.
  void put(const Question& question, const Message& answer);
  void clear();

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// What the answers take together, by the measure of CacheOptions::bytes.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

 private:
  struct Entry {
    Message answer{};
    TimePoint stored{};
    TimePoint expires{};
    std::size_t size = 0;
    std::uint64_t hits = 0;
    bool toldExpiring = false;
    std::list<const std::string*>::iterator place{};
  };
  using Entries = std::unordered_map<std::string, Entry>;

  [[nodiscard]] Entries::iterator locate(const Question& question);
  [[nodiscard]] Found serve(Entry& entry, const Question& question) const;
  void insert(std::string key, Entry entry);
  void remove(Entries::iterator entry);
  void makeRoom();

  Clock& clock_;
  CacheOptions options_;
  Entries entries_;
  std::list<const std::string*> order_;  // keys, the one asked for last in front
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace ropewalk::dns
