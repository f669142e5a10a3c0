// PausableReceiver: what all receivers of messages share: order, pausing, ending, re-entrance.
#pragma once

#include <cstddef>
#include <forward_list>
#include <string>
#include <string_view>

#include "ropewalk/core/net/answer_limit.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// Base of protocols that cut what arrives into messages and call out for each.
///
/// A callback may pause, lose the connection, or switch how the rest is read: it holds at once,
/// also for bytes of the same chunk. After loseConnection nothing more is delivered. Messages are
/// views into the chunk that arrived; bytes are copied only when they must wait: an unfinished
/// message, or what came before a pause.
///
/// A peer that came to us and takes no answers gets nothing more delivered while 256 KiB wait for
/// it, and is cut off after 10 s without taking any (AnswerLimit).
///
/// It is a Producer, so that another connection can slow it down:
/// `other.registerProducer(*this, Streaming::push)`.
class PausableReceiver : public Protocol, public Producer {
 public:
  void dataReceived(std::string_view data) final;
  /// Throws away what came before and was not delivered (STARTTLS: RFC 3207 §6, command injection).
  void transportReplaced() override;

  /// Nothing is delivered, and nothing more is read, until resumeProducing.
  void pauseProducing() override;
  /// Delivers what has waited, before it returns unless a callback is running; then reads on.
  void resumeProducing() override;
  /// Whoever wanted the data is gone: loses the connection.
  void stopProducing() override;
  [[nodiscard]] bool paused() const noexcept { return paused_; }
  /// What of our answers may wait for the peer, and how long; from now on.
  void setAnswerLimits(AnswerLimits limits) noexcept { answers_.setLimits(limits); }

 protected:
  /// Takes bytes from input() and calls out once at most.
  /// @return false when the input is used up, and more is needed
  virtual bool deliverOne() = 0;

  /// What has arrived and was not delivered yet.
  [[nodiscard]] std::string_view input() const noexcept { return input_; }
  /// The first `count` bytes of input() are done with.
  void take(std::size_t count) noexcept { input_.remove_prefix(count); }
  /// Puts bytes in front of input(). The end of what was taken last costs nothing, anything else is
  /// copied. Outside of a callback they are delivered before it returns, unless it is paused.
  void unread(std::string_view bytes);
  /// Everything that waits, given up.
  [[nodiscard]] std::string takeInput();

 private:
  void deliver();
  [[nodiscard]] bool answersWait();
  bool refill();
  void settle();
  void drop() noexcept;
  void hold(std::string bytes);

  AnswerLimit answers_;
  std::string_view input_;  // into the chunk of dataReceived, or into held_.front()
  // The first is being delivered; a callback may still look at the others.
  std::forward_list<std::string> held_;
  std::string late_;        // arrived while a callback ran, or while paused
  bool inputHeld_ = false;  // input_ looks into held_
  bool delivering_ = false;
  bool paused_ = false;
  bool transportPaused_ = false;
};

}  // namespace ropewalk
