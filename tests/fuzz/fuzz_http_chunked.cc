// Chunked bodies with small limits. What is accepted and put into chunks again must give the same
// body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ropewalk/protocols/http/serializer.h"
#include "tests/protocols/http/require_same_for_splits.h"
#include "tests/protocols/http/sessions.h"

namespace http = ropewalk::http;
using Outcome = http::testing::BodyTranscript::Outcome;

namespace {

http::Limits smallLimits() {
  http::Limits limits;
  limits.chunkLine = 64;
  limits.chunkExtensions = 128;
  limits.trailers = 256;
  limits.trailerFields = 4;
  return limits;
}

class ChunkedSession {
 public:
  void feed(std::string_view piece) {
    bytes_.with(piece);
    if (outcome_ == Outcome::more) outcome_ = transcript_.run(decoder_, storage_, bytes_, out_);
  }
  std::string transcript() {
    transcript_.flush(out_);
    return outcome_ == Outcome::ended ? out_ + "rest " + std::string(bytes_.rest()) : out_;
  }

 private:
  http::HeadStorage storage_{smallLimits()};
  http::BodyDecoder decoder_{http::Framing::chunked};
  http::testing::BodyTranscript transcript_;
  http::testing::Unconsumed bytes_;
  std::string out_;
  Outcome outcome_ = Outcome::more;
};

// The body of a complete input in one piece; and whether it was complete.
bool decodeAll(std::string_view input, std::string& body) {
  http::HeadStorage storage(smallLimits());
  http::BodyDecoder decoder(http::Framing::chunked);
  while (true) {
    const auto step = decoder.decode(input, storage);
    if (step.kind == http::BodyDecoder::Step::Kind::done) return true;
    if (step.kind != http::BodyDecoder::Step::Kind::data) return false;
    body.append(step.data);
    input.remove_prefix(step.consumed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  http::testing::requireSameForSplits(input, [] { return ChunkedSession(); });
  std::string body;
  if (!decodeAll(input, body)) return 0;
  std::string again;
  if (!body.empty()) {
    http::appendChunkHeader(again, body.size());
    again.append(body).append("\r\n");
  }
  again.append(http::kLastChunk);
  std::string bodyAgain;
  if (!decodeAll(again, bodyAgain) || bodyAgain != body) std::abort();
  return 0;
}
