// Pki: certificates for the tests of TLS, made by the openssl command when they are first needed.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk {

/// A directory that goes with the process.
class Pki {
 public:
  static Pki& get() {
    static Pki pki;
    return pki;
  }
  Pki(const Pki&) = delete;
  Pki& operator=(const Pki&) = delete;
  ~Pki() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::string ca() const { return path("ca.pem"); }

  /// A certificate by the test authority: files NAME.pem (with the chain) and NAME.key.
  /// @param names  "DNS:localhost,IP:127.0.0.1"
  /// @param key    what openssl genpkey takes
  ssl::CertificateFiles issue(const std::string& name, const std::string& names,
                              const std::string& key = kEC, const std::string& how = "-days 30") {
    const ssl::CertificateFiles files{path(name + ".pem"), path(name + ".key")};
    if (std::filesystem::exists(files.certificate)) return files;
    run(format("openssl genpkey {} -out {}", key, files.key));
    write(path(name + ".ext"),
          "subjectAltName=" + names + "\nextendedKeyUsage=serverAuth,clientAuth\n");
    run(format("openssl req -new -key {} -subj '/CN={}' -out {}", files.key, name,
               path("request")));
    run(format("openssl x509 -req -in {} -CA {} -CAkey {} -set_serial {} {} -extfile {} -out {}",
               path("request"), ca(), path("ca.key"), ++serial_, how, path(name + ".ext"),
               files.certificate));
    return files;
  }
  /// One that is valid from `start` to `end`, which date(1) understands: "-5 days".
  ssl::CertificateFiles issueDated(const std::string& name, const std::string& names,
                                   const std::string& start, const std::string& end) {
    const ssl::CertificateFiles files{path(name + ".pem"), path(name + ".key")};
    if (std::filesystem::exists(files.certificate)) return files;
    write(path("db"), "");
    write(path("ca.conf"),
          format("[ca]\ndefault_ca=c\n[c]\ndatabase={}\nnew_certs_dir={}\nrand_serial=yes\n"
                 "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n",
                 path("db"), directory_));
    write(path(name + ".ext"), "subjectAltName=" + names + "\n");
    run(
        format("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {} "
               "-subj '/CN={}' -out {}",
               files.key, name, path("request")));
    run(
        format("openssl ca -batch -config {} -notext -cert {} -keyfile {} -extfile {} -startdate "
               "$(date -u -d '{}' +%Y%m%d%H%M%SZ) "
               "-enddate $(date -u -d '{}' +%Y%m%d%H%M%SZ) -in {} -out {}",
               path("ca.conf"), ca(), path("ca.key"), path(name + ".ext"), start, end,
               path("request"), files.certificate));
    return files;
  }
  /// One for localhost and 127.0.0.1.
  ssl::CertificateFiles localhost() { return issue("localhost", "DNS:localhost,IP:127.0.0.1"); }

  void write(const std::string& file, const std::string& text) const {
    std::ofstream(file) << text;
  }
  void run(const std::string& command) const {
    if (std::system((command + " 2>" + path("errors")).c_str()) !=
        0)  // NOLINT(concurrency-mt-unsafe)
      throw std::runtime_error("failed: " + command);
  }

  static constexpr const char* kEC = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
  static constexpr const char* kRSA = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";

 private:
  Pki() {
    std::string pattern = std::filesystem::temp_directory_path() / "ropewalk-pki-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    run(format("openssl genpkey {} -out {}", kEC, path("ca.key")));
    run(
        format("openssl req -x509 -new -key {} -subj '/CN=Test authority' -days 30 "
               "-addext basicConstraints=critical,CA:TRUE -out {}",
               path("ca.key"), ca()));
  }

  std::string directory_;
  int serial_ = 0;
};

}  // namespace ropewalk
