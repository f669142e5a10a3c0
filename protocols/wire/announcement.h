// Announcement: says one thing and closes. What daytime, time and quote of the day are. RFC 865,
// RFC 867, RFC 868.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk::wire {

/// Makes what is said, anew for each connection.
using Text = UniqueFunction<std::string()>;

/// Writes its text, then closes; what the peer sends is thrown away.
class Announcement final : public Protocol {
 public:
  /// @param text  shared by all connections of a factory
  explicit Announcement(std::shared_ptr<Text> text) : text_(std::move(text)) {}

  void connectionMade() override {
    transport().write((*text_)());
    transport().loseConnection();
  }
  void dataReceived(std::string_view /*data*/) override {}

 private:
  std::shared_ptr<Text> text_;
};

/// "Friday, November 20, 2026 22:55:07-UTC" and CRLF: the first form that RFC 867 suggests.
[[nodiscard]] std::string daytimeText(const Timestamp& time);

/// A quote as RFC 865 wants it: at most 512 bytes, with CRLF at its end.
[[nodiscard]] std::string quoteText(std::string quote);

}  // namespace ropewalk::wire
