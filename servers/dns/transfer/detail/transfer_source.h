// The records of a transfer, in their order. RFC 5936 §2.2, RFC 1995 §4. Private to servers/dns.
#pragma once

#include <memory>
#include <string>

#include "ropewalk/servers/dns/zone/zone_history.h"

namespace ropewalk::dns::detail {

/// Hands on one record after the other.
class TransferSource {
 public:
  TransferSource() = default;
  TransferSource(const TransferSource&) = delete;
  TransferSource& operator=(const TransferSource&) = delete;
  virtual ~TransferSource() = default;

  /// @param record  views that live until the next call
  /// @return        false when there are no more
  virtual bool next(RecordView& record) = 0;
};

/// The zone, between its SOA and its SOA.
class WholeZone final : public TransferSource {
 public:
  explicit WholeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}
  bool next(RecordView& record) override;

 private:
  enum class State : std::uint8_t { begin, records, end };

  const std::shared_ptr<const Zone> zone_;
  State state_ = State::begin;
  Zone::Position position_;
  std::string name_;
};

/// The steps to a version, between two copies of its SOA. Without steps: the SOA once, for who is
/// up to date.
class ZoneSteps final : public TransferSource {
 public:
  ZoneSteps(std::shared_ptr<const Zone> zone, ZoneHistory::Steps steps)
      : zone_(std::move(zone)), steps_(std::move(steps)) {}
  bool next(RecordView& record) override;

 private:
  enum class State : std::uint8_t { begin, removed, added, end };

  const std::shared_ptr<const Zone> zone_;
  const ZoneHistory::Steps steps_;
  State state_ = State::begin;
  std::size_t step_ = 0;
  std::size_t at_ = 0;
};

}  // namespace ropewalk::dns::detail
