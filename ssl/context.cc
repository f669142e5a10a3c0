// Contexts over their shared state; watching starts a Watcher that keeps itself.
#include "context.h"

#include "ropewalk/core/net/reactor.h"
#include "ropewalk/ssl/detail/context_state.h"
#include "ropewalk/ssl/detail/describe.h"
#include "ropewalk/ssl/detail/watcher.h"

namespace ropewalk::ssl {

using detail::ContextState;

Context Context::server(ServerOptions options) {
  auto state = std::make_shared<ContextState>(std::move(options));
  if (!state->server().ticketKeys.empty()) state->tickets().load(state->server().ticketKeys);
  return Context(std::move(state));
}

Context Context::client(ClientOptions options) {
  return Context(std::make_shared<ContextState>(std::move(options)));
}

void Context::reload() const { state_->reload(); }

void Context::watch(Reactor& reactor, Duration interval) const {
  detail::Watcher::start(reactor, state_, interval);
}

bool Context::isServer() const noexcept { return state_->isServer(); }

std::vector<CertificateInfo> Context::certificates() const {
  const auto material = state_->material();
  std::vector<CertificateInfo> all;
  for (const detail::KeyPair& each : material->pairs)
    all.push_back(detail::describe(each.certificate.get()));
  return all;
}

HandshakeCounts Context::handshakes() const noexcept { return state_->counts(); }

}  // namespace ropewalk::ssl
