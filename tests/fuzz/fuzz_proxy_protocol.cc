// readProxyHeader: never past its input, the same answer with more behind it, and what it has read
// it would write so that it is read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ropewalk/protocols/proxy_protocol/read.h"

using ropewalk::ProxyStep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const ProxyStep step = ropewalk::readProxyHeader(input);
  if (step.kind == ProxyStep::Kind::needMore) return 0;
  if (step.kind == ProxyStep::Kind::error) {
    if (step.reason.empty()) std::abort();
    return 0;
  }
  if (step.consumed == 0 || step.consumed > size) std::abort();
  for (std::size_t cut = 0; cut < step.consumed; ++cut) {
    if (ropewalk::readProxyHeader(std::string_view(input).substr(0, cut)).kind !=
        ProxyStep::Kind::needMore)
      std::abort();
  }
  if (step.header.local) return 0;
  const std::string again =
      ropewalk::proxyHeaderV2(step.header.source, step.header.destination, step.header.details);
  const ProxyStep second = ropewalk::readProxyHeader(again);
  if (second.kind != ProxyStep::Kind::header || second.consumed != again.size()) std::abort();
  return 0;
}
