// Makes one line of each event and of each write, before it passes them on.

#include "log_traffic.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protocol_wrapper.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

/// The sink, shared by the factory and its connections.
class Journal {
 public:
  Journal(TrafficSink sink, TrafficOptions options) : sink_(std::move(sink)), options_(options) {}

  void say(const std::string& line) noexcept {
    try {
      sink_(line);
    } catch (...) {
      if (!std::exchange(failed_, true)) {
        log::error("a sink of logTraffic failed: {}", Failure::current());
      }
    }
  }

  [[nodiscard]] std::string shown(std::string_view data) const {
    std::string line = format("{} byte{}", data.size(), data.size() == 1 ? "" : "s");
    if (options_.cut == 0) return line;
    if (options_.bytes == TrafficOptions::Bytes::text) {
      return line + ' ' + quoteBytes(data, options_.cut);
    }
    const std::string_view some = data.substr(0, options_.cut);
    for (const char& byte : some) line += ' ' + hex(std::string_view(&byte, 1));
    return some.size() < data.size() ? line + " ..." : line;
  }

 private:
  TrafficSink sink_;
  TrafficOptions options_;
  bool failed_ = false;
};

class Logged final : public TransportWrapper {
 public:
  Logged(std::unique_ptr<Protocol> inner, std::shared_ptr<Journal> journal, std::string peer)
      : TransportWrapper(std::move(inner)), journal_(std::move(journal)), peer_(std::move(peer)) {}

  void connectionMade() override {
    say("made");
    TransportWrapper::connectionMade();
  }
  void dataReceived(std::string_view data) override {
    say("received " + journal_->shown(data));
    TransportWrapper::dataReceived(data);
  }
  void readConnectionLost() override {
    say("read lost");
    TransportWrapper::readConnectionLost();
  }
  void connectionLost(const Failure& reason) override {
    say("lost " + toText(reason));
    TransportWrapper::connectionLost(reason);
  }

  using Transport::write;
  void write(std::string_view data) override {
    say("sent " + journal_->shown(data));
    TransportWrapper::write(data);
  }
  void write(std::string&& data) override {
    say("sent " + journal_->shown(data));
    TransportWrapper::write(std::move(data));
  }
  void writeSequence(std::span<const std::string_view> pieces) override {
    for (const std::string_view piece : pieces) say("sent " + journal_->shown(piece));
    TransportWrapper::writeSequence(pieces);
  }
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override {
    say(format("sent {} bytes of a file from {}", length, offset));
    TransportWrapper::writeFile(std::move(file), offset, length);
  }

 private:
  void say(std::string_view what) { journal_->say(format("{} {}", peer_, what)); }

  std::shared_ptr<Journal> journal_;
  std::string peer_;
};

class LoggingFactory final : public WrappingFactory {
 public:
  LoggingFactory(std::shared_ptr<Factory> inner, std::shared_ptr<Journal> journal)
      : WrappingFactory(std::move(inner)), journal_(std::move(journal)) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol, const Address& peer) override {
    return std::make_unique<Logged>(std::move(protocol), journal_, toText(peer));
  }

  std::shared_ptr<Journal> journal_;
};

}  // namespace

std::shared_ptr<Factory> logTraffic(std::shared_ptr<Factory> factory, TrafficSink sink,
                                    TrafficOptions options) {
  return std::make_shared<LoggingFactory>(std::move(factory),
                                          std::make_shared<Journal>(std::move(sink), options));
}

}  // namespace ropewalk
