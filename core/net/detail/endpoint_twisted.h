// Twisted's spelling of endpoints ("tcp:8080:interface=127.0.0.1"), which is not ours: to tell who
// writes it what to write here.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::detail {

/// Whether Twisted has strings that begin with this word and a colon.
[[nodiscard]] bool isTwistedScheme(std::string_view scheme) noexcept;

/// The same endpoint as it is written here: "tcp://127.0.0.1:8080". Arguments that mean nothing
/// here are left out; what cannot be understood gives the form: "tcp://host:port".
[[nodiscard]] std::string fromTwisted(std::string_view scheme, std::string_view rest);

}  // namespace ropewalk::detail
