// ClientResponse: the head of a response, and its body, which is still to be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/headers.h"
#include "ropewalk/protocols/http/message.h"
#include "timing.h"

namespace ropewalk::http {

struct TlsFacts;

namespace detail {
class ResponseBody;
}

/// What an Agent gives. Its body waits in the connection, which is paused until somebody reads it:
/// at most one read of the socket (64 KiB) is held in memory (H-04). Read it in one of three ways,
/// once:
///
///     std::string text = co_await response.readBody(1_MiB);  // whole
///
///     while (true) {  // piece by piece
///       std::string piece = co_await response.read();
///       if (piece.empty()) break;
///       hash.update(piece);
///     }
///
///     const auto update = [&](std::string_view piece) { hash.update(piece); };
///     co_await response.deliver(update);  // pushed
///
/// Dropping the response aborts a body that nobody reads; one that readBody or deliver has begun is
/// read to its end. Move-only. One thread. It may outlive its Agent, which ends the body with a
/// CancelledError.
class ClientResponse {
 public:
  ClientResponse(const ResponseHead& head, std::string url,
                 std::shared_ptr<detail::ResponseBody> body);
  ClientResponse(ClientResponse&& other) noexcept = default;
  ClientResponse& operator=(ClientResponse&& other) noexcept;
  ClientResponse(const ClientResponse&) = delete;
  ClientResponse& operator=(const ClientResponse&) = delete;
  ~ClientResponse();

  int status = 0;
  std::string reason;  ///< "OK", as the server says it; may be empty
  Version version = Version::http11;
  Headers headers;
  std::string url;  ///< that gave this response: after redirects not the one asked for
  std::vector<std::string> redirects;  ///< the URLs that led here, oldest first
  /// As the server says it; also where there is no body (HEAD, 304).
  std::optional<std::uint64_t> contentLength;
  /// What is known of the TLS that it came over; null in the clear (clients/http/agent_tls.h).
  std::shared_ptr<const TlsFacts> tls;

  /// The whole body. Fails with BodyTooLarge past `limit` bytes, with ResponseFailed when it is cut
  /// short. Cancelling aborts the connection (H-05).
  [[nodiscard]] Deferred<std::string> readBody(std::size_t limit = 16_MiB);
  /// Calls receive for each piece, none of them empty, as they come; fires after the last one. An
  /// exception of receive aborts and becomes the failure.
  [[nodiscard]] Deferred<void> deliver(UniqueFunction<void(std::string_view)> receive);
  /// The next piece; "" at the end, and from then on. The connection is paused while nobody asks.
  /// One at a time.
  [[nodiscard]] Deferred<std::string> read();

  /// Back-pressure for deliver: no piece comes until resumeProducing.
  void pauseProducing();
  void resumeProducing();
  /// Gives the body up and aborts the connection.
  void abort();

  /// Everything has come from the network, although not everything may have been read.
  [[nodiscard]] bool complete() const noexcept;
  /// The body ended as the connection did: what Twisted calls PotentialDataLoss. Nothing proves
  /// that it is whole.
  [[nodiscard]] bool closeDelimited() const noexcept { return closeDelimited_; }
  /// The fields after a chunked body; empty before its end.
  [[nodiscard]] const Headers& trailers() const noexcept;
  /// Where the time went; Timing::total is known once the body is complete.
  [[nodiscard]] const Timing& timing() const noexcept;

 private:
  friend class Agent;

  std::shared_ptr<detail::ResponseBody> body_;
  bool closeDelimited_ = false;
};

}  // namespace ropewalk::http
