// RequestBody: what is sent after the head. BodyProducer: makes one piece by piece, as fast as the
// peer takes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::http {

/// Where a BodyProducer writes to. Framing (chunks, the check of the length) is done behind it.
class BodyConsumer {
 public:
  virtual ~BodyConsumer() = default;
  /// Copies. Once the request is over, does nothing.
  virtual void write(std::string_view piece) = 0;
};

/// Twisted's IBodyProducer: a body that does not lie in memory. Used for one request.
class BodyProducer : public Producer {
 public:
  /// Called once. Writes until everything is written, then fires; a failure aborts the request.
  /// Between pauseProducing and resumeProducing it should write nothing; after stopProducing (the
  /// request is over: H-05) it must write nothing.
  /// @param consumer  valid until the Deferred has fired or stopProducing was called
  [[nodiscard]] virtual Deferred<void> startProducing(BodyConsumer& consumer) = 0;
  void pauseProducing() override = 0;
};

/// The body of a request: nothing, text, a part of a file, or whatever a producer makes. A value;
/// copies share the content.
///
///     request.body("a=1&b=2");
///     request.body(RequestBody::file("photo.jpg"));
///     request.body(RequestBody::pieces([from = stream] { return from->readSome(); }));  // "": end
class RequestBody {
 public:
  using NextPiece = AsyncFunction<Deferred<std::string>()>;
  struct None {};
  struct File {
    SharedFd fd;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  struct Produced {
    std::shared_ptr<BodyProducer> producer;
    std::optional<std::uint64_t> length;
  };
  using Content = std::variant<None, std::shared_ptr<const std::string>, File, Produced>;

  /// No body.
  RequestBody() = default;
  // Implicit, so that request.body("text") and agent.put(url, "text") read well.
  RequestBody(std::string text) : content_(std::make_shared<const std::string>(std::move(text))) {}
  RequestBody(const char* text) : RequestBody(std::string(text)) {}

  /// A regular file, as long as it is now; sent with sendfile where the wire allows. Throws
  /// InvalidRequest when it cannot be opened.
  [[nodiscard]] static RequestBody file(const std::string& path);
  /// A part of one that is open: `length` bytes from `offset` on.
  [[nodiscard]] static RequestBody file(SharedFd fd, std::uint64_t offset, std::uint64_t length);
  /// @param length  exact, in bytes; without it the body is sent in chunks (RFC 9112 §7.1)
  [[nodiscard]] static RequestBody produced(std::shared_ptr<BodyProducer> producer,
                                            std::optional<std::uint64_t> length = std::nullopt);
  /// Asks for a piece whenever there is room for it; an empty one is the end.
  [[nodiscard]] static RequestBody pieces(NextPiece next,
                                          std::optional<std::uint64_t> length = std::nullopt);

  [[nodiscard]] bool empty() const noexcept { return std::holds_alternative<None>(content_); }
  /// In bytes, where it is known; 0 for none.
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept;
  /// True when it can be sent a second time (after a redirect, or on another connection).
  [[nodiscard]] bool replayable() const noexcept {
    return !std::holds_alternative<Produced>(content_);
  }
  [[nodiscard]] const Content& content() const noexcept { return content_; }

 private:
  explicit RequestBody(Content content) : content_(std::move(content)) {}

  Content content_;
};

}  // namespace ropewalk::http
