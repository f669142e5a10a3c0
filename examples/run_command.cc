// Runs a command and shows what it says as it comes: run_command PROGRAM [ARGUMENT…]. Standard
// input goes to the command. Ends as the command does, with 128 + N after signal N.

#include <cstdio>
#include <memory>
#include <string>

#include "ropewalk/core/core.h"
#include "ropewalk/core/net/process/process.h"
#include "ropewalk/core/net/stream/stdio.h"

namespace rw = ropewalk;

namespace {

/// Our own standard input and output.
struct Console : rw::Protocol {
  void dataReceived(std::string_view data) override {
    if (command) command->write(data);
  }
  /// The end of our input is the end of the command's; we go on showing what it says.
  void readConnectionLost() override {
    if (command) command->closeStdin();
  }
  void connectionLost(const rw::Failure&) override {
    if (rw::reactor().running()) rw::reactor().stop();
  }

  rw::Handle<rw::ProcessTransport> command;
};

struct Command : rw::ProcessProtocol {
  Command(rw::Handle<Console> console, int& status) : console(console), status(status) {}

  void outReceived(std::string_view data) override { show("out: ", data); }
  void errReceived(std::string_view data) override { show("err: ", data); }
  void processEnded(const rw::Failure& why) override {
    if (const auto* terminated = why.check<rw::ProcessTerminated>()) {
      status = terminated->signal() != 0 ? 128 + terminated->signal() : terminated->exitCode();
    }
    show("end: ", why.getErrorMessage() + "\n");
    if (console) console->transport().loseConnection();  // once everything is shown
  }
  void show(std::string_view stream, std::string_view data) {
    if (!console) return;
    console->transport().write(stream);
    console->transport().write(data);
  }

  rw::Handle<Console> console;
  int& status;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::puts("usage: run_command PROGRAM [ARGUMENT...]");
    return 2;
  }
  int status = 0;
  auto protocol = std::make_unique<Console>();
  const rw::Handle<Console> console = rw::handleOf(*protocol);
  rw::connectStdio(rw::reactor(), std::move(protocol));
  console->command =
      rw::reactor().spawnProcess(std::make_unique<Command>(console, status),
                                 {.program = argv[1], .args = {argv + 2, argv + argc}});
  rw::reactor().run({.installSignalHandlers = true});
  return status;
}
