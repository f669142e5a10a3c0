// A hash by question and a list by last use; lives counted down as they are served. RFC 2308 §5,
// RFC 8767 §5.
#include "answer_cache.h"

#include <algorithm>
#include <utility>

#include "answer.h"
#include "in_flight.h"
#include "ropewalk/clients/dns/detail/query.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

constexpr Type kEveryType{0};  // of the entry of a name that does not exist; nobody asks for it
constexpr int kPrefetchTenth = 10;  // of an answer's life is left when it is fetched again
constexpr Duration kPrefetchLife = std::chrono::seconds(10);  // shorter ones are not worth it

template <class F>
void eachRecord(Message& answer, F f) {
  for (auto* section : {&answer.answers, &answer.authority, &answer.additional}) {
    for (Record& record : *section) f(record);
  }
}

std::uint32_t secondsOf(Duration duration) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

Duration leastTtl(const std::vector<Record>& records, Duration most) {
  Duration least = most;
  for (const Record& record : records) least = std::min<Duration>(least, Seconds(record.ttl));
  return least;
}

Duration negativeLife(const Message& answer, Duration most) {
  const Record* const authority = negativeAuthority(answer);
  if (authority == nullptr) return Duration::zero();
  const auto soa = SOA::fromData(authority->data, Seconds(authority->ttl));
  if (!soa) return Duration::zero();
  // RFC 2308 §5: the lesser of both.
  return std::min<Duration>({Seconds(soa->minimum), Seconds(authority->ttl), most});
}

std::size_t sizeOf(const std::string& key, const Message& answer) {
  std::size_t size = 2 * key.size() + sizeof(Message) + 128;  // about what the tables take
  for (const auto* section : {&answer.answers, &answer.authority, &answer.additional}) {
    for (const Record& record : *section)
      size += sizeof(Record) + record.name.wire().size() + record.data.size();
  }
  return size;
}

/// The same question for another type.
Question ofType(Question question, Type type) {
  question.type = type;
  return question;
}

/// Whether the name itself does not exist, not one that it is an alias of.
bool deniesName(const Message& answer) {
  return answer.rcode == Rcode::NXDOMAIN && answer.answers.empty();
}

}  // namespace

Duration lifeOf(const Message& answer, const Question& question, const CacheOptions& options) {
  if (answer.truncated) return Duration::zero();
  if (answer.rcode == Rcode::SERVFAIL) return options.failureTtl;
  const bool exists = answer.rcode == Rcode::NOERROR;
  if (!exists && answer.rcode != Rcode::NXDOMAIN) return Duration::zero();
  Duration life = leastTtl(answer.answers, options.maxTtl);
  if (exists && !follow(answer, question).records.empty()) {
    life = leastTtl(answer.authority, life);
    return leastTtl(answer.additional, life);
  }
  return std::min(life, negativeLife(answer, options.maxNegativeTtl));
}

std::optional<AnswerCache::Found> AnswerCache::find(const Question& question) {
  const auto found = locate(question);
  if (found == entries_.end()) return {};
  Entry& entry = found->second;
  if (clock_.now() >= entry.expires + options_.serveStale) {
    remove(found);
    return {};
  }
  ++entry.hits;
  order_.splice(order_.begin(), order_, entry.place);
  Found result = serve(entry, question);
  const Duration life = entry.expires - entry.stored;
  const Duration left = entry.expires - clock_.now();
  if (options_.prefetch && entry.hits >= 2 && !entry.toldExpiring && life >= kPrefetchLife &&
      left * kPrefetchTenth <= life)
    result.expiring = entry.toldExpiring = true;
  return result;
}

AnswerCache::Entries::iterator AnswerCache::locate(const Question& question) {
  const auto exact = entries_.find(detail::keyOf(question));
  if (exact != entries_.end()) return exact;
  return entries_.find(detail::keyOf(ofType(question, kEveryType)));
}

AnswerCache::Found AnswerCache::serve(Entry& entry, const Question& question) const {
  Found found{entry.answer};
  found.fresh = clock_.now() < entry.expires;
  adoptQuestion(found.answer, question);
  for (Question& each : found.answer.questions) each.type = question.type;
  // A second that has begun counts as one that is left (RFC 1035 says nothing finer).
  const std::uint32_t age = secondsOf(clock_.now() - entry.stored);
  const std::uint32_t stale = secondsOf(options_.staleTtl);
  eachRecord(found.answer, [&](Record& record) {
    record.ttl = found.fresh ? record.ttl - std::min(record.ttl, age) : stale;
  });
  return found;
}

void AnswerCache::put(const Question& question, const Message& answer) {
  const Duration life = lifeOf(answer, question, options_);
  if (life <= Duration::zero()) return;
  const Type type = deniesName(answer) ? kEveryType : question.type;
  std::string key = detail::keyOf(ofType(question, type));
  const auto known = entries_.find(key);
  if (known != entries_.end()) {
    if (answer.rcode == Rcode::SERVFAIL && known->second.answer.rcode != Rcode::SERVFAIL) return;
    remove(known);
  }
  if (type == kEveryType) {  // what was known of this type is no more
    const auto exact = entries_.find(detail::keyOf(question));
    if (exact != entries_.end()) remove(exact);
  }
  Entry entry{answer};
  entry.answer.authoritative = false;  // we are not
  entry.answer.edns.reset();           // was between the server and us
  entry.stored = clock_.now();
  entry.expires = entry.stored + life;
  // What a negative answer says must not outlive it, nor what maxTtl cuts.
  const std::uint32_t most = secondsOf(life);
  eachRecord(entry.answer, [&](Record& record) { record.ttl = std::min(record.ttl, most); });
  insert(std::move(key), std::move(entry));
}

void AnswerCache::insert(std::string key, Entry entry) {
  entry.size = sizeOf(key, entry.answer);
  if (entry.size > options_.bytes) return;
  bytes_ += entry.size;
  const auto [at, fresh] = entries_.emplace(std::move(key), std::move(entry));
  order_.push_front(&at->first);
  at->second.place = order_.begin();
  makeRoom();
}

void AnswerCache::remove(Entries::iterator entry) {
  bytes_ -= entry->second.size;
  order_.erase(entry->second.place);
  entries_.erase(entry);
}

void AnswerCache::makeRoom() {
  while (entries_.size() > options_.entries || bytes_ > options_.bytes) {
    ++evicted_;
    remove(entries_.find(*order_.back()));
  }
}

void AnswerCache::clear() {
  entries_.clear();
  order_.clear();
  bytes_ = 0;
}

}  // namespace ropewalk::dns
