// From the nearest zone known downwards: referrals, aliases, and the addresses of servers on the
// way. RFC 1034 §5.3.3.
#include "recursive_resolver.h"

#include <algorithm>
#include <random>
#include <unordered_map>
#include <utility>

#include "answer.h"
#include "delegation.h"
#include "ropewalk/clients/dns/detail/alias_chain.h"
#include "ropewalk/clients/dns/detail/outcome.h"
#include "ropewalk/clients/dns/detail/upstream.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

namespace {

constexpr std::size_t kMaxServers = 1'000;  // whose cookies and abilities are remembered
constexpr int kMaxReferrals = 32;           // from the root to a name; it has 127 labels at most
constexpr int kMaxGlueless = 4;  // servers whose address is looked for, for one zone (NXNSAttack)

std::uint64_t seedOf(std::uint64_t wanted) {
  if (wanted != 0) return wanted;
  return std::uint64_t{randomId()} << 32 | std::uint64_t{randomId()} << 16 | randomId();
}

ClientOptions wireOptions(ClientOptions options) {
  options.recursionDesired = false;
  options.penalty = Duration::zero();
  return options;
}

}  // namespace

struct RecursiveResolver::Core {
  Core(Reactor& loop, RecursiveOptions how)
      : reactor(loop),
        options(std::move(how)),
        delegations(loop, {Name(), options.roots}, options.maxZones),
        random(seedOf(options.seed)) {
    options.wire = wireOptions(std::move(options.wire));
  }

  std::shared_ptr<Upstream> server(const std::string& address) {
    if (servers.size() >= kMaxServers) servers.clear();
    auto& known = servers[address];
    if (known == nullptr) {
      const ServerAddress where{.host = address, .port = options.port};
      known = std::make_shared<Upstream>(reactor, where, options.wire, counts);
    }
    return known;
  }

  /// Addresses that may be asked, in an order of chance.
  std::vector<std::string> usable(std::vector<std::string> addresses) {
    if (!options.ipv6)
      std::erase_if(addresses, [](const auto& each) { return each.find(':') != each.npos; });
    std::shuffle(addresses.begin(), addresses.end(), random);
    return addresses;
  }

  Reactor& reactor;
  RecursiveOptions options;
  DelegationCache delegations;
  std::mt19937_64 random;
  std::shared_ptr<ClientCounts> counts = std::make_shared<ClientCounts>();
  std::unordered_map<std::string, std::shared_ptr<Upstream>> servers;
};

/// All that one question of a user takes. Each function below is a coroutine that keeps it.
struct RecursiveResolver::Work {
  using Self = std::shared_ptr<Work>;

  struct Said {
    Message message{};
    Reply reply = Reply::useless;
    Name zone{};  // of the server
  };

  Work(std::shared_ptr<Core> owner, Question what)
      : core(std::move(owner)), asked(std::move(what)) {}

