// Keeping the last changes of zones within bounds.
#include "zone_history.h"

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/threads/threads.h"
#include "ropewalk/protocols/dns/serial.h"

namespace ropewalk::dns {

namespace {
constexpr log::Logger kLog{"dns.transfer"};
}

void ZoneHistory::changed(const ZonePointer& zone) {
  Past& past = zones_[zone->apex()];
  past.waiting.push_back(zone);
  if (!past.comparing) compare(zone->apex());
}

void ZoneHistory::compare(const Name& apex) {
  const auto found = zones_.find(apex);
  if (found == zones_.end()) return;  // forgotten
  Past& past = found->second;
  past.comparing = false;
  while (!past.waiting.empty()) {
    const ZonePointer before = past.last;
    const ZonePointer after = past.waiting.front();
    past.waiting.pop_front();
    past.last = after;
    if (!before || (after->serial() != before->serial() &&
                    !serialIsAfter(after->serial(), before->serial()))) {
      past.steps.clear();
      past.bytes = 0;
    } else if (before->recordCount() + after->recordCount() <= 2 * options_.recordsInline) {
      keep(past, changesBetween(*before, *after));
    } else {
      past.comparing = true;
      lifetime_.own(
          deferToThread(reactor_, [before, after] { return changesBetween(*before, *after); })
              .addCallback([this, after](std::shared_ptr<const ZoneChanges> changes) {
                compared(after, std::move(changes));
              })
              .addErrback([this, apex](const Failure& why) {
                if (why.check<CancelledError>()) return;
                kLog.error("cannot compare two versions of {}: {}", apex, why.getErrorMessage());
                forget(apex);
              }));
      return;
    }
  }
}

void ZoneHistory::compared(const ZonePointer& zone, std::shared_ptr<const ZoneChanges> changes) {
  const auto found = zones_.find(zone->apex());
  if (found == zones_.end()) return;  // forgotten
  Past& past = found->second;
  if (!past.comparing || past.last != zone) return;  // forgotten, and begun anew
  keep(past, std::move(changes));
  compare(zone->apex());
}

void ZoneHistory::keep(Past& past, std::shared_ptr<const ZoneChanges> changes) const {
  if (changes->from == changes->to) {
    // Loaded again and the same: nothing happened. Otherwise nobody can be told what happened.
    if (changes->removed == changes->added) return;
    past.steps.clear();
    past.bytes = 0;
    return;
  }
  past.bytes += changes->bytes();
  past.steps.push_back(std::move(changes));
  while (!past.steps.empty() &&
         (past.steps.size() > options_.versions || past.bytes > options_.bytes)) {
    past.bytes -= past.steps.front()->bytes();
    past.steps.pop_front();
  }
}

std::optional<ZoneHistory::Steps> ZoneHistory::since(const Zone& zone, std::uint32_t serial) const {
  const auto found = zones_.find(zone.apex());
  if (found == zones_.end() || found->second.comparing || found->second.last.get() != &zone) {
    return std::nullopt;
  }
  const auto& steps = found->second.steps;
  for (auto step = steps.begin(); step != steps.end(); ++step) {
    if ((*step)->from == serial) return Steps(step, steps.end());
  }
  return std::nullopt;
}

}  // namespace ropewalk::dns
