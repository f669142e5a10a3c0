// Signing and checking with TSIG. RFC 8945 §4.3 and §5.
#include "tsig.h"

#include <algorithm>
#include <stdexcept>

#include "errors.h"
#include "message.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/tsig_record.h"
#include "ropewalk/ssl/crypto.h"

namespace ropewalk::dns {

namespace {

using detail::TsigRecord;

constexpr std::uint16_t kFudge = 300;  // seconds that clocks may differ (§10 recommends it)
constexpr int kMaxUnsigned = 99;       // messages between two signed ones (§5.3.1)
constexpr std::size_t kShortestMac = 10;
constexpr std::size_t kServerTimeLength = 6;

constexpr Rcode kBadSig = Rcode::BADVERS;  // 16 means this in a TSIG

std::uint16_t idOf(std::string_view message) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(message[0]) << 8 |
                                    static_cast<unsigned char>(message[1]));
}

crypto::Hash hashOf(const TsigKey& key) {
  const auto hash = detail::tsigHash(key.algorithm);
  if (!hash) {
    throw std::invalid_argument(format("cannot sign with {}: use hmac-sha256", key.algorithm));
  }
  return *hash;
}

/// A record that says who signs and when; without the MAC.
TsigRecord recordOf(const TsigKey& key, std::uint16_t originalId, std::uint64_t now) {
  TsigRecord record;
  record.keyName = key.name.lowerCased().wire();
  record.algorithm = detail::algorithmWire(key.algorithm);
  record.time = now;
  record.fudge = kFudge;
  record.originalId = originalId;
  return record;
}

bool isOf(const TsigRecord& record, const TsigKey& key) {
  return wire::equalNames(record.keyName, key.name.wire()) &&
         record.algorithm == detail::algorithmWire(key.algorithm);
}

/// §5.2.2.1: whole, or cut to at least half, and ten bytes.
bool acceptableLength(std::size_t length, crypto::Hash hash) {
  const std::size_t whole = crypto::digestSize(hash);
  return length <= whole && length >= std::max(kShortestMac, whole / 2);
}

bool inTime(const TsigRecord& record, std::uint64_t now) {
  const std::uint64_t apart = now > record.time ? now - record.time : record.time - now;
  return apart <= record.fudge;
}

TsigCheck refused(Rcode error, std::string_view why, std::string_view mac = {}) {
  return {error, std::string(mac), why};
}

/// The order of the checks is §5.2's: length, MAC, time.
TsigCheck judge(const TsigRecord& record, crypto::Hmac& hmac, std::uint64_t now) {
  const std::string expected = hmac.finish();
  if (!crypto::equalConstantTime(std::string_view(expected).substr(0, record.mac.size()),
                                 record.mac)) {
    return refused(kBadSig, "the MAC is wrong");
  }
  if (!inTime(record, now)) {
    return refused(Rcode::BADTIME, "it was signed at another time", record.mac);
  }
  return {Rcode::NOERROR, std::string(record.mac), {}};
}

}  // namespace

Result<TsigKey> TsigKey::parse(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 2 && parts.size() != 3) {
    return Failure(FormatError("a TSIG key is [algorithm:]name:base64"));
  }
  TsigKey key;
  if (parts.size() == 3) key.algorithm = lowerCase(parts[0]);
  if (key.algorithm.ends_with('.')) key.algorithm.pop_back();
  if (!detail::tsigHash(key.algorithm)) {
    return Failure(
        FormatError(format("{} is no TSIG algorithm: use hmac-sha256", quoteBytes(key.algorithm))));
  }
  auto name = Name::parse(parts[parts.size() - 2]);
  if (!name) return name.failure();
  key.name = *name;
  auto secret = base64Decode(parts.back());
  if (!secret || secret->empty()) {
    return Failure(FormatError(format("the secret of the TSIG key {} is not base64", key.name)));
  }
  key.secret = *std::move(secret);
  return key;
}

std::size_t TsigKey::recordSize() const noexcept {
  const auto hash = detail::tsigHash(algorithm);
  const std::size_t mac = hash ? crypto::digestSize(*hash) : 0;
  // Behind the names: 10 bytes of head, 16 of fixed fields.
  return name.wire().size() + 10 + algorithm.size() + 2 + 16 + mac + kServerTimeLength;
}

