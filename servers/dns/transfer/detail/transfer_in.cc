// Following a transfer, record by record.
#include "transfer_in.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

namespace {

template <class... Args>
Failure bad(std::string_view pattern, const Args&... args) {
  return FormatError(format(pattern, args...));
}

/// What makes two records the same, but for their TTL: names in whatever case.
std::string keyOf(std::string_view name, Type type, std::string_view data) {
  std::string key(name);
  wire::lowerName(key, key.data());
  key += static_cast<char>(static_cast<unsigned>(type) >> 8);
  key += static_cast<char>(type);
  key += canonicalRdata(type, data);
  return key;
}
std::string keyOf(const Record& record) {
  return keyOf(record.name.wire(), record.type, record.data);
}

}  // namespace

Result<void> TransferIn::take(TransferPart part, const Record& record) {
  // SOAs between the steps say nothing that the newest one does not.
  const bool soa = record.type == Type::SOA;
  switch (part) {
    case TransferPart::newest:
      soa_ = record;
      return {};
    case TransferPart::record:
      break;
    case TransferPart::removed:
      incremental_ = true;
      return soa ? Result<void>() : remove(record);
    case TransferPart::added:
      incremental_ = true;
      if (!soa) keep(record);
      return {};
  }
  if (!builder_) builder_ = std::make_unique<ZoneBuilder>(apex_);
  return builder_->add(record);
}

bool TransferIn::inCurrent(const Record& record) const {
  if (!record.name.isBelow(apex_)) return false;
  const auto place = current_->find(record.name.wire());
  const RRset* set = place.exact ? current_->find(place.node, record.type) : nullptr;
  if (set == nullptr) return false;
  for (std::size_t i = 0; i < set->count; ++i) {
    if (sameRdata(record.type, current_->data(*set, i), record.data)) return true;
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
  if (!builder_) builder_ = std::make_unique<ZoneBuilder>(apex_);
  auto added = builder_->add(soa_);
  if (added && incremental_) added = copyCurrent();
  for (const auto& [key, record] : changes_) {
    if (added && record) added = builder_->add(*record);
  }
  if (!added) return added.failure();
  return builder_->build();
}

}  // namespace ropewalk::dns::detail
