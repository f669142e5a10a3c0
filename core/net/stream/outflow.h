// Outflow: what a transport owes those who write to it. The half of a transport that all of them
// have in common: how much is pending, who waits for it to leave, and the producer that makes more.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "ropewalk/core/async/deferred.h"

namespace ropewalk {

class Consumer;
class Producer;
enum class Streaming : std::uint8_t;

/// Part of a Transport, which says what it was given and what has left. One thread.
///
///     struct Wire {
///       void write(std::string_view data) {
///         queue += data;
///         outflow.wrote(data.size());  // may pause the producer
///       }
///       void wentOut(std::size_t bytes) {  // the kernel, or the layer below, has taken them
///         queue.erase(0, bytes);
///         outflow.taken(bytes);                // calls nobody
///         if (outflow.due()) outflow.tell();  // where it may call out: never inside of write
///       }
///       std::string queue;
///       Outflow outflow;
///     };
///
/// A layer (TLS, a throttle, a stream of HTTP/2) calls taken() only when what carried its bytes has
/// left below: drained() means the kernel has them.
///
/// One without a producer, for whom nobody waits, costs three words.
class Outflow {
 public:
  /// A producer is paused past so many pending bytes (P-02).
  static constexpr std::uint64_t kHighWater = 64 * 1024;

  Outflow();
  Outflow(const Outflow&) = delete;
  Outflow& operator=(const Outflow&) = delete;
  ~Outflow();

  // For the transport.

  /// More is pending. Pauses a push producer past the high water.
  void wrote(std::uint64_t bytes) {
    written_ += bytes;
    if (rare_) noteWritten();
  }
  /// So much of it has left, in the order in which it was written. What leaves within the write may
  /// be told before wrote(): then that does not pause the producer.
  void taken(std::uint64_t bytes) noexcept { taken_ += bytes; }
  /// The same for a layer, which learns late how far what it has handed on has come.
  /// @param total  of all that was ever written; what it knew already changes nothing
  void takenTo(std::uint64_t total) noexcept { taken_ = std::max(taken_, total); }
  /// Bytes, since the beginning.
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  [[nodiscard]] std::uint64_t pending() const noexcept { return written_ - taken_; }
  /// tell() has somebody to call.
  [[nodiscard]] bool due() const noexcept;
  /// Fires the drains whose bytes have left; then, with nothing pending, resumes the producer, whose
  /// exceptions it lets through.
  void tell();
  /// The connection is gone: fires the drains whose bytes have left, fails the others, stops the
  /// producer (whose exceptions it lets through), and forgets them. pending() is what never left.
  void lost(const Failure& why);
  /// Somebody waits for a drain.
  [[nodiscard]] bool awaited() const noexcept;

  // For those who write: Consumer's calls of the same names, while it is connected.

  /// Fires once what was written before it has left, whatever is written after it.
  [[nodiscard]] Deferred<void> drained();
  /// Throws std::logic_error when one is registered already. Asks a pull producer for its first
  /// piece.
  void registerProducer(Producer& producer, Streaming streaming);
  void unregisterProducer() noexcept;
  /// Null when none is registered.
  [[nodiscard]] Producer* producer() const noexcept;
  /// How that one works.
  [[nodiscard]] Streaming streaming() const noexcept;

  struct Registered {
    Producer& producer;
    Streaming streaming;
    bool paused;  // a push producer that was to stop

    /// Registers it there, and has it go on: nothing is pending there that it was paused for.
    void moveTo(Consumer& consumer) const;
  };
  /// Forgets the producer, for a layer that takes it over.
  [[nodiscard]] std::optional<Registered> releaseProducer() noexcept;

 private:
  /// What most connections never need.
  struct Rare;

  [[nodiscard]] Rare& rare();
  void noteWritten();

  std::uint64_t written_ = 0;
  std::uint64_t taken_ = 0;
  std::unique_ptr<Rare> rare_;
};

}  // namespace ropewalk
