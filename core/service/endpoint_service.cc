// A port that is there at once, or one that is waited for and may be given up.

#include "endpoint_service.h"

#include <utility>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/endpoint.h"

namespace ropewalk {

StreamServerEndpointService::StreamServerEndpointService(Reactor& reactor, std::string endpoint,
                                                         std::shared_ptr<Factory> factory)
    : reactor_(reactor), endpoint_(std::move(endpoint)), factory_(std::move(factory)) {}

StreamServerEndpointService::~StreamServerEndpointService() { static_cast<void>(unbind()); }

void StreamServerEndpointService::privilegedStartService() { bind(); }

void StreamServerEndpointService::startService() {
  bind();
  Service::startService();
}

void StreamServerEndpointService::bind() {
  if (state_ != State::idle) return;
  Deferred<ListeningPort> listening = listen(reactor_, endpoint_, factory_);
  if (listening.ready()) {
    port_ = std::move(std::move(listening).takeResult()).value();  // raises what went wrong
    state_ = State::bound;
    return;
  }
  state_ = State::binding;
  binding_.emplace(std::move(listening).addCallbacks(
      [this](const ListeningPort& port) {
        port_ = port;
        state_ = State::bound;
      },
      [this](const Failure& why) {
        state_ = State::idle;
        if (!why.check<CancelledError>()) log::error("cannot listen on {}: {}", endpoint_, why);
      }));
}

Deferred<void> StreamServerEndpointService::stopService() {
  static_cast<void>(Service::stopService());
  return unbind();
}

Deferred<void> StreamServerEndpointService::unbind() {
  if (state_ == State::binding) binding_->cancel();  // which may still give a port
  binding_.reset();
  state_ = State::idle;
  return std::exchange(port_, {}).stopListening();
}

}  // namespace ropewalk
