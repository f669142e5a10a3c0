// Finger queries and answers. RFC 1288. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/base/result.h"

namespace ropewalk::wire {

/// What a client asks. RFC 1288 §2.3.
struct FingerQuery {
  bool verbose = false;   ///< it said /W
  std::string user = {};  ///< empty: a list of all who are there
  std::string host = {};  ///< "c" or "b@c" where it wants its query forwarded; else empty

  FingerQuery() = default;  // constructors, as it is awaited with
  explicit FingerQuery(std::string user) : user(std::move(user)) {}
  FingerQuery(bool verbose, std::string user, std::string host = "")
      : verbose(verbose), user(std::move(user)), host(std::move(host)) {}
  friend bool operator==(const FingerQuery&, const FingerQuery&) = default;
};

/// The longest query, in bytes, that a server reads.
constexpr std::size_t kMaxFingerQuery = 512;

/// Reads a line without its CRLF: "", "user", "/W", "/W user", "user@host", "@host".
/// @return ProtocolError for control characters, or an @ without a host
[[nodiscard]] Result<FingerQuery> parseFingerQuery(std::string_view line);

/// The line for a query, with CRLF. Throws std::invalid_argument where the query holds control
/// characters.
[[nodiscard]] std::string toLine(const FingerQuery& query);

/// An answer fit for a terminal (RFC 1288 §3.3): lines that end in CRLF, the last one too; of the
/// control characters only the tab. Bytes that are not UTF-8 become '?'.
[[nodiscard]] std::string fingerText(std::string_view text);

}  // namespace ropewalk::wire
