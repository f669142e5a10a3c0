// Options to ssl::ClientOptions; pins as curl writes them, certificates as people read them.
#include "client_tls.h"

#include <ctime>

#include "command_line.h"
#include "exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::app {

namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::size_t kPinBytes = 32;  // SHA-256

/// As curl writes pins, too: "sha256//…".
std::string pinOf(const std::string& text) {
  constexpr std::string_view kPrefix = "sha256//";
  const std::string pin = text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
  const Result<std::string> bytes = base64Decode(pin);
  if (!bytes.ok() || bytes->size() != kPinBytes) {
    throw CommandError(kUsage,
                       format("{} is no pin: write the base64 of the SHA-256 of a public key, as "
                              "ropewalk connect --tls --show-cert shows it",
                              quoteBytes(text)));
  }
  return pin;
}

std::string dateText(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[sizeof "YYYYYY-MM-DD"];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

std::string daysText(std::int64_t seconds) {
  const std::int64_t days = seconds / kDay;
  return format(days == 1 ? "{} day" : "{} days", days);
}

std::string leftText(const ssl::CertificateInfo& certificate) {
  const std::int64_t now = std::time(nullptr);
  if (certificate.notAfter < now)
    return format("expired {} ago", daysText(now - certificate.notAfter));
  if (certificate.notBefore > now)
    return format("not valid for another {}", daysText(certificate.notBefore - now));
  return format("{} left", daysText(certificate.notAfter - now));
}

}  // namespace

void addKeyPassword(CLI::App& parser, std::string& file) {
  parser.add_option("--key-password-file", file, "The key's password is the first line of this")
      ->type_name("FILE");
}

void addClientTls(CLI::App& parser, ClientTls& options) {
  parser.add_option("--cacert", options.authorities, "Trust these authorities, not the system's")
      ->type_name("FILE|DIR");
  parser.add_flag("-k,--insecure", options.insecure, "Let anybody answer: nothing is verified");
  parser.add_option("--cert", options.certificate, "Our certificate, for servers that ask")
      ->type_name("FILE");
  parser.add_option("--key", options.key, "Its key, where that is a file of its own")
      ->type_name("FILE");
  addKeyPassword(parser, options.passwordFile);
  parser
      .add_option("--pin", options.pins, "Only with this public key in the chain; again for more")
      ->type_name("HASH")
      ->allow_extra_args(false);
}

ssl::ClientOptions clientOptionsOf(const ClientTls& options) {
  if (!options.key.empty() && options.certificate.empty())
    throw CommandError(kUsage, "--key is the key of --cert, which is missing");
  if (!options.passwordFile.empty() && options.certificate.empty())
    throw CommandError(kUsage, "--key-password-file is for the key of --cert, which is missing");
  ssl::ClientOptions client;
  client.trust = options.authorities;
  client.verify = !options.insecure;
  client.certificate = options.certificate;
  client.key = options.key;
  client.passwordFile = options.passwordFile;
  for (const std::string& pin : options.pins) client.pins.push_back(pinOf(pin));
  return client;
}

ssl::Context contextOf(const ssl::ClientOptions& options) {
  return orBadTls([&] { return ssl::Context::client(options); });
}

std::string certificateLine(const ssl::CertificateInfo& certificate) {
  return format("{}, until {} ({})", certificate.subject, dateText(certificate.notAfter),
                leftText(certificate));
}

std::string certificateText(const ssl::CertificateInfo& certificate) {
  std::string names;
  for (const std::string& name : certificate.names) names += (names.empty() ? "" : ", ") + name;
  return format(
      "subject      {}\nissuer       {}\nnames        {}\nvalid        {} to {} ({})\n"
      "key          {}\nserial       {}\nfingerprint  {}\npin          {}\n",
      certificate.subject, certificate.issuer, names.empty() ? "none" : names,
      dateText(certificate.notBefore), dateText(certificate.notAfter), leftText(certificate),
      certificate.key, certificate.serial, certificate.fingerprint, certificate.pin);
}

}  // namespace ropewalk::app
