// Options of answers, and answers from elsewhere. RFC 5001, RFC 7830, RFC 7873, RFC 8467.
#include "dispatcher_exchange.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace ropewalk::dns::detail {

namespace {

constexpr std::size_t kPadTo = 468;  // RFC 8467 §4.1

}  // namespace

bool Exchange::asks(EdnsOption code) const noexcept {
  const std::string_view options = view.ednsOptions;
  for (std::size_t at = 0; at + 4 <= options.size();) {
    const auto u16 = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(options[i])) << 8 |
             static_cast<unsigned char>(options[i + 1]);
    };
    if (u16(at) == static_cast<std::size_t>(code)) return true;
    at += 4 + u16(at + 2);
  }
  return false;
}

void Exchange::addOption(EdnsOption code, std::string_view data) noexcept {
  if (optionsLength_ + 4 + data.size() > options_.size()) return;
  const auto number = static_cast<std::uint16_t>(code);
  char* at = options_.data() + optionsLength_;
  at[0] = static_cast<char>(number >> 8);
  at[1] = static_cast<char>(number);
  at[2] = static_cast<char>(data.size() >> 8);
  at[3] = static_cast<char>(data.size());
  std::memcpy(at + 4, data.data(), data.size());
  optionsLength_ += 4 + data.size();
}

void Exchange::readCookie(const ServerCookies& cookies, Timestamp now) noexcept {
  const auto state = cookies.check(view.cookie, query.peerBytes, now);
  addressProven = state == CookieState::good || state == CookieState::aging;
  const std::string_view client = view.cookie.substr(0, ServerCookies::kClientLength);
  const auto server = cookies.make(client, query.peerBytes, now);
  std::copy(client.begin(), client.end(), cookie_.begin());
  std::copy(server.begin(), server.end(), cookie_.begin() + client.size());
  hasCookie_ = true;
}

std::string_view Exchange::options(std::string_view nsid) noexcept {
  optionsLength_ = 0;
  if (view.ednsOptions.empty()) return {};
  // Before the cookie is made its room is counted all the same.
  if (!view.cookie.empty()) addOption(EdnsOption::COOKIE, {cookie_.data(), cookie_.size()});
  if (!nsid.empty() && asks(EdnsOption::NSID)) addOption(EdnsOption::NSID, nsid);
  return {options_.data(), optionsLength_};
}

std::string_view Exchange::paddedOptions(std::string_view nsid) noexcept {
  const bool hidden = query.carrier == Carrier::tls || query.carrier == Carrier::https;
  (void)options(nsid);
  if (!hasCookie_ && !view.cookie.empty()) optionsLength_ = 0;
  if (hidden && !view.ednsOptions.empty() && asks(EdnsOption::PADDING)) {
    static constexpr std::array<char, kPadTo> kZeros{};
    const std::size_t size = writer.size() + kOptLength + optionsLength_ + 4;
    addOption(EdnsOption::PADDING, {kZeros.data(), (kPadTo - size % kPadTo) % kPadTo});
  }
  return {options_.data(), optionsLength_};
}

void Exchange::copy(const Message& message) noexcept {
  auto& flags = writer.flags();
  flags.authoritative = message.authoritative;
  flags.truncated = message.truncated;
  flags.recursionAvailable = message.recursionAvailable;
  flags.authenticData = message.authenticData;
  flags.rcode = message.rcode;
  if (!writeRecords(writer, Section::answer, message.answers) ||
      !writeRecords(writer, Section::authority, message.authority)) {
    flags.truncated = true;
    return;
  }
  (void)writeRecords(writer, Section::additional, message.additional);
}

}  // namespace ropewalk::dns::detail
