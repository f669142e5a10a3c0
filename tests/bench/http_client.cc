// Our client, for http_client.py: http_client PORT COUNT [ACROSS [page]]
//   COUNT   GETs of http://127.0.0.1:PORT/ over kept connections, each read whole
//   ACROSS  of them at once (1), a connection each
//   page    by getPage, not by the Agent alone
// Prints how many were answered, and what one of the second half allocated.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "ropewalk/clients/http/http.h"
#include "tests/counted_new.h"

namespace {

using ropewalk::Deferred;
namespace http = ropewalk::http;

struct Load {
  std::string url;
  std::size_t wanted = 0;
  std::size_t asked = 0;
  std::size_t answered = 0;
  std::size_t allocatedAtHalf = 0;
};

void answered(Load& load, std::string_view body) {
  if (body != "hello\n") throw std::runtime_error("another answer");
  if (++load.answered == load.wanted / 2) load.allocatedAtHalf = allocations;
}

Deferred<void> askAgent(http::Agent& agent, Load& load) {
  while (load.asked++ < load.wanted) {
    Deferred<http::ClientResponse> asking = agent.get(load.url);
    http::ClientResponse response = co_await std::move(asking);
    const std::string body = co_await response.readBody();
    answered(load, body);
  }
}

Deferred<void> askForPages(http::Agent& agent, Load& load) {
  while (load.asked++ < load.wanted) {
    Deferred<http::Page> asking = http::getPage(agent, load.url);
    const http::Page page = co_await std::move(asking);
    answered(load, page.body);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Load load;
  load.url = "http://127.0.0.1:" + std::string(argv[1]) + "/";
  load.wanted = std::strtoull(argv[2], nullptr, 10);
  const std::size_t across = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const bool pages = argc > 4 && std::string_view(argv[4]) == "page";

  ropewalk::Reactor reactor;
  http::Agent agent(reactor, {.pool = {.perHost = across, .idlePerHost = across}});
  std::size_t running = across;
  for (std::size_t i = 0; i < across; ++i) {
    (pages ? askForPages(agent, load) : askAgent(agent, load))
        .addBoth([&](ropewalk::Result<void> result) {
          if (!result.ok())
            std::fprintf(stderr, "%s\n", result.failure().getErrorMessage().c_str());
          if (--running == 0) reactor.stop();
          return ropewalk::Result<void>();
        });
  }
  if (running > 0) reactor.run();
  const std::size_t counted = load.wanted - load.wanted / 2;
  std::printf(
      "%zu %.2f\n", load.answered,
      static_cast<double>(allocations - load.allocatedAtHalf) / static_cast<double>(counted));
}
