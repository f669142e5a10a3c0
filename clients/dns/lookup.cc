// One coroutine for every type: ask, follow aliases, read; CAA climbs. RFC 8659 §3.
#include "lookup.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "answer.h"
#include "ropewalk/clients/dns/detail/outcome.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/host_resolver.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/errors.h"
#include "system_resolver.h"

namespace ropewalk::dns {

namespace {

constexpr int kMaxQuestions = 8;  // for one chain of CNAMEs over several answers

Failure noData(const Question& question) {
  return Failure(
      DNSNoDataError(format("cannot resolve {}: the name has no such record", toText(question))));
}

Deferred<std::vector<Record>> queryName(Resolver& resolver, Name name, Type type) {
  const Question asked{std::move(name), type};
  Question question = asked;
  for (int questions = 0; questions < kMaxQuestions; ++questions) {
    Deferred<Message> asking = resolver.ask(question);
    const Message answer = co_await std::move(asking);
    Followed followed = follow(answer, question);
    if (!followed.records.empty()) co_return std::move(followed.records);
    const Result<void> good = checkRcode(answer, asked);
    if (!good) co_return good.failure();
    // A resolver follows aliases to their end; one that stopped on the way is asked for the rest.
    const bool ended = followed.name == question.name || negativeAuthority(answer) != nullptr;
    if (ended) co_return nothingFound(answer, asked);
    question.name = std::move(followed.name);
  }
  co_return Failure(ResolverError(format("cannot resolve {}: too many aliases", toText(asked))));
}

/// Those of one type, which a name has if the query did not fail; none can be read: FormatError.
template <class T>
Result<std::vector<T>> typed(const std::vector<Record>& records) {
  std::vector<T> all = recordsOf<T>(records);
  if (!all.empty()) return all;
  return Failure(FormatError(format("cannot read the {} records of {}", toText(T::kType),
                                    records.empty() ? "." : toText(records.front().name))));
}

template <class T>
Deferred<std::vector<T>> lookup(Resolver& resolver, const std::string& text) {
  Result<Name> name = Name::parse(text);
  if (!name) return fail<std::vector<T>>(name.failure());
  return queryName(resolver, std::move(*name), T::kType)
      .addCallback([](const std::vector<Record>& records) { return typed<T>(records); });
}

Deferred<std::vector<CAA>> climb(Resolver& resolver, Name name) {
  for (Name at = name; !at.isRoot(); at = at.parent()) {
    Deferred<detail::Outcome<std::vector<Record>>> asking =
        detail::outcomeOf(queryName(resolver, at, Type::CAA));
    const detail::Outcome<std::vector<Record>> outcome = co_await std::move(asking);
    if (outcome.ok()) co_return typed<CAA>(*outcome.result);
    const Failure& why = outcome.result.failure();
    const bool none =
        why.check<DNSNoDataError>() != nullptr || why.check<DNSNameError>() != nullptr;
    if (!none) co_return why;
  }
  co_return noData({name, Type::CAA});
}

}  // namespace

Deferred<std::vector<Record>> query(Resolver& resolver, std::string name, Type type) {
  Result<Name> parsed = Name::parse(name);
  if (!parsed) return fail<std::vector<Record>>(parsed.failure());
  return queryName(resolver, std::move(*parsed), type);
}

Deferred<std::vector<A>> lookupAddress(Resolver& resolver, std::string name) {
  return lookup<A>(resolver, name);
}
Deferred<std::vector<AAAA>> lookupIPV6Address(Resolver& resolver, std::string name) {
  return lookup<AAAA>(resolver, name);
}
Deferred<std::vector<MX>> lookupMailExchange(Resolver& resolver, std::string name) {
  return lookup<MX>(resolver, name).addCallback([](std::vector<MX> all) {
    std::stable_sort(all.begin(), all.end(),
                     [](const MX& a, const MX& b) { return a.preference < b.preference; });
    return all;
  });
}
Deferred<std::vector<SRV>> lookupService(Resolver& resolver, std::string name) {
  return lookup<SRV>(resolver, name).addCallback([](std::vector<SRV> all) {
    std::stable_sort(all.begin(), all.end(), [](const SRV& a, const SRV& b) {
      return std::tuple(a.priority, b.weight) < std::tuple(b.priority, a.weight);
    });
    return all;
  });
}
Deferred<std::vector<TXT>> lookupText(Resolver& resolver, std::string name) {
  return lookup<TXT>(resolver, name);
}
Deferred<std::vector<PTR>> lookupPointer(Resolver& resolver, std::string name) {
  const Result<Name> reverse = Name::reverse(name);
  return lookup<PTR>(resolver, reverse ? toText(*reverse) : name);
}
Deferred<std::vector<NS>> lookupNameservers(Resolver& resolver, std::string name) {
  return lookup<NS>(resolver, name);
}
Deferred<SOA> lookupAuthority(Resolver& resolver, std::string name) {
  return lookup<SOA>(resolver, name).addCallback([](std::vector<SOA> all) {
    return std::move(all.front());
  });
}
Deferred<std::vector<CAA>> lookupCAA(Resolver& resolver, std::string name) {
  Result<Name> parsed = Name::parse(name);
  if (!parsed) return fail<std::vector<CAA>>(parsed.failure());
  return climb(resolver, std::move(*parsed));
}

Deferred<std::vector<Record>> query(std::string name, Type type) {
  return query(defaultResolver(), std::move(name), type);
}
Deferred<std::vector<A>> lookupAddress(std::string name) {
  return lookupAddress(defaultResolver(), std::move(name));
}
Deferred<std::vector<AAAA>> lookupIPV6Address(std::string name) {
  return lookupIPV6Address(defaultResolver(), std::move(name));
}
Deferred<std::vector<MX>> lookupMailExchange(std::string name) {
  return lookupMailExchange(defaultResolver(), std::move(name));
}
Deferred<std::vector<SRV>> lookupService(std::string name) {
  return lookupService(defaultResolver(), std::move(name));
}
Deferred<std::vector<TXT>> lookupText(std::string name) {
  return lookupText(defaultResolver(), std::move(name));
}
Deferred<std::vector<PTR>> lookupPointer(std::string name) {
  return lookupPointer(defaultResolver(), std::move(name));
}
Deferred<std::vector<NS>> lookupNameservers(std::string name) {
  return lookupNameservers(defaultResolver(), std::move(name));
}
Deferred<SOA> lookupAuthority(std::string name) {
  return lookupAuthority(defaultResolver(), std::move(name));
}
Deferred<std::vector<CAA>> lookupCAA(std::string name) {
  return lookupCAA(defaultResolver(), std::move(name));
}

Deferred<std::string> getHostByName(Reactor& reactor, std::string name) {
  return reactor.nameResolver()
      .resolve(std::move(name), 0)
      .addCallback([](const std::vector<Address>& addresses) { return addresses.front().host; });
}
Deferred<std::string> getHostByName(std::string name) {
  return getHostByName(reactor(), std::move(name));
}

}  // namespace ropewalk::dns
