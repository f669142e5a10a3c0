// Framing of bodies on their way out, held to the length they promised. RFC 9112 §6, §7.1.
#include "request_sender.h"

#include <array>
#include <utility>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/http/serializer.h"

namespace ropewalk::http::detail {

void RequestSender::start(Transport& transport, std::string_view head, const RequestBody& body) {
  transport_ = &transport;
  told_ = false;
  transport.write(head);

  const RequestBody::Content& content = body.content();
  if (const auto* produced = std::get_if<RequestBody::Produced>(&content))
    return produce(*produced);
  if (const auto* text = std::get_if<std::shared_ptr<const std::string>>(&content))
    transport.write(std::string_view(**text));
  if (const auto* file = std::get_if<RequestBody::File>(&content))
    transport.writeFile(file->fd, file->offset, file->length);
  owner_.requestSent();
}

void RequestSender::produce(const RequestBody::Produced& body) {
  producer_ = body.producer;
  left_ = body.length;
  stopped_ = false;
  transport_->registerProducer(*this, Streaming::push);
  if (stopped_) return;  // the connection is lost already; it will say so
  const std::shared_ptr<BodyProducer> producer = producer_;
  std::optional<Deferred<void>> producing;
  try {
    producing.emplace(producer->startProducing(*this));
  } catch (...) {
    return fail(Failure::current());
  }
  if (!producer_) return producing->cancel();  // it wrote too much at once
  producing_ = std::move(producing);
  producing_->addCallbacks(
      [self = Handle<RequestSender>(*this, life_)] {
        if (RequestSender* sender = self.get()) sender->produced();
      },
      [self = Handle<RequestSender>(*this, life_)](const Failure& why) {
        if (RequestSender* sender = self.get()) sender->fail(why);
      });
}

void RequestSender::write(std::string_view piece) {
  if (!producer_ || stopped_ || piece.empty()) return;
  if (!left_) {
    std::string size;
    appendChunkHeader(size, piece.size());
    const std::array<std::string_view, 3> chunk{size, piece, kCrlf};
    return transport_->writeSequence(chunk);
  }
  if (piece.size() > *left_) {
    // The excess must not leave: the server would read it as the next request.
    return fail(ExcessWrite(format("the body producer wrote {} bytes more than it had promised",
                                   piece.size() - *left_)));
  }
  *left_ -= piece.size();
  transport_->write(piece);
}

void RequestSender::pauseProducing() {
  if (producer_ && !stopped_) producer_->pauseProducing();
}

void RequestSender::resumeProducing() {
  if (producer_ && !stopped_) producer_->resumeProducing();
}

void RequestSender::stopProducing() {
  if (!producer_ || std::exchange(stopped_, true)) return;
  const std::shared_ptr<BodyProducer> producer = producer_;
  producer->stopProducing();
}

void RequestSender::produced() {
  if (!producer_ || stopped_) return;
  if (left_.value_or(0) > 0) {
    return fail(WrongBodyLength(
        format("the body producer wrote {} bytes less than it had promised", *left_)));
  }
  if (!left_) transport_->write(kLastChunk);
  const std::shared_ptr<BodyProducer> done = release();
  transport_->unregisterProducer();
  owner_.requestSent();
}

void RequestSender::fail(const Failure& why) {
  if (!producer_ || std::exchange(told_, true)) return;
  stop();
  owner_.sendingFailed(why);
}

void RequestSender::stop() {
  if (!producer_) return;
  std::optional<Deferred<void>> producing = std::move(producing_);
  const std::shared_ptr<BodyProducer> producer = release();
  transport_->unregisterProducer();
  if (!std::exchange(stopped_, true)) producer->stopProducing();
  if (producing) producing->cancel();
}

std::shared_ptr<BodyProducer> RequestSender::release() {
  producing_.reset();
  return std::exchange(producer_, nullptr);
}

}  // namespace ropewalk::http::detail
