// What ropewalk fetch was told, and what that is for the HTTP client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client_tls.h"
#include "ropewalk/clients/http/http.h"

namespace ropewalk::app {

struct FetchOptions {
  std::vector<std::string> urls;
  std::string output;
  bool remoteName = false;
  std::string method;
  std::vector<std::string> fields;
  std::optional<std::string> data;  // "" is a body, too
  bool head = false;
  bool verbose = false;
  bool timing = false;
  bool json = false;
  bool resume = false;
  bool noFollow = false;
  double timeout = 0;  // seconds; 0: the defaults
  ClientTls tls;
  std::string proxy;
  bool noProxy = false;

  [[nodiscard]] bool toFile() const { return remoteName || (!output.empty() && output != "-"); }
};

/// Options that do not go together, and words that mean nothing, are errors before anything is
/// sent. Throws CommandError.
void checkFetch(const FetchOptions& options);

[[nodiscard]] std::string methodOf(const FetchOptions& options);
[[nodiscard]] http::Headers headersOf(const FetchOptions& options);
[[nodiscard]] http::RequestBody bodyOf(const FetchOptions& options);
[[nodiscard]] http::RedirectPolicy redirectsOf(const FetchOptions& options);
/// @param limits  those where no --timeout was given
[[nodiscard]] http::Timeouts timeoutsOf(const FetchOptions& options, http::Timeouts limits);
[[nodiscard]] http::AgentOptions agentOptionsOf(const FetchOptions& options);
/// The file for one of the URLs: that of -o, or with -O the last segment of the URL's path, never a
/// path of its own.
[[nodiscard]] std::string fileNameOf(const FetchOptions& options, const std::string& url);

}  // namespace ropewalk::app
