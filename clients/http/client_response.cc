// The reader's side of a ResponseBody, and reading it whole within a limit.
#include "client_response.h"

#include <algorithm>
#include <utility>

#include "errors.h"
#include "response_body.h"
#include "ropewalk/core/base/format.h"

namespace ropewalk::http {

namespace {

// A Content-Length is a promise, not a reason to spend memory.
constexpr std::size_t kReserveAtMost = 1_MiB;

BodyTooLarge tooLarge(const std::string& url, std::size_t limit) {
  return BodyTooLarge(
      format("cannot read {}: the body is larger than {}; raise the body limit, or stream it", url,
             humanBytes(limit)));
}

}  // namespace

ClientResponse::ClientResponse(const ResponseHead& head, std::string url,
                               std::shared_ptr<detail::ResponseBody> body)
    : status(head.status),
      reason(head.reason),
      version(head.version),
      headers(head.fields),
      url(std::move(url)),
      contentLength(head.contentLength),
      body_(std::move(body)),
      closeDelimited_(head.framing == Framing::untilClose) {}

ClientResponse& ClientResponse::operator=(ClientResponse&& other) noexcept {
  ClientResponse old = std::move(*this);
  std::destroy_at(this);
  return *std::construct_at(this, std::move(other));
}

ClientResponse::~ClientResponse() {
  if (body_) body_->letGo();
}

Deferred<std::string> ClientResponse::readBody(std::size_t limit) {
  const std::shared_ptr<detail::ResponseBody> body = body_;
  const bool announced = contentLength.value_or(0) > limit && !body->end();
  if (announced || body->buffered() > limit) {
    body->claim();
    const Failure why = tooLarge(url, limit);
    body->fail(why);
    return fail<std::string>(why);
  }
  if (body->end()) {  // the usual case for a small page: nothing to wait for
    body->claim();
    if (!body->end()->ok()) return fail<std::string>(body->end()->failure());
    return succeed(body->takeBuffered());
  }
  const auto text = std::make_shared<std::string>();
  text->reserve(
      static_cast<std::size_t>(std::min<std::uint64_t>(contentLength.value_or(0), kReserveAtMost)));
  return body
      ->deliver([text, limit, name = url](std::string_view piece) {
        if (piece.size() > limit - text->size()) throw tooLarge(name, limit);
        text->append(piece);
      })
      .addCallback([text] { return std::move(*text); });
}

Deferred<void> ClientResponse::deliver(UniqueFunction<void(std::string_view)> receive) {
  const std::shared_ptr<detail::ResponseBody> body = body_;
  return body->deliver(std::move(receive));
}

Deferred<std::string> ClientResponse::read() {
  const std::shared_ptr<detail::ResponseBody> body = body_;
  return body->read();
}

void ClientResponse::pauseProducing() {
  const std::shared_ptr<detail::ResponseBody> body = body_;
  body->pauseProducing();
}

void ClientResponse::resumeProducing() {
  const std::shared_ptr<detail::ResponseBody> body = body_;
  body->resumeProducing();
}

void ClientResponse::abort() {
  const std::shared_ptr<detail::ResponseBody> body = body_;
  body->fail(CancelledError("the response was aborted"));
}

bool ClientResponse::complete() const noexcept { return body_->end().has_value(); }
const Headers& ClientResponse::trailers() const noexcept { return body_->trailers; }
const Timing& ClientResponse::timing() const noexcept { return body_->timing; }

}  // namespace ropewalk::http
