// Requests on one connection. However the bytes are cut the events must be the same, and what is
// accepted must be well formed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ropewalk/protocols/http/field_values.h"
#include "ropewalk/protocols/http/request_target.h"
#include "tests/protocols/http/require_same_for_splits.h"
#include "tests/protocols/http/sessions.h"

namespace http = ropewalk::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// What a server relies on in every head that it is given.
void checkHead(const http::RequestHead& head) {
  require(http::isToken(head.methodText));
  require(http::parseAuthority(head.host).has_value());
  require(!head.chunked || !head.contentLength);
  require(head.text.ends_with("\r\n\r\n"));
  for (const auto& [name, value] : head.fields) {
    require(http::isToken(name));
    require(http::isFieldText(value) && http::trimOws(value) == value);
    require(name.data() >= head.text.data() &&
            value.data() + value.size() <= head.text.data() + head.text.size());
  }
  const http::OwnedRequestHead owned(head);
  require(owned->target == head.target && owned->fields.size() == head.fields.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  http::HeadStorage storage;
  const auto step = http::RequestParser().parse(input, storage);
  if (step.head != nullptr) checkHead(*step.head);
  http::testing::requireSameForSplits(input, [] { return http::testing::RequestSession(); });
  return 0;
}
