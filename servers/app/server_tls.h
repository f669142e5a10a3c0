// TLS options that server commands share.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "ropewalk/core/net/loop/signals.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk::app {

/// What --tls and --dev-cert ask for.
struct ServerTls {
  std::string pair;  ///< "CERT,KEY", or a file with both
  std::string passwordFile;
  bool development = false;

  void addOptions(CLI::App& parser);
  /// The context, or nothing where TLS was not asked for. Files that cannot be used throw
  /// CommandError (kBadTls).
  [[nodiscard]] std::optional<ssl::Context> context(std::vector<std::string> alpn) const;
};

/// ssl::Context::server; files that cannot be used throw CommandError (kBadTls). Browsers that come
/// with http:// are told so.
[[nodiscard]] ssl::Context serverContext(ssl::ServerOptions options);

/// Has the certificates loaded again on SIGHUP, and when their files change; says so in the log.
/// Keep it while the reactor runs.
[[nodiscard]] std::unique_ptr<SignalWatch> keepFresh(const ssl::Context& context);

/// "certificate for localhost, 127.0.0.1, until 2027-02-19 (89 days left)", for the banner.
[[nodiscard]] std::string bannerOf(const ssl::Context& context);

}  // namespace ropewalk::app
