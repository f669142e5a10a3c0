// Who has a port, and how long is looked for it.
#include "ropewalk/core/net/stream/detail/port_holder.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/net/world.h"

namespace ropewalk::detail {
namespace {

/// A child that has the port alone.
struct Holder {
  Holder() {
    Reactor reactor;
    const auto port =
        reactor.listenTCP(0, factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); }),
                          {.interface = "127.0.0.1"});
    where = port.getHost();
    pid = ::fork();
    while (pid == 0) ::pause();
  }
  ~Holder() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  [[nodiscard]] std::string found(PortHolderSearch search) const {
    return portHolder(where, SocketKind::stream, search);
  }
  Address where;
  pid_t pid = -1;
};

TEST_CASE("the process that has a port is looked for among so many, and for so long") {
  const Holder holder;
  REQUIRE(holder.pid > 0);
  const std::string name = holder.found({.processes = 1'000'000, .time = 60s});
  CHECK(name.ends_with(" (pid " + std::to_string(holder.pid) + ")"));
  CHECK(holder.found({.processes = 0, .time = 60s}).empty());
  CHECK(holder.found({.processes = 1'000'000, .time = 0ms}).empty());
}

TEST_CASE("a port of our own is known without looking at others") {
  Reactor reactor;
  const auto port =
      reactor.listenTCP(0, factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); }),
                        {.interface = "127.0.0.1"});
  CHECK(portHolder(port.getHost(), SocketKind::stream, {.processes = 0, .time = 60s}) ==
        "this process");
}

}  // namespace
}  // namespace ropewalk::detail
