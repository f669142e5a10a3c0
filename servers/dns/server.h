// Server: a name server, put together. One object for udp://, tcp:// and tls://.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/dns/answerer.h"
#include "ropewalk/servers/dns/answers.h"
#include "ropewalk/servers/dns/authority.h"
#include "ropewalk/servers/dns/stream_server.h"

namespace ropewalk::dns {

struct ServerOptions {
  Answerer::Options answers{};
  StreamServerOptions streams{};
};

/// A name server. Listen with it on as many endpoints as you like; it lives on one reactor's
/// thread, and many reactors have one each.
///
/// Its chain is asked in this order, whatever the order of the calls: what add() put in front,
/// block lists, hosts, answer()s, zones, forwarders; nobody: REFUSED.
///
///     auto server = dns::Server::make();
///     server->zone("example.test.zone");
///     server->answer("*.build.test", [](const dns::Question&) { return dns::A("192.0.2.7", 60s); });
///     server->forward("127.0.0.1:5353");
///     listen("udp://:53", server);
///     listen("tcp://:53", server);
class Server final : public Factory {
 public:
  static std::shared_ptr<Server> make(ServerOptions options = {});
  static std::shared_ptr<Server> make(Reactor& reactor, ServerOptions options = {});

  /// Serves a master file. Throws FormatError or FileError, with the place of the mistake.
  void zone(const std::string& path, const Name& origin = {});
  void zone(std::shared_ptr<const Zone> zone) { authority_->put(std::move(zone)); }
  /// Loads every master file again that has changed. One that is bad leaves the old zone in place.
  void reload();

  /// Answers questions below a name in C++: answers.h says what `f` may be.
  template <class F>
  void answer(std::string_view pattern, F f) {
    answers_->add(pattern, std::move(f));
  }
  /// Hosts as in /etc/hosts.
  void hosts(const std::string& path);
  /// Names that are not to be found.
  void block(const std::string& path);
  /// Asks this server what nobody here knows: "127.0.0.1:5353", "tls://…", "https://…". Several are
  /// asked in turn.
  void forward(std::string_view upstream);

  enum class Place : std::uint8_t { front, block, hosts, answers, zones, forward };
  void add(Place place, std::shared_ptr<Responder> responder);

  [[nodiscard]] Answerer& answerer() noexcept { return *answerer_; }
  [[nodiscard]] Authority& authority() noexcept { return *authority_; }

  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override;
  std::unique_ptr<DatagramProtocol> buildDatagramProtocol() override;

 private:
  Server(Reactor& reactor, ServerOptions options);

  Reactor& reactor_;
  const StreamServerOptions streams_;
  const std::shared_ptr<Answerer> answerer_;
  const std::shared_ptr<Authority> authority_;
  const std::shared_ptr<Answers> answers_;
};

}  // namespace ropewalk::dns
