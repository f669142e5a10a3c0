// Where a protocol gets its transport and loses it, and the transport that swallows everything.

#include "protocol.h"

#include <stdexcept>

#include "datagram.h"
#include "filter.h"

namespace ropewalk {

Protocol::~Protocol() {
  if (lifetime_) lifetime_->end();
}

Lifetime& Protocol::lifetime() {
  if (!lifetime_) lifetime_ = std::make_unique<Lifetime>();
  return *lifetime_;
}

void Protocol::makeConnection(Transport& transport) {
  transport_ = &transport;
  connectionMade();
}

void Protocol::switchTransport(Transport& transport) {
  transport_ = &transport;
  transportReplaced();
}

void Protocol::endConnection(const Failure& reason) {
  // Whatever connectionLost throws, nobody may reach the transport or the protocol afterwards.
  struct Ending {
    Protocol& self;
    ~Ending() {
      if (self.lifetime_) self.lifetime_->end();
      self.life_.end();
      self.transport_ = &Transport::null();
    }
  } const ending{*this};
  connectionLost(reason);
}

Deferred<Handle<Protocol>> Protocol::whenOpened() {
  const Handle<Protocol> self = handleOf(*this);
  Deferred<void> opening = transport_->opened();
  if (opening.ready()) return std::move(opening).addCallback([self] { return self; });
  Source<Handle<Protocol>> source;
  Deferred<Handle<Protocol>> result = source.deferred();
  // Who no longer wants it wants no connection either.
  source.onCancel([self](Source<Handle<Protocol>>&) {
    if (self) self->transport().abortConnection();
  });
  std::move(opening).addBoth(
      [self, source = std::move(source)](Result<void> outcome) mutable -> Result<void> {
        if (source.called()) return {};
        outcome.ok() ? source.callback(self) : source.errback(outcome.failure());
        return {};
      });
  return result;
}

Deferred<Handle<Protocol>> whenOpened(Handle<Protocol> connected) {
  if (!connected)
    return fail<Handle<Protocol>>(ConnectionLost("connection was lost before it was opened"));
  Protocol* speaker = connected.get();
  while (Protocol* const inner = speaker->carried()) speaker = inner;
  return speaker->whenOpened();
}

std::unique_ptr<DatagramProtocol> Factory::buildDatagramProtocol() { return nullptr; }

void Factory::doStart() {
  if (ports_++ == 0) startFactory();
}

void Factory::doStop() {
  if (--ports_ == 0) stopFactory();
}

namespace {

class NullTransport final : public Transport {
 public:
  using Transport::write;
  void write(std::string_view /*data*/) override {}
  void writeFile(SharedFd /*file*/, std::uint64_t /*offset*/, std::uint64_t /*length*/) override {}
  [[nodiscard]] std::size_t pending() const noexcept override { return 0; }
  [[nodiscard]] Deferred<void> drained() override { return fail<void>(Failure::connectionDone()); }
  void loseConnection() override {}
  void abortConnection() override {}
  void loseWriteConnection() override {}
  void pauseProducing() override {}
  void resumeProducing() override {}
  void registerProducer(Producer& producer, Streaming /*streaming*/) override {
    producer.stopProducing();
  }
  void unregisterProducer() override {}
  void insertFilter(std::unique_ptr<Filter> /*filter*/) override {}
  void replaceProtocol(std::unique_ptr<Protocol> /*next*/, std::string /*rest*/) override {}
  [[nodiscard]] Deferred<void> opened() override { return fail<void>(Failure::connectionDone()); }
  [[nodiscard]] Address getPeer() const override { return {}; }
  [[nodiscard]] Address getHost() const override { return {}; }
  [[nodiscard]] bool connected() const noexcept override { return false; }
  [[nodiscard]] bool disconnecting() const noexcept override { return true; }
  [[nodiscard]] Reactor& reactor() const override {
    throw std::logic_error("cannot reach the reactor: this protocol has no connection");
  }
};

}  // namespace

void Transport::replaceProtocol(std::unique_ptr<Protocol> /*next*/, std::string /*rest*/) {
  throw std::logic_error("cannot replace this protocol: its transport carries no other");
}

Deferred<void> Transport::opened() {
  if (Transport* const lower = below()) return lower->opened();
  return succeed();
}

void Transport::insertFilter(std::unique_ptr<Filter> /*filter*/) {
  throw std::logic_error("cannot put a layer below this protocol: its transport takes none");
}

std::uint64_t Transport::taken() const noexcept {
  const Transport* lower = below();
  return lower != nullptr ? lower->taken() : 0;
}

bool Transport::accepted() const noexcept {
  const Transport* lower = below();
  return lower != nullptr && lower->accepted();
}

Transport& Transport::null() noexcept {
  static NullTransport transport;  // has no state, so that all threads may share it
  return transport;
}

}  // namespace ropewalk
