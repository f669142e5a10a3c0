// The producer that pulls from a function, in a loop and within what the peer takes.
#include "request_body.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "errors.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/handle.h"

namespace ropewalk::http {

namespace {

/// Turns a function that gives piece after piece into a push producer.
class PieceProducer final : public BodyProducer {
 public:
  explicit PieceProducer(RequestBody::NextPiece next) : next_(std::move(next)) {}

  Deferred<void> startProducing(BodyConsumer& consumer) override {
    consumer_ = &consumer;
    Deferred<void> done = done_.deferred();
    done_.onCancel([this](Source<void>&) { stopProducing(); });
    produce();
    return done;
  }
  void pauseProducing() override { paused_ = true; }
  void resumeProducing() override {
    paused_ = false;
    produce();
  }
  void stopProducing() override {
    consumer_ = nullptr;
    if (piece_) piece_->cancel();
  }

 private:
  // A loop, not a recursion: a source whose pieces are all there must not fill the stack.
  void produce() {
    if (producing_) return;
    producing_ = true;
    while (consumer_ != nullptr && !paused_ && !piece_) {
      Deferred<std::string> piece = next_();
      if (!piece.ready()) {
        wait(std::move(piece));
        break;
      }
      if (!take(std::move(piece).takeResult())) break;
    }
    producing_ = false;
    if (ended_) done_.fire(std::move(*std::exchange(ended_, std::nullopt)));
  }

  void wait(Deferred<std::string> piece) {
    piece_.emplace(std::move(piece));
    piece_->addBoth(
        [self = Handle<PieceProducer>(*this, life_)](Result<std::string>& result) -> std::string {
          if (PieceProducer* producer = self.get()) producer->arrived(std::move(result));
          return {};
        });
  }

  void arrived(Result<std::string> piece) {
    piece_.reset();
    const bool more = take(std::move(piece));
    if (more) return produce();
    if (ended_) done_.fire(std::move(*std::exchange(ended_, std::nullopt)));
  }

  /// @return whether to go on
  bool take(Result<std::string> piece) {
    if (consumer_ == nullptr) return false;
    if (!piece.ok()) {
      ended_ = piece.failure();
    } else if (piece->empty()) {
      ended_ = Result<void>();
    } else {
      consumer_->write(*piece);
      return true;
    }
    consumer_ = nullptr;
    return false;
  }

  RequestBody::NextPiece next_;
  Source<void> done_;
  std::optional<Deferred<std::string>> piece_;
  std::optional<Result<void>> ended_;
  BodyConsumer* consumer_ = nullptr;
  bool paused_ = false;
  bool producing_ = false;
  Life life_;
};

}  // namespace

RequestBody RequestBody::file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    throw InvalidRequest(format("cannot send {}: {}", path, errnoText(errno)));
  }
  if (!S_ISREG(status.st_mode))
    throw InvalidRequest(format("cannot send {}: not a regular file", path));
  return file(std::make_shared<const UniqueFd>(std::move(fd)), 0,
              static_cast<std::uint64_t>(status.st_size));
}

RequestBody RequestBody::file(SharedFd fd, std::uint64_t offset, std::uint64_t length) {
  return RequestBody(Content(File{std::move(fd), offset, length}));
}

RequestBody RequestBody::produced(std::shared_ptr<BodyProducer> producer,
                                  std::optional<std::uint64_t> length) {
  return RequestBody(Content(Produced{std::move(producer), length}));
}

RequestBody RequestBody::pieces(NextPiece next, std::optional<std::uint64_t> length) {
  return produced(std::make_shared<PieceProducer>(std::move(next)), length);
}

std::optional<std::uint64_t> RequestBody::length() const noexcept {
  if (const auto* text = std::get_if<std::shared_ptr<const std::string>>(&content_))
    return (*text)->size();
  if (const auto* file = std::get_if<File>(&content_)) return file->length;
  if (const auto* produced = std::get_if<Produced>(&content_)) return produced->length;
  return 0;
}

}  // namespace ropewalk::http
