// MemoryPort and MemoryLink: what memory: endpoints put on a reactor's loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "loopback_end.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/loop/watch.h"
#include "ropewalk/core/net/stream/port.h"

namespace ropewalk::testing::detail {

/// A name on which somebody listens. Owned by the loop.
class MemoryPort final : public ropewalk::detail::Watch, public ropewalk::detail::Port {
 public:
  MemoryPort(ropewalk::detail::Loop& loop, std::string name, std::shared_ptr<Factory> factory)
      : Watch(loop, -1), name_(std::move(name)), factory_(std::move(factory)) {}

  /// The port of that name, or null.
  static MemoryPort* find(ropewalk::detail::Loop& loop, const std::string& name);
  static Address addressOf(const std::string& name) { return Address::UNIX("memory:" + name); }

  [[nodiscard]] Factory& factory() noexcept { return *factory_; }
  [[nodiscard]] Address getHost() const override { return addressOf(name_); }
  void stop() override;
  [[nodiscard]] Deferred<void> stopped() override;
  void disconnect() override { stop(); }
  void drain() override { stop(); }

 private:
  const std::string name_;
  const std::shared_ptr<Factory> factory_;
};

/// A connection: both of its ends, turned by the loop when one of them was touched. Owned by the
/// loop from connect to the second connectionLost.
class MemoryLink final : public ropewalk::detail::Watch {
 public:
  MemoryLink(ropewalk::detail::Loop& loop, std::string name, std::unique_ptr<Protocol> client,
             LoopbackOptions options);
  ~MemoryLink() override;

  /// Fires in a later turn, when both ends have seen connectionMade. To be asked for once.
  [[nodiscard]] Deferred<Handle<Protocol>> connected();

  void disconnect() override;
  void drain() override;

 private:
  void notified() override;
  void join();
  [[nodiscard]] std::unique_ptr<Protocol> buildServer(Factory& factory);
  void count();

  const std::string name_;
  const LoopbackOptions options_;
  std::unique_ptr<Protocol> waiting_;  // the client, until it is connected
  Source<Handle<Protocol>> source_;
  std::unique_ptr<LoopbackEnd> client_;
  std::unique_ptr<LoopbackEnd> server_;
  bool clientCounts_ = false;  // as a stream of the loop
  bool serverCounts_ = false;
};

}  // namespace ropewalk::testing::detail
