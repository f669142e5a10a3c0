// The patience that ends in a stale answer, and asking ahead of expiry. RFC 8767 §5.
#include "caching_resolver.h"

#include <utility>

#include "ropewalk/clients/dns/detail/outcome.h"

namespace ropewalk::dns {

struct CachingResolver::Core {
  Core(Clock& timer, std::shared_ptr<Resolver> asked, CacheOptions how)
      : clock(timer), upstream(std::move(asked)), options(how), cache(timer, how) {}

  Clock& clock;
  std::shared_ptr<Resolver> upstream;
  CacheOptions options;
  AnswerCache cache;
  CacheCounts counts{};
};

namespace {

bool failed(const Result<Message>& result) {
  return !result.ok() || result->rcode == Rcode::SERVFAIL;
}

/// The answer of `asking`, or the stale one when that fails or takes too long.
Deferred<Message> preferFresh(Deferred<Message> asking, Message stale, Duration patience,
                              Clock& clock, std::shared_ptr<CacheCounts> counts) {
  // The question goes on when patience is over: so it is not the one that is timed out.
  struct Wait {
    Source<Message> source{};
    ScopedCall timer{};
  };
  const auto wait = std::make_shared<Wait>();
  Deferred<Message> answer = wait->source.deferred();
  const auto giveStale = [wait, counts, stale = std::move(stale)] {
    if (wait->source.called()) return;
    ++counts->stale;
    wait->source.callback(stale);
  };
  wait->timer = clock.callLater(patience, giveStale);
  static_cast<void>(std::move(asking).addBoth([wait, giveStale](Result<Message> result) {
    wait->timer.clear();
    if (failed(result)) {
      giveStale();
    } else if (!wait->source.called()) {
      wait->source.callback(std::move(*result));
    }
    return Unit{};
  }));
  return answer;
}

}  // namespace

CachingResolver::CachingResolver(Clock& clock, std::shared_ptr<Resolver> upstream,
                                 CacheOptions options)
    : core_(std::make_shared<Core>(clock, std::move(upstream), options)) {}

CachingResolver::~CachingResolver() = default;

Deferred<Message> CachingResolver::ask(Question question) {
  std::optional<AnswerCache::Found> found = core_->cache.find(question);
  if (found && found->fresh) {
    ++core_->counts.hits;
    if (found->expiring) refresh(question);
    return succeed(std::move(found->answer));
  }
  ++core_->counts.misses;
  if (!found) return fetch(question);
  const std::shared_ptr<CacheCounts> counts(core_, &core_->counts);
  return preferFresh(fetch(question), std::move(found->answer), core_->options.staleAfter,
                     core_->clock, counts);
}

Deferred<Message> CachingResolver::fetch(const Question& question) {
  return inFlight_.ask(question, [core = core_, question] {
    return core->upstream->ask(question).addCallback([core, question](Message answer) {
      core->cache.put(question, answer);
      return answer;
    });
  });
}

void CachingResolver::refresh(const Question& question) {
  if (inFlight_.contains(question)) return;
  ++core_->counts.prefetches;
  static_cast<void>(fetch(question).addErrback([](const Failure&) {}));  // there is time left
}

void CachingResolver::put(const Question& question, const Message& answer) {
  core_->cache.put(question, answer);
}

void CachingResolver::clear() { core_->cache.clear(); }

CacheCounts CachingResolver::counts() const {
  CacheCounts counts = core_->counts;
  counts.evicted = core_->cache.evicted();
  return counts;
}

std::size_t CachingResolver::size() const noexcept { return core_->cache.size(); }
std::size_t CachingResolver::bytes() const noexcept { return core_->cache.bytes(); }

}  // namespace ropewalk::dns
