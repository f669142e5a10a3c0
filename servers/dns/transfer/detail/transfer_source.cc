// Record after record of a zone, or of its steps, with the SOAs that frame them. RFC 5936 §2.2,
// RFC 1995 §4.
#include "transfer_source.h"

namespace ropewalk::dns::detail {

namespace {

RecordView soaOf(const Zone& zone) {
  const RRset& soa = zone.soa();
  return {zone.apex().wire(), Type::SOA, Class::IN, soa.ttl, zone.data(soa, 0)};
}

}  // namespace

bool WholeZone::next(RecordView& record) {
  switch (state_) {
    case State::begin:
      state_ = State::records;
      record = soaOf(*zone_);
      return true;
    case State::records:
      if (zone_->next(position_, name_, record)) return true;
      state_ = State::end;
      record = soaOf(*zone_);
      return true;
    case State::end:
      return false;
  }
  return false;
}

bool ZoneSteps::next(RecordView& record) {
  while (state_ != State::end) {
    switch (state_) {
      case State::begin:
        state_ = steps_.empty() ? State::end : State::removed;
        record = soaOf(*zone_);
        return true;
      case State::removed:
        if (steps_[step_]->removed.next(at_, record)) return true;
        state_ = State::added;
        at_ = 0;
        break;
      case State::added:
        if (steps_[step_]->added.next(at_, record)) return true;
        at_ = 0;
        state_ = State::removed;
        if (++step_ < steps_.size()) break;
        state_ = State::end;
        record = soaOf(*zone_);
        return true;
      case State::end:
        break;
    }
  }
  return false;
}

}  // namespace ropewalk::dns::detail
