// The target of a request and the authority it names. RFC 9112 §3.2, RFC 9110 §7.2, RFC 3986 §3.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "message.h"

namespace ropewalk::http {

/// Takes a target apart as its method demands: authority-form for CONNECT only, asterisk-form for
/// OPTIONS only.
/// @param strict  see Limits::strictTarget
/// @return false when it fits no form: a byte that may not stand there, a fragment, a broken %XX in
///         the path, an authority that is empty or has userinfo (RFC 9110 §4.2.1, §4.2.4), a
///         CONNECT without a port (§9.3.6)
[[nodiscard]] bool parseRequestTarget(Method method, std::string_view text, bool strict,
                                      RequestTarget& target) noexcept;

/// A path as one is looked up: without empty segments, "." and "..", encoded dots (%2e) being dots
/// (RFC 3986 §6.2.2.2, §6.2.2.3). A ".." at the top is dropped, a "/" at the end stays. All else is
/// left as it is encoded: a %2F never separates.
/// @return  begins with "/"; of what begins with one, and of an empty path
[[nodiscard]] std::string cleanPath(std::string_view path);

/// A uri-host with an optional port, as in a Host field. Views into the text.
struct Authority {
  std::string_view host;  // with its brackets if it is an IP literal; may be empty
  std::optional<std::uint16_t> port;
};
/// @return nothing when text is no `uri-host [":" port]`, or the port is above 65535
[[nodiscard]] std::optional<Authority> parseAuthority(std::string_view text) noexcept;

}  // namespace ropewalk::http
