// What functions of users may take and give, brought to one form. For name_functions.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns::detail {

/// Takes what a function gave. Two of them: into a message that is being written, and into one that
/// is kept.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void record(std::string_view name, Type type, Class klass, std::uint32_t ttl,
                      std::string_view data) = 0;
  virtual void rcode(Rcode rcode) = 0;
  virtual void message(Message message) = 0;
  /// The name that was asked for, in wire form.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
};

/// A user's function, whatever it takes and gives.
class NameFunction {
 public:
  virtual ~NameFunction() = default;
  /// False when it answers later: then only later() may be called.
  [[nodiscard]] virtual bool answersAtOnce() const noexcept = 0;
  /// @return false to pass
  virtual bool now(const Query& query, AnswerSink& sink) = 0;
  /// Kept until the Deferred has fired.
  [[nodiscard]] virtual Deferred<std::optional<Message>> later(LaterQuery query) = 0;
};

/// What resolve() gives is collected in a Message.
[[nodiscard]] std::unique_ptr<AnswerSink> sinkInto(Message& message, const Question& question);

template <class T>
concept TypedRecord = requires(const T& typed) {
  { T::kType } -> std::convertible_to<Type>;
  { typed.data() } -> std::convertible_to<std::string>;
  { typed.ttl } -> std::convertible_to<Seconds>;
};

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsDeferred = false;
template <class T>
inline constexpr bool kIsDeferred<Deferred<T>> = true;

/// Hands what a function gave to the sink. @return false to pass
template <class T>
bool give(T&& given, AnswerSink& sink) {
  using Value = std::decay_t<T>;
  if constexpr (kIsOptional<Value>) {
    return given.has_value() && give(*std::forward<T>(given), sink);
  } else if constexpr (kIsVector<Value>) {
    for (const auto& each : given) give(each, sink);
    return true;
  } else if constexpr (TypedRecord<Value>) {
    const auto ttl = static_cast<std::uint32_t>(given.ttl.count());
    sink.record(sink.name(), Value::kType, Class::IN, ttl, given.data());
    return true;
  } else if constexpr (std::is_same_v<Value, Record>) {
    sink.record(given.name.wire(), given.type, given.klass, given.ttl, given.data);
    return true;
  } else if constexpr (std::is_same_v<Value, Rcode>) {
    sink.rcode(given);
    return true;
  } else if constexpr (std::is_same_v<Value, Message>) {
    sink.message(std::forward<T>(given));
    return true;
  } else {
    static_assert(ropewalk::detail::kNever<Value>,
                  "a function gives a typed record, a Record, a vector of them, an Rcode, a "
                  "Message, an optional of these, or a Deferred of any");
  }
}

/// Calls it with what it takes; Kept is a Query or a LaterQuery.
template <class F, class Kept>
decltype(auto) callWith(F& f, const Kept& query) {
  if constexpr (std::is_invocable_v<F&, const Kept&>) {
    return f(query);
  } else if constexpr (std::is_invocable_v<F&, const Question&>) {
    if constexpr (std::is_same_v<Kept, Query>) {
      return f(query.question());
    } else {
      return f(query.question);
    }
  } else {
    static_assert(std::is_invocable_v<F&>,
                  "a function takes a const Question&, a const Query& or nothing; one that gives a "
                  "Deferred takes a Question, a LaterQuery or nothing");
    return f();
  }
}

template <class F>
class NameFunctionOf final : public NameFunction,
                             public std::enable_shared_from_this<NameFunctionOf<F>> {
  // Functions that take a Query cannot be tried with a LaterQuery, and the other way round.
  template <class Kept>
  static constexpr bool kTakes =
      std::is_invocable_v<F&, const Kept&> || std::is_invocable_v<F&, const Question&> ||
      std::is_invocable_v<F&>;
  using Kept = std::conditional_t<kTakes<Query>, Query, LaterQuery>;
  using Given = std::decay_t<decltype(callWith(std::declval<F&>(), std::declval<const Kept&>()))>;
  static constexpr bool kLater = kIsDeferred<Given>;
  static_assert(!kLater || kTakes<LaterQuery>,
                "a Query is gone when a Deferred fires: take a Question or a LaterQuery");

 public:
  explicit NameFunctionOf(F f) : f_(std::move(f)) {}

  [[nodiscard]] bool answersAtOnce() const noexcept override { return !kLater; }

  bool now(const Query& query, AnswerSink& sink) override {
    if constexpr (kLater) {
      return false;
    } else {
      static_assert(kTakes<Query>, "a function that takes a LaterQuery gives a Deferred");
      return give(callWith(f_, query), sink);
    }
  }

  Deferred<std::optional<Message>> later(LaterQuery query) override {
    if constexpr (kLater) {
      return wait(this->shared_from_this(), std::move(query));
    } else {
      return succeed(std::optional<Message>());
    }
  }

 private:
  // The frame keeps the function and the question: a coroutine of the user's may look at both for
  // as long as it runs.
  static Deferred<std::optional<Message>> wait(std::shared_ptr<NameFunctionOf> self,
                                               LaterQuery query) requires(kLater) {
    Given pending = callWith(self->f_, std::as_const(query));
    auto given = co_await std::move(pending);
    Message message;
    const auto sink = sinkInto(message, query.question);
    if (!give(std::move(given), *sink)) co_return std::nullopt;
    co_return message;
  }

  F f_;
};

}  // namespace ropewalk::dns::detail
