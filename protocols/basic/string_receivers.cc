// One string, or one block, per step of the receiving loop.
#include "string_receivers.h"

#include <stdexcept>
#include <utility>

namespace ropewalk {

void NetstringReceiver::brokenPeer(const Failure& /*why*/) { transport().loseConnection(); }

bool NetstringReceiver::deliverOne() {
  const NetstringDecoder::Step step = decoder_.next(input());
  take(step.taken);
  switch (step.event) {
    case NetstringDecoder::Event::needMore:
      return false;
    case NetstringDecoder::Event::string:
      stringReceived(step.text);
      return true;
    case NetstringDecoder::Event::malformed:
      brokenPeer(ProtocolError(std::string(step.text)));
      return true;
    case NetstringDecoder::Event::tooLong:
      brokenPeer(LimitExceeded(std::string(step.text)));
      return true;
  }
  return false;
}

void FixedLengthReceiver::setLength(std::size_t length) {
  if (length == 0) throw std::invalid_argument("cannot receive blocks of no bytes");
  length_ = length;
}

bool FixedLengthReceiver::deliverOne() {
  if (input().empty()) return false;
  if (!std::exchange(begun_, true)) block_.expect(length_);
  std::size_t taken = 0;
  const auto block = block_.next(input(), taken);
  take(taken);
  if (!block) return false;
  begun_ = false;
  blockReceived(*block);
  return true;
}

}  // namespace ropewalk
