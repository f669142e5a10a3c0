// Gets poems from several slow servers at once, on one thread: poetry_client ENDPOINT…
// A server that is down or too slow costs its own poem, not the others.

#include <cstdio>
#include <string>
#include <vector>

#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;
using namespace rw::literals;
using namespace std::chrono_literals;

rw::Deferred<std::string> poem(std::string endpoint) {
  auto connecting = rw::connectStream(endpoint).addTimeout(5s);
  const rw::StreamHandle stream = co_await connecting;
  co_return co_await stream->readAll(1_MiB);
}

rw::Deferred<void> poems(std::vector<std::string> endpoints) {
  std::vector<rw::Deferred<std::string>> asked;
  for (const std::string& endpoint : endpoints) asked.push_back(poem(endpoint).addTimeout(30s));

  rw::DeferredList waiting(std::move(asked));
  const auto results = co_await waiting;

  std::size_t good = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& result = results[i];
    good += result.ok() ? 1 : 0;
    std::printf("-- %s\n%s\n", endpoints[i].c_str(),
                result.ok() ? result->c_str() : result.failure().getErrorMessage().c_str());
  }
  std::printf("got %zu of %zu poems\n", good, results.size());
}

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: poetry_client ENDPOINT...   for example tcp://127.0.0.1:8009\n", stderr);
    return 2;
  }
  const std::vector<std::string> endpoints(argv + 1, argv + argc);
  return rw::react([&] { return poems(endpoints); });
}
