// Protocols of strings: netstrings, strings behind their length, blocks of one length. Twisted's
// protocols.basic.
#pragma once

#include <array>
#include <limits>
#include <string>
#include <string_view>

#include "errors.h"
#include "length_prefix.h"
#include "netstring.h"
#include "pausable_receiver.h"
#include "ropewalk/core/base/failure.h"

namespace ropewalk {

/// Receives and sends netstrings of at most 99,999 bytes, unless told otherwise.
///
///     struct Echo : NetstringReceiver {
///       void stringReceived(std::string_view string) override { sendString(string); }
///     };
class NetstringReceiver : public PausableReceiver {
 public:
  explicit NetstringReceiver(std::size_t maxLength = 99'999) : decoder_(maxLength) {}

  /// @param string  may be empty; dies when the call returns
  virtual void stringReceived(std::string_view string) = 0;
  /// The peer sent something else (ProtocolError), or a longer one (LimitExceeded). Loses the
  /// connection; there is no way to find the next string, so nothing is delivered after it in any
  /// case.
  virtual void brokenPeer(const Failure& why);

  void sendString(std::string_view string) { transport().write(encodeNetstring(string)); }
  void setMaxLength(std::size_t bytes) noexcept { decoder_.setMaxLength(bytes); }

 protected:
  bool deliverOne() override;

 private:
  NetstringDecoder decoder_;
};

/// Receives and sends strings behind their length, in one, two or four bytes, most significant
/// first.
template <std::unsigned_integral Length>
class LengthPrefixReceiver : public PausableReceiver {
 public:
  explicit LengthPrefixReceiver(std::size_t maxLength = 99'999) : decoder_(maxLength) {}

  /// @param string  may be empty; dies when the call returns
  virtual void stringReceived(std::string_view string) = 0;
  /// The peer announced a string longer than the limit. Loses the connection; nothing is delivered
  /// after it in any case.
  virtual void lengthLimitExceeded(std::size_t /*length*/) { transport().loseConnection(); }

  /// Throws StringTooLongError where the prefix cannot hold the length.
  void sendString(std::string_view string) {
    if (string.size() > std::numeric_limits<Length>::max()) {
      throw StringTooLongError("cannot send a string of " + std::to_string(string.size()) +
                               " bytes: the prefix holds " +
                               std::to_string(std::numeric_limits<Length>::max()));
    }
    const std::string prefix = encodeLengthPrefix<Length>(string.size());
    const std::array<std::string_view, 2> pieces{prefix, string};
    transport().writeSequence(pieces);
  }
  void setMaxLength(std::size_t bytes) noexcept { decoder_.setMaxLength(bytes); }

 protected:
  bool deliverOne() override {
    using Event = typename LengthPrefixDecoder<Length>::Event;
    const auto step = decoder_.next(input());
    take(step.taken);
    if (step.event == Event::needMore) return false;
    step.event == Event::string ? stringReceived(step.string) : lengthLimitExceeded(step.length);
    return true;
  }

 private:
  LengthPrefixDecoder<Length> decoder_;
};

using Int8StringReceiver = LengthPrefixReceiver<std::uint8_t>;
using Int16StringReceiver = LengthPrefixReceiver<std::uint16_t>;
using Int32StringReceiver = LengthPrefixReceiver<std::uint32_t>;

/// Receives blocks of one length.
class FixedLengthReceiver : public PausableReceiver {
 public:
  /// @param length  of a block in bytes; std::invalid_argument unless it is positive
  explicit FixedLengthReceiver(std::size_t length) { setLength(length); }

  /// @param block  dies when the call returns
  virtual void blockReceived(std::string_view block) = 0;

  /// For the blocks after this one. In blockReceived: from the next one on.
  void setLength(std::size_t length);

 protected:
  bool deliverOne() override;

 private:
  std::size_t length_ = 0;
  bool begun_ = false;  // a block has been, with the length that was set then
  ExactBytes block_;
};

}  // namespace ropewalk
