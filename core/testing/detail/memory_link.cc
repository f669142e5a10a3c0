// Turns of a Pump, made by a loop.

#include "memory_link.h"

#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::testing::detail {

using ropewalk::detail::Loop;
using ropewalk::detail::Watch;

namespace {

/// What a peer finds whom the factory has refused (S-11).
struct Refusal : Protocol {
  void connectionMade() override { transport().loseConnection(); }
  void dataReceived(std::string_view /*data*/) override {}
};

}  // namespace

MemoryPort* MemoryPort::find(Loop& loop, const std::string& name) {
  MemoryPort* found = nullptr;
  loop.forEach([&](Watch& watch) {
    auto* port = dynamic_cast<MemoryPort*>(&watch);
    if (port != nullptr && port->name_ == name) found = port;
  });
  return found;
}

void MemoryPort::stop() {
  if (retired()) return;
  loop().retire(*this);
  factory_->doStop();
}

Deferred<void> MemoryPort::stopped() {
  Source<void> source;
  Deferred<void> done = source.deferred();
  loop().callSoon([source = std::move(source)]() mutable { source.callback(); });
  return done;
}

MemoryLink::MemoryLink(Loop& loop, std::string name, std::unique_ptr<Protocol> client,
                       LoopbackOptions options)
    : Watch(loop, -1), name_(std::move(name)), options_(options), waiting_(std::move(client)) {}

MemoryLink::~MemoryLink() {
  if (clientCounts_) loop().streamClosed();
  if (serverCounts_) loop().streamClosed();
  if (serverCounts_) loop().acceptedClosed();
}

Deferred<Handle<Protocol>> MemoryLink::connected() {
  Deferred<Handle<Protocol>> result = source_.deferred();
  source_.onCancel([this](Source<Handle<Protocol>>& source) {
    loop().retire(*this);
    source.errback(
        ConnectingCancelledError(format("connecting to memory:{} was cancelled", name_)));
  });
  notifyLater();
  return result;
}

void MemoryLink::notified() {
  if (waiting_) return join();
  const bool more = LoopbackEnd::turn(*client_, *server_);
  count();
  if (client_->over() && server_->over()) return loop().retire(*this);
  if (more) notifyLater();
}

void MemoryLink::join() {
  MemoryPort* port = MemoryPort::find(loop(), name_);
  if (port == nullptr) {
    loop().retire(*this);
    return source_.errback(ConnectionRefusedError(format(
        "cannot connect to memory:{}: connection refused: nobody listens there on this reactor",
        name_)));
  }
  const Address address = port->getHost();
  std::unique_ptr<Protocol> server = buildServer(port->factory());
  if (retired()) return;
  const Handle<Protocol> client = handleOf(*waiting_);
  server_ = std::make_unique<LoopbackEnd>(std::move(server), address, Address::UNIX(""), options_);
  client_ =
      std::make_unique<LoopbackEnd>(std::move(waiting_), Address::UNIX(""), address, options_);
  server_->setAccepted();
  server_->join(*client_);
  client_->join(*server_);
  for (LoopbackEnd* end : {server_.get(), client_.get()}) end->onTouched([this] { notifyLater(); });
  clientCounts_ = serverCounts_ = true;
  loop().streamOpened();
  loop().streamOpened();
  loop().acceptedOpened();
  notifyLater();
  server_->made();
  client_->made();
  if (!source_.called()) source_.callback(client);
}

std::unique_ptr<Protocol> MemoryLink::buildServer(Factory& factory) {
  std::unique_ptr<Protocol> protocol;
  try {
    protocol = factory.buildProtocol(Address::UNIX(""));
  } catch (...) {
    log::error("cannot serve a connection to memory:{}: {}", name_,
               Failure::current().getTraceback());
  }
  if (!protocol) protocol = std::make_unique<Refusal>();
  return protocol;
}

void MemoryLink::count() {
  if (client_->over() && std::exchange(clientCounts_, false)) loop().streamClosed();
  if (server_->over() && std::exchange(serverCounts_, false)) {
    loop().streamClosed();
    loop().acceptedClosed();
  }
}

void MemoryLink::disconnect() {
  const Failure why =
      ConnectionLost(format("connection over memory:{} was lost: the reactor has stopped", name_));
  loop().retire(*this);
  if (waiting_) {
    if (!source_.called()) source_.errback(why);
    return;
  }
  server_->abandon(why);
  client_->abandon(why);
}

void MemoryLink::drain() {
  if (server_) server_->drain();
}

}  // namespace ropewalk::testing::detail
