// DatagramBuffers: the memory that all datagram ports of a loop share. Private to core/net.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "datagram_inbox.h"
#include "datagram_outbox.h"

namespace ropewalk::detail {

/// Made with the first port; owned by the loop. Ports use it for the length of a call, and borrow
/// an outbox for the length of a turn (longer only while a send buffer is full).
class DatagramBuffers {
 public:
  DatagramBuffers() { spare_.reserve(kSpare); }

  [[nodiscard]] DatagramInbox& inbox() noexcept { return inbox_; }
  [[nodiscard]] DatagramSender& sender() noexcept { return sender_; }

  [[nodiscard]] std::unique_ptr<DatagramOutbox> takeOutbox() {
    if (spare_.empty()) return std::make_unique<DatagramOutbox>();
    std::unique_ptr<DatagramOutbox> outbox = std::move(spare_.back());
    spare_.pop_back();
    return outbox;
  }
  /// @param outbox  an empty one
  void giveBack(std::unique_ptr<DatagramOutbox> outbox) {
    const bool wanted = spare_.size() < kSpare && outbox->capacity() <= kLargestSpare;
    if (wanted) spare_.push_back(std::move(outbox));
  }

 private:
  static constexpr std::size_t kSpare = 4;  // more ports than that seldom write in one turn
  static constexpr std::size_t kLargestSpare = 1024 * 1024;

  DatagramInbox inbox_;
  DatagramSender sender_;
  std::vector<std::unique_ptr<DatagramOutbox>> spare_;
};

}  // namespace ropewalk::detail
