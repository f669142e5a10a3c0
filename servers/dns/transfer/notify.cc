// Sending NOTIFY until it is answered. RFC 1996 §3 and §4.
#include "notify.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/random.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

namespace {

constexpr log::Logger kLog{"dns.notify"};
constexpr std::uint16_t kPort = 53;
constexpr std::size_t kMaxWaiting = 10'000;  // ids are 16 bits, and must stay hard to guess

/// RFC 1996 §3.7: the new SOA goes with it, as a hint.
std::string notifyFor(const Zone& zone, std::uint16_t id) {
  Message message;
  message.id = id;
  message.opcode = Opcode::NOTIFY;
  message.authoritative = true;
  message.questions = {{zone.apex(), Type::SOA, Class::IN}};
  const RRset& soa = zone.soa();
  message.answers = {{zone.apex(), Type::SOA, Class::IN, soa.ttl, std::string(zone.data(soa, 0))}};
  return message.encode();
}

}  // namespace

/// A socket to send from, and to hear answers on.
class Notifier::Port final : public DatagramProtocol {
 public:
  explicit Port(Handle<Notifier> notifier) : notifier_(notifier) {}

  void received(const Datagram& datagram) override {
    if (notifier_ && !datagram.truncated) notifier_->received(datagram.data, datagram.peer);
  }

 private:
  Handle<Notifier> notifier_;
};

Notifier::Notifier(Reactor& reactor, NotifierOptions options)
    : reactor_(reactor), options_(options) {}

Notifier::~Notifier() {
  for (const auto& port : ports_) {
    if (port) port->transport().stopListening();
  }
}

void Notifier::add(NotifyTarget target) {
  const auto family = target.address.family;
  if (family != Address::Family::IPv4 && family != Address::Family::IPv6) {
    throw InvalidAddressError(format("cannot notify {}: give an IP address", target.address));
  }
  if (target.address.port == 0) target.address.port = kPort;
  (void)DatagramPeer(target.address);  // throws where the literal is none
  targets_.push_back({std::move(target), std::nullopt});
}

void Notifier::add(const Name& apex, NotifyTarget target) {
  add(std::move(target));
  targets_.back().apex = apex;
}

void Notifier::changed(const Zone& zone) {
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.apex == zone.apex(); });
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (!targets_[i].apex || *targets_[i].apex == zone.apex()) begin(i, zone);
  }
}

std::uint16_t Notifier::freshId() const {
  while (true) {
    const auto id = static_cast<std::uint16_t>(reactor_.slot<Random>().next());
    if (!waiting_.contains(id)) return id;
  }
}

void Notifier::begin(std::size_t target, const Zone& zone) {
  if (waiting_.size() >= kMaxWaiting) {
    kLog.warn("{}: too many NOTIFYs are under way; {} will see it at its next refresh", zone.apex(),
              targets_[target].address);
    ++counts_.failed;
    return;
  }
  const std::uint16_t id = freshId();
  Waiting& waiting = waiting_[id];
  waiting.target = target;
  waiting.apex = zone.apex();
  waiting.serial = zone.serial();
  waiting.message = notifyFor(zone, id);
  waiting.wait = options_.firstWait;
  send(id);
}

DatagramTransport& Notifier::transportFor(const Address& target) {
  const bool v6 = target.family == Address::Family::IPv6;
  Handle<Port>& handle = ports_[v6 ? 1 : 0];
  if (!handle) {
    auto port = std::make_unique<Port>(Handle<Notifier>(*this, life_));
    handle = Handle<Port>(*port, port->life());
    ListenUDPOptions options;
    options.interface = v6 ? "::" : "0.0.0.0";
    reactor_.listenUDP(0, std::move(port), options);
  }
  return handle->transport();
}

Clock& Notifier::clock() const noexcept {
  return options_.clock != nullptr ? *options_.clock : static_cast<Clock&>(reactor_);
}

std::uint64_t Notifier::unixTime() const {
  return static_cast<std::uint64_t>(clock().wallTime().unixSeconds());
}

void Notifier::send(std::uint16_t id) {
  Waiting& waiting = waiting_[id];
  const Target& target = targets_[waiting.target];
  std::string message = waiting.message;
  if (target.key) waiting.session.emplace(*target.key).sign(message, unixTime());
  ++waiting.tries;
  ++counts_.sent;
  waiting.timer = clock().callLater(waiting.wait, [this, id] { silent(id); });
  waiting.wait *= 2;
  try {
    transportFor(target.address).write(message, target.address);
  } catch (const Error& error) {  // no socket: the next try may have one
    kLog.warn("{}: cannot notify {}: {}", waiting.apex, target.address, error.what());
  }
}

void Notifier::silent(std::uint16_t id) {
  if (waiting_.at(id).tries >= options_.tries) return finish(id, false, "there is no answer");
  send(id);
}

void Notifier::received(std::string_view bytes, const DatagramPeer& peer) {
  auto message = Message::decode(bytes);
  if (!message || !message->response || message->opcode != Opcode::NOTIFY) return;
  const auto found = waiting_.find(message->id);
  if (found == waiting_.end()) return;
  Waiting& waiting = found->second;
  if (peer != DatagramPeer(targets_[waiting.target].address)) return;
  const std::vector<Question> asked{{waiting.apex, Type::SOA, Class::IN}};
  if (!message->questions.empty() && message->questions != asked) return;
  if (waiting.session && waiting.session->checkAnswer(bytes, unixTime()).error != Rcode::NOERROR) {
    return;  // forged, or not: the next try will tell
  }
  finish(found->first, message->rcode == Rcode::NOERROR, toText(message->rcode));
}

void Notifier::finish(std::uint16_t id, bool good, std::string_view why) {
  const auto node = waiting_.extract(id);
  const Waiting& waiting = node.mapped();
  const Address& address = targets_[waiting.target].address;
  if (good) {
    ++counts_.answered;
    kLog.info("{}: {} knows of serial {}", waiting.apex, address, waiting.serial);
  } else {
    ++counts_.failed;
    kLog.warn("{}: {} was not told of serial {}: {}", waiting.apex, address, waiting.serial, why);
  }
}

}  // namespace ropewalk::dns
