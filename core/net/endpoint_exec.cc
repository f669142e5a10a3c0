// The exec: endpoint: a child process as a stream. Rule E-06.

#include "reactor.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/detail/endpoint_schemes.h"
#include "ropewalk/core/net/process/process.h"
#include "succession.h"

namespace ropewalk::detail {

namespace {

/// A child's standard input and output as one Transport. Owned by the ExecProcess beside it.
class ExecTransport final : public Transport {
 public:
  ExecTransport(ProcessProtocol& process, std::unique_ptr<Protocol> protocol) noexcept
      : process_(process), protocol_(std::move(protocol)) {}

  /// Calls the protocol; who takes over in that call, or was about to before, is connected.
  template <class F>
  void tell(F f) {
    settle();
    f(*protocol_);
    settle();
  }
  void readEnded() {
    succession_.readEnded();
    if (succession_.due()) return settle();
    tell([](Protocol& protocol) { protocol.readConnectionLost(); });
  }
  void settle() {
    if (succession_.due()) succession_.settle(*this);
  }

  using Transport::write;
  void write(std::string_view data) override { input().write(data); }
  void write(std::string&& data) override { input().write(std::move(data)); }
  void write(SharedBytes data) override { input().write(std::move(data)); }
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override {
    input().writeFile(std::move(file), offset, length);
  }
  [[nodiscard]] std::size_t pending() const noexcept override { return input().pending(); }
  [[nodiscard]] Deferred<void> drained() override { return input().drained(); }
  void loseConnection() override {
    disconnecting_ = true;
    process_.transport().loseConnection();
  }
  void abortConnection() override {
    disconnecting_ = true;
    if (process_.transport().pid() != 0) process_.transport().signalProcess("KILL");
  }
  void loseWriteConnection() override { input().loseConnection(); }
  void pauseProducing() override {
    succession_.pause(true);
    process_.transport().pauseProducing();
  }
  void resumeProducing() override {
    succession_.pause(false);
    if (succession_.due()) settleLater();
    process_.transport().resumeProducing();
  }
  void registerProducer(Producer& producer, Streaming streaming) override {
    input().registerProducer(producer, streaming);
  }
  void unregisterProducer() override { input().unregisterProducer(); }
  void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) override {
    if (!connected()) return;
    if (next) {
      unregisterProducer();
      resumeProducing();
      settleLater();  // where no callback is running
    }
    Protocol* direct = protocol_.get();
    succession_.replace(*this, direct, protocol_, std::move(next), std::move(rest));
  }
  [[nodiscard]] Deferred<void> opened() override {
    return connected() ? succession_.opened() : fail<void>(Failure::connectionDone());
  }
  [[nodiscard]] Address getPeer() const override { return {}; }
  [[nodiscard]] Address getHost() const override { return {}; }
  [[nodiscard]] bool connected() const noexcept override { return process_.transport().pid() != 0; }
  [[nodiscard]] bool disconnecting() const noexcept override { return disconnecting_; }
  [[nodiscard]] Reactor& reactor() const override { return process_.transport().reactor(); }

 private:
  [[nodiscard]] Transport& input() const noexcept { return process_.transport().pipe(0); }
  void settleLater() {
    reactor().callSoon([this, alive = Handle<ProcessTransport>(process_.transport(),
                                                               process_.transport().life())] {
      if (alive) settle();
    });
  }

  ProcessProtocol& process_;
  std::unique_ptr<Protocol> protocol_;
  Succession succession_;
  bool disconnecting_ = false;
};

/// Carries the child's events to a Protocol.
class ExecProcess final : public ProcessProtocol {
 public:
  ExecProcess(std::string command, std::unique_ptr<Protocol> protocol)
      : command_(std::move(command)), transport_(*this, std::move(protocol)) {}

  void connectionMade() override {
    transport_.tell([this](Protocol& protocol) { protocol.makeConnection(transport_); });
  }
  void outReceived(std::string_view data) override {
    transport_.tell([&](Protocol& protocol) { protocol.dataReceived(data); });
  }
  void errReceived(std::string_view data) override { log::warn("{}: {}", command_, trim(data)); }
  void outConnectionLost() override { transport_.readEnded(); }
  void inConnectionLost() override {
    transport_.tell([](Protocol& protocol) { protocol.writeConnectionLost(); });
  }
  void processEnded(const Failure& reason) override {
    const bool clean = reason.check<ProcessDone>() != nullptr;
    const Failure why = clean ? Failure::connectionDone() : reason;
    transport_.tell([&](Protocol& protocol) { protocol.endConnection(why); });
  }

 private:
  std::string command_;
  ExecTransport transport_;
};

}  // namespace

Deferred<Handle<Protocol>> connectExecEndpoint(Reactor& reactor, const EndpointUrl& url,
                                               FactoryPointer factory) {
  std::unique_ptr<Protocol> protocol = factory->buildProtocol(Address{});
  if (!protocol) throw NoProtocol(format("the factory has no protocol for {}", toText(url)));
  const Handle<Protocol> handle = handleOf(*protocol);
  reactor.spawnProcess(std::make_unique<ExecProcess>(url.path, std::move(protocol)),
                       {.program = "/bin/sh", .args = {"-c", url.path}});
  return whenOpened(handle);
}

}  // namespace ropewalk::detail
