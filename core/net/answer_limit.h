// AnswerLimit: keeps a peer that asks, and takes no answers, from filling our memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "protocol.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk {

/// How many answers may wait for a peer, and for how long.
struct AnswerLimits {
  /// Bytes of answers that wait for the peer: past this its next question is not read.
  std::size_t pending = std::size_t{256} * 1024;
  /// A peer that then takes nothing for so long is cut off (Transport::abortConnection).
  Duration patience = std::chrono::seconds(10);
};

/// The limit of one connection; a member of the protocol that answers. It is asked after each
/// answer, and says when to stop reading:
///
///     struct Upper : Protocol {
///       void dataReceived(std::string_view question) override {
///         transport().write(upperCase(question));
///         const bool full = answers.full(*this, [this] { transport().resumeProducing(); });
///         if (full) transport().pauseProducing();
///       }
///       AnswerLimit answers;
///     };
///
/// Receivers of lines and other messages (PausableReceiver) have one of their own, and need not
/// think of it. For connections that we made it does nothing (Transport::accepted): a client that
/// stops reading would wait for a server that waits for it. A pointer and two numbers until it is
/// reached. One thread.
///
/// The transport of who was accepted is not read either while more than 256 KiB are pending.
/// That bounds what a peer costs; this does so between two questions that came in
/// one piece, and ends it.
class AnswerLimit {
 public:
  explicit AnswerLimit(AnswerLimits limits = AnswerLimits()) noexcept : limits_(limits) {}

  /// Whether no further question may be taken now. When it becomes true, goOn will be called once
  /// everything is with the kernel, if the connection lives so long.
  template <class F>
  [[nodiscard]] bool full(Protocol& protocol, F goOn) {
    if (waiting_) return true;
    if (protocol.transport().pending() <= limits_.pending) return false;
    wait(protocol, std::move(goOn));
    return waiting_ != nullptr;
  }
  /// It was reached, and goOn has not been called yet.
  [[nodiscard]] bool full() const noexcept { return waiting_ != nullptr; }
  void setLimits(AnswerLimits limits) noexcept { limits_ = limits; }

 private:
  struct Waiting {
    UniqueFunction<void()> goOn;
    std::uint64_t taken = 0;  // by the peer, at the last look
    ScopedCall look;
  };

  void wait(Protocol& protocol, UniqueFunction<void()> goOn);
  void lookLater(Protocol& protocol);
  void look(Protocol& protocol);
  void drained(Protocol& protocol);

  AnswerLimits limits_;
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace ropewalk
