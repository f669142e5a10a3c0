// TransferReader: the asking side of AXFR and IXFR, for clients and secondaries. RFC 5936 §2.2,
// RFC 1995 §2 to §4, RFC 8945 §5.3.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "message.h"
#include "ropewalk/core/base/result.h"
#include "tsig.h"

namespace ropewalk::dns {

/// What a record of a transfer is.
enum class TransferPart : std::uint8_t {
  newest,   ///< the SOA of the server's version: the first record, once
  record,   ///< of the whole zone, its SOA aside
  removed,  ///< by the next step, the old SOA first
  added,    ///< by this step, the new SOA first
};

struct TransferLimits {
  std::size_t records = 10'000'000;
  std::size_t bytes = std::size_t{2} << 30;  ///< of messages
};

/// Makes the question, tells what is an answer to it, and what each record in that is:
///
///     SOA new ──► record ──────────► whole: records … SOA new                  (AXFR)
///        │  └───► SOA of ours ─────► removed: records … SOA ─► added: records … SOA ─┐  (IXFR)
///        ▼                              ▲                                            │
///     serial is ours: up to date        └──────────── not yet SOA new ◄──────────────┘
///
/// No I/O; never throws on what comes. Also asks for the SOA alone, as secondaries do first.
///
///     const Result<Message> message = reader.read(wire, now);       // one of ours, well signed
///     const Result<bool> over = reader.take(*message, sink);        // once its rcode is fine
class TransferReader {
 public:
  /// A Failure from it ends the transfer.
  using Sink = std::function<Result<void>(TransferPart, const Record&)>;

  /// @param type  AXFR, or SOA
  TransferReader(Name zone, Type type, std::uint16_t id, TransferLimits limits,
                 std::optional<TsigKey> key = {});
  /// IXFR: asks for what has changed since the version with this SOA.
  TransferReader(Record soa, std::uint16_t id, TransferLimits limits,
                 std::optional<TsigKey> key = {});

  [[nodiscard]] Type type() const noexcept { return type_; }
  /// What to send, signed where there is a key. Once.
  /// @param now  seconds since 1970
  [[nodiscard]] std::string question(std::uint64_t now);
  /// Checks all that makes a message an answer to the question; not its rcode.
  /// @return FormatError
  [[nodiscard]] Result<Message> read(std::string_view wire, std::uint64_t now);
  /// @return whether the transfer is over; FormatError when it is none of this zone, or too large
  [[nodiscard]] Result<bool> take(const Message& message, const Sink& sink);

  /// The zone has not changed: there was nothing but the SOA.
  [[nodiscard]] bool upToDate() const noexcept { return state_ == State::upToDate; }
  /// It came as changes; else whole.
  [[nodiscard]] bool incremental() const noexcept { return incremental_; }
  /// Records that were taken so far, every SOA among them.
  [[nodiscard]] std::size_t records() const noexcept { return records_; }
  /// Nothing has come yet.
  [[nodiscard]] bool empty() const noexcept { return messages_ == 0; }

 private:
  enum class State : std::uint8_t { begin, first, whole, removed, added, over, upToDate };

  [[nodiscard]] bool over() const noexcept {
    return state_ == State::over || state_ == State::upToDate;
  }
  [[nodiscard]] Result<void> check(const Message& message) const;
  Result<void> takeRecord(const Record& record, const Sink& sink);
  Result<void> takeFirst(const Record& record, const Sink& sink);
  Result<void> takeSoa(const Record& record, const Sink& sink);

  Name zone_;
  Type type_;
  std::uint16_t id_;
  TransferLimits limits_;
  std::optional<TsigSession> tsig_{};
  std::optional<Record> ours_{};  // the SOA that changes are asked since
  State state_ = State::begin;
  bool incremental_ = false;
  std::uint32_t newest_ = 0;   // the serial of the server's version
  std::uint32_t version_ = 0;  // that the changes have led to
  std::size_t messages_ = 0;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

/// Of an SOA record whose form was checked.
[[nodiscard]] std::uint32_t serialOf(const Record& soa) noexcept;

}  // namespace ropewalk::dns
