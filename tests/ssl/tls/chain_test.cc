// Chain files as people have them, and anchors of trust that are no roots. RFC 8446 §4.4.2, RFC 5280 §6.1.

#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

/// A root, an older root, an authority that both have signed, a server's certificate by that.
struct Authorities {
  Authorities() {
    if (std::filesystem::exists(file("leaf.pem"))) return;
    std::filesystem::create_directories(directory);
    pki.run(format(R"(cd {} && exec >/dev/null && set -e
k() {{ openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }}
root() {{ k $1; openssl req -x509 -new -key $1.key -subj "/CN=$1" -days 30 -out $1.pem -addext basicConstraints=critical,CA:TRUE; }}
sign() {{ openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -set_serial $4 -days 9 -extfile $1.ext -out $3.pem; }}
root root; root old; root stranger
k int; openssl req -new -key int.key -subj /CN=int -out int.csr; echo basicConstraints=critical,CA:TRUE > int.ext
sign int root int 2; sign int old int-old 3
k leaf; openssl req -new -key leaf.key -subj /CN=leaf -out leaf.csr; echo subjectAltName=DNS:localhost > leaf.ext
sign leaf int leaf 4)",
                   directory));
  }
  std::string file(const std::string& name) const { return directory + "/" + name; }
  /// A chain file out of these certificates, in this order.
  std::string chain(const std::vector<std::string>& names) const {
    std::string all;
    for (const std::string& name : names) {
      std::ifstream in(file(name + ".pem"));
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    pki.write(file("chain.pem"), all);
    return file("chain.pem");
  }
  ssl::Context serving(const std::vector<std::string>& names) const {
    ssl::ServerOptions options;
    options.certificate = chain(names);
    options.key = file("leaf.key");
    return ssl::Context::server(std::move(options));
  }

  Pki& pki = Pki::get();
  std::string directory = pki.path("authorities");
};

/// What a client says that trusts this file: the common names of the chain that came, or why not.
std::string outcome(World& world, const ssl::Context& server, const std::string& trust) {
  ssl::ClientOptions options;
  options.trust = trust;
  options.resume = false;
  TlsPair pair(world, server, ssl::Context::client(std::move(options)), "localhost");
  if (!pair.connect()) return "timed out";
  if (pair.why) return pair.why->getErrorMessage();
  std::string names;
  for (const auto& each : pair.clientSession().peerChain())
    names += (names.empty() ? "" : " ") + each.commonName;
  return names;
}

}  // namespace

TEST_CASE("chain files are put in order, and what was put right is said") {
  struct Case {
    std::vector<std::string> file;
    std::string served;
    std::string said;  // empty: nothing
  };
  const auto each = GENERATE(values<Case>({
      {{"leaf", "int"}, "leaf int", ""},
      {{"leaf", "int", "root"}, "leaf int", ""},
      {{"leaf", "leaf", "int"}, "leaf int", "CN=leaf is there twice; it is served once"},
      {{"leaf", "root", "int"}, "leaf int", "the root CN=root is not needed; it is not served"},
      {{"leaf", "int", "int-old"}, "leaf int int", "CN=int is there in two forms; both are served"},
      {{"leaf", "int", "int"}, "leaf int", "CN=int is there twice; it is served once"},
  }));
  World world("poll");
  const Authorities authorities;
  CAPTURE(each.file);
  const log::testing::Captured captured;
  CHECK(outcome(world, authorities.serving(each.file), authorities.file("root.pem")) ==
        each.served);
  std::vector<std::string> expected;
  if (!each.said.empty()) expected = {authorities.file("chain.pem") + ": " + each.said};
  CHECK(captured.messages() == expected);
}

TEST_CASE("whom the given file names is trusted: a root, an intermediate, the server itself") {
  EVERY_POLLER;
  const Authorities authorities;
  const ssl::Context server = authorities.serving({"leaf", "int"});
  for (const char* anchor : {"root.pem", "int.pem", "leaf.pem"}) {
    CAPTURE(anchor);
    CHECK(outcome(world, server, authorities.file(anchor)) == "leaf int");
  }
  for (const char* stranger : {"old.pem", "stranger.pem"}) {
    CHECK(outcome(world, server, authorities.file(stranger)) ==
          "unknown authority: CN=root; to trust it, name a file with its certificate");
  }
}
