// The loops that carry a result down a line of states and a cancellation up, so that no length of
// it needs stack; unhandled failures; the debug mode.

#include "deferred.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <unordered_map>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

namespace {

std::atomic<UnhandledHook> unhandledHook{nullptr};

void logUnhandled(const Failure& failure, std::string_view origin) {
  log::critical("Unhandled error in Deferred: {}{}", failure.getTraceback(), origin);
}

}  // namespace

std::atomic<UnhandledHook> detail::unhandledObserver{nullptr};

UnhandledHook setUnhandledHook(UnhandledHook hook) noexcept { return unhandledHook.exchange(hook); }

void reportUnhandled(const Failure& failure, std::string_view origin) noexcept {
  try {
    if (UnhandledHook observer = detail::unhandledObserver.load()) observer(failure);
    if (UnhandledHook hook = unhandledHook.load()) {
      hook(failure);
    } else {
      logUnhandled(failure, origin);
    }
  } catch (...) {  // there is nobody left to tell
  }
}

void setDebugging(bool on) noexcept { detail::trace::enabled = on; }
bool getDebugging() noexcept { return detail::trace::enabled; }

namespace detail {

Core::~Core() {
  if (traced_) trace::forget(*this);
  delete current_;
  while (links_ != nullptr) delete std::exchange(links_, links_->next);
}

void Core::append(Link* link) {
  (links_ == nullptr ? links_ : lastLink_->next) = link;
  lastLink_ = link;
  if (!ready()) return;
  retain();
  drain(this);
}

bool Core::runLinks() {
  if (running_) return false;  // the loop further out goes on with it (D-07)
  running_ = true;
  while (hasResult_ && links_ != nullptr) {
    current_ = std::exchange(links_, links_->next);
    if (current_->run(*this)) delete std::exchange(current_, nullptr);
  }
  running_ = false;
  return hasResult_;
}

void Core::reportIfAbandoned() noexcept {
  if (owner_ != Owner::gone) return;
  const Failure* failure = unhandled();
  if (failure == nullptr) return;
  handled_ = true;  // reported once
  reportUnhandled(*failure, traced_ ? trace::origin(*this) : std::string());
}

void Core::abandon() noexcept {
  owner_ = Owner::gone;
  if (ready() && consumer_ == nullptr) reportIfAbandoned();
  release();
}

void drain(Core* core) {
  while (core != nullptr) {
    Core* next = nullptr;
    if (core->runLinks()) {
      next = std::exchange(core->consumer_, nullptr);
      if (next == nullptr) {
        core->reportIfAbandoned();
      } else {
        next->upstream_ = nullptr;
        if (core->traced_) trace::inherit(*core, *next);
        next = next->receive(*core);
      }
    }
    core->release();
    core = next;
  }
}

void cancel(Core& core) {
  Core* end = &core;
  while (end->upstream_ != nullptr) end = end->upstream_;
  struct Keep {
    Core& core;
    explicit Keep(Core& core) noexcept : core(core) { core.retain(); }
    Keep(const Keep&) = delete;
    Keep& operator=(const Keep&) = delete;
    ~Keep() { core.release(); }
  } const keep(*end);
  end->cancelled();
}

Failure cancelledFailure() { return Failure(CancelledError("the operation was cancelled")); }

Failure timedOut(Duration timeout, const Failure& cancelled) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  // A producer that says "cancelled in readLine: …" tells what was waited for, and what has come.
  constexpr std::string_view kCancelled = "cancelled in ";
  const std::string why = cancelled.getErrorMessage();
  const std::string where =
      why.starts_with(kCancelled) ? " in " + why.substr(kCancelled.size()) : "";
  return Failure(TimeoutError(format("timed out after {} s{}",
                                     static_cast<double>(milliseconds) / 1000, where)),
                 cancelled);
}

Failure returnedItself() {
  return Failure(std::logic_error("a callback returned the Deferred that it is a callback of"));
}

std::atomic<bool> consumedAborts{true};

Failure consumedFailure(const Where& where, bool debugBuild) {
  const Failure failure(
      DeferredConsumed(format("this Deferred was awaited or moved from before: used again at "
                              "{}:{} in {}; co_await, std::move and what takes a Deferred by value "
                              "consume it",
                              where.file, where.line, where.function)),
      where);
  log::critical("{}", failure);
  if (debugBuild && consumedAborts.load()) {
    std::fprintf(stderr, "%s:%d: %s\n", where.file, where.line, toText(failure).c_str());
    std::abort();
  }
  return failure;
}

void throwAlreadyCalled(const Core& core) {
  if (core.traced_)
    throw AlreadyCalledError("this Deferred has fired already" + trace::origin(core));
  throw AlreadyCalledError("this Deferred has fired already; setDebugging(true) tells where");
}

namespace trace {

std::atomic<bool> enabled{false};

namespace {

struct Origin {
  Where created;
  Where fired;
};

constinit thread_local bool threadEnds = false;  // a Deferred may be destroyed after the table

struct Origins : std::unordered_map<const Core*, Origin> {
  Origins() = default;
  Origins(const Origins&) = delete;
  Origins& operator=(const Origins&) = delete;
  ~Origins() { threadEnds = true; }
};

Origins& origins() {
  thread_local Origins origins;
  return origins;
}

std::string place(const char* what, const Where& where) {
  return std::string("\n  ") + what + " at " + where.file + ':' + std::to_string(where.line) +
         " in " + where.function;
}

}  // namespace

void created(Core& core, Where where) {
  origins()[&core].created = where;
  core.traced_ = true;
}

void fired(Core& core, Where where) {
  origins()[&core].fired = where;
  core.traced_ = true;
}

void inherit(Core& from, Core& to) {
  const Origin origin = origins()[&from];
  origins()[&to] = origin;
  to.traced_ = true;
}

void forget(const Core& core) noexcept {
  if (!threadEnds) origins().erase(&core);
}

std::string origin(const Core& core) {
  if (threadEnds) return {};
  const auto found = origins().find(&core);
  if (found == origins().end()) return {};
  std::string text;
  if (found->second.created.line != 0) text += place("created", found->second.created);
  if (found->second.fired.line != 0) text += place("fired", found->second.fired);
  return text;
}

}  // namespace trace
}  // namespace detail
}  // namespace ropewalk
