// Service: something that a program starts and stops. MultiService: several of them, as one.
// Rule V-01.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ropewalk/core/async/deferred.h"

namespace ropewalk {

class MultiService;

/// A part of a program with a beginning and an end: a port, a client, a timer.
///
/// Owned by its MultiService, or by whoever made it. One thread. Destroying a running one
/// stops it at once, without the patience of stopService. A class of one's own calls the base's
/// startService and stopService:
///
///     struct Beacon : Service {
///       void startService() override {
///         Service::startService();
///         log::info("{} has begun", name());
///       }
///       Deferred<void> stopService() override {
///         log::info("{} has ended", name());
///         return Service::stopService();
///       }
///     };
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  /// What needs privileges that are given up before startService: binding low ports. May throw.
  virtual void privilegedStartService() {}
  /// Begins. What fails synchronously is thrown (CannotListenError); then it does not run.
  virtual void startService() { running_ = true; }
  /// Ends; fires when that is done. Also undoes privilegedStartService, and does no harm to a
  /// service that does not run. The Deferred is fired last: its callbacks may destroy the service.
  virtual Deferred<void> stopService() {
    running_ = false;
    return succeed();
  }

  /// From startService to stopService, whether or not that has fired.
  [[nodiscard]] bool running() const noexcept { return running_; }

  /// For MultiService::getServiceNamed; empty by default. setName throws std::logic_error
  /// while it has a parent.
  void setName(std::string name);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// The MultiService that owns it, or null.
  [[nodiscard]] MultiService* parent() const noexcept { return parent_; }

 private:
  friend class MultiService;

  std::string name_;
  MultiService* parent_ = nullptr;
  bool running_ = false;
};

/// Services that start in the order in which they were added, and stop in the reverse.
///
///     MultiService program;
///     auto echo = factoryFor<Echo>();
///     program.emplaceService<StreamServerEndpointService>(reactor, "tcp://:8007", echo);
///     program.emplaceService<TimerService>(reactor, 30s, [] { log::info("still here"); });
///     program.startService();
///
/// Children may add and remove services, themselves too, while they start and stop.
class MultiService : public Service {
 public:
  ~MultiService() override;

  /// Starts all. What a child throws comes out, after the children that had started were stopped.
  void privilegedStartService() override;
  void startService() override;
  /// Stops all, without waiting for one before the next; fires when every one is done. What fails
  /// is logged with the child's name, and blocks nobody.
  Deferred<void> stopService() override;

  /// Owns it from now on, and starts it if this runs (what it throws comes out, and it is not
  /// added). Throws std::logic_error when another child has its name.
  template <class S>
  S& addService(std::unique_ptr<S> child) {
    S& added = *child;
    adopt(std::move(child));
    return added;
  }
  /// Makes an S and adds it.
  template <class S, class... Args>
  S& emplaceService(Args&&... args) {
    return addService(std::make_unique<S>(std::forward<Args>(args)...));
  }
  /// Stops the child if this runs, and destroys it when it has stopped, which the Deferred tells.
  /// Throws std::logic_error when it is no child of this.
  Deferred<void> removeService(Service& child);

  /// The child of that name, or null.
  [[nodiscard]] Service* getServiceNamed(std::string_view name) const noexcept;
  /// How many children it has.
  [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }

 private:
  void adopt(std::unique_ptr<Service> child);
  std::unique_ptr<Service> disown(const Service& child);
  [[nodiscard]] bool has(const Service* child) const noexcept;
  [[nodiscard]] std::vector<Service*> snapshot() const;
  void startEach(void (Service::*start)());
  void rollBack(std::vector<Service*>& started);

  std::vector<std::unique_ptr<Service>> children_;
};

}  // namespace ropewalk