void TsigSession::sign(std::string& message, std::uint64_t now) {
  crypto::Hmac hmac(hashOf(key_), key_.secret);
  TsigRecord record = recordOf(key_, idOf(message), now);
  if (answering_) detail::digestPriorMac(hmac, mac_);
  detail::digestMessage(hmac, message, message.size(), record.originalId, false);
  const bool whole = !answering_ || first_;
  whole ? detail::digestVariables(hmac, record) : detail::digestTimers(hmac, record);
  if (answering_) first_ = false;
  mac_ = hmac.finish();
  record.mac = mac_;
  detail::appendTsig(message, record);
}

TsigCheck TsigSession::checkAnswer(std::string_view message, std::uint64_t now) {
  const auto place = detail::findTsig(message);
  if (!place.wellFormed) return refused(Rcode::FORMERR, "the message is malformed");
  if (place.at == 0) {
    if (first_) return refused(Rcode::FORMERR, "the answer is not signed");
    if (++unsignedCount_ > kMaxUnsigned) {
      return refused(Rcode::FORMERR, "too many messages without a signature");
    }
    unsigned_ += message;
    return {};
  }
  TsigRecord record;
  if (!detail::readTsig(message, place.at, record)) {
    return refused(Rcode::FORMERR, "the TSIG record is malformed");
  }
  if (!isOf(record, key_)) return refused(Rcode::BADKEY, "it is signed with another key");
  if (record.mac.empty() && record.error != 0) {
    return refused(static_cast<Rcode>(record.error), "the server refuses our signature");
  }
  if (!acceptableLength(record.mac.size(), hashOf(key_))) {
    return refused(Rcode::FORMERR, "the MAC has a wrong length");
  }
  crypto::Hmac hmac(hashOf(key_), key_.secret);
  detail::digestPriorMac(hmac, mac_);
  hmac.update(unsigned_);
  detail::digestMessage(hmac, message, place.at, record.originalId, true);
  first_ ? detail::digestVariables(hmac, record) : detail::digestTimers(hmac, record);
  TsigCheck check = judge(record, hmac, now);
  if (check.error == Rcode::NOERROR && record.error != 0) {
    return refused(static_cast<Rcode>(record.error), "the server refuses our time", record.mac);
  }
  if (check.error != Rcode::NOERROR) return check;
  mac_ = check.mac;
  first_ = false;
  unsigned_.clear();
  unsignedCount_ = 0;
  return check;
}

TsigCheck checkRequest(std::string_view message, std::size_t tsigAt,
                       const std::vector<TsigKey>& keys, std::uint64_t now, const TsigKey** key) {
  *key = nullptr;
  TsigRecord record;
  if (message.size() < kHeaderLength || !detail::readTsig(message, tsigAt, record)) {
    return refused(Rcode::FORMERR, "the TSIG record is malformed");
  }
  const auto known =
      std::find_if(keys.begin(), keys.end(), [&](const TsigKey& one) { return isOf(record, one); });
  if (known == keys.end()) return refused(Rcode::BADKEY, "the key is not known");
  *key = &*known;
  const auto hash = hashOf(*known);
  if (!acceptableLength(record.mac.size(), hash)) {
    return refused(Rcode::FORMERR, "the MAC has a wrong length");
  }
  crypto::Hmac hmac(hash, known->secret);
  detail::digestMessage(hmac, message, tsigAt, record.originalId, true);
  detail::digestVariables(hmac, record);
  return judge(record, hmac, now);
}

void appendTsigError(std::string& answer, std::string_view request, std::size_t tsigAt,
                     const TsigCheck& check, const TsigKey* key, std::uint64_t now) {
  TsigRecord record;
  if (check.error == Rcode::FORMERR || !detail::readTsig(request, tsigAt, record)) return;
  record.error = static_cast<std::uint16_t>(check.error);
  record.originalId = idOf(answer);
  record.mac = record.other = {};
  std::string serverTime;
  std::string mac;
  if (check.error == Rcode::BADTIME && key != nullptr) {
    // §5.2.3: the client's time and fudge, so that it can check; ours beside them.
    for (int shift = 40; shift >= 0; shift -= 8) serverTime += static_cast<char>(now >> shift);
    record.other = serverTime;
    crypto::Hmac hmac(hashOf(*key), key->secret);
    detail::digestPriorMac(hmac, check.mac);
    detail::digestMessage(hmac, answer, answer.size(), record.originalId, false);
    detail::digestVariables(hmac, record);
    mac = hmac.finish();
    record.mac = mac;
  }
  detail::appendTsig(answer, record);
}

}  // namespace ropewalk::dns
