// Responses on one connection. The first byte chooses the method of the requests that they answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/protocols/http/require_same_for_splits.h"
#include "tests/protocols/http/sessions.h"

namespace http = ropewalk::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void checkHead(const http::ResponseHead& head) {
  require(head.status >= 100 && head.status <= 999);
  require(http::isFieldText(head.reason));
  require(!(head.framing == http::Framing::untilClose && head.keepAlive));
  require(!(head.chunked && head.contentLength));
  for (const auto& [name, value] : head.fields) {
    require(http::isToken(name));
    require(http::isFieldText(value) && http::trimOws(value) == value);
  }
  const http::OwnedResponseHead owned(head);
  require(owned->reason == head.reason && owned->fields.size() == head.fields.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr http::Method kMethods[] = {http::Method::get, http::Method::head,
                                       http::Method::connect};
  const http::Method method = kMethods[data[0] % 3];
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  http::HeadStorage storage;
  const auto step = http::ResponseParser().parse(input, method, storage);
  if (step.head != nullptr) checkHead(*step.head);
  http::testing::requireSameForSplits(input,
                                      [method] { return http::testing::ResponseSession(method); });
  return 0;
}
