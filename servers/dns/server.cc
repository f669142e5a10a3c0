// Putting a name server together.
#include "server.h"

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/network.h"
#include "ropewalk/servers/dns/detail/datagram_server.h"

namespace ropewalk::dns {

namespace {

constexpr log::Logger kLog{"dns.server"};

Dispatcher::Options clocked(Dispatcher::Options options, const Clock& clock) {
  if (options.clock == nullptr) options.clock = &clock;
  return options;
}

}  // namespace

std::shared_ptr<Server> Server::make(ServerOptions options) {
  return make(ropewalk::reactor(), std::move(options));
}

std::shared_ptr<Server> Server::make(Reactor& reactor, ServerOptions options) {
  return std::shared_ptr<Server>(new Server(reactor, std::move(options)));
}

// authority_ is this object's own until it dies: whoever keeps it longer gets no calls.
Server::~Server() { authority_->onChange({}); }

Server::Server(Reactor& reactor, ServerOptions options)
    : reactor_(reactor),
      streams_(options.streams),
      dispatcher_(std::make_shared<Dispatcher>(clocked(std::move(options.answers), reactor))),
      authority_(std::make_shared<Authority>()),
      answers_(std::make_shared<NameFunctions>()),
      history_(std::make_shared<ZoneHistory>(reactor)),
      transfers_(std::make_shared<Transfers>(authority_, history_)),
      secondaries_(std::make_shared<SecondaryZones>(reactor, authority_)),
      notifier_(reactor),
      files_(reactor, authority_) {
  authority_->onChange([this](const Authority::ZonePointer& zone) {
    history_->changed(zone);
    notifier_.changed(*zone);
  });
  dispatcher_->setTransfers(transfers_);
  add(Place::answers, answers_);
  add(Place::zones, transfers_);
  add(Place::zones, authority_);
  add(Place::zones, secondaries_);
}

void Server::add(Place place, std::shared_ptr<Responder> responder) {
  places_[static_cast<std::size_t>(place)].push_back(std::move(responder));
  std::vector<std::shared_ptr<Responder>> chain;
  for (const auto& links : places_) chain.insert(chain.end(), links.begin(), links.end());
  dispatcher_->setResponders(std::move(chain));
}

void Server::zone(const std::string& path, const Name& origin) {
  files_.add(path, origin);
  files_.load().value();
}

void Server::reload() {
  files_.reload();
  if (blocked_)
    lifetime_.own(blocked_->reloadOnThread(reactor_).addCallback(logReport).addErrback(
        [](const Failure& why) {
          kLog.error("the old block lists stay: {}", why.getErrorMessage());
        }));
}

void Server::secondary(const Name& apex, SecondaryOptions options) {
  secondaries_->add(apex, std::move(options));
  dispatcher_->onNotify(
      [zones = secondaries_](const Query& query) { return zones->notified(query); });
}

void Server::hosts(const std::string& path) {
  if (!hosts_) add(Place::hosts, hosts_ = std::make_shared<StaticHosts>());
  hosts_->readFile(path);
  hosts_->watch(reactor_);
}

void Server::block(const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  if (!blocked_) add(Place::block, blocked_ = std::make_shared<BlockList>());
  for (const std::string& path : paths) blocked_->addFile(path);
  logReport(blocked_->reload().value());
}

void Server::forward(const std::vector<std::string>& upstreams, ForwardSetup setup) {
  add(Place::forward, forwardTo(reactor_, upstreams, std::move(setup)));
}

Deferred<std::string> Server::answerMessage(std::string_view message, Carrier carrier,
                                            const Address& peer) {
  std::string room(kMaxMessageLength, '\0');
  auto answered = dispatcher_->answer(message, carrier, addressBytes(peer), room);
  if (answered.later) return std::move(*answered.later);
  room.resize(answered.now.size());
  return succeed(std::move(room));
}

void Server::allowTransfers(TransferPolicy policy) { transfers_->setPolicy(std::move(policy)); }

std::shared_ptr<DohResource> Server::doh() {
  return std::make_shared<DohResource>(
      [self = shared_from_this()](const std::string& message, const Address& peer) {
        return self->answerMessage(message, Carrier::https, peer);
      });
}

std::unique_ptr<Protocol> Server::buildProtocol(const Address& /*peer*/) {
  return std::make_unique<StreamServer>(dispatcher_, streams_);
}

std::unique_ptr<DatagramProtocol> Server::buildDatagramProtocol() {
  return std::make_unique<DatagramServer>(dispatcher_);
}

}  // namespace ropewalk::dns
