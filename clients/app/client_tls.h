// TLS options that the client commands share, and certificates in words.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command_line.h"
#include "exit_code.h"
#include "ropewalk/ssl/certificate.h"
#include "ropewalk/ssl/context.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::app {

/// What fetch and connect take alike.
struct ClientTls {
  std::string authorities;
  bool insecure = false;
  std::string certificate;
  std::string key;
  std::string passwordFile;
  std::vector<std::string> pins;

  /// Whether any of it was given.
  [[nodiscard]] bool given() const {
    return insecure || !authorities.empty() || !certificate.empty() || !key.empty() ||
           !pins.empty();
  }
};

/// --key-password-file, which servers take too.
void addKeyPassword(CLI::App& parser, std::string& file);

void addClientTls(CLI::App& parser, ClientTls& options);

/// As ssl/ takes them. Throws CommandError (kUsage) where they do not go together.
[[nodiscard]] ssl::ClientOptions clientOptionsOf(const ClientTls& options);

/// f(), which makes a context: files that cannot be used throw CommandError (kBadTls), with the
/// name of the option where one is missing.
template <class F>
auto orBadTls(F f) {
  try {
    return f();
  } catch (const ssl::KeyPasswordMissing& error) {
    throw CommandError(kBadTls, std::string(error.what()) + " (--key-password-file)");
  } catch (const ssl::ContextError& error) {
    throw CommandError(kBadTls, error.what());
  }
}

/// ssl::Context::client; files that cannot be used throw CommandError (kBadTls).
[[nodiscard]] ssl::Context contextOf(const ssl::ClientOptions& options);

/// "CN=example.org, until 2026-12-21 (29 days left)"
[[nodiscard]] std::string certificateLine(const ssl::CertificateInfo& certificate);
/// Everything of it, one thing a line.
[[nodiscard]] std::string certificateText(const ssl::CertificateInfo& certificate);

}  // namespace ropewalk::app
