// The one loop that delivers: what waits is held, and freed when no callback can look at it.
#include "pausable_receiver.h"

#include <utility>

namespace ropewalk {

void PausableReceiver::dataReceived(std::string_view data) {
  if (delivering_ || paused_ || answers_.full()) {
    late_ += data;
    return;
  }
  input_ = data;
  inputHeld_ = false;
  deliver();
}

void PausableReceiver::transportReplaced() {
  // What is held may be what the running callback looks at: it goes when that has returned.
  input_ = {};
  late_.clear();
  if (!delivering_) drop();
}

void PausableReceiver::pauseProducing() {
  paused_ = true;
  transportPaused_ = true;
  transport().pauseProducing();
}

void PausableReceiver::resumeProducing() {
  if (!paused_) return;
  paused_ = false;
  if (!delivering_) deliver();  // else the loop that called us goes on
}

void PausableReceiver::stopProducing() {
  paused_ = true;
  transport().loseConnection();
}

void PausableReceiver::deliver() {
  delivering_ = true;
  try {
    while (!paused_ && !transport().disconnecting() && !answersWait()) {
      // No callback runs here, so nobody looks at what was held before.
      if (!inputHeld_) {
        held_.clear();
      } else {
        held_.erase_after(held_.begin(), held_.end());
      }
      if (!deliverOne() && !refill()) break;
    }
  } catch (...) {  // S-03: the connection ends with it; nothing more is delivered
    drop();
    delivering_ = false;
    throw;
  }
  delivering_ = false;
  settle();
  // Last, since a transport might deliver at once.
  if (!paused_ && !answers_.full() && std::exchange(transportPaused_, false))
    transport().resumeProducing();
}

/// Asks, and answers are not taken: the next message must wait until they are.
bool PausableReceiver::answersWait() {
  const bool wait = answers_.full(*this, [this] {
    if (!paused_ && !delivering_) deliver();
  });
  if (!wait || transportPaused_) return wait;
  transportPaused_ = true;
  transport().pauseProducing();
  return true;
}

/// Goes on with what arrived meanwhile.
bool PausableReceiver::refill() {
  if (late_.empty()) return false;
  hold(std::exchange(late_, {}));
  return true;
}

/// The chunk dies when dataReceived returns: keeps what waits, and frees the rest.
void PausableReceiver::settle() {
  if (transport().disconnecting()) return drop();
  if (!input_.empty() && !inputHeld_) return hold(std::string(input_));
  if (!input_.empty()) return;
  held_.clear();
  inputHeld_ = false;
}

void PausableReceiver::drop() noexcept {
  input_ = {};
  late_ = {};
  held_.clear();
  inputHeld_ = false;
}

void PausableReceiver::hold(std::string bytes) {
  held_.push_front(std::move(bytes));
  input_ = held_.front();
  inputHeld_ = true;
}

void PausableReceiver::unread(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.data() + bytes.size() == input_.data()) {
    input_ = {bytes.data(), bytes.size() + input_.size()};
  } else {
    std::string joined(bytes);
    joined += input_;
    hold(std::move(joined));
  }
  if (!delivering_ && !paused_) deliver();
}

std::string PausableReceiver::takeInput() {
  std::string all(input_);
  all += std::exchange(late_, {});
  input_ = {};
  return all;
}

}  // namespace ropewalk
