// A Deadline that each event and each write sets anew; output that shrinks counts as activity.

#include "with_timeout.h"

#include <optional>
#include <utility>

#include "protocol_wrapper.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

/// One connection:
///
///     active ──idle──▶ losing ──grace──▶ aborted
///       └────────────────┴─────────────────┴──connectionLost──▶ over
class TimedOut final : public TransportWrapper {
 public:
  TimedOut(std::unique_ptr<Protocol> inner, Duration idle, TimeoutOptions options)
      : TransportWrapper(std::move(inner)), idle_(idle), options_(options) {}

  void connectionMade() override {
    Clock& clock =
        options_.clock != nullptr ? *options_.clock : static_cast<Clock&>(transport().reactor());
    deadline_.emplace(clock, [this] { expired(); });
    options_.clock = &clock;
    touch();
    TransportWrapper::connectionMade();
  }
  void dataReceived(std::string_view data) override {
    touch();
    TransportWrapper::dataReceived(data);
  }
  void writeDrained() override {
    touch();
    TransportWrapper::writeDrained();
  }
  void connectionLost(const Failure& reason) override {
    deadline_.reset();
    abort_.clear();
    TransportWrapper::connectionLost(reason);
  }

  using Transport::write;
  void write(std::string_view data) override {
    touch();
    TransportWrapper::write(data);
  }
  void write(std::string&& data) override {
    touch();
    TransportWrapper::write(std::move(data));
  }
  void write(SharedBytes data) override {
    touch();
    transport().write(std::move(data));
  }
  void writeSequence(std::span<const std::string_view> pieces) override {
    touch();
    TransportWrapper::writeSequence(pieces);
  }
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override {
    touch();
    TransportWrapper::writeFile(std::move(file), offset, length);
  }

 private:
  void touch() {
    if (deadline_) deadline_->set(idle_);
  }

  void expired() {
    // Output that the peer still takes is activity, though nothing is written any more.
    const std::size_t pending = innermostTransport().pending();
    const bool progress = pending != 0 && pending != lastPending_;
    lastPending_ = pending;
    if (progress) return touch();
    if (abort_.active()) return;
    log::debug("{} was idle for {} ms: closing", transport().getPeer(),
               std::chrono::duration_cast<std::chrono::milliseconds>(idle_).count());
    abort_ = options_.clock->callLater(options_.grace, [this] { transport().abortConnection(); });
    innermostTransport().loseConnection();
  }

  Duration idle_;
  TimeoutOptions options_;
  std::optional<Deadline> deadline_;  // while connected
  ScopedCall abort_;
  std::size_t lastPending_ = 0;  // when it was last looked at
};

class TimeoutFactory final : public WrappingFactory {
 public:
  TimeoutFactory(std::shared_ptr<Factory> inner, Duration idle, TimeoutOptions options)
      : WrappingFactory(std::move(inner)), idle_(idle), options_(options) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol, const Address&) override {
    return std::make_unique<TimedOut>(std::move(protocol), idle_, options_);
  }

  Duration idle_;
  TimeoutOptions options_;
};

}  // namespace

std::shared_ptr<Factory> withTimeout(std::shared_ptr<Factory> factory, Duration idle,
                                     TimeoutOptions options) {
  return std::make_shared<TimeoutFactory>(std::move(factory), idle, options);
}

}  // namespace ropewalk
