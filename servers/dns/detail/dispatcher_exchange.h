// Exchange: one question while it is answered. Private to servers/dns.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/servers/dns/guard/cookies.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns::detail {

/// Lives on the stack of Dispatcher::answer; not to be copied, for `query` looks at `view`.
struct Exchange {
  Exchange(std::span<char> forAnswer, Carrier carrier, std::string_view peerBytes) noexcept
      : room(forAnswer), query{view, carrier, peerBytes, {}}, writer(forAnswer) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  static constexpr std::size_t kOptLength = 11;  // of an OPT record without options

  std::span<char> room;
  QueryView view;
  Query query;
  MessageWriter writer;
  TsigCheck tsig{};
  const TsigKey* key = nullptr;
  bool addressProven = false;

  [[nodiscard]] Rcode rcode() const noexcept { return writer.flags().rcode; }
  void rcode(Rcode rcode) noexcept { writer.flags().rcode = rcode; }

  /// Looks at the COOKIE option, and makes the one that goes back.
  void readCookie(const ServerCookies& cookies, Timestamp now) noexcept;
  /// The options of the answer's OPT record, in wire form.
  [[nodiscard]] std::string_view options(std::string_view nsid) noexcept;
  /// The same, with padding where it is asked for and hides something (RFC 7830, RFC 8467 §4.1).
  [[nodiscard]] std::string_view paddedOptions(std::string_view nsid) noexcept;
  /// Writes the sections and flags of an answer that came from elsewhere.
  void copy(const Message& message) noexcept;

 private:
  [[nodiscard]] bool asks(EdnsOption code) const noexcept;
  void addOption(EdnsOption code, std::string_view data) noexcept;

  bool hasCookie_ = false;
  std::array<char, ServerCookies::kClientLength + ServerCookies::kServerLength> cookie_;
  std::array<char, 1024> options_;
  std::size_t optionsLength_ = 0;
};

}  // namespace ropewalk::dns::detail
