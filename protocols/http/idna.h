// Host names beyond ASCII, as the DNS, certificates and Host fields have them. UTS #46, RFC 5891.
#pragma once

#include <string>
#include <string_view>

#include "ropewalk/core/base/result.h"

namespace ropewalk::http {

/// "xn--bcher-kva.example" for "bücher.example", as browsers do it (non-transitional, lower case).
/// @param host  UTF-8
/// @return Failure(InvalidUriError) for what is no such name, and where this was built without
///         libidn2
[[nodiscard]] Result<std::string> hostToAscii(std::string_view host);

}  // namespace ropewalk::http
