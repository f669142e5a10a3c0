// From HTTP to the message and back, and the walk over an answer for its freshness. RFC 8484 §4,
// §5.1.
#include "doh.h"

#include <algorithm>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/name.h"
#include "ropewalk/servers/http/request_error.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kMediaType = "application/dns-message";

std::uint32_t big(std::string_view bytes, std::size_t at, std::size_t width) noexcept {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(at, width)) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

/// A header, and no answer: everything else the DNS meets with silence, but HTTP has a word for it.
bool isQuestion(std::string_view message) noexcept {
  return message.size() >= kHeaderLength && (static_cast<unsigned char>(message[2]) & 0x80) == 0;
}

/// One record's fixed fields.
struct Fixed {
  Type type{};
  std::uint32_t ttl = 0;
  std::size_t data = 0;  ///< where it begins
  std::size_t next = 0;  ///< 0: malformed
};

Fixed readFixed(std::string_view message, std::size_t at) noexcept {
  constexpr std::size_t kFixedLength = 10;
  const std::size_t fields = wire::skipName(message, at);
  if (fields == 0 || fields + kFixedLength > message.size()) return {};
  const std::size_t data = fields + kFixedLength;
  const std::size_t end = data + big(message, fields + 8, 2);
  if (end > message.size()) return {};
  // RFC 2181 §8: a TTL with the first bit set is 0.
  const std::uint32_t ttl = big(message, fields + 4, 4);
  return {static_cast<Type>(big(message, fields, 2)), ttl >> 31 != 0 ? 0 : ttl, data, end};
}

/// What follows the questions; 0 when they are malformed.
std::size_t endOfQuestions(std::string_view message) noexcept {
  std::size_t at = kHeaderLength;
  for (std::uint32_t left = big(message, 4, 2); left > 0; --left) {
    at = wire::skipName(message, at);
    if (at == 0 || at + 4 > message.size()) return 0;
    at += 4;
  }
  return at;
}

bool mayBeKept(std::string_view message) noexcept {
  if (message.size() < kHeaderLength) return false;
  const bool truncated = (static_cast<unsigned char>(message[2]) & 0x02) != 0;
  const auto rcode = static_cast<Rcode>(message[3] & 0x0F);
  return !truncated && (rcode == Rcode::NOERROR || rcode == Rcode::NXDOMAIN);
}

}  // namespace

std::optional<std::uint32_t> freshnessOf(std::string_view message) noexcept {
  if (!mayBeKept(message)) return std::nullopt;
  std::size_t at = endOfQuestions(message);
  const std::uint32_t answers = big(message, 6, 2);
  const std::uint32_t records = answers + big(message, 8, 2);
  const bool noSuchName = static_cast<Rcode>(message[3] & 0x0F) == Rcode::NXDOMAIN;
  std::optional<std::uint32_t> least;
  const auto lower = [&least](std::uint32_t ttl) { least = least ? std::min(*least, ttl) : ttl; };
  bool negative = false;
  for (std::uint32_t i = 0; i < records; ++i) {
    if (at == 0) return std::nullopt;
    const Fixed record = readFixed(message, at);
    if (record.next == 0) return std::nullopt;
    if (i < answers) lower(record.ttl);
    // The SOA's minimum is its last field.
    if (i >= answers && record.type == Type::SOA && (answers == 0 || noSuchName) &&
        record.next - record.data >= 20) {
      lower(std::min(record.ttl, big(message, record.next - 4, 4)));
      negative = true;
    }
    at = record.next;
  }
  if (noSuchName && !negative) return std::nullopt;
  return least;
}

http::Rendered DohResource::renderGET(http::Request& request) {
  const auto parameter = request.arg("dns");
  if (!parameter) throw http::RequestError(400, "the parameter dns is missing");
  // RFC 8484 §6: without padding; but some clients send it.
  std::string_view text = *parameter;
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() > (kMaxMessageLength + 2) / 3 * 4) {
    throw http::RequestError(413, "the message is longer than 65535 bytes");
  }
  Result<std::string> message = base64Decode(text, Base64::url);
  if (!message) {
    throw http::RequestError(400, "dns is no base64url: " + message.failure().getErrorMessage());
  }
  return ask(answer_, std::move(*message), request.getClientAddress());
}

http::Rendered DohResource::renderPOST(http::Request& request) {
  const std::string_view type = request.header("content-type").value_or("");
  if (!equalIgnoreCase(trim(type.substr(0, type.find(';'))), kMediaType)) {
    throw http::RequestError(415, format("the body is to be {}", kMediaType));
  }
  return request.body(kMaxMessageLength)
      .addCallback([answer = answer_, peer = request.getClientAddress()](std::string message) {
        return ask(answer, std::move(message), peer);
      });
}

Deferred<http::Response> DohResource::ask(const Answer& answer, std::string message, Address peer) {
  if (!isQuestion(message)) throw http::RequestError(400, "the message is no DNS question");
  return answer(std::move(message), std::move(peer)).addCallback([](std::string given) {
    if (given.empty()) throw http::RequestError(403, "no answer is given");
    const auto fresh = freshnessOf(given);
    http::Response response;
    response.header("Content-Type", kMediaType)
        .header("Cache-Control", fresh ? format("max-age={}", *fresh) : "no-store");
    response.body(std::move(given));
    return response;
  });
}

}  // namespace ropewalk::dns
