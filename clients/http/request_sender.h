// RequestSender: writes one request to a transport, the body as fast as the peer takes it. Internal
// to clients/http.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "request_body.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::http::detail {

/// The connection, as its sender sees it.
class SendingOwner {
 public:
  /// The last byte was written, though it may still be pending in the transport.
  virtual void requestSent() = 0;
  /// What went wrong; the connection cannot be used any more. Called at most once for each start().
  virtual void sendingFailed(const Failure& why) = 0;

 protected:
  ~SendingOwner() = default;
};

/// Owned by the connection; one request at a time.
///
///     idle ──start()──▶ sending ──the producer has fired──▶ idle
///                          └─────stop(), or a failure─────▶ idle
///
/// Without a producer it is idle again at once.
class RequestSender final : private BodyConsumer, private Producer {
 public:
  explicit RequestSender(SendingOwner& owner) noexcept : owner_(owner) {}
  RequestSender(const RequestSender&) = delete;
  RequestSender& operator=(const RequestSender&) = delete;
  ~RequestSender() override { stop(); }

  /// @param head  as appendHead gave it for a request with this body
  void start(Transport& transport, std::string_view head, const RequestBody& body);
  /// The request is over, however far it went: the producer is stopped (H-05).
  void stop();
  [[nodiscard]] bool sending() const noexcept { return producer_ != nullptr; }

 private:
  // For the BodyProducer.
  void write(std::string_view piece) override;
  // For the transport. It talks to this, and not to the BodyProducer itself, so that one is stopped
  // once.
  void pauseProducing() override;
  void resumeProducing() override;
  void stopProducing() override;

  void produce(const RequestBody::Produced& body);
  void produced();
  void fail(const Failure& why);
  /// Ends the sending. @return the producer, for the caller to hold while it is told
  std::shared_ptr<BodyProducer> release();

  SendingOwner& owner_;
  Transport* transport_ = nullptr;
  std::shared_ptr<BodyProducer> producer_;  // while sending
  std::optional<Deferred<void>> producing_;
  std::optional<std::uint64_t> left_;  // of a body with a known length
  bool stopped_ = false;               // the producer knows that it is over
  bool told_ = false;                  // the owner knows of the failure
  Life life_;
};

}  // namespace ropewalk::http::detail
