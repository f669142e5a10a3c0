// EndpointUrl: where to listen or connect, as people write it: "8080", "[::1]:80",
// "unix:/run/x.sock?mode=660", "tcp://*:7000?backlog=64".
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
///     8080   :8080   *:8080   127.0.0.1:8080   [::1]:8080   name:8080          scheme tcp
///     tcp://host:port?name=value&…                                             host, port,
///     parameters unix:/path   unix:@abstract   fd://3   systemd:web   stdio:   exec:cat -n path
///     holds what follows the colon
struct EndpointUrl {
  std::string scheme;
  std::string host;  ///< without brackets; "" or "*": everywhere
  std::uint16_t port = 0;
  std::string
      path;  ///< of the schemes without "//"; of the others what follows the port, "/" included
  std::map<std::string, std::string> parameters;  ///< percent-decoded

  EndpointUrl() = default;  // declared, so that it is no aggregate: it is awaited with
  /// @throws BadEndpointError that says what is wrong, and with which part
  static EndpointUrl parse(std::string_view text);

  /// The parameter, or `otherwise`.
  [[nodiscard]] std::string parameter(const std::string& name, std::string otherwise = "") const;
  /// The parameter as a number. @throws BadEndpointError when it is none, or out of range
  [[nodiscard]] long number(const std::string& name, long otherwise, long least, long most,
                            int base = 10) const;
  /// @throws BadEndpointError for a parameter that is not among `known`, with the nearest one that
  /// is
  void checkParameters(std::span<const std::string_view> known) const;
  void checkParameters(std::initializer_list<std::string_view> known) const {
    checkParameters(std::span(known.begin(), known.size()));
  }
};

/// As it could have been written.
std::string toText(const EndpointUrl& url);

}  // namespace ropewalk
