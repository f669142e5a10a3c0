// One Race object, kept alive by its attempts: a timer and each failure start the next one, the
// first success ends it. RFC 8305 §4, §5.

#include "race_connect.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ropewalk/core/base/format.h"

namespace ropewalk {

namespace {

/// How far an attempt got before it failed: the one that got furthest tells most
/// about what is wrong.
enum class Reached { nothing, kernel, route, silence, host };

Reached reached(const Failure& why) {
  if (why.check<ConnectionRefusedError>() != nullptr) return Reached::host;
  if (why.check<TCPTimedOutError>() != nullptr || why.check<ConnectTimeoutError>() != nullptr) {
    return Reached::silence;
  }
  if (why.check<NoRouteError>() != nullptr) return Reached::route;
  return why.check<ConnectError>() != nullptr ? Reached::kernel : Reached::nothing;
}

/// A failure of the same type as `like`, as far as connecting has types, with another message.
Failure sameKind(const Failure& like, std::string message) {
  if (like.check<ConnectionRefusedError>() != nullptr) {
    return {ConnectionRefusedError(std::move(message)), like};
  }
  if (like.check<TCPTimedOutError>() != nullptr)
    return {TCPTimedOutError(std::move(message)), like};
  if (like.check<ConnectTimeoutError>() != nullptr) {
    return {ConnectTimeoutError(std::move(message)), like};
  }
  if (like.check<NoRouteError>() != nullptr) return {NoRouteError(std::move(message)), like};
  if (like.check<ConnectBindError>() != nullptr)
    return {ConnectBindError(std::move(message)), like};
  return {ConnectError(std::move(message)), like};
}

/// "[::1]:80: connection refused": the attempt's own message may begin with the address already.
std::string reasonOf(const Address& address, const Failure& why) {
  const std::string name = toText(address);
  const std::string message = why.getErrorMessage();
  const std::string prefix = "cannot connect to " + name + ": ";
  if (message.starts_with(prefix)) return name + ": " + message.substr(prefix.size());
  return name + ": " + message;
}

/// One race. Kept alive by the closures of its attempts, and by the canceller of its result.
class Race final : public std::enable_shared_from_this<Race> {
 public:
  Race(Clock& clock, std::vector<Address> addresses, ConnectAttempt attempt, RaceOptions options)
      : clock_(clock),
        addresses_(interleaveFamilies(std::move(addresses))),
        attempt_(std::move(attempt)),
        options_(options),
        failures_(addresses_.size()) {
    attempts_.reserve(addresses_.size());
  }

  Deferred<UniqueFd> start() {
    Deferred<UniqueFd> result = source_.deferred();
    source_.onCancel([self = shared_from_this()](Source<UniqueFd>&) { self->cancelled(); });
    startNext();
    return result;
  }

 private:
  /// Weak: a clock may hold its call for long, and the timer must not keep the race alive.
  void startNextLater() {
    timer_ = clock_.callLater(options_.attemptDelay(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->startNext();
    });
  }

  /// Starts attempts until one is under way. A loop, since an attempt may fail
  /// while it is being made.
  void startNext() {
    if (std::exchange(starting_, true)) {
      startAgain_ = true;
      return;
    }
    do {
      startAgain_ = false;
      startOne();
    } while (startAgain_ && !over_);
    starting_ = false;
  }

  void startOne() {
    const std::size_t index = attempts_.size();
    attempts_.emplace_back();
    timer_.clear();
    if (index + 1 < addresses_.size()) startNextLater();
    Deferred<UniqueFd> attempt =
        maybeDeferred([this, index] {
          return attempt_(addresses_[index]);
        }).addBoth([self = shared_from_this(), index](Result<UniqueFd>& result) {
          self->finished(index, result);
        });
    if (attempt.ready()) return;
    if (over_) {  // making it has ended the race
      attempt.cancel();
    } else {
      attempts_[index] = std::move(attempt);
    }
  }

  void finished(std::size_t index, Result<UniqueFd>& result) {
    if (over_) {  // too late: the descriptor is closed, the failure interests nobody
      result = UniqueFd();
      return;
    }
    if (result.ok()) {
      finish(std::move(*result));
      return;
    }
    const Failure why = result.failure();
    result = UniqueFd();
    failures_[index] = why;
    ++failed_;
    if (why.check<SourceDroppedError>() != nullptr) {
      finish(why);  // whoever makes the attempts is going away: do not ask for more
    } else if (failed_ == addresses_.size()) {
      finish(allFailed());
    } else if (attempts_.size() < addresses_.size()) {
      startNext();
    }
  }

  void finish(Result<UniqueFd> result) {
    const auto self = shared_from_this();
    end();
    source_.fire(std::move(result));
  }

  void cancelled() {
    const auto self = shared_from_this();
    end();
  }

  void end() {
    over_ = true;
    timer_.clear();
    // Cancelling calls back into finished(), which does nothing any more.
    for (auto& attempt : attempts_) {
      if (attempt) attempt->cancel();
    }
    attempts_.clear();
  }

  Failure allFailed() const {
    if (failures_.size() == 1) return *failures_.front();
    const auto telling =
        std::max_element(failures_.begin(), failures_.end(),
                         [](const auto& a, const auto& b) { return reached(*a) < reached(*b); });
    std::string message = format("cannot connect to any of {} addresses: ", addresses_.size());
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      if (i != 0) message += "; ";
      message += reasonOf(addresses_[i], *failures_[i]);
    }
    return sameKind(**telling, std::move(message));
  }

  Clock& clock_;
  const std::vector<Address> addresses_;
  ConnectAttempt attempt_;
  const RaceOptions options_;
  Source<UniqueFd> source_;
  std::vector<std::optional<Deferred<UniqueFd>>> attempts_;  // by address, as far as started
  std::vector<std::optional<Failure>> failures_;             // by address
  std::size_t failed_ = 0;
  ScopedCall timer_;
  bool starting_ = false;
  bool startAgain_ = false;
  bool over_ = false;
};

}  // namespace

std::vector<Address> interleaveFamilies(std::vector<Address> addresses) {
  if (addresses.empty()) return addresses;
  const Address::Family first = addresses.front().family;
  const auto middle =
      std::stable_partition(addresses.begin(), addresses.end(),
                            [first](const Address& address) { return address.family == first; });
  std::vector<Address> mixed;
  mixed.reserve(addresses.size());
  for (auto a = addresses.begin(), b = middle; a != middle || b != addresses.end();) {
    if (a != middle) mixed.push_back(std::move(*a++));
    if (b != addresses.end()) mixed.push_back(std::move(*b++));
  }
  return mixed;
}

Deferred<UniqueFd> raceConnect(Clock& clock, std::vector<Address> addresses, ConnectAttempt attempt,
                               RaceOptions options) {
  if (addresses.empty()) {
    return fail<UniqueFd>(DNSLookupError("cannot connect: there is no address to connect to"));
  }
  return std::make_shared<Race>(clock, std::move(addresses), std::move(attempt), options)->start();
}

}  // namespace ropewalk
