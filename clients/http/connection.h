// ClientConnection: HTTP/1.1 spoken to one server, one request at a time. RFC 9112. Internal to
// clients/http.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client_response.h"
#include "connector.h"
#include "request_sender.h"
#include "response_body.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/protocols/http/body_decoder.h"
#include "ropewalk/protocols/http/response_parser.h"

namespace ropewalk::http::detail {

class ClientConnection;
class Exchange;
struct OutgoingRequest;

/// Who keeps connections between requests: the pool.
class ConnectionOwner {
 public:
  /// A response is complete, and the connection fit for another request.
  virtual void connectionIdle(ClientConnection& connection) = 0;
  /// The connection will carry no more requests. The owner forgets it.
  virtual void connectionGone(ClientConnection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// Owned by its transport. What the peer says while nothing was asked ends the connection, whatever
/// it is: the answer to a request that was never sent can only be an attack or an accident.
///
///     idle ──send()──▶ head ──final head──▶ body ──end──▶ idle, if both sides keep it, else lost
///     idle ──send(), which may not be repeated, too soon after the first──▶ settling ──▶ head
///                      head ──101, asked for──▶ replaced by upgradeTo's
///     head, body ──anything wrong, cancelled, timed out──▶ lost
class ClientConnection final : public Protocol, private BodySource, private SendingOwner {
 public:
  explicit ClientConnection(Clock& clock);

  /// From now on the owner is told. Once.
  void attach(ConnectionOwner& owner, std::shared_ptr<const TlsFacts> secure) {
    owner_ = &owner;
    secure_ = std::move(secure);
  }
  /// Null in the clear.
  [[nodiscard]] const std::shared_ptr<const TlsFacts>& secure() const noexcept { return secure_; }
  /// The owner goes away: what is under way fails with `why`.
  void detach(const Failure& why);
  /// Sends the request of an exchange; only when idle. The response comes with as much of its body
  /// as arrived with the head; a small one is complete then, and this connection is idle again.
  /// Fails with RequestNotSent when the peer has closed the kept connection before the request
  /// reached it: it may be sent again, whatever it is.
  /// @param timing  of how this connection was come by
  void send(std::shared_ptr<Exchange> exchange, const Timing& timing);
  /// Aborts, if it is this exchange that is waited for.
  void cancel(const Exchange& exchange);
  /// Back to the owner, unused.
  void release();
  /// Closes an idle connection.
  void lose();
  /// Closes it unless a request comes before that, or before the time that the server gave it.
  /// @param idleTime  zero: only the server's counts
  void loseAfter(Duration idleTime);

  [[nodiscard]] bool idle() const noexcept { return state_ == State::idle; }
  /// How many requests it has carried.
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void readConnectionLost() override;
  void connectionLost(const Failure& reason) override;

 private:
  enum class State : std::uint8_t { idle, settling, head, body, lost };

  // BodySource.
  void setFlowing(bool flowing) override;
  std::shared_ptr<ResponseBody> abandonBody() override;

  // SendingOwner.
  void requestSent() override;
  void sendingFailed(const Failure& why) override;

  void start(std::string_view head);
  void watchTotal();
  [[nodiscard]] Duration toSettle() const;
  [[nodiscard]] Failure closedBefore(const Failure& reason) const;
  [[nodiscard]] bool neverTaken(const Failure& reason) const;
  void headReceived(std::string_view data);
  [[nodiscard]] std::shared_ptr<ResponseBody> makeBody();
  void beginBody(const ResponseHead& head, std::string_view rest);
  void bodyReceived(std::string_view data);
  void upgrade(const ResponseHead& head, std::string_view rest);
  void finishResponse(bool clean);
  void timedOut();
  void ended(const Failure& reason);
  [[nodiscard]] Failure brokenOff(const Failure& reason) const;
  void failExchange(const Failure& why);
  enum class Ending : std::uint8_t { lose, abort };
  void giveUp(Ending ending);
  [[nodiscard]] Failure malformed(std::string_view reason) const;

  Clock& clock_;
  ConnectionOwner* owner_ = nullptr;
  std::shared_ptr<const TlsFacts> secure_;
  State state_ = State::idle;
  bool answered_ = false;  // a byte of the response has come
  bool reusable_ = false;
  bool saysKept_ = false;  // the server has said that it keeps the connection
  bool sized_ = false;     // the length of the body was announced
  std::uint8_t interim_ = 0;
  std::uint64_t requests_ = 0;
  Duration keptFor_ = Duration::max();
  TimePoint idleSince_;
  std::uint64_t takenBefore_ = 0;  // the request, if that may not be repeated; 0: nobody tells
  std::string peer_;
  std::string rest_;                                // what a parser has not consumed
  std::string head_;                                // in state settling: not sent yet
  std::shared_ptr<const OutgoingRequest> request_;  // in states settling, head and body
  std::shared_ptr<Exchange> exchange_;              // in states settling and head
  Timing timing_;                                   // of the request so far
  std::shared_ptr<ResponseBody> body_;              // in state body
  ResponseParser parser_;
  BodyDecoder decoder_;
  TimePoint sentAt_;
  Deadline firstByte_;
  Deadline total_;
  Deadline idleExpiry_;
  Deadline settling_;
  RequestSender sender_;
};

}  // namespace ropewalk::http::detail
