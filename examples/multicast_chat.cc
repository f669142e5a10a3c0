// A chat without a server: everybody joins a multicast group, and hears what is sent to it:
// multicast_chat NAME [GROUP [INTERFACE [PORT]]]. Type lines; the end of the input ends it.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;

struct Place {
  std::string group;
  std::string interface;
  std::uint16_t port;
};

/// Our end of the group.
class Member : public rw::DatagramProtocol {
 public:
  explicit Member(Place place) : place_(std::move(place)) {}

  void startProtocol() override {
    transport().joinGroup(place_.group, place_.interface);
    transport().setMulticastInterface(place_.interface);
    transport().setMulticastTTL(1);  // not beyond this network
  }
  void datagramReceived(std::string_view text, const rw::Address& from) override {
    // It came from a stranger: nothing of it may steer the terminal.
    std::printf("%s %s\n", from.host.c_str(), rw::quoteBytes(text).c_str());
    std::fflush(stdout);
  }
  void say(const std::string& text) {
    transport().write(text, rw::Address::fromLiteral(place_.group, place_.port));
  }

 private:
  Place place_;
};

/// Reads our own lines.
class Keyboard : public rw::LineReceiver {
 public:
  Keyboard(std::string name, rw::Handle<Member> member)
      : LineReceiver(rw::anyNewline()), name_(std::move(name)), member_(member) {}

  void lineReceived(std::string_view line) override {
    if (member_) member_->say("<" + name_ + "> " + std::string(line));
  }
  void connectionLost(const rw::Failure&) override {
    rw::reactor().stop();  // at the end of this turn, which sends what was said last
  }

 private:
  std::string name_;
  rw::Handle<Member> member_;
};

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: multicast_chat NAME [GROUP [INTERFACE [PORT]]]\n");
    return 2;
  }
  const Place place{.group = argc > 2 ? argv[2] : "239.192.7.7",
                    .interface = argc > 3 ? argv[3] : "lo",
                    .port = static_cast<std::uint16_t>(argc > 4 ? std::atoi(argv[4]) : 7077)};
  auto member = std::make_unique<Member>(place);
  const auto handle = rw::handleOf(*member);
  const auto port = rw::reactor().listenUDP(place.port, std::move(member), {.reuseAddress = true});
  std::printf("listening on %s\n", toText(port.getHost()).c_str());
  std::fflush(stdout);
  const auto keyboard = rw::connect<Keyboard>("stdio:", std::string(argv[1]), handle);
  rw::reactor().run({.installSignalHandlers = true});
}
