// Limits on heads and trailers, and the reused storage that parsers put what they find into.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "message.h"

namespace ropewalk::http {

/// What a peer may send before a parser refuses it. In bytes where nothing else is said.
struct Limits {
  std::size_t requestLine = 8 * 1024;  // RFC 9112 §3 recommends 8000 at least; past it 414
  std::size_t head = 16 * 1024;        // start line and fields, with their line ends; past it 431
  std::size_t fields = 100;            // lines; past it 431
  std::size_t trailers = 8 * 1024;     // the trailer section of a chunked body; past it 431
  std::size_t trailerFields = 100;     // lines
  std::size_t chunkLine = 4 * 1024;    // one chunk-size line with its extensions; past it 400
  /// All chunk extensions of one body together: they carry no data, so a peer could feed them for
  /// ever (CVE-2023-39326).
  std::size_t chunkExtensions = 16 * 1024;
  /// Refuse in a target what RFC 3986 does not allow there, although browsers and others send it:
  /// " < > [ ] { } | \ ^ ` and bytes beyond ASCII; in a query a bare % too.
  bool strictTarget = false;
};

/// For a client: what servers say in a head (cookies, policies) is longer than what clients do, and
/// browsers take 256 KiB of it.
[[nodiscard]] inline Limits responseLimits() noexcept {
  Limits limits;
  limits.head = 64 * 1024;
  limits.fields = 1000;
  return limits;
}

/// Where parsers put what they find in a head: one per thread or per connection, reused, so that
/// parsing allocates nothing. What a parser found is valid until the next parse with the same
/// storage. One thread at a time. Only `limits` is for others.
struct HeadStorage {
  HeadStorage() = default;
  explicit HeadStorage(const Limits& chosen) : limits(chosen) {}

  Limits limits;
  std::vector<FieldLine> slots;  // one for every line that may come; made by the first parse
  RequestHead request;
  ResponseHead response;
  std::string lastHost;  // the last Host that was found valid: most requests repeat it
  std::string unfolded;  // a response head whose obs-folds were undone
};

}  // namespace ropewalk::http
