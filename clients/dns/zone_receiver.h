// ZoneReceiver: the messages of an AXFR, put together. RFC 5936 §2.2. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/tsig.h"

namespace ropewalk::dns::detail {

/// One transfer. A value; never throws on what comes.
class ZoneReceiver {
 public:
  struct Limits {
    std::size_t records = 1'000'000;
    std::size_t bytes = 268'435'456;
  };

  ZoneReceiver(Name zone, std::uint16_t id, Limits limits, std::optional<TsigKey> key);

  /// What to send.
  [[nodiscard]] std::string question(std::uint64_t now);
  /// @param now  seconds since 1970
  /// @return     whether that was the last message; or what is wrong with it
  Result<bool> receive(std::string_view wire, std::uint64_t now);
  /// The SOA first; once receive() gave true.
  [[nodiscard]] std::vector<Record> take() { return std::move(records_); }
  [[nodiscard]] bool empty() const noexcept { return messages_ == 0; }

 private:
  [[nodiscard]] Result<void> check(const Message& message) const;
  [[nodiscard]] Result<void> checkSignature(std::string_view wire, std::uint64_t now);
  Result<void> add(Record record);
  [[nodiscard]] Failure failed(const std::string& why) const;

  Name zone_;
  std::uint16_t id_;
  Limits limits_;
  std::optional<TsigSession> tsig_{};
  std::vector<Record> records_{};
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  bool complete_ = false;
};

}  // namespace ropewalk::dns::detail
