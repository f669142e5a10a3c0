// TransferClient: asks a primary whether its zone is newer, and gets it. RFC 1034 §4.3.5, RFC 5936,
// RFC 1995, RFC 8945. Private to servers/dns.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/protocols/basic/string_receivers.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "transfer_in.h"

namespace ropewalk::dns::detail {

struct TransferRequest {
  Name apex{};
  std::shared_ptr<const Zone> current{};  ///< null: whatever the primary has is newer
  std::optional<TsigKey> key{};
  bool incremental = true;
  TransferLimits limits{};
  Duration timeout = std::chrono::seconds(30);  ///< from one message to the next
};

/// An IXFR without a whole answer: the connection ended, or nothing came for too long.
ROPEWALK_ERROR(IncrementUnanswered, ResolverError);

/// Null when the zone is up to date; else over, and ready to be built.
using TransferResult = std::unique_ptr<TransferIn>;

/// One connection: SOA, then IXFR, then AXFR, as far as is needed. Closes it by itself. Fails with
/// IncrementUnanswered where AXFR, over another one, may do better.
class TransferClient final : public Int16StringReceiver {
 public:
  explicit TransferClient(std::shared_ptr<const TransferRequest> request);

  /// Once. Cancelling it closes the connection.
  [[nodiscard]] Deferred<TransferResult> result();

  void connectionMade() override;
  void stringReceived(std::string_view message) override;
  void connectionLost(const Failure& reason) override;

 private:
  void ask(Type type);
  Result<void> handle(const Message& message);
  Result<void> soaReceived(const Message& message);
  Result<void> recordsReceived(const Message& message);
  void end(Result<TransferResult> result);
  [[nodiscard]] Failure unanswered(Failure why) const;

  const std::shared_ptr<const TransferRequest> request_;
  Source<TransferResult> source_;
  Type asked_ = Type::SOA;
  std::optional<TransferReader> reader_;  // of the question that was asked last
  std::unique_ptr<TransferIn> transfer_;
  std::optional<Deadline> timeout_;
};

}  // namespace ropewalk::dns::detail
