// From the pool to the connection, and what it is called when neither is to be had.
#include "exchange.h"

#include <algorithm>
#include <utility>

#include "ropewalk/clients/http/connection.h"
#include "ropewalk/clients/http/errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::http::detail {

namespace {

/// "cannot connect to 127.0.0.1:1: connection refused", as the reason of a longer sentence.
std::string asReason(const Failure& why) {
  const std::string message = why.getErrorMessage();
  constexpr std::string_view kCannot = "cannot ";
  return message.starts_with(kCannot) ? message.substr(kCannot.size()) : message;
}

Failure notSent(const OutgoingRequest& request, const Failure& why) {
  if (why.check<CancelledError>() != nullptr) return why;
  const std::string message = format("cannot fetch {}: {}", request.url.text(), asReason(why));
  if (const auto* late = why.check<RequestTimeout>()) return RequestTimeout(message, late->stage());
  return causedBy<RequestNotSent>(why, message);
}

}  // namespace

Failure totalTimeout(const OutgoingRequest& request) {
  return RequestTimeout(format("cannot fetch {}: no response within {}", request.url.text(),
                               humanDuration(request.timeouts.total)),
                        Stage::total);
}

void Exchange::start(ConnectionPool& pool, ConnectionPool::Want want) {
  Deferred<Lease> acquiring = pool.acquire(request_.url, request_.timeouts.connect, want);
  if (acquiring.ready()) return acquired(std::move(acquiring).takeResult());
  acquiring_.emplace(std::move(acquiring));
  watchTotal();
  const std::shared_ptr<Exchange> self = shared_from_this();
  acquiring_->addCallbacks([self](Lease& lease) { self->acquired(std::move(lease)); },
                           [self](const Failure& why) { self->acquired(why); });
}

void Exchange::watchTotal() {
  if (request_.span.deadline == TimePoint::max()) return;
  const Duration left = std::max(request_.span.deadline - clock_.now(), Duration::zero());
  total_ = clock_.callLater(left, [this] {
    late_ = true;
    acquiring_->cancel();
  });
}

void Exchange::acquired(Result<Lease> lease) {
  acquiring_.reset();
  total_.clear();
  if (!lease.ok())
    return failed(late_ ? totalTimeout(request_) : notSent(request_, lease.failure()));
  reused_ = lease->reused();
  connection_ = lease->connection();
  lease->send(shared_from_this());
}

void Exchange::cancel() {
  const std::shared_ptr<Exchange> self = shared_from_this();  // its last holder may let go of it
  if (acquiring_) return acquiring_->cancel();
  if (ClientConnection* connection = connection_.get()) connection->cancel(*this);
}

Deferred<ClientResponse> Forward::response() {
  source_.onCancel([this](Source<ClientResponse>&) { cancel(); });
  return source_.deferred();
}

void Forward::responded(ClientResponse&& response) {
  if (source_.called()) return;
  // A response that nobody takes must not be kept by the exchange that its own body keeps.
  Source<ClientResponse> source = std::move(source_);
  source.callback(std::move(response));
}

void Forward::failed(const Failure& why) {
  if (!source_.called()) source_.errback(why);
}

}  // namespace ropewalk::http::detail
