// NetstringDecoder and LengthPrefixDecoder: the same events however the input is cut, and what was
// decoded encodes to what came.
//
// Input: one byte chooses the limit, one how the rest is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/basic/length_prefix.h"
#include "ropewalk/protocols/basic/netstring.h"

using ropewalk::LengthPrefixDecoder;
using ropewalk::NetstringDecoder;

namespace {

using Events = std::vector<std::string>;

std::string name(const NetstringDecoder::Step& step) {
  return std::to_string(static_cast<int>(step.event)) + std::string(step.text);
}

template <class Step>
std::string name(const Step& step) {
  return std::to_string(static_cast<int>(step.event)) + std::string(step.string);
}

template <class Decoder>
Events decode(std::string_view input, std::size_t maxLength, std::size_t pieceSize) {
  Decoder decoder(maxLength);
  Events events;
  while (!input.empty()) {
    std::string_view piece = input.substr(0, pieceSize);
    input.remove_prefix(piece.size());
    while (true) {
      const auto step = decoder.next(piece);
      if (step.taken > piece.size()) std::abort();
      piece.remove_prefix(step.taken);
      if (step.event == Decoder::Event::needMore) break;
      events.push_back(name(step));
    }
    if (!piece.empty()) std::abort();
  }
  return events;
}

template <class Decoder>
Events decodeEveryWay(std::string_view input, std::size_t maxLength, std::size_t pieceSize) {
  const Events whole = decode<Decoder>(input, maxLength, input.size() + 1);
  if (decode<Decoder>(input, maxLength, 1) != whole) std::abort();
  if (decode<Decoder>(input, maxLength, pieceSize) != whole) std::abort();
  return whole;
}

/// Strict means that there is one spelling: encoding the strings gives the input's own beginning.
void checkRoundTrip(const Events& events, std::string_view input) {
  std::string encoded;
  for (const std::string& event : events) {
    if (event.front() != '1') break;  // Event::string
    encoded += ropewalk::encodeNetstring(std::string_view(event).substr(1));
  }
  if (!input.starts_with(encoded)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t maxLength = data[0] == 255 ? SIZE_MAX : data[0];
  const std::size_t pieceSize = data[1] % 16U + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  checkRoundTrip(decodeEveryWay<NetstringDecoder>(input, maxLength, pieceSize), input);
  decodeEveryWay<LengthPrefixDecoder<std::uint8_t>>(input, maxLength, pieceSize);
  decodeEveryWay<LengthPrefixDecoder<std::uint16_t>>(input, maxLength, pieceSize);
  decodeEveryWay<LengthPrefixDecoder<std::uint32_t>>(input, maxLength, pieceSize);
  return 0;
}
