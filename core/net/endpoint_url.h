// EndpointUrl: where to listen or connect, as people write it:
// "8080", "[::1]:80", "unix:/run/x.sock?mode=660", "tcp://*:7000?backlog=64".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "ropewalk/core/base/print.h"

namespace ropewalk {

/// The parts of an endpoint string. A value.
///
///     8080   :8080   *:8080   127.0.0.1:8080   [::1]:8080     →  scheme "tcp", host, port
///     tcp://host:port?name=value&other=value                  →  host, port, parameters
///     srv+tcp://name                                          →  host, whose port the DNS knows
///     http-connect://proxy:3128/host:443                      →  host, port, path
///     fd://3                                                  →  port, the number of a descriptor
///     unix:/run/x.sock   unix:@abstract   systemd:web         →  path
///     exec:cat -n file                                        →  path, the shell's command
///     stdio:                                                  →  nothing more
struct EndpointUrl {
  std::string scheme;
  std::string host;  ///< without brackets; "": everywhere, also written "*"
  std::uint16_t port = 0;
  /// Of the schemes without "//" what follows the colon; of the others what follows the port, "/"
  /// included. Percent-decoded, but for exec.
  std::string path;
  /// Percent-decoded; "1" where "=value" is missing.
  std::map<std::string, std::string> parameters;

  EndpointUrl() = default;  // declared, so that it is no aggregate: it is awaited with
  /// @throws BadEndpointError that says what is wrong, and with which part
  static EndpointUrl parse(std::string_view text);

  /// The parameter, or `otherwise`.
  [[nodiscard]] std::string parameter(const std::string& name, std::string otherwise = "") const;
  /// The parameter as a number of this base, or `otherwise`.
  /// @throws BadEndpointError when it is no number from `least` to `most`
  [[nodiscard]] long number(const std::string& name, long otherwise, long least, long most,
                            int base = 10) const;
  /// @throws BadEndpointError for a parameter that is not among `known`,
  /// with the nearest one that is
  void checkParameters(std::span<const std::string_view> known) const;
  void checkParameters(std::initializer_list<std::string_view> known) const {
    checkParameters(std::span(known.begin(), known.size()));
  }
};

/// As it could have been written: what parse() takes.
std::string toText(const EndpointUrl& url);

}  // namespace ropewalk
