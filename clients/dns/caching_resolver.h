// CachingResolver: remembers what another resolver answered. Twisted's cache.CacheResolver, with
// RFC 2308 (negative answers) and RFC 8767 (stale ones).
#pragma once

#include <memory>

#include "answer_cache.h"
#include "in_flight.h"
#include "resolver.h"

namespace ropewalk::dns {

/// Answers from its cache, and asks the other resolver for what is not there; the same question of
/// several is asked once. Answers count their TTLs down.
///
/// Where stale answers are on (CacheOptions::serveStale), one is given when the other resolver
/// fails, says SERVFAIL, or takes longer than staleAfter; it goes on being asked meanwhile.
///
/// One thread; the clock must outlive it. Its end fails what is under way with CancelledError.
///
///     auto client = std::make_shared<dns::Client>(reactor);
///     dns::CachingResolver cache(reactor, client);
///     const std::vector<dns::A> addresses = co_await dns::lookupAddress(cache, "example.org");
class CachingResolver final : public Resolver {
 public:
  CachingResolver(Clock& clock, std::shared_ptr<Resolver> upstream,
                  CacheOptions options = CacheOptions());
  ~CachingResolver() override;

  [[nodiscard]] Deferred<Message> ask(Question question) override;

  /// Puts an answer that came some other way. Twisted's cacheResult.
  void put(const Question& question, const Message& answer);
  void clear();
  [[nodiscard]] CacheCounts counts() const;
  /// Answers that are kept, and what they take, by the measure of CacheOptions::bytes.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Core;

  [[nodiscard]] Deferred<Message> fetch(const Question& question);
  void refresh(const Question& question);

  std::shared_ptr<Core> core_;
  detail::InFlight inFlight_;  // goes first
};

}  // namespace ropewalk::dns
