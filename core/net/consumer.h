// Producer and Consumer: who makes bytes, and who takes them at his own pace. Twisted's IPushProducer,
// IPullProducer and IConsumer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ropewalk/core/async/deferred.h"

namespace ropewalk {

/// Makes data for a Consumer as fast as it is taken. See Consumer::registerProducer.
class Producer {
 public:
  virtual ~Producer() = default;
  /// Go on. A pull producer writes one piece (or unregisters).
  virtual void resumeProducing() = 0;
  /// Stop until resumeProducing: too much is buffered. Never called on a pull producer.
  virtual void pauseProducing() {}
  /// The consumer is gone: stop for good. It has forgotten the producer already.
  virtual void stopProducing() = 0;
};

/// How a producer works: push makes data by itself until paused; pull writes only when asked.
enum class Streaming : std::uint8_t { push, pull };

/// What one can write much to: how much of it is still here, when it has left, and who makes more.
/// A Transport is one; code that only keeps pace with a peer asks for no more than this. One
/// thread.
///
///     // Whether there is room for another piece right now.
///     bool keepsUp(const Consumer& peer) { return peer.pending() < 64 * 1024; }
class Consumer {
 public:
  Consumer() = default;
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  virtual ~Consumer() = default;

  /// Has `producer` paused while more than 64 KiB are pending, and resumed once nothing is (P-01 to
  /// P-05). It must outlive its registration. Throws std::logic_error when one is registered
  /// already; on a lost connection calls stopProducing and registers nothing.
  virtual void registerProducer(Producer& producer, Streaming streaming) = 0;
  /// The producer has finished, or goes: a loseConnection that waited for it takes effect
  /// once everything is sent.
  virtual void unregisterProducer() = 0;

  /// Bytes written here and not yet given to the kernel; in connectionLost, those that never were.
  [[nodiscard]] virtual std::size_t pending() const noexcept = 0;
  /// Fires once what was written before it is with the kernel, whatever is written after it (TLS and
  /// throttles: what carries it); fails when the connection is lost first.
  [[nodiscard]] virtual Deferred<void> drained() = 0;
};

}  // namespace ropewalk
