// PEM read whole from files and directories; what cannot be read says which file and why. RFC 7468.
#include "pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "error_queue.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/key_pem.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

namespace {

namespace fs = std::filesystem;

bool isPem(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".pem" || extension == ".crt" || extension == ".key";
}

BioPtr readable(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

std::string readFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  if (!in || fs::is_directory(file, error))
    throw ContextError(format("cannot read {}: {}", file, errnoText(in ? EISDIR : errno)));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> pemFilesBelow(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  const auto how = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator each(directory, how, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code ignored;
    if (isPem(each->path()) && each->is_regular_file(ignored))
      files.push_back(each->path().string());
  }
  if (error)
    throw ContextError(format("cannot read the directory {}: {}", directory, error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<X509Ptr> certificatesIn(const std::string& pem, const std::string& file) {
  std::vector<X509Ptr> found;
  const BioPtr in = readable(pem);
  clearErrors();
  while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    found.emplace_back(certificate);
  }
  const unsigned long error = ERR_peek_last_error();
  const bool atEnd =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!atEnd) throw ContextError(format("certificate {} cannot be read: {}", file, drainErrors()));
  ERR_clear_error();
  return found;
}

KeyPtr keyIn(const std::string& pem, const std::string& password, const std::string& file) {
  auto found = crypto::detail::privateKeyIn(pem, password, file);
  if (found.passwordMissing) throw KeyPasswordMissing(std::move(found.wrong));
  if (!found.wrong.empty()) throw ContextError(std::move(found.wrong));
  return std::move(found.key);
}

std::string passwordOf(const std::string& password, const std::string& file) {
  if (file.empty()) return password;
  if (!password.empty())
    throw ContextError(format("the password of a key is given, and a file with it: {}", file));
  const std::string text = readFile(file);
  return text.substr(0, text.find_first_of("\r\n"));
}

std::vector<X509Ptr> authoritiesAt(const std::string& path) {
  std::error_code ignored;
  std::vector<X509Ptr> all;
  const std::vector<std::string> files =
      fs::is_directory(path, ignored) ? pemFilesBelow(path) : std::vector<std::string>{path};
  for (const std::string& file : files) {
    for (X509Ptr& each : certificatesIn(readFile(file), file)) all.push_back(std::move(each));
  }
  if (all.empty())
    throw ContextError(
        format("{} holds no certificate: a PEM file has a line -----BEGIN CERTIFICATE-----", path));
  return all;
}

}  // namespace ropewalk::ssl::detail
