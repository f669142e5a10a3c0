// An observer that keeps everything, and keeps stderr quiet meanwhile.

#include "log_capture.h"

#include <algorithm>

namespace ropewalk::log::testing {

Captured::Captured()
    : observer_(addObserver([this](const Event& event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(event);
      })) {
  detail::hushStderr(+1);
}

Captured::Captured(Level atLeast) : Captured() {
  formerLevels_ = levels();
  setLevels(toText(atLeast));
}

Captured::~Captured() {
  observer_.remove();
  detail::hushStderr(-1);
  try {
    if (!formerLevels_.empty()) setLevels(formerLevels_);
  } catch (...) {  // no memory: a test is about to fail anyway
  }
}

std::vector<Event> Captured::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<std::string> Captured::messages() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> messages;
  for (const Event& event : events_) messages.push_back(event.message);
  return messages;
}

bool Captured::contains(Level level, std::string_view part) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(events_.begin(), events_.end(), [&](const Event& event) {
    return event.level == level && event.message.find(part) != std::string::npos;
  });
}

std::size_t Captured::count(Level atLeast) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      events_.begin(), events_.end(), [&](const Event& event) { return event.level >= atLeast; }));
}

void Captured::clear() {
  const std::lock_guard lock(mutex_);
  events_.clear();
}

}  // namespace ropewalk::log::testing
