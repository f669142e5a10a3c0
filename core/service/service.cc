// Children are started and stopped by a copy of their list, since each of them may change it.
// Rule V-01.

#include "service.h"

#include <algorithm>
#include <stdexcept>

#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

namespace {

std::string called(const Service& service) {
  return service.name().empty() ? std::string("a service")
                                : format("the service '{}'", service.name());
}

/// Stops one; what fails is logged, so that the others are not held up.
Deferred<void> stopAndLog(Service& child) {
  return maybeDeferred([&child] { return child.stopService(); })
      .addErrback([who = called(child)](const Failure& why) {
        log::error("cannot stop {}: {}", who, why);
      });
}

}  // namespace

void Service::setName(std::string name) {
  if (parent_ != nullptr) {
    throw std::logic_error(
        format("cannot rename {}: it has a parent, which knows it by name", called(*this)));
  }
  name_ = std::move(name);
}

MultiService::~MultiService() {
  // Like a stack: later children may depend on earlier ones.
  while (!children_.empty()) children_.pop_back();
}

void MultiService::privilegedStartService() { startEach(&Service::privilegedStartService); }

void MultiService::startService() {
  Service::startService();
  startEach(&Service::startService);
}

void MultiService::startEach(void (Service::*start)()) {
  std::vector<Service*> started;
  for (Service* child : snapshot()) {
    if (!has(child)) continue;  // an earlier one removed it
    started.push_back(child);
    try {
      (child->*start)();
    } catch (...) {
      rollBack(started);
      throw;
    }
  }
}

void MultiService::rollBack(std::vector<Service*>& started) {
  static_cast<void>(Service::stopService());
  for (auto child = started.rbegin(); child != started.rend(); ++child) {
    if (has(*child)) stopAndLog(**child);
  }
}

Deferred<void> MultiService::stopService() {
  static_cast<void>(Service::stopService());
  std::vector<Service*> children = snapshot();
  std::vector<Deferred<void>> stopping;
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    if (has(*child)) stopping.push_back(stopAndLog(**child));
  }
  return gatherResults(std::move(stopping));
}

void MultiService::adopt(std::unique_ptr<Service> child) {
  Service& added = *child;
  if (!added.name().empty() && getServiceNamed(added.name()) != nullptr) {
    throw std::logic_error(format("cannot add {}: another one has that name", called(added)));
  }
  added.parent_ = this;
  children_.push_back(std::move(child));
  if (!running()) return;
  try {
    added.privilegedStartService();
    added.startService();
  } catch (...) {
    disown(added);
    throw;
  }
}

Deferred<void> MultiService::removeService(Service& child) {
  std::unique_ptr<Service> removed = disown(child);
  if (!removed)
    throw std::logic_error(format("cannot remove {}: it is not a child", called(child)));
  if (!running()) return succeed();
  Deferred<void> stopped = maybeDeferred([&child] { return child.stopService(); });
  // The callback owns the child until it has stopped.
  return std::move(stopped).addBoth([removed = std::move(removed)](Result<void>& result) mutable {
    removed.reset();
    return std::move(result);
  });
}

std::unique_ptr<Service> MultiService::disown(const Service& child) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [&](const auto& each) { return each.get() == &child; });
  if (found == children_.end()) return nullptr;
  std::unique_ptr<Service> removed = std::move(*found);
  children_.erase(found);
  removed->parent_ = nullptr;
  return removed;
}

Service* MultiService::getServiceNamed(std::string_view name) const noexcept {
  if (name.empty()) return nullptr;
  for (const auto& child : children_) {
    if (child->name() == name) return child.get();
  }
  return nullptr;
}

bool MultiService::has(const Service* child) const noexcept {
  return std::any_of(children_.begin(), children_.end(),
                     [&](const auto& each) { return each.get() == child; });
}

std::vector<Service*> MultiService::snapshot() const {
  std::vector<Service*> children;
  children.reserve(children_.size());
  for (const auto& child : children_) children.push_back(child.get());
  return children;
}

}  // namespace ropewalk
