// A socket that lives for one question. RFC 5452 §9.2.
#include "udp_exchange.h"

#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::dns {

namespace {

inline constexpr log::Logger kLog{"dns.client"};

/// For the true answer, when one in the wrong case came first: it was forged then.
constexpr auto kGrace = std::chrono::milliseconds(100);

class UdpExchange final : public DatagramProtocol {
 public:
  UdpExchange(Address server, OutgoingQuery query, std::shared_ptr<ClientCounts> counts)
      : server_(std::move(server)), query_(std::move(query)), counts_(std::move(counts)) {
    answer_.onCancel([self = Handle<UdpExchange>(*this, life())](Source<Message>&) {
      if (self) self->transport().stopListening();
    });
  }

  Deferred<Message> answer() { return answer_.deferred(); }

  void startProtocol() override {
    ++counts_->sent;
    transport().write(query_.wire());
  }

  void received(const Datagram& datagram) override {
    if (!answer_.valid()) return;  // of the same turn: it came twice
    if (datagram.truncated) return ignore("it is too long");
    Result<Message> answer = query_.receive(datagram.data);
    if (!answer) return refuse(answer.failure());
    ++counts_->answers;
    finish(std::move(answer));
  }

  void connectionRefused() override {
    finish(Failure(ConnectionRefusedError(
        format("cannot ask {}: nobody answers questions there", toText(server_)))));
  }

  void stopProtocol() override {
    finish(Failure(ConnectionLost(format("the port to {} was closed", toText(server_)))));
  }

 private:
  void refuse(const Failure& why) {
    ignore(why.getErrorMessage());
    if (why.check<WrongCaseError>() == nullptr || grace_.active()) return;
    grace_ = transport().reactor().callLater(kGrace, [this, why] { finish(why); });
  }

  void ignore(std::string_view why) {
    ++counts_->ignored;
    kLog.debug("ignored a datagram from {}: {}", toText(server_), why);
  }

  void finish(Result<Message> result) {
    if (!answer_.valid() || answer_.called()) return;  // answered, or cancelled
    Source<Message> answer = std::move(answer_);
    transport().stopListening();
    answer.fire(std::move(result));
  }

  Address server_;
  OutgoingQuery query_;
  std::shared_ptr<ClientCounts> counts_;
  Source<Message> answer_;
  ScopedCall grace_;
};

}  // namespace

Deferred<Message> askOverUdp(Reactor& reactor, const Address& server, OutgoingQuery query,
                             std::shared_ptr<ClientCounts> counts) {
  auto exchange = std::make_unique<UdpExchange>(server, std::move(query), std::move(counts));
  Deferred<Message> answer = exchange->answer();
  try {
    reactor.connectUDP(server, std::move(exchange));
  } catch (...) {
    answer.addErrback([](const Failure&) {});  // that the exchange is gone
    return fail<Message>(Failure::current());
  }
  return answer;
}

}  // namespace ropewalk::dns
