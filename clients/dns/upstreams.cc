// The order by health and speed, the race of the two fastest, and probing those that are down.
#include "upstreams.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "answer.h"
#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

inline constexpr log::Logger kLog{"dns.forward"};

/// An answer that another upstream may better. Private to this file.
class PoorAnswer final : public Error {
 public:
  explicit PoorAnswer(Message message)
      : Error("the upstream answered " + toText(message.rcode)), message_(std::move(message)) {}
  [[nodiscard]] const Message& message() const noexcept { return message_; }
  std::string_view kind() const noexcept override { return "PoorAnswer"; }

 private:
  Message message_;
};

bool isPoor(const Message& answer) noexcept {
  const Rcode rcode = answer.rcode;
  return rcode == Rcode::SERVFAIL || rcode == Rcode::REFUSED || rcode == Rcode::NOTIMP ||
         rcode == Rcode::FORMERR || saysNothing(answer);
}

/// What is left when all that was asked so far failed.
struct Rest {
  std::optional<Message> poor;
  std::optional<Failure> failure;

  void add(const Failure& why) {
    if (const auto* group = why.check<FailureGroup>()) {
      for (const Failure& each : group->failures()) add(each);
    } else if (const auto* answer = why.check<PoorAnswer>()) {
      if (!poor || isLame(*poor)) poor = answer->message();
    } else {
      failure = why;
    }
  }
};

}  // namespace

struct Upstreams::Core : std::enable_shared_from_this<Upstreams::Core> {
  struct State {
    Member member;
    Health health{};
    Duration pause{};
    ScopedCall probe{};
  };

  Core(Clock& clock, UpstreamsOptions options) : clock_(clock), options_(options) {}

  [[nodiscard]] std::vector<std::size_t> order();
  static Deferred<Message> ask(std::shared_ptr<Core> core, Question question);
  /// Asks one. Fails with PoorAnswer where there may be better.
  Deferred<Message> attempt(std::size_t index, Question question);
  /// Asks two at once; the slower one is cancelled.
  Deferred<Message> race(std::size_t first, std::size_t second, const Question& question);
  void answered(State& state, Duration took);
  void unanswered(State& state, const Failure& why);
  void probeLater(State& state);
  void probe(State& state);

  Clock& clock_;
  const UpstreamsOptions options_;
  std::vector<State> states_;  // never changes its size once made
};

Upstreams::Upstreams(Clock& clock, std::vector<Member> members, UpstreamsOptions options)
    : core_(std::make_shared<Core>(clock, options)) {
  if (members.empty()) throw std::invalid_argument("cannot forward without an upstream");
  core_->states_.reserve(members.size());
  for (Member& member : members) {
    Core::State& state = core_->states_.emplace_back();
    state.health.name = member.name;
    state.member = std::move(member);
  }
}

Upstreams::~Upstreams() {
  for (Core::State& state : core_->states_) state.probe.clear();
}

std::vector<Upstreams::Health> Upstreams::health() const {
  std::vector<Health> all;
  for (const Core::State& state : core_->states_) all.push_back(state.health);
  return all;
}

Deferred<Message> Upstreams::ask(Question question) {
  return Core::ask(core_, std::move(question));
}

/// Whom to ask, best first.
std::vector<std::size_t> Upstreams::Core::order() {
  std::vector<std::size_t> order(states_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const bool fastest = options_.strategy == UpstreamsOptions::Strategy::fastest;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Health& x = states_[a].health;
    const Health& y = states_[b].health;
    if (x.up != y.up) return x.up;
    return fastest && x.roundTrip < y.roundTrip;
  });
  // Those who are not asked get better by and by, so that they are tried again some time.
  for (std::size_t i = 2; fastest && i < order.size(); ++i) {
    Duration& roundTrip = states_[order[i]].health.roundTrip;
    roundTrip -= roundTrip / 64;
  }
  return order;
}

