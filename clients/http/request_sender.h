// RequestSender: writes one request to a transport, the body as fast as the peer takes it. Internal
// to clients/http.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "outgoing_request.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::http::detail {

/// Owned by the connection; one request at a time.
///
///     idle ──start()──▶ sending ──the producer has fired──▶ idle
///                          └─────stop(), or a failure─────▶ idle
///
/// Without a producer it is idle again at once.
class RequestSender final : private BodyConsumer, private Producer {
 public:
  /// What went wrong; the connection cannot be used any more. Called at most once for each start().
  using Failed = UniqueFunction<void(Failure)>;
  /// The last byte was written, though it may still be pending in the transport.
  using Sent = UniqueFunction<void()>;

  RequestSender() = default;
  RequestSender(const RequestSender&) = delete;
  RequestSender& operator=(const RequestSender&) = delete;
  ~RequestSender() override { stop(); }

  /// @param head  as renderHead gave it for a request with this body
  void start(Transport& transport, std::string head, const RequestBody& body, Sent sent,
             Failed failed);
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
  void fail(Failure why);
  /// Ends the sending. @return the producer, for the caller to hold while it is told
  std::shared_ptr<BodyProducer> release();

  Transport* transport_ = nullptr;
  std::shared_ptr<BodyProducer> producer_;  // while sending
  std::optional<Deferred<void>> producing_;
  std::optional<std::uint64_t> left_;  // of a body with a known length
  bool stopped_ = false;               // the producer knows that it is over
  Sent sent_;
  Failed failed_;
  Life life_;
};

}  // namespace ropewalk::http::detail