  [[nodiscard]] Failure failed(const std::string& why) const {
    return Failure(ResolverError(format("cannot resolve {}: {}", toText(asked), why)));
  }
  void note(const std::string& server, const std::string& what) {
    if (account.size() < 1'000)
      account += format("{}{}: {}", account.empty() ? "" : "; ", server, what);
  }

  static Deferred<Message> resolve(Self work, Question question, int depth);
  static Deferred<Said> descend(Self work, Question question, int depth);
  static Deferred<Said> askZone(Self work, Delegation zone, Question question, int depth);
  static Deferred<Said> askServer(Self work, Name zone, NameServer server, Question question);
  static Deferred<std::vector<std::string>> addressesOf(Self work, Name server, int depth);

  std::shared_ptr<Core> core;
  Question asked;
  int queries = 0;
  std::string account{};  // of the servers of the zone that was asked last
};

/// Follows aliases from zone to zone.
Deferred<Message> RecursiveResolver::Work::resolve(Self work, Question question, int depth) {
  Message whole;
  whole.response = whole.recursionDesired = whole.recursionAvailable = true;
  whole.questions.push_back(question);
  std::vector<Name> seen{question.name};
  int aliases = work->core->options.maxAliases;  // that are left
  while (true) {
    Deferred<Said> descending = descend(work, question, depth);
    Said said = co_await std::move(descending);
    Result<AliasChain> chain = believed(said.message, question, said.zone, aliases);
    if (!chain) co_return work->failed(chain.failure().getErrorMessage());
    aliases -= chain->aliases;
    const bool found =
        std::any_of(chain->records.begin(), chain->records.end(), [&](const Record& record) {
          return record.name == chain->end &&
                 (record.type == question.type || question.type == Type::ANY);
        });
    std::move(chain->records.begin(), chain->records.end(), std::back_inserter(whole.answers));
    // Nothing, and no alias that leads out of what was answered: that is the end.
    if (found || chain->end == question.name || said.reply == Reply::negative) {
      whole.rcode = found ? Rcode::NOERROR : said.message.rcode;
      for (Record& record : said.message.authority) {
        if (!found && record.type != Type::NS && record.name.isBelow(said.zone))
          whole.authority.push_back(std::move(record));
      }
      co_return whole;
    }
    const bool again = std::find(seen.begin(), seen.end(), chain->end) != seen.end();
    if (again) co_return work->failed("its aliases go in a circle");
    if (aliases < 0)
      co_return work->failed(format("more than {} aliases", work->core->options.maxAliases));
    seen.push_back(chain->end);
    question.name = std::move(chain->end);
  }
}

/// From the nearest known zone down to the one that answers.
Deferred<RecursiveResolver::Work::Said> RecursiveResolver::Work::descend(Self work,
                                                                         Question question,
                                                                         int depth) {
  Core& core = *work->core;
  // RFC 4035 §3.1.4.1: DS records are with the parent.
  const bool above = question.type == Type::DS && !question.name.isRoot();
  Delegation at = core.delegations.nearest(above ? question.name.parent() : question.name);
  for (int referrals = 0; referrals < kMaxReferrals; ++referrals) {
    Deferred<Said> asking = askZone(work, at, question, depth);
    Said said = co_await std::move(asking);
    if (said.reply != Reply::referral) co_return said;
    Delegation next = readReferral(said.message, question, at.zone, core.reactor.now());
    if (next.servers.empty())
      co_return work->failed(
          format("the servers of {} name none that can be found for the zone "
                 "below",
                 toText(at.zone)));
    core.delegations.put(next);
    at = std::move(next);
  }
  co_return work->failed("too many referrals");
}

/// The servers of one zone, one after the other; those whose address is known first.
Deferred<RecursiveResolver::Work::Said> RecursiveResolver::Work::askZone(Self work, Delegation zone,
                                                                         Question question,
                                                                         int depth) {
  Core& core = *work->core;
  work->account.clear();
  std::shuffle(zone.servers.begin(), zone.servers.end(), core.random);
  std::stable_partition(zone.servers.begin(), zone.servers.end(),
                        [](const NameServer& server) { return !server.addresses.empty(); });
  int glueless = 0;
  for (NameServer& server : zone.servers) {
    if (server.addresses.empty()) {
      if (depth >= core.options.maxDepth || ++glueless > kMaxGlueless) continue;
      Deferred<detail::Outcome<std::vector<std::string>>> finding =
          detail::outcomeOf(addressesOf(work, server.name, depth + 1));
      detail::Outcome<std::vector<std::string>> found = co_await std::move(finding);
      if (found.cancelled()) co_return found.result.failure();
      if (!found.ok()) {
        work->note(toText(server.name), found.result.failure().getErrorMessage());
        continue;
      }
      server.addresses = std::move(*found.result);
      core.delegations.learn(zone.zone, server.name, server.addresses);
    }
    const std::vector<std::string> addresses = core.usable(server.addresses);
    for (const std::string& address : addresses) {
      NameServer one{server.name, {address}};
      Deferred<Said> asking = askServer(work, zone.zone, std::move(one), question);
      Said said = co_await std::move(asking);
      if (said.reply != Reply::useless) co_return said;
    }
  }
  core.delegations.forget(zone.zone);
  co_return work->failed(format("no server of zone {} answers ({})", toText(zone.zone),
                                work->account.empty() ? "none is known" : work->account));
}

/// One server; fails only when the question is to end.
Deferred<RecursiveResolver::Work::Said> RecursiveResolver::Work::askServer(Self work, Name zone,
                                                                           NameServer server,
                                                                           Question question) {
  Core& core = *work->core;
  if (++work->queries > core.options.maxQueries)
    co_return work->failed(format("it takes more than {} queries", core.options.maxQueries));
  const std::string& address = server.addresses.front();
  const TimePoint begun = core.reactor.now();
  Deferred<detail::Outcome<Message>> asking =
      detail::outcomeOf(Upstream::ask(core.server(address), question, core.options.timeout));
  detail::Outcome<Message> outcome = co_await std::move(asking);
  if (outcome.cancelled()) co_return outcome.result.failure();
  if (core.options.trace) {
    core.options.trace({question, zone, server, core.reactor.now() - begun,
                        outcome.ok() ? &*outcome.result : nullptr,
                        outcome.ok() ? nullptr : &outcome.result.failure()});
  }
  const std::string who = format("{} ({})", toText(server.name), address);
  Said said{{}, Reply::useless, zone};
  if (!outcome.ok()) {
    work->note(who, outcome.result.failure().getErrorMessage());
    co_return said;
  }
  said.message = std::move(*outcome.result);
  said.reply = classify(said.message, question, zone);
  if (said.reply == Reply::useless) {
    const bool fine = said.message.rcode == Rcode::NOERROR || said.message.rcode == Rcode::NXDOMAIN;
    work->note(who, fine ? "it does not serve the zone" : toText(said.message.rcode));
  }
  co_return said;
}

Deferred<std::vector<std::string>> RecursiveResolver::Work::addressesOf(Self work, Name server,
                                                                        int depth) {
  std::vector<std::string> addresses;
  for (const Type type : {Type::A, Type::AAAA}) {
    if (type == Type::AAAA && (!work->core->options.ipv6 || !addresses.empty())) break;
    const Question question{server, type};
    Deferred<Message> resolving = resolve(work, question, depth);
    const Message answer = co_await std::move(resolving);
    const Followed found = follow(answer, question);
    for (const A& each : recordsOf<A>(found.records)) addresses.push_back(each.address);
    for (const AAAA& each : recordsOf<AAAA>(found.records)) addresses.push_back(each.address);
  }
  if (!addresses.empty()) co_return addresses;
  co_return Failure(ResolverError("it has no address"));
}

RecursiveResolver::RecursiveResolver(Reactor& reactor, RecursiveOptions options)
    : core_(std::make_shared<Core>(reactor, std::move(options))) {}

RecursiveResolver::~RecursiveResolver() = default;

Deferred<Message> RecursiveResolver::ask(Question question) {
  return inFlight_.ask(question, [this, question] {
    return Work::resolve(std::make_shared<Work>(core_, question), question, 0);
  });
}

}  // namespace ropewalk::dns
