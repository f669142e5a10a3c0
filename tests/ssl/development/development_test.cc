// Development certificates.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ropewalk/ssl/development.h"
#include "tests/catch.h"
#include "tests/ssl/pki.h"

using namespace ropewalk;

namespace {

std::string contents(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string freshDirectory() {
  static int count = 0;
  return Pki::get().path(format("dev{}", ++count));
}

}  // namespace

TEST_CASE("the first call makes an authority and a certificate that it vouches for") {
  const auto files =
      ssl::developmentCertificate({"localhost", "127.0.0.1", "::1"}, freshDirectory());
  Pki::get().run(
      format("openssl verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile {} "
             "{} >/dev/null",
             files.authority, files.certificate));
  Pki::get().run(format("openssl verify -verify_ip ::1 -CAfile {} {} >/dev/null", files.authority,
                        files.certificate));
  struct stat status {};
  REQUIRE(::stat(files.key.c_str(), &status) == 0);
  CHECK((status.st_mode & 077) == 0);
}

TEST_CASE("the next call finds them") {
  const std::string directory = freshDirectory();
  const auto first = ssl::developmentCertificate({"localhost"}, directory);
  const std::string before = contents(first.certificate);
  const auto second = ssl::developmentCertificate({"localhost"}, directory);
  CHECK(contents(second.certificate) == before);
}

TEST_CASE("other names mean another certificate, by the same authority") {
  const std::string directory = freshDirectory();
  const auto first = ssl::developmentCertificate({"localhost"}, directory);
  const std::string authority = contents(first.authority);
  const std::string certificate = contents(first.certificate);
  const auto second = ssl::developmentCertificate({"localhost", "my.test"}, directory);
  CHECK(contents(second.authority) == authority);
  CHECK(contents(second.certificate) != certificate);
}

TEST_CASE("broken files are made anew") {
  const std::string directory = freshDirectory();
  const auto files = ssl::developmentCertificate({"localhost"}, directory);
  std::ofstream(files.key) << "broken";
  std::ofstream(files.authority) << "broken";
  const auto again = ssl::developmentCertificate({"localhost"}, directory);
  Pki::get().run(
      format("openssl verify -CAfile {} {} >/dev/null", again.authority, again.certificate));
  const ssl::ServerOptions options{.certificate = again.certificate, .key = again.key};
  CHECK_NOTHROW(ssl::Context::server(options));
}

TEST_CASE("a directory that cannot be made is named") {
  CHECK_THROWS_WITH(ssl::developmentCertificate({"localhost"}, "/proc/nowhere"),
                    Catch::Contains("cannot make the directory /proc/nowhere"));
}
