// Six protocols in one process and one thread, two of them over TLS too.
#include <ropewalk/core/core.h>
#include <ropewalk/core/service/policies/policies.h>
#include <ropewalk/protocols/basic/line_receiver.h>
#include <ropewalk/servers/dns/dns.h>
#include <ropewalk/servers/http/http.h>
#include <ropewalk/servers/wire/wire.h>
#include <ropewalk/ssl/ssl.h>

#include <iostream>
#include <set>

namespace rw = ropewalk;

struct Room {
  std::set<struct Chatter*> members;
};

struct Chatter : rw::LineReceiver {
  explicit Chatter(Room& room) : room(room) {}
  void connectionMade() override {
    room.members.insert(this);
    sendLine(rw::format("welcome; {} in the room", room.members.size()));
  }
  void lineReceived(std::string_view line) override {
    for (Chatter* other : room.members)
      if (other != this) other->sendLine(line);
  }
  void connectionLost(const rw::Failure&) override { room.members.erase(this); }
  Room& room;
};

std::shared_ptr<rw::http::Site> makeSite(Room& room) {
  auto site = std::make_shared<rw::http::Site>();
  site->get("/", [](rw::http::Request&) { return "hello from ropewalk\n"; });
  site->get("/users/:id", [](rw::http::Request& r) {
    return rw::http::json({{"id", r.param("id")}});
  });
  site->get("/chatters", [&room](rw::http::Request&) {
    return rw::http::json({{"count", room.members.size()}});
  });
  site->post("/shout", [](rw::http::Request& r) -> rw::Deferred<std::string> {
    std::string body = co_await r.body(64 * 1024);
    for (char& c : body) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    co_return body;
  });
  site->files("/docs", "docs", {.browse = true});
  return site;
}

std::string whoIs(const rw::wire::FingerQuery& query) {
  return query.user.empty()       ? "walker\n"
         : query.user == "walker" ? "walker: twists strands into rope\n"
                                  : "no such user\n";
}

std::shared_ptr<rw::dns::Server> makeNames() {
  auto server = rw::dns::Server::make();
  server->zone("examples/demo.test.zone");
  server->answer("*.shout.demo.test", [](const rw::dns::Question& question) {
    return rw::dns::TXT("HELLO " + std::string(question.name.firstLabel()));
  });
  return server;
}

/// Listens, and says where; throws when it cannot.
void serve(const char* name, const std::string& endpoint, std::shared_ptr<rw::Factory> factory) {
  const rw::ListeningPort port =
      rw::listen(endpoint, std::move(factory)).takeResult().value();  // listening is never slow
  std::cout << rw::format("{} on {}\n", name, port.getHost()) << std::flush;
}

int main(int argc, char** argv) try {
  const std::string base = argc > 1 ? argv[1] : "80";  // "0" lets the kernel choose the ports
  const std::string socket = argc > 2 ? argv[2] : "/tmp/ropewalk-quickstart.sock";
  const auto port = [&](const char* last) {
    return "127.0.0.1:" + (base == "0" ? "0" : base + last);
  };
  Room room;
  const auto site = makeSite(room);
  serve("http", port("80"), site);
  serve("https", "tls://" + port("43") + "?dev=1", site);
  const auto chat = rw::factoryFor<Chatter>(std::ref(room));
  serve("chat", port("60"), rw::limitOutput(chat, {.bytes = 1024 * 1024}));
  serve("daytime", port("13"), rw::wire::daytime());
  serve("finger", port("79"), rw::wire::finger(whoIs));
  const auto names = makeNames();
  serve("dns", "udp://" + port("53"), names);
  serve("dns-tcp", port("53"), names);
  serve("dns-tls", "tls://" + port("85") + "?dev=1", names);
  serve("echo", "unix:" + socket, rw::wire::echo());
  rw::reactor().run({.installSignalHandlers = true});
} catch (const rw::Error& error) {
  std::cerr << error.what() << '\n';
  return 4;
}
