// Following a transfer, record by record.
#include "ropewalk/servers/dns/transfer_in.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/servers/dns/serial.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::size_t kSoaNumbers = 20;  // the five numbers at the end of an SOA

template <class... Args>
Failure bad(std::string_view pattern, const Args&... args) {
  return FormatError(format(pattern, args...));
}

/// Of an SOA whose form was checked.
std::uint32_t serialOf(const Record& soa) {
  std::uint32_t serial = 0;
  const std::size_t at = soa.data.size() - kSoaNumbers;
  for (std::size_t i = 0; i < 4; ++i) {
    serial = serial << 8 | static_cast<unsigned char>(soa.data[at + i]);
  }
  return serial;
}

/// What makes two records the same, but for their TTL.
std::string keyOf(std::string_view name, Type type, std::string_view data) {
  std::string key(name);
  wire::lowerName(key, key.data());
  key += static_cast<char>(static_cast<unsigned>(type) >> 8);
  key += static_cast<char>(type);
  key += data;
  return key;
}
std::string keyOf(const Record& record) {
  return keyOf(record.name.wire(), record.type, record.data);
}

}  // namespace

TransferIn::TransferIn(Name apex, ZonePointer current, TransferLimits limits)
    : apex_(std::move(apex)), current_(std::move(current)), limits_(limits) {}

Result<bool> TransferIn::add(const Message& message) {
  for (const Record& record : message.answers) {
    if (state_ == State::over || state_ == State::upToDate) {
      return bad("records behind the end of the transfer");
    }
    ++records_;
    bytes_ += record.name.wire().size() + record.data.size();
    if (records_ > limits_.records) return bad("more than {} records", limits_.records);
    if (bytes_ > limits_.bytes) return bad("more than {} bytes of records", limits_.bytes);
    auto taken = take(record);
    if (!taken) return taken.failure();
  }
  return state_ == State::over || state_ == State::upToDate;
}

Result<void> TransferIn::take(const Record& record) {
  if (record.klass != Class::IN) return bad("a record of class {}", record.klass);
  if (state_ == State::begin) return takeFirst(record);
  if (state_ == State::first) return takeSecond(record);
  if (record.type == Type::SOA) {
    if (record.name != apex_) return bad("an SOA of {}", record.name);
    return takeSoa(serialOf(record));
  }
  if (state_ == State::whole) return builder_->add(record);
  if (state_ == State::removed) return remove(record);
  keep(record);
  return {};
}

Result<void> TransferIn::takeFirst(const Record& record) {
  if (record.type != Type::SOA || record.name != apex_) {
    return bad("it begins with {} {}, not with the SOA of {}", record.name, record.type, apex_);
  }
  soa_ = record;
  newest_ = serialOf(record);
  // RFC 1995 §2: "replied to with a single SOA record of the server's current version".
  const bool newer = !current_ || serialIsAfter(newest_, current_->serial());
  state_ = newer ? State::first : State::upToDate;
  return {};
}

/// The second record tells the two forms apart (RFC 1995 §4).
Result<void> TransferIn::takeSecond(const Record& record) {
  incremental_ = current_ && record.type == Type::SOA && serialOf(record) != newest_;
  if (incremental_) {
    version_ = current_->serial();
    state_ = State::added;
  } else {
    builder_ = std::make_unique<ZoneBuilder>(apex_);
    auto added = builder_->add(soa_);
    if (!added) return added;
    state_ = State::whole;
  }
  return take(record);
}

Result<void> TransferIn::takeSoa(std::uint32_t serial) {
  if (state_ == State::removed) {
    version_ = serial;
    state_ = State::added;
    return {};
  }
  if (state_ == State::whole) {
    if (serial != newest_) return bad("it begins with serial {} and ends with {}", newest_, serial);
    state_ = State::over;
    return {};
  }
  if (serial != version_) return bad("changes from serial {}, where {} is due", serial, version_);
  state_ = version_ == newest_ ? State::over : State::removed;
  return {};
}

bool TransferIn::inCurrent(const Record& record) const {
  if (!record.name.isBelow(apex_)) return false;
  const auto place = current_->find(record.name.wire());
  const RRset* set = place.exact ? current_->find(place.node, record.type) : nullptr;
  if (set == nullptr) return false;
  for (std::size_t i = 0; i < set->count; ++i) {
    if (current_->data(*set, i) == record.data) return true;
  }
  return false;
}

Result<void> TransferIn::remove(const Record& record) {
  const auto key = keyOf(record);
  const auto found = changes_.find(key);
  const bool there = found != changes_.end() ? found->second.has_value() : inCurrent(record);
  if (!there) return bad("{} {} is removed, and was not there", record.name, record.type);
  changes_[key] = std::nullopt;
  return {};
}

void TransferIn::keep(const Record& record) { changes_[keyOf(record)] = record; }

/// All records that the changes did not touch.
Result<void> TransferIn::copyCurrent() {
  Result<void> result;
  current_->forEach([&](const RecordView& record) {
    if (!changes_.contains(keyOf(record.name, record.type, record.data))) {
      result = builder_->add(record);
    }
    return result.ok();
  });
  return result;
}

Result<TransferIn::ZonePointer> TransferIn::build() {
  if (!incremental_) return builder_->build();
  builder_ = std::make_unique<ZoneBuilder>(apex_);
  auto added = builder_->add(soa_);
  if (added) added = copyCurrent();
  for (const auto& [key, record] : changes_) {
    if (added && record) added = builder_->add(*record);
  }
  if (!added) return added.failure();
  return builder_->build();
}

}  // namespace ropewalk::dns::detail
