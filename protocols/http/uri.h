// URIs: parse, resolve, normalise, percent-encode. RFC 3986; for parseUrl WHATWG URL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/print.h"
#include "ropewalk/core/base/result.h"

namespace ropewalk::http {

using ropewalk::operator<<;

/// What was to be a URI is none; the message says what is wrong where.
ROPEWALK_ERROR(InvalidUriError, Error);

/// The parts of a URI or a relative reference, still percent-encoded. An absent part and an empty
/// one differ: `http://h/?` has a query. The host of an IPv6 literal has no brackets here; toText()
/// puts them back. It may have a zone, as in `fe80::1%eth0` (RFC 9844); toText() encodes its '%'.
///
///     const Result<Uri> uri = parseUrl("example.org/a b?x=1");
///     if (uri) std::cout << toText(*uri) << '\n';  // http://example.org/a%20b?x=1
struct Uri {
  std::string scheme;  // empty: a relative reference
  std::optional<std::string> userinfo;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  [[nodiscard]] bool isAbsolute() const noexcept { return !scheme.empty(); }
  /// The port, or the one that the scheme implies; 0 when it implies none.
  [[nodiscard]] std::uint16_t effectivePort() const noexcept;
  /// `https://example.org:8443`, scheme and host in lower case, the default port and a zone left
  /// out. RFC 6454 §6.2.
  [[nodiscard]] std::string origin() const;
  /// Host and port as a Host field has them: `example.org:8080`, `[::1]`; the default port left
  /// out, and a zone, which means something on this machine only (RFC 6874 §4).
  [[nodiscard]] std::string hostField() const;
  /// The origin-form for a request line: `/path?query`; never empty (RFC 9112 §3.2.1).
  [[nodiscard]] std::string requestTarget() const;
  friend bool operator==(const Uri&, const Uri&) = default;
};
/// The parts put together again (RFC 3986 §5.3).
[[nodiscard]] std::string toText(const Uri& uri);

/// Parses an absolute URI or a relative reference, strictly by RFC 3986: without zones of IPv6
/// addresses, which are for parseUrl.
/// @return the parts, or Failure(InvalidUriError) that says what is wrong where
[[nodiscard]] Result<Uri> parseUri(std::string_view text);

/// Parses what a person typed or a page holds: strips spaces around and tabs and newlines within,
/// takes `\` for `/`, percent-encodes what must be, lower-cases the host, drops the default port,
/// removes dot segments, assumes defaultScheme for `example.org/x` and `localhost:8080`. Hosts
/// beyond ASCII get their xn-- form (hostToAscii); an IPv6 address may have a zone,
/// `[fe80::1%eth0]` or `[fe80::1%25eth0]`. Refused are the numeric shorthands of IPv4 (`0x7f.1`),
/// which people use to walk past address filters.
[[nodiscard]] Result<Uri> parseUrl(std::string_view text, std::string_view defaultScheme = "http");

/// The target of a reference found at base (RFC 3986 §5.2). base must be absolute.
[[nodiscard]] Uri resolve(const Uri& base, const Uri& reference);
/// The same for text, with parseUrl's tolerance: what a Location field or a link needs.
[[nodiscard]] Result<Uri> resolve(const Uri& base, std::string_view reference);

/// The form in which equal URIs are the same text (RFC 3986 §6.2.2 and §6.2.3): case,
/// percent-encoding, dot segments, default port, empty path.
[[nodiscard]] Uri normalize(Uri uri);
/// A path without its "." and ".." segments (RFC 3986 §5.2.4).
[[nodiscard]] std::string removeDotSegments(std::string_view path);

/// Undoes %XX.
/// @return nothing when a % is not followed by two hexadecimal digits
[[nodiscard]] std::optional<std::string> percentDecode(std::string_view text);
/// Which characters percentEncode leaves as they are.
enum class EncodeSet : std::uint8_t {
  component,    // unreserved only: for one value of a query or one segment of a path
  pathSegment,  // pchar
  path,         // pchar and "/"
  query,        // pchar, "/" and "?"
};
/// Text with %XX for every byte that `keep` does not leave as it is, "%" among them.
[[nodiscard]] std::string percentEncode(std::string_view text,
                                        EncodeSet keep = EncodeSet::component);
/// The same for text that is encoded already, but for some characters: every %XX stays, and a % of
/// its own becomes %25.
[[nodiscard]] std::string encodeRaw(std::string_view text, EncodeSet keep);

/// 80 for http and ws, 443 for https and wss; 0 for others.
[[nodiscard]] std::uint16_t defaultPort(std::string_view scheme) noexcept;
/// True for the text of an IPv6 address, without brackets or zone (RFC 3986 §3.2.2 IPv6address).
[[nodiscard]] bool isIpv6Address(std::string_view text) noexcept;
/// True for four decimal numbers 0 … 255 without leading zeros.
[[nodiscard]] bool isIpv4Address(std::string_view text) noexcept;

}  // namespace ropewalk::http
