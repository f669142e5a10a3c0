// Sends each argument to the timestamp server, and prints the stamped lines: timestamp_client PORT
// TEXT… As a coroutine: compare echo_client.cc, which does the same by callbacks.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;
using namespace std::chrono_literals;

rw::Deferred<void> ask(std::string endpoint, std::vector<std::string> lines) {
  auto connecting = rw::connectStream(std::move(endpoint)).addTimeout(5s);
  const rw::StreamHandle stream = co_await connecting;
  for (const std::string& line : lines) {
    co_await stream->write(line + "\r\n");
    auto reading = stream->readLine().addTimeout(5s);
    const std::string stamped = co_await reading;
    std::printf("%s\n", stamped.c_str());
  }
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: timestamp_client PORT TEXT...\n", stderr);
    return 2;
  }
  const std::string endpoint = std::string("tcp://127.0.0.1:") + argv[1];
  const std::vector<std::string> lines(argv + 2, argv + argc);
  return rw::react([&] { return ask(endpoint, lines); });
}
