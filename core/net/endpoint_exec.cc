// The exec: endpoint: a child process as a stream. Rule E-06.

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/detail/endpoint_schemes.h"
#include "ropewalk/core/net/process/process.h"

namespace ropewalk::detail {

namespace {

/// A child's standard input and output as one Transport. Owned by the ExecProcess beside it.
class ExecTransport final : public Transport {
 public:
  explicit ExecTransport(const ProcessProtocol& process) noexcept : process_(process) {}

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
  void pauseProducing() override { process_.transport().pauseProducing(); }
  void resumeProducing() override { process_.transport().resumeProducing(); }
  void registerProducer(Producer& producer, Streaming streaming) override {
    input().registerProducer(producer, streaming);
  }
  void unregisterProducer() override { input().unregisterProducer(); }
  [[nodiscard]] Address getPeer() const override { return {}; }
  [[nodiscard]] Address getHost() const override { return {}; }
  [[nodiscard]] bool connected() const noexcept override { return process_.transport().pid() != 0; }
  [[nodiscard]] bool disconnecting() const noexcept override { return disconnecting_; }
  [[nodiscard]] Reactor& reactor() const override { return process_.transport().reactor(); }

 private:
  [[nodiscard]] Transport& input() const noexcept { return process_.transport().pipe(0); }

  const ProcessProtocol& process_;
  bool disconnecting_ = false;
};

/// Carries the child's events to a Protocol.
class ExecProcess final : public ProcessProtocol {
 public:
  ExecProcess(std::string command, std::unique_ptr<Protocol> protocol)
      : command_(std::move(command)), transport_(*this), protocol_(std::move(protocol)) {}

  void connectionMade() override { protocol_->makeConnection(transport_); }
  void outReceived(std::string_view data) override { protocol_->dataReceived(data); }
  void errReceived(std::string_view data) override { log::warn("{}: {}", command_, trim(data)); }
  void outConnectionLost() override { protocol_->readConnectionLost(); }
  void inConnectionLost() override { protocol_->writeConnectionLost(); }
  void processEnded(const Failure& reason) override {
    const bool clean = reason.check<ProcessDone>() != nullptr;
    protocol_->endConnection(clean ? Failure::connectionDone() : reason);
  }

 private:
  std::string command_;
  ExecTransport transport_;
  std::unique_ptr<Protocol> protocol_;
};

}  // namespace

Deferred<Handle<Protocol>> connectExecEndpoint(Reactor& reactor, const EndpointUrl& url,
                                               FactoryPointer factory) {
  std::unique_ptr<Protocol> protocol = factory->buildProtocol(Address{});
  if (!protocol) throw NoProtocol(format("the factory has no protocol for {}", toText(url)));
  const Handle<Protocol> handle = handleOf(*protocol);
  reactor.spawnProcess(std::make_unique<ExecProcess>(url.path, std::move(protocol)),
                       {.program = "/bin/sh", .args = {"-c", url.path}});
  return succeed(Handle<Protocol>(handle));
}

}  // namespace ropewalk::detail
