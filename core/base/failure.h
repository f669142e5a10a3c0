// Failure: an error on its way to whoever handles it. Rules F-01 to F-05 of docs/twisted-rules.md.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "error.h"
#include "print.h"
#include "where.h"

namespace ropewalk {

namespace detail {
/// An exception that says what it is about.
template <class E>
concept ExceptionType = std::is_base_of_v<std::exception, std::remove_cvref_t<E>>;
}  // namespace detail

/// A record of one error: the error object, the place that made the record, and what caused it.
///
/// Cheap to copy (one reference count) and safe to share between threads.
/// Making and passing one never throws and never walks the stack; only raise() and co_await turn it
/// back into an exception.
///
///     download.addErrback([](const Failure& why) {
///       if (!why.check<TimeoutError>()) return log::warn("gave up: {}", why);
///       tryAgain();
///     });
class Failure {
 public:
  /// Wraps an error object. Any type derived from std::exception will do.
  template <detail::ExceptionType E>
  Failure(E&& error, Where where = Where::here()) noexcept  // NOLINT(google-explicit-constructor)
      : record_(make<std::remove_cvref_t<E>>(where, nullptr, std::forward<E>(error))) {}

  /// The same, with the Failure that led to it; getTraceback() prints both.
  template <detail::ExceptionType E>
  Failure(E&& error, const Failure& cause, Where where = Where::here()) noexcept
      : record_(make<std::remove_cvref_t<E>>(where, cause.record_, std::forward<E>(error))) {}

  /// The exception being handled, as a Failure: for use in a catch block. One that raise() threw
  /// gives the original back.
  [[nodiscard]] static Failure current(Where where = Where::here()) noexcept;

  /// The shared, preallocated end of an orderly closed connection: costs no allocation.
  [[nodiscard]] static const Failure& connectionDone() noexcept;

  /// The error as an E, or null when it is of another type. Derived types match (F-02).
  template <class E = std::exception>
  [[nodiscard]] const E* check() const noexcept {
    return dynamic_cast<const E*>(record_->error);
  }

  /// Like check(), but anything that is not an E is raised again (F-02).
  template <class E>
  const E& trap() const {
    if (const E* error = check<E>()) return *error;
    raise();
  }

  /// Throws the error. It can be caught as its own type or as any base of it.
  [[noreturn]] void raise() const {
    record_->raise(*this);
    __builtin_unreachable();  // g++ 12 forgets [[noreturn]] on a virtual call
  }

  /// The name of the error's type: "ConnectionDone".
  [[nodiscard]] std::string kind() const;
  /// What happened, in words: "cannot connect to 127.0.0.1:1: connection refused".
  [[nodiscard]] std::string getErrorMessage() const;
  /// Kind, message and place of this error and of each of its causes, one a line.
  [[nodiscard]] std::string getTraceback() const;
  [[nodiscard]] const Where& where() const noexcept { return record_->where; }

  /// How a Failure looks in a log line: "ConnectionDone: connection was closed cleanly".
  friend std::string toText(const Failure& failure);

  /// Whether both are copies of one Failure, which it stays on its way
  /// through callbacks, co_await and catch.
  [[nodiscard]] bool isSame(const Failure& other) const noexcept {
    // A foreign exception gets a new record each time it is caught.
    return record_ == other.record_ ||
           (record_->error != nullptr && record_->error == other.record_->error);
  }

 private:
  struct Record {
    Record(Where where, std::shared_ptr<const Record> cause) noexcept
        : where(where), cause(std::move(cause)) {}
    virtual ~Record() = default;
    [[noreturn]] virtual void raise(const Failure& self) const = 0;

    const std::exception* error = nullptr;  // null: a foreign one that is no std::exception
    Where where;
    std::shared_ptr<const Record> cause;
  };
  template <class E>
  struct Holder;
  template <class E>
  struct Raised;
  struct Foreign;
  struct RaisedBase;

  explicit Failure(std::shared_ptr<const Record> record) noexcept : record_(std::move(record)) {}

  template <class E, class... Args>
  static std::shared_ptr<const Record> make(Where where, std::shared_ptr<const Record> cause,
                                            Args&&... args) noexcept {
    try {
      return std::make_shared<Holder<E>>(where, std::move(cause), std::forward<Args>(args)...);
    } catch (...) {
      return outOfMemory();
    }
  }
  static std::shared_ptr<const Record> outOfMemory() noexcept;

  std::shared_ptr<const Record> record_;
};

/// Lets current() find the Failure inside an exception that raise() threw.
struct Failure::RaisedBase {
  explicit RaisedBase(const Failure& failure) noexcept : failure(failure) {}
  virtual ~RaisedBase() = default;
  RaisedBase(const RaisedBase&) = default;
  RaisedBase& operator=(const RaisedBase&) = default;
  Failure failure;
};

template <class E>
struct Failure::Raised final : E, RaisedBase {
  Raised(const E& error, const Failure& failure) : E(error), RaisedBase(failure) {}
};

template <class E>
struct Failure::Holder final : Record {
  template <class... Args>
  Holder(Where where, std::shared_ptr<const Record> cause, Args&&... args)
      : Record(where, std::move(cause)), held(std::forward<Args>(args)...) {
    this->error = &held;
  }
  [[noreturn]] void raise(const Failure& self) const override {
    if constexpr (std::is_final_v<E>) {
      throw held;
    } else {
      throw Raised<E>(held, self);
    }
  }
  E held;
};

}  // namespace ropewalk
