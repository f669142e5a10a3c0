// Dispatcher: a question in, an answer out; what all carriers share. RFC 1035 §4, RFC 6891, RFC 7873,
// RFC 8945.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "responder.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/base/copyable_function.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/servers/dns/guard/answer_filter.h"
#include "ropewalk/servers/dns/guard/cookies.h"
#include "ropewalk/servers/dns/transfer/transfer.h"

namespace ropewalk::dns {

namespace detail {
struct Exchange;
}

/// What a server has done. Counts from its start.
struct ServerCounts {
  std::array<std::uint64_t, 4> queries{};  ///< by Carrier
  std::array<std::uint64_t, 24> rcodes{};  ///< of answers
  std::uint64_t malformed = 0;             ///< FORMERR, or too short for any answer
  std::uint64_t dropped = 0;               ///< no answer: filters, silence
  std::uint64_t truncated = 0;             ///< answers with TC
  std::uint64_t later = 0;                 ///< under way now
  std::uint64_t overload = 0;              ///< SERVFAIL, for too many were under way
};

/// What came of a question.
struct Disposition {
  std::string_view now{};                        ///< the answer, in the caller's room
  std::optional<Deferred<std::string>> later{};  ///< or it comes by itself; "": none
  std::unique_ptr<TransferOut> transfer{};       ///< or it is a whole zone: streams only
};

/// An answer that is given, for logs.
struct AnswerEvent {
  const Query& query;
  Rcode rcode;
  std::size_t records;  ///< in the answer section
  std::size_t size;     ///< bytes
};

/// Owned by a Server; one thread. Asks its responders in turn, and sees to all that is the same
/// for each answer: malformed questions, EDNS, cookies, TSIG, sizes, filters. An answer that is
/// given at once allocates nothing, but for TSIG.
class Dispatcher {
 public:
  struct Options {
    /// The longest answer over UDP, and what EDNS says we take (docs/dns.md); 512 … 4096.
    std::uint16_t udpSize = 1232;
    std::string nsid{};             ///< who answers, for those who ask (RFC 5001)
    std::vector<TsigKey> keys{};    ///< that questions may be signed with
    std::size_t maxLater = 10'000;  ///< questions under way at once
    /// Dates signatures and cookies; null: the system's, or of a Server its reactor.
    const Clock* clock = nullptr;
  };

  Dispatcher() : Dispatcher(Options{}) {}
  explicit Dispatcher(Options options);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  /// Asked in this order.
  void setResponders(std::vector<std::shared_ptr<Responder>> responders) {
    responders_ = std::move(responders);
  }
  /// Each is asked about every answer, in the order they were added, until one does not say send.
  void add(std::shared_ptr<AnswerFilter> filter) { filters_.push_back(std::move(filter)); }
  void addKey(TsigKey key) { options_.keys.push_back(std::move(key)); }
  /// Gives zones to those who may have them; also to be among the responders, before the zones.
  void setTransfers(std::shared_ptr<const Transfers> transfers) {
    transfers_ = std::move(transfers);
  }
  /// Hears NOTIFY (RFC 1996), and gives the rcode of the answer; without it: NOTIMP.
  void onNotify(std::function<Rcode(const Query&)> f) { notified_ = std::move(f); }
  /// Told of every answer that is given; for logs.
  void onAnswer(CopyableFunction<void(const AnswerEvent&)> f) { answered_ = std::move(f); }

  /// @param message    as it came
  /// @param peerBytes  4 or 16 bytes; empty: not an IP address
  /// @param room       for the answer; at least 512 bytes
  [[nodiscard]] Disposition answer(std::string_view message, Carrier carrier,
                                   std::string_view peerBytes, std::span<char> room);
  [[nodiscard]] const ServerCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  struct Pending;

  bool admit(detail::Exchange& exchange);
  std::string_view reject(detail::Exchange& exchange, Rcode rcode);
  [[nodiscard]] bool serves(Opcode opcode) const noexcept;
  std::string_view takeNotify(detail::Exchange& exchange);
  void begin(detail::Exchange& exchange);
  Disposition ask(detail::Exchange& exchange);
  std::string_view finish(detail::Exchange& exchange);
  std::string_view sign(detail::Exchange& exchange, std::string_view answer);
  [[nodiscard]] Timestamp wallTime() const;
  [[nodiscard]] std::uint64_t unixTime() const;
  [[nodiscard]] AnswerFilter::Action filter(const detail::Exchange& exchange) const;
  Disposition transfer(detail::Exchange& exchange);
  Disposition askLater(detail::Exchange& exchange, const std::shared_ptr<Responder>& responder);
  std::string complete(const Pending& pending, const Result<std::optional<Message>>& result);
  void note(const detail::Exchange& exchange, Rcode rcode, std::string_view answer);

  Options options_;
  std::vector<std::shared_ptr<Responder>> responders_;
  std::vector<std::shared_ptr<AnswerFilter>> filters_;
  std::shared_ptr<const Transfers> transfers_;
  std::function<Rcode(const Query&)> notified_;
  std::function<void(const AnswerEvent&)> answered_;
  ServerCookies cookies_;
  ServerCounts counts_;
  Life life_;
};

}  // namespace ropewalk::dns
