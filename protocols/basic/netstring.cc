// The netstring decoder, byte by byte up to the payload. https://cr.yp.to/proto/netstrings.txt
#include "netstring.h"

namespace ropewalk {

namespace {
bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }
}  // namespace

NetstringDecoder::Step NetstringDecoder::next(std::string_view input) {
  for (std::size_t at = 0; at < input.size();) {
    const char c = input[at];
    switch (state_) {
      case State::start:
        if (!isDigit(c))
          return fail(Event::malformed, "a netstring must start with its length", at);
        length_ = static_cast<std::size_t>(c - '0');
        state_ = length_ == 0 ? State::zero : State::length;
        if (length_ > maxLength_)
          return fail(Event::tooLong, "netstring is longer than the limit", at);
        ++at;
        break;
      case State::zero:
        if (c != ':')
          return fail(Event::malformed, "a netstring's length has a leading zero, or no colon", at);
        [[fallthrough]];
      case State::length:
        if (c == ':') {
          payload_.expect(length_ + 1);
          state_ = State::payload;
        } else if (!isDigit(c)) {
          return fail(Event::malformed, "a netstring's length must be digits and a colon", at);
        } else {
          const auto digit = static_cast<std::size_t>(c - '0');
          // Compared before it is computed: no overflow whatever the limit is.
          if (length_ > maxLength_ / 10 || length_ * 10 > maxLength_ - digit) {
            return fail(Event::tooLong, "netstring is longer than the limit", at);
          }
          length_ = length_ * 10 + digit;
        }
        ++at;
        break;
      case State::payload: {
        std::size_t taken = 0;
        const auto bytes = payload_.next(input.substr(at), taken);
        at += taken;
        if (!bytes) break;
        if (bytes->back() != ',')
          return fail(Event::malformed, "a netstring must end in a comma", at);
        state_ = State::start;
        return {Event::string, bytes->substr(0, length_), at};
      }
      case State::broken:
        at = input.size();
        break;
    }
  }
  return {Event::needMore, {}, input.size()};
}

NetstringDecoder::Step NetstringDecoder::fail(Event event, std::string_view why,
                                              std::size_t taken) noexcept {
  state_ = State::broken;
  return {event, why, taken};
}

std::string encodeNetstring(std::string_view string) {
  std::string netstring = std::to_string(string.size());
  netstring.reserve(netstring.size() + string.size() + 2);
  netstring += ':';
  netstring += string;
  netstring += ',';
  return netstring;
}

}  // namespace ropewalk
