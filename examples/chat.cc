// A chat room: chat [PORT]. Join with: nc 127.0.0.1 6000. The first line is your name.

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "ropewalk/core/core.h"
#include "ropewalk/core/service/policies/policies.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;

class Chatter;

/// Who is there. Shared by the protocols of a factory, without a global.
struct Room {
  std::set<Chatter*> members;
};

class Chatter : public rw::LineReceiver {
 public:
  explicit Chatter(Room& room) : LineReceiver(rw::anyNewline()), room_(room) {}

  void connectionMade() override { sendLine("who are you?"); }

  void lineReceived(std::string_view line) override {
    if (!name_.empty()) return tellOthers("<" + name_ + "> " + std::string(line));
    if (line.empty()) return sendLine("who are you?");
    name_ = line;
    sendLine(rw::format("welcome, {}; others here: {}", name_, room_.members.size()));
    tellOthers(name_ + " has joined");
    room_.members.insert(this);
  }

  void connectionLost(const rw::Failure&) override {
    if (room_.members.erase(this) > 0) tellOthers(name_ + " has left");
  }

 private:
  void tellOthers(const std::string& line) {
    for (Chatter* other : room_.members) {
      if (other != this) other->sendLine(line);
    }
  }

  Room& room_;
  std::string name_;
};

int main(int argc, char** argv) {
  Room room;
  // Who does not read what the others say is let go, before it costs more than this.
  const auto chat =
      rw::limitOutput(rw::factoryFor<Chatter>(std::ref(room)), {.bytes = 1024 * 1024});
  const int port = argc > 1 ? std::atoi(argv[1]) : 6000;
  const auto listening =
      rw::reactor().listenTCP(static_cast<std::uint16_t>(port), chat, {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
