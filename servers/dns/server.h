// Server: a name server, put together. One object for udp://, tcp:// and tls://.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher.h"
#include "doh.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/responders/block_list.h"
#include "ropewalk/servers/dns/responders/forwarder.h"
#include "ropewalk/servers/dns/responders/name_functions.h"
#include "ropewalk/servers/dns/responders/static_hosts.h"
#include "ropewalk/servers/dns/transfer/notify.h"
#include "ropewalk/servers/dns/transfer/secondary_zones.h"
#include "ropewalk/servers/dns/zone/zone_files.h"
#include "ropewalk/servers/dns/zone/zone_history.h"
#include "stream_server.h"

namespace ropewalk::dns {

struct ServerOptions {
  Dispatcher::Options answers{};
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
///     server->answer("*.build.test", [](const dns::Question&) {
///       return dns::A("192.0.2.7", 60s);
///     });
///     server->forward("127.0.0.1:5353");
///     listen("udp://:53", server);
///     listen("tcp://:53", server);
class Server final : public Factory, public std::enable_shared_from_this<Server> {
 public:
  /// On the thread's default reactor, or on another, which must outlive it.
  static std::shared_ptr<Server> make(ServerOptions options = ServerOptions());
  static std::shared_ptr<Server> make(Reactor& reactor, ServerOptions options = ServerOptions());

  ~Server() override;

  /// Serves a master file. Throws FormatError or FileError, with the place of the mistake; reload()
  /// looks at the file again, and until then SERVFAIL is answered where `origin` says for what.
  void zone(const std::string& path, const Name& origin = {});
  void zone(std::shared_ptr<const Zone> zone) { authority_->put(std::move(zone)); }
  /// Loads every master file again that has changed, beside answering; block lists, too. One that
  /// is bad leaves what was before in place, and is logged.
  void reload();

  /// Answers questions below a name in C++: name_functions.h says what `f` may be.
  template <class F>
  void answer(std::string_view pattern, F f) {
    answers_->add(pattern, std::move(f));
  }
  /// Hosts as in /etc/hosts; read again when the file changes. Throws Error when it cannot be read.
  void hosts(const std::string& path);
  /// Names that are not to be found (block_list.h); lines that were of no use are logged. Throws
  /// Error when a list cannot be read.
  void block(const std::string& path) { block(std::vector{path}); }
  void block(const std::vector<std::string>& paths);
  /// Asks these servers what nobody here knows: "127.0.0.1:5353", "tls://…", "https://…". In turn,
  /// unless the setup says otherwise.
  void forward(std::string_view upstream) { forward({std::string(upstream)}, {}); }
  void forward(const std::vector<std::string>& upstreams, ForwardSetup setup = ForwardSetup());

  /// Lets others have whole zones (AXFR, IXFR); as long as nobody calls this, nobody may.
  void allowTransfers(TransferPolicy policy);
  /// Keeps a zone the same as its primary's; NOTIFY is listened to from then on. Throws
  /// InvalidAddressError for a primary that makes no sense.
  void secondary(const Name& apex, SecondaryOptions options);
  /// Tells this server when a zone changes.
  void notify(NotifyTarget target) { notifier_.add(std::move(target)); }
  /// A secret that questions may be signed with, and transfers asked for.
  void addKey(TsigKey key) { dispatcher_->addKey(std::move(key)); }

  enum class Place : std::uint8_t { front, block, hosts, answers, zones, forward };
  /// Puts a responder behind those of its place.
  void add(Place place, std::shared_ptr<Responder> responder);
  void add(std::shared_ptr<AnswerFilter> filter) { dispatcher_->add(std::move(filter)); }

  /// Answers a message that came by some other way: DNS over HTTPS, say.
  /// @return the answer; "" for none
  [[nodiscard]] Deferred<std::string> answerMessage(std::string_view message, Carrier carrier,
                                                    const Address& peer);

  /// This server as a resource of a web site (RFC 8484): site->mount("/dns-query", server->doh()).
  /// It keeps the server.
  [[nodiscard]] std::shared_ptr<DohResource> doh();

  [[nodiscard]] Dispatcher& dispatcher() noexcept { return *dispatcher_; }
  [[nodiscard]] Authority& authority() noexcept { return *authority_; }

  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override;
  std::unique_ptr<DatagramProtocol> buildDatagramProtocol() override;

 private:
  Server(Reactor& reactor, ServerOptions options);

  Reactor& reactor_;
  const StreamServerOptions streams_;
  const std::shared_ptr<Dispatcher> dispatcher_;
  const std::shared_ptr<Authority> authority_;
  const std::shared_ptr<NameFunctions> answers_;
  const std::shared_ptr<ZoneHistory> history_;
  const std::shared_ptr<Transfers> transfers_;
  const std::shared_ptr<SecondaryZones> secondaries_;
  Notifier notifier_;
  ZoneFiles files_;
  std::shared_ptr<BlockList> blocked_;
  std::shared_ptr<StaticHosts> hosts_;
  std::array<std::vector<std::shared_ptr<Responder>>, 6> places_;
  Lifetime lifetime_;  // goes first
};

}  // namespace ropewalk::dns
