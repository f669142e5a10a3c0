// Loaded where they are good, else made, under a lock that processes share.
#include "development.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "errors.h"
#include "ropewalk/core/base/durable_file.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/key_pem.h"
#include "ropewalk/ssl/detail/describe.h"
#include "ropewalk/ssl/detail/issue.h"
#include "ropewalk/ssl/detail/pem.h"

namespace ropewalk::ssl {

namespace {

namespace fs = std::filesystem;
using detail::KeyPtr;
using detail::X509Ptr;

constexpr auto kAuthorityLife = std::chrono::hours(24 * 3'650);
constexpr auto kCertificateLife = std::chrono::hours(24 * 90);
constexpr std::int64_t kRenewWithin = 30 * 86'400;  // seconds

struct Made {
  X509Ptr certificate;
  KeyPtr key;
};

fs::path stateDirectory() {
  const char* state = std::getenv("XDG_STATE_HOME");  // NOLINT(concurrency-mt-unsafe)
  if (state != nullptr && *state == '/') return fs::path(state) / "ropewalk/dev-cert";
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  if (home == nullptr || *home == '\0')
    throw ContextError(
        "cannot make a development certificate: neither XDG_STATE_HOME nor HOME is set");
  return fs::path(home) / ".local/state/ropewalk/dev-cert";
}

void makeDirectory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error) fs::permissions(directory, fs::perms::owner_all, error);
  if (error)
    throw ContextError(format("cannot make the directory {} for development certificates: {}",
                              directory.string(), error.message()));
}

/// One process at a time makes certificates; the others wait, and find them.
UniqueFd lockIn(const fs::path& directory) {
  const std::string file = directory / "lock";
  UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0)
    throw ContextError(format("cannot lock {}: {}", file, errnoText(errno)));
  return lock;
}

void save(const fs::path& file, const std::string& text) {
  const auto written = writeFile(file.string(), text, 0600);
  if (!written) throw ContextError(written.failure().getErrorMessage());
}

/// What the two files hold; nothing when it cannot be used any more.
Made load(const fs::path& certificate, const fs::path& key) {
  Made made;
  try {
    auto all = detail::certificatesIn(detail::readFile(certificate), certificate);
    if (!all.empty()) made.certificate = std::move(all.front());
    made.key = detail::keyIn(detail::readFile(key), "", key);
  } catch (const ContextError&) {
    return {};
  }
  if (!made.certificate || !made.key) return {};
  const bool fits = EVP_PKEY_eq(X509_get0_pubkey(made.certificate.get()), made.key.get()) == 1;
  const std::int64_t end = detail::secondsOf(X509_get0_notAfter(made.certificate.get()));
  if (!fits || end < std::time(nullptr) + kRenewWithin) return {};
  return made;
}

void save(const Made& made, const fs::path& certificate, const fs::path& key) {
  save(key, crypto::detail::toPEM(made.key.get()));
  save(certificate, detail::toPEM(made.certificate.get()));
}

Made makeAuthority() {
  Made made;
  made.key = detail::makeKey();
  const detail::Issue what{
      .commonName = "ropewalk development authority", .names = {}, .until = kAuthorityLife};
  made.certificate = detail::issue(what, made.key.get(), nullptr, made.key.get());
  return made;
}

Made makeCertificate(const std::vector<std::string>& names, const Made& authority) {
  Made made;
  made.key = detail::makeKey();
  const detail::Issue what{.commonName = names.front(), .names = names, .until = kCertificateLife};
  made.certificate =
      detail::issue(what, made.key.get(), authority.certificate.get(), authority.key.get());
  return made;
}

bool isOf(const Made& made, const Made& authority, const std::vector<std::string>& names) {
  return made.certificate && detail::namesOf(made.certificate.get()) == names &&
         X509_verify(made.certificate.get(), authority.key.get()) == 1;
}

}  // namespace

DevelopmentFiles developmentCertificate(const std::vector<std::string>& names,
                                        const std::string& directory) {
  if (names.empty()) throw ContextError("a development certificate needs a name to be for");
  const fs::path home = directory.empty() ? stateDirectory() : fs::path(directory);
  makeDirectory(home);
  const UniqueFd lock = lockIn(home);
  const DevelopmentFiles files{home / "authority.pem", home / "certificate.pem",
                               home / "certificate.key"};
  const fs::path authorityKey = home / "authority.key";

  Made authority = load(files.authority, authorityKey);
  if (!authority.certificate) {
    authority = makeAuthority();
    save(authority, files.authority, authorityKey);
  }
  if (!isOf(load(files.certificate, files.key), authority, names))
    save(makeCertificate(names, authority), files.certificate, files.key);
  return files;
}

}  // namespace ropewalk::ssl
