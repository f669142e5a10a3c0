// A TLS connection, server or client, that gets these bytes from its peer, cut anywhere.
//
// Input: one byte chooses the side and how the rest is cut; then what arrives. Whatever it is: no
// crash, connectionLost exactly once, and nothing is delivered that was not encrypted.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/testing/loopback.h"
#include "ropewalk/ssl/development.h"
#include "ropewalk/ssl/tls.h"

namespace rw = ropewalk;

namespace {

struct Inner : rw::Protocol {
  explicit Inner(int& losses) : losses(losses) {}
  void dataReceived(std::string_view) override { std::abort(); }  // nobody has the keys
  void connectionLost(const rw::Failure& why) override {
    if (why.getErrorMessage().empty()) std::abort();
    ++losses;
  }
  int& losses;
};

struct Peer : rw::Protocol {
  void dataReceived(std::string_view) override {}
};

struct Contexts {
  std::string directory = rw::format("{}/ropewalk-fuzz-{}",
                                     std::filesystem::temp_directory_path().string(), ::getpid());
  rw::ssl::DevelopmentFiles files = rw::ssl::developmentCertificate({"localhost"}, directory);
  rw::ssl::Context server = rw::ssl::Context::server(
      {.certificate = files.certificate, .key = files.key, .alpn = {"h2"}});
  rw::ssl::Context client = rw::ssl::Context::client({.trust = files.authority});
  ~Contexts() { std::filesystem::remove_all(directory); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Contexts contexts;
  if (size < 1) return 0;
  const bool server = (data[0] & 1) != 0;
  rw::testing::LoopbackOptions how;
  how.split = data[0] / 2;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

  int losses = 0;
  {
    auto factory = rw::factoryFor<Inner>(std::ref(losses));
    auto wrapped = server ? rw::ssl::wrap(contexts.server, factory)
                          : rw::ssl::wrapClient(contexts.client, {"localhost"}, factory);
    const auto filter = wrapped->buildProtocol({});
    Peer peer;
    auto pump = rw::testing::connectInMemory(peer, *filter, how);
    peer.transport().write(input);
    peer.transport().loseConnection();
    pump.flush();
  }
  if (losses != 1) std::abort();
  return 0;
}