Deferred<Message> Upstreams::Core::ask(std::shared_ptr<Core> core, Question question) {
  const std::vector<std::size_t> order = core->order();
  const bool both = core->options_.strategy == UpstreamsOptions::Strategy::fastest &&
                    order.size() >= 2 && core->states_[order[1]].health.up;
  Rest rest;
  for (std::size_t i = 0; i < order.size();) {
    const bool two = i == 0 && both;
    Deferred<Message> asked =
        two ? core->race(order[0], order[1], question) : core->attempt(order[i], question);
    i += two ? 2 : 1;
    try {
      Message answer = co_await std::move(asked);
      co_return answer;
    } catch (const CancelledError&) {
      throw;  // whoever asked has left
    } catch (...) {
      rest.add(Failure::current());
    }
  }
  // That a lame upstream has nothing is no news of what those have who did not answer.
  if (!rest.poor || (rest.failure && isLame(*rest.poor))) rest.failure->raise();
  co_return std::move(*rest.poor);
}

Deferred<Message> Upstreams::Core::attempt(std::size_t index, Question question) {
  State& state = states_[index];
  ++state.health.asked;
  const TimePoint start = clock_.now();
  return state.member.resolver->ask(std::move(question))
      .addTimeout(options_.timeout, clock_)
      .addBoth([core = shared_from_this(), &state, start](Result<Message> result) {
        const Duration took = core->clock_.now() - start;
        if (result) {
          core->answered(state, took);
          if (isPoor(*result)) return Result<Message>(Failure(PoorAnswer(std::move(*result))));
        } else if (result.failure().check<CancelledError>()) {
          // Another one was faster: it takes at least so long.
          state.health.roundTrip = std::max(state.health.roundTrip, took);
        } else {
          core->unanswered(state, result.failure());
        }
        return result;
      });
}

Deferred<Message> Upstreams::Core::race(std::size_t first, std::size_t second,
                                        const Question& question) {
  std::vector<Deferred<Message>> both;
  both.push_back(attempt(first, question));
  both.push_back(attempt(second, question));
  return ropewalk::race(std::move(both)).addCallback([](std::pair<std::size_t, Message> winner) {
    return std::move(winner.second);
  });
}

void Upstreams::Core::answered(State& state, Duration took) {
  Health& health = state.health;
  health.roundTrip =
      health.roundTrip == Duration::zero() ? took : (health.roundTrip * 7 + took) / 8;
  health.failures = 0;
  if (health.up) return;
  health.up = true;
  state.pause = {};
  state.probe.clear();
  kLog.info("upstream {} answers again", health.name);
}

void Upstreams::Core::unanswered(State& state, const Failure& why) {
  Health& health = state.health;
  ++health.unanswered;
  if (++health.failures < options_.failuresUntilDown || !health.up) return;
  health.up = false;
  state.pause = options_.firstPause;
  kLog.warn("upstream {} does not answer: {}; asking others first, and probing it in {}",
            health.name, why.getErrorMessage(), humanDuration(state.pause));
  probeLater(state);
}

void Upstreams::Core::probeLater(State& state) {
  state.probe = clock_.callLater(state.pause, [weak = weak_from_this(), &state] {
    if (const auto core = weak.lock()) core->probe(state);
  });
}

void Upstreams::Core::probe(State& state) {
  const TimePoint start = clock_.now();
  state.member.resolver->ask({Name(), Type::NS, Class::IN})
      .addTimeout(options_.timeout, clock_)
      .addBoth([weak = weak_from_this(), &state, start](Result<Message> result) {
        const auto core = weak.lock();
        if (!core) return Unit{};
        if (result) {
          core->answered(state, core->clock_.now() - start);
        } else if (!state.health.up) {
          state.pause = std::min(state.pause * 2, core->options_.longestPause);
          core->probeLater(state);
        }
        return Unit{};
      });
}

}  // namespace ropewalk::dns
