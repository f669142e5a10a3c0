// Sends each argument to an echo server as a line, and prints what comes back: echo_client PORT
// TEXT…

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;

/// Says its lines one by one, each when the one before has come back.
class EchoClient : public rw::LineOnlyReceiver {
 public:
  explicit EchoClient(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  void connectionMade() override { sayNext(); }
  void lineReceived(std::string_view line) override {
    std::printf("server said: %s\n", std::string(line).c_str());
    sayNext();
  }
  void connectionLost(const rw::Failure& reason) override {
    std::printf("connection lost: %s\n", reason.getErrorMessage().c_str());
    rw::reactor().stop();
  }

 private:
  void sayNext() {
    if (next_ == lines_.size()) return transport().loseConnection();
    sendLine(lines_[next_++]);
  }

  std::vector<std::string> lines_;
  std::size_t next_ = 0;
};

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: echo_client PORT TEXT...\n", stderr);
    return 2;
  }
  const std::vector<std::string> lines(argv + 2, argv + argc);
  int status = 0;
  auto connecting =
      rw::reactor().connectTCP("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])),
                               rw::factoryFor<EchoClient>(lines));
  connecting.addErrback([&](const rw::Failure& why) {
    std::fprintf(stderr, "%s\n", why.getErrorMessage().c_str());
    status = 1;
    rw::reactor().callWhenRunning([] { rw::reactor().stop(); });
    return rw::Handle<rw::Protocol>();
  });
  rw::reactor().run();
  return status;
}
