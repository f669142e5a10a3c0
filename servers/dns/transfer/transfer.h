// Zones on their way out: AXFR and IXFR. RFC 5936, RFC 1995, RFC 9103 (over TLS), RFC 8945 §5.3.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/zone/zone_history.h"
#include "transfer_policy.h"

namespace ropewalk::dns {

namespace detail {
class TransferSource;
}

/// One transfer: messages until there are no more. It holds the version of the zone that it began
/// with, so a change of the zone does not disturb it.
///
///     std::string message;
///     while (transfer.next(message)) send(message);
class TransferOut {
 public:
  /// What the answer repeats of its question.
  struct Question {
    std::uint16_t id = 0;
    Name name{};
    Type type = Type::AXFR;
    bool recursionDesired = false;
    bool edns = false;
  };
  /// Longer messages cannot point to the names at their end (RFC 1035 §4.1.4). Only a record that
  /// needs more gets more.
  static constexpr std::size_t kMessageSize = 16'384;

  TransferOut(Question question, std::unique_ptr<detail::TransferSource> source,
              std::optional<TsigSession> signature);
  TransferOut(const TransferOut&) = delete;
  TransferOut& operator=(const TransferOut&) = delete;
  ~TransferOut();

  /// @param message  gets the next message, without its length; its memory is used again
  /// @return         false when there are no more
  bool next(std::string& message, Timestamp now = ropewalk::now());
  /// Records and bytes so far, for logs.
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t write(std::string& room);
  bool fill(MessageWriter& writer);

  const Question question_;
  const std::unique_ptr<detail::TransferSource> source_;
  std::optional<TsigSession> signature_;
  RecordView record_{};  // the next one to be written
  bool pending_ = false;
  bool first_ = true;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Who asks for a zone is given it here. Also a responder: put before the authority, it answers
/// IXFR over UDP with the SOA alone, from which the asker sees whether TCP is worth its while
/// (RFC 1995 §2), and refuses AXFR there.
class Transfers final : public Responder {
 public:
  /// @param history  nothing: IXFR is answered with whole zones
  explicit Transfers(std::shared_ptr<Authority> authority,
                     std::shared_ptr<const ZoneHistory> history = nullptr)
      : authority_(std::move(authority)), history_(std::move(history)) {}

  /// For zones that have no policy of their own. As long as nobody calls this, nobody may.
  void setPolicy(TransferPolicy policy) { policy_ = std::move(policy); }
  void setPolicy(const Name& apex, TransferPolicy policy) { policies_[apex] = std::move(policy); }

  /// Whether a question is one that a stream's server hands to begin().
  [[nodiscard]] static bool wants(const Query& query) noexcept {
    const Type type = query.view.type;
    return query.view.opcode == Opcode::QUERY && (type == Type::AXFR || type == Type::IXFR) &&
           (query.carrier == Carrier::tcp || query.carrier == Carrier::tls);
  }
  struct Begun {
    Rcode rcode = Rcode::NOERROR;             ///< REFUSED, NOTAUTH (no zone begins there), FORMERR
    std::unique_ptr<TransferOut> transfer{};  ///< null unless NOERROR
  };
  /// @param key         what signed the question; null: nothing
  /// @param requestMac  TsigCheck::mac
  [[nodiscard]] Begun begin(const Query& query, const TsigKey* key = nullptr,
                            std::string requestMac = {}) const;

  Verdict respond(const Query& query, MessageWriter& answer) override;

 private:
  [[nodiscard]] Rcode check(const Query& query, Authority::ZonePointer& zone) const;
  [[nodiscard]] std::unique_ptr<detail::TransferSource> sourceFor(
      const QueryView& view, const Authority::ZonePointer& zone) const;

  const std::shared_ptr<Authority> authority_;
  const std::shared_ptr<const ZoneHistory> history_;
  TransferPolicy policy_;
  std::unordered_map<Name, TransferPolicy> policies_;
};

}  // namespace ropewalk::dns
