// Channel: the server's side of one HTTP/1.1 connection. RFC 9112 §9.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/protocols/http/request_parser.h"
#include "ropewalk/servers/http/request.h"

namespace ropewalk::http {

class Site;

/// Reads requests one after another, has the site answer each, and begins the next when the answer
/// to the one before is complete (H-03). What was answered in one dataReceived leaves in one write.
/// Owned by its transport.
///
/// Between requests it holds a parser's position, one deadline and two pointers: no buffer and no
/// request, since most connections are idle most of the time.
///
///     head ──a whole head──▶ serving ──answer complete──▶ head
///      │                        ├──body left over──▶ discarding ──▶ head
///      │                        ├──must close, nothing left to read──▶ closing
///      │                        └──must close, client still sends──┐
///      └──bad head──▶ lingering ◀──────────────────────────────────┘
///                         └──client closed, or enough──▶ closing
class Channel final : public Protocol {
 public:
  explicit Channel(std::shared_ptr<Site> site);
  ~Channel() override;

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void readConnectionLost() override;
  void connectionLost(const Failure& reason) override;
  void drainBegun() override;

  // For its Request.

  /// Its body is wanted (again): brings what is there, and more as it comes.
  void bodyWanted(Request& request);
  /// Its answer is complete.
  void responseEnded(Request& request);
  /// Goes on with what is kept; called when whatever had to happen first has happened.
  void resume() {
    if (!processing_) resumeNow();
  }
  /// Something was written for it: the client must take it in time.
  void written() noexcept;
  [[nodiscard]] TimePoint now() const noexcept { return clock_->now(); }

 private:
  enum class State : std::uint8_t { head, serving, discarding, lingering, closing };

  void process(std::string_view data, std::string* buffer);
  bool step();
  bool readHead();
  bool readBody();
  bool discardBody();
  void keep(std::string_view rest, std::string* buffer);
  void resumeNow();
  void resumeReading();
  void waitForRoom();
  void inputEnded();

  void dispatch(Request& request, const RequestHead& head);
  void logWhenSent(Request& request);
  void logWhenDrained();
  void logUnsent();
  void refuse(int status, std::string_view why);
  void bodyBroken(int status, std::string_view why);
  void endExchange();
  void release() noexcept;
  void close();
  void linger();
  void swallow(std::size_t bytes);

  void expired();
  void idleExpired();
  void bodyExpired();
  [[nodiscard]] bool progressed() noexcept;
  void awaitBody() noexcept;

  std::shared_ptr<Site> site_;
  Clock* clock_ = nullptr;
  std::optional<Deadline> deadline_;
  RequestParser parser_;
  State state_ = State::head;
  bool processing_ = false;    // input_ is being worked through, further up the stack
  bool paused_ = false;        // the transport reads nothing
  bool waitsForRoom_ = false;  // too much output is pending to begin another request
  bool headBegun_ = false;     // the first bytes of a head have come
  bool endOfInput_ = false;    // the client closed its sending side
  bool served_ = false;        // a request
  bool draining_ = false;      // the exchange at hand is the last one
  RequestRef request_;
  std::vector<RequestRef> unlogged_;  // answered, and not taken by the client yet; oldest first
  std::string_view input_;            // what is left of the bytes at hand
  std::string rest_;                  // what is left from earlier calls
  // serving: body bytes at the last look; discarding, lingering: bytes thrown away.
  std::uint64_t counted_ = 0;
  static constexpr std::uint64_t kNotAsked = ~std::uint64_t{0};
  std::uint64_t takenBefore_ = kNotAsked;  // output that the client had taken at the last look
};

}  // namespace ropewalk::http
