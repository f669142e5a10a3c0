// Handler: what a route calls. Made from any callable that takes a Request& and gives something
// that can be sent.
#pragma once

#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "request.h"
#include "response.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk::http {

/// Answers requests. Owned by a Site; its thread.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers now, or sees to it that it is answered later. May throw: see RequestError.
  virtual void handle(Request& request) = 0;
  /// Whether the request may still be looked at after handle() returned. If not, its head need not
  /// be copied out of the read buffer.
  [[nodiscard]] virtual bool keepsRequest() const noexcept { return true; }
};

namespace detail {

template <class R>
concept TextLike = std::is_convertible_v<R, std::string_view> && !std::is_same_v<R, std::string>;

template <class T>
struct Awaited {
  using Type = T;
};
template <class T>
struct Awaited<Deferred<T>> {
  using Type = T;
};

/// What can be sent: now, or once a Deferred has it.
template <class R, class T = typename Awaited<R>::Type>
inline constexpr bool kSendable =
    std::is_void_v<T> || TextLike<T> || std::is_same_v<T, std::string> ||
    std::is_same_v<T, Response> || std::is_same_v<T, JsonValue>;

/// How F may be called; 0: not at all.
template <class F>
constexpr int handlerArguments() {
  if constexpr (std::is_invocable_v<F&, Request&>) {
    return 1;
  } else {
    return std::is_invocable_v<F&, Request&, std::string> ? 2 : 0;
  }
}

/// Whether F can be a handler; if not, the compiler says why, and nothing else.
template <class F>
constexpr bool isHandler() {
  constexpr int kArguments = handlerArguments<F>();
  static_assert(kArguments != 0,
                "a handler takes (http::Request&) or (http::Request&, std::string body)");
  if constexpr (kArguments != 0) {
    using R = std::decay_t<
        typename std::conditional_t<kArguments == 1, std::invoke_result<F&, Request&>,
                                    std::invoke_result<F&, Request&, std::string>>::type>;
    static_assert(kSendable<R>,
                  "a handler gives text, a Response, a JsonValue, a Deferred of one of these, or "
                  "nothing");
    return kSendable<R>;
  }
  return false;
}

/// A text that is there: null has no end, and is a defect of the handler (500).
template <class R>
std::string_view textOf(const R& text) {
  if constexpr (std::is_pointer_v<R>) {
    if (text == nullptr) throw std::logic_error("the handler gave a null pointer instead of text");
  }
  return text;
}

/// Sends what a handler gave.
template <class R>
void answer(Request& request, R&& result) {
  using Value = std::decay_t<R>;
  if constexpr (TextLike<Value>) {
    request.respond(textOf<Value>(result));
  } else if constexpr (std::is_same_v<Value, JsonValue>) {
    request.respond(http::json(result));
  } else if constexpr (std::is_same_v<Value, Deferred<JsonValue>>) {
    request.respond(std::forward<R>(result).addCallback(
        [](const JsonValue& value) { return http::json(value); }));
  } else if constexpr (TextLike<typename Awaited<Value>::Type>) {
    request.respond(std::forward<R>(result).addCallback(
        [](typename Awaited<Value>::Type text) { return std::string(textOf(text)); }));
  } else {
    request.respond(std::forward<R>(result));
  }
}

template <class F>
class FunctionHandler final : public Handler {
 public:
  explicit FunctionHandler(F f) : f_(std::move(f)) {}

  void handle(Request& request) override {
    if constexpr (std::is_invocable_v<F&, Request&>) {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Request&>>) {
        f_(request);
      } else {
        answer(request, f_(request));
      }
    } else {
      withBody(request);
    }
  }
  [[nodiscard]] bool keepsRequest() const noexcept override {
    if constexpr (std::is_invocable_v<F&, Request&>) {
      using R = std::decay_t<std::invoke_result_t<F&, Request&>>;
      return !(TextLike<R> || std::is_same_v<R, std::string> || std::is_same_v<R, JsonValue>);
    } else {
      return true;
    }
  }

 private:
  /// The body first, then the function with it.
  void withBody(Request& request) {
    auto result = request.body().addCallback(
        [this, &request](std::string body) { return called(request, std::move(body)); });
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Request&, std::string>>) {
      request.respond(std::move(result), Request::Finish::byHand);
    } else {
      answer(request, std::move(result));
    }
  }

  /// A coroutine may take the body as a view or a reference: it lives until the answer is there.
  auto called(Request& request, std::string body) {
    using R = std::invoke_result_t<F&, Request&, std::string>;
    if constexpr (std::is_same_v<R, typename Awaited<R>::Type>) {
      return f_(request, std::move(body));
    } else {
      auto kept = std::make_unique<std::string>(std::move(body));
      R answer = f_(request, std::move(*kept));
      return ropewalk::detail::keepUntilFired(std::move(answer), std::move(kept));
    }
  }

  F f_;
};

}  // namespace detail

/// A handler from a function. It is called with the Request, or with the Request and its body (read
/// whole first, up to the site's limit), and gives one of: std::string, const char*,
/// std::string_view; Response; JsonValue; a Deferred of those; Deferred<void>, whose end finishes
/// what was written with request.write(); nothing, where request.finish() is called some time. A
/// coroutine that takes the Request& may use it, views into it, and the body, until it returns.
template <class F>
[[nodiscard]] std::unique_ptr<Handler> handlerFor(F f) {
  if constexpr (detail::isHandler<F>()) {
    return std::make_unique<detail::FunctionHandler<F>>(std::move(f));
  } else {
    return nullptr;
  }
}

}  // namespace ropewalk::http
