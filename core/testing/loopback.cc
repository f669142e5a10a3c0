// The turns of a Pump: losses, then sending, then receiving, each time the client's end first.

#include "loopback.h"

#include <stdexcept>

#include "ropewalk/core/testing/detail/loopback_end.h"

namespace ropewalk::testing {

namespace {
// Turns, of 64 KiB each in both directions: more than a test means to carry.
constexpr int kForEver = 10'000;
}  // namespace

Pump::Pump(Protocol& server, Protocol& client, LoopbackOptions options) {
  const Address serverAddress = Address::IPv4("127.0.0.1", 8007);
  const Address clientAddress = Address::IPv4("127.0.0.1", 50000);
  server_ = std::make_unique<detail::LoopbackEnd>(server, serverAddress, clientAddress, options);
  client_ = std::make_unique<detail::LoopbackEnd>(client, clientAddress, serverAddress, options);
  server_->join(*client_);
  client_->join(*server_);
  server_->made();
  client_->made();
}

Pump::Pump(Pump&&) noexcept = default;

Pump::~Pump() {
  if (!client_) return;  // moved from
  const Failure gone =
      ConnectionAborted("connection was aborted: the Pump that carried it is gone");
  client_->abandon(gone);
  server_->abandon(gone);
}

bool Pump::pump() { return detail::LoopbackEnd::turn(*client_, *server_); }

void Pump::flush() {
  for (int turn = 0; pump(); ++turn) {
    if (turn == kForEver)
      throw std::logic_error("flush: the two protocols never stop talking; use pump()");
  }
}

void Pump::split(std::size_t most) noexcept {
  client_->split(most);
  server_->split(most);
}

Transport& Pump::serverTransport() noexcept { return *server_; }
Transport& Pump::clientTransport() noexcept { return *client_; }

Pump connectInMemory(Protocol& server, Protocol& client, LoopbackOptions options) {
  return {server, client, options};
}

}  // namespace ropewalk::testing
