// Lifetime: what an object awaits is cancelled before the object dies.
#pragma once

#include <cstddef>
#include <utility>

#include "deferred.h"

namespace ropewalk {

namespace detail {

/// One owned Deferred: a node of its Lifetime's list, until it settles.
struct OwnedLink {
  OwnedLink* previous = this;
  OwnedLink* next = this;
  bool ended = false;

  OwnedLink() noexcept = default;
  OwnedLink(const OwnedLink&) = delete;
  OwnedLink& operator=(const OwnedLink&) = delete;
  virtual ~OwnedLink() { unlink(); }
  virtual void cancelOwned() {}

  void linkBefore(OwnedLink& other) noexcept {
    previous = other.previous;
    next = &other;
    previous->next = this;
    other.previous = this;
  }
  void unlink() noexcept {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
};

template <class T>
class OwnedState final : public State<T>, public OwnedLink {
 public:
  Core* receive(Core& from) override {
    unlink();
    this->set(static_cast<State<T>&>(from).take());
    const Failure* failure = this->unhandled();
    if (ended && failure != nullptr && failure->check<CancelledError>()) this->handled_ = true;
    this->release();  // the last reference: a failure is logged
    return nullptr;
  }
  void cancelOwned() override { cancel(*this); }
};

}  // namespace detail

/// Owns Deferreds for an object, so that their callbacks may use `this`:
///
///     struct Greeter : Protocol {
///       void connectionMade() override {
///         auto later = deferLater(transport().reactor(), 1s);
///         lifetime().own(std::move(later).addCallback([this] { transport().write("hello\n"); }));
///       }
///       void dataReceived(std::string_view) override {}
///     };
///
/// Deferreds that settle are let go at once; their values are dropped, their failures logged as
/// unhandled. One thread.
class Lifetime {
 public:
  Lifetime() noexcept = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;
  ~Lifetime() { end(); }

  /// Keeps it until it settles. After end() it is cancelled at once.
  template <class T>
  void own(Deferred<T> deferred, Where where = Where::here()) {
    detail::DeferredAccess::use(deferred, where);
    if (deferred.ready()) return;  // its failure is logged as it goes
    auto* owned = new detail::OwnedState<T>();
    owned->linkBefore(pending_);
    detail::DeferredAccess::attach(deferred, *owned);
    owned->release();
    if (ended_) cancelFirst();
  }

  /// Cancels all that still wait, in the order in which they came;
  /// their CancelledErrors are not logged.
  void end() noexcept;

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// How many wait.
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  void cancelFirst() noexcept;

  detail::OwnedLink pending_;  // the head of a ring
  bool ended_ = false;
};

}  // namespace ropewalk
