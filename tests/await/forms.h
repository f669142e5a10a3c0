// What the fixtures of the co_await lint stand on: a coroutine, functions that are awaited, and types of each kind. Stands
// alone, so that any compiler runs it in a second.
#pragma once

#include <array>
#include <coroutine>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace forms {

/// A coroutine that runs to its end once it is resumed as often as it waits.
struct Task {
  struct promise_type {
    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  void finish() {
    while (!handle_.done()) handle_.resume();
    handle_.destroy();
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

/// What is awaited: suspends once, gives a number.
class Later {
 public:
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> /*waiting*/) const noexcept {}
  int await_resume() const noexcept { return 1; }
};

/// On the heap, so that freeing it twice is seen.
inline std::string text() { return std::string(100, 'x'); }

/// An aggregate that owns memory.
struct Options {
  std::string name = text();
  int count = 0;
};
/// One within another, and one that derives.
struct Nested {
  Options options;
  std::optional<std::string> more;
};
struct Derived : Options {
  int extra = 0;
};
/// Other names of it, and of one in the standard library.
using Alias = Options;
typedef Options Typedef;  // NOLINT(modernize-use-using)
using Two = std::array<std::string, 2>;
/// An aggregate whose destruction does nothing.
struct Numbers {
  int first = 0;
  double second = 0;
};
/// What options of awaited functions look like.
class Settings {
 public:
  Settings() = default;
  explicit Settings(Options options) : name_(std::move(options.name)) {}
  Settings& name(std::string value) {
    name_ = std::move(value);
    return *this;
  }

 private:
  std::string name_ = text();
};
/// Takes a braced list of words without an initializer_list.
class Words {
 public:
  template <class... T>
  requires(std::is_constructible_v<std::string, T>&&...) Words(T&&... words) {
    (words_.emplace_back(std::forward<T>(words)), ...);
  }

 private:
  std::vector<std::string> words_;
};

inline Later take(Options /*options*/) { return {}; }
inline Later takeConst(const Options& /*options*/) { return {}; }
inline Later takeNested(Nested /*options*/) { return {}; }
inline Later takeDerived(Derived /*options*/) { return {}; }
inline Later takeDefault(int /*n*/, Options /*options*/ = {}) { return {}; }
inline Later takeConstDefault(const Options& /*options*/ = Options{}) { return {}; }
inline Later takeMade(Options /*options*/ = Options()) { return {}; }
inline Later takeNumbers(Numbers /*numbers*/ = {}) { return {}; }
inline Later takeSettings(Settings /*settings*/ = {}) { return {}; }
inline Later takeWords(Words /*words*/) { return {}; }
inline Later takeText(std::string /*text*/) { return {}; }
inline Later takePair(std::pair<std::string, int> /*pair*/) { return {}; }
inline Later takeMaybe(std::optional<Options> /*options*/ = {}) { return {}; }
inline Later takeArray(std::array<std::string, 2> /*texts*/) { return {}; }
inline Later takeTexts(std::vector<std::string> /*texts*/ = {}) { return {}; }
inline Later takeMap(std::map<int, std::string> /*map*/) { return {}; }
inline Later takeFunction(std::function<void()> /*f*/) { return {}; }
template <class F>
Later takeAny(F&& /*f*/) {
  return {};
}
inline Later wait(int /*n*/ = 0) { return {}; }
inline Options make() { return Options(); }
inline int measure(Options /*options*/, int n = 0) { return n; }

struct Client {
  Later ask(Options /*options*/ = {}) { return {}; }
  Later tell(Settings /*settings*/ = Settings()) { return {}; }
};

/// Names its options within itself, and makes them in a default argument.
struct Connection {
  using Options = forms::Options;
  explicit Connection(Options /*options*/ = Options{text(), 1}) {}
  Later open() { return {}; }
};
using ConnectionOptions = Connection::Options;
using ConnectionAlias = Connection;
/// The same with a class, under the same name within.
struct Channel {
  using Options = Settings;
  explicit Channel(Options /*options*/ = {}) {}
  Later open() { return {}; }
};

/// Macros that await what they are given.
#define FORMS_AWAIT(what) co_await (what)
#define FORMS_SUM(sum, what)  \
  do {                        \
    sum += FORMS_AWAIT(what); \
  } while (false)
#define FORMS_SAY(what) measure(what)  // instead of co_await

/// Runs one of the forms, by its number from 1, or all of them (0), often enough to be sure.
template <std::size_t N>
int run(Task (*const (&forms)[N])(), int argc, char** argv) {
  const std::size_t chosen = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  for (std::size_t i = 0; i < N; ++i) {
    if (chosen != 0 && chosen != i + 1) continue;
    for (int times = 0; times < 20; ++times) forms[i]().finish();
  }
  return 0;
}

}  // namespace forms
