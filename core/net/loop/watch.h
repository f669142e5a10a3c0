// Watch: one descriptor on the loop. Base of streams, ports, connection attempts
// and foreign descriptors.
#pragma once

#include <cstdint>

#include "poller.h"
#include "ropewalk/core/base/handle.h"

namespace ropewalk::detail {

class Loop;

/// A descriptor that the loop watches, and what to do when it is ready. Owned by the loop from
/// Loop::own() to Loop::retire(), and freed at the end of that turn: so closing inside any callback
/// is safe, and an event that is already on its way finds the object still there.
///
/// Readiness is remembered: with an edge-triggered poller `readReady` stays set until readable()
/// calls readBlocked(), so that pausing and resuming cost no system call. With a level-triggered
/// one the poller says it again by itself.
class Watch {
 public:
  /// @param fd  not owned: derived classes own it, and close it after retiring. -1: there is none,
  ///            and the poller knows nothing of it; notifyLater() is what happens to it
  Watch(Loop& loop, int fd) noexcept : loop_(loop), fd_(fd) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  virtual ~Watch() = default;

  [[nodiscard]] Loop& loop() const noexcept { return loop_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] Life& life() noexcept { return life_; }
  [[nodiscard]] bool retired() const noexcept { return retired_; }

  void wantReading(bool on);
  void wantWriting(bool on);
  [[nodiscard]] bool writingWanted() const noexcept { return wantWrite_; }

  /// The server is to end soon: take nothing new, finish what is in flight.
  virtual void drain() {}
  /// The reactor stops: let go now.
  virtual void disconnect() = 0;

 protected:
  virtual void readable() {}
  virtual void writable() {}
  /// notifyLater() was called in an earlier turn (or earlier in this one, before the dispatch).
  virtual void notified() {}

  /// To be called before Loop::own(): also an edge-triggered poller repeats what is
  /// ready until it is taken.
  void levelTriggered() noexcept { level_ = true; }
  /// To be called before Loop::own(): an edge-triggered poller is asked about writing only while
  /// that is wanted. For datagrams, where each one that leaves would be reported as new room.
  void writesRarely() noexcept { writesRarely_ = true; }
  void readBlocked() noexcept { readReady_ = false; }
  void writeBlocked() noexcept { writeReady_ = false; }
  [[nodiscard]] bool readingWanted() const noexcept { return wantRead_; }
  [[nodiscard]] bool hangup() const noexcept { return hangup_; }
  [[nodiscard]] bool broken() const noexcept { return error_; }
  /// Has notified() called in the next turn.
  void notifyLater();
  /// Treats the descriptor as readable, whatever the poller said.
  void readAgain();

 private:
  friend class Loop;

  Loop& loop_;
  int fd_;
  bool wantRead_ : 1 = false;
  bool wantWrite_ : 1 = false;
  bool readReady_ : 1 = false;
  bool writeReady_ : 1 = false;
  bool hangup_ : 1 = false;
  bool error_ : 1 = false;
  bool notify_ : 1 = false;
  bool level_ : 1 = false;  // asked to be level-triggered
  bool writesRarely_ : 1 = false;
  bool edge_ : 1 = false;  // is edge-triggered
  bool registered_ : 1 = false;
  bool queued_ : 1 = false;  // in Loop::again_
  bool retired_ : 1 = false;
  bool always_ : 1 = false;  // a regular file: cannot be polled, is always ready
  Watch* next_ = nullptr;    // among the loop's own
  Watch* previous_ = nullptr;
  Life life_;
};

}  // namespace ropewalk::detail
