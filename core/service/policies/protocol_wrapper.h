// ProtocolWrapper, TransportWrapper, WrappingFactory: a Protocol around a Protocol. What policies
// and filters are made of.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/net/filter.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/succession.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk {

/// Stands between a transport and the protocol it holds, and passes every event on.
///
/// Owns the inner protocol, whose transport() is the real one: the wrapper sees what comes, not
/// what is written (TransportWrapper sees both). A Handle of the inner protocol is valid exactly as
/// if there were no wrapper. Overrides call the base, which is what reaches the inner protocol:
///
///     struct Counting : ProtocolWrapper {
///       using ProtocolWrapper::ProtocolWrapper;
///       void dataReceived(std::string_view data) override {
///         bytes += data.size();
///         ProtocolWrapper::dataReceived(data);
///       }
///       std::size_t bytes = 0;
///     };
class ProtocolWrapper : public Protocol {
 public:
  explicit ProtocolWrapper(std::unique_ptr<Protocol> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] Protocol& inner() const noexcept { return *inner_; }
  /// The transport of the innermost protocol. What ends a connection from outside does it there:
  /// every wrapper that holds output back then sends it first.
  [[nodiscard]] Transport& innermostTransport() const noexcept {
    const Protocol* protocol = inner_.get();
    while (const auto* wrapper = dynamic_cast<const ProtocolWrapper*>(protocol)) {
      protocol = wrapper->inner_.get();
    }
    return protocol->transport();
  }

  void connectionMade() override { inner_->makeConnection(innerTransport()); }
  void dataReceived(std::string_view data) override { inner_->dataReceived(data); }
  void connectionLost(const Failure& reason) override { inner_->endConnection(reason); }
  void readConnectionLost() override { inner_->readConnectionLost(); }
  void writeConnectionLost() override { inner_->writeConnectionLost(); }
  void handshakeCompleted() override { inner_->handshakeCompleted(); }
  void writeDrained() override { inner_->writeDrained(); }
  void drainBegun() override { inner_->drainBegun(); }
  void transportReplaced() override { inner_->switchTransport(innerTransport()); }
  [[nodiscard]] Protocol* carried() noexcept override { return inner_.get(); }
  [[nodiscard]] std::unique_ptr<Protocol>* innerPlace() noexcept override {
    std::unique_ptr<Protocol>* const deeper = inner_->innerPlace();
    return deeper != nullptr ? deeper : &inner_;
  }

 protected:
  /// For replaceProtocol.
  [[nodiscard]] std::unique_ptr<Protocol>& innerOwner() noexcept { return inner_; }

  /// What the inner protocol gets as its transport.
  [[nodiscard]] virtual Transport& innerTransport() { return transport(); }

 private:
  std::unique_ptr<Protocol> inner_;
};

/// A ProtocolWrapper that is the transport of its inner protocol too: it sees what is written.
/// Passes every call on to the real transport, or to the null one where there is none. SharedBytes
/// come to write(std::string_view), so that no wrapper can forget them; one that has nothing to say
/// about bytes passes them on by itself. Overrides of events, pauseProducing and resumeProducing call
/// the base, which knows of an inner protocol that gives way to another.
class TransportWrapper : public ProtocolWrapper, public Transport {
 public:
  using ProtocolWrapper::ProtocolWrapper;

  // Protocol.

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void connectionLost(const Failure& reason) override;
  void readConnectionLost() override;
  void writeConnectionLost() override;
  void handshakeCompleted() override;
  void writeDrained() override;
  void drainBegun() override;
  [[nodiscard]] std::unique_ptr<Protocol>* innerPlace() noexcept override { return nullptr; }

  // Transport.

  using Transport::write;
  void write(std::string_view data) override { transport().write(data); }
  void write(std::string&& data) override { transport().write(std::move(data)); }
  void writeSequence(std::span<const std::string_view> pieces) override {
    transport().writeSequence(pieces);
  }
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override {
    transport().writeFile(std::move(file), offset, length);
  }
  [[nodiscard]] std::size_t pending() const noexcept override { return transport().pending(); }
  [[nodiscard]] Deferred<void> drained() override { return transport().drained(); }
  void loseConnection() override { transport().loseConnection(); }
  void abortConnection() override { transport().abortConnection(); }
  void loseWriteConnection() override { transport().loseWriteConnection(); }
  void pauseProducing() override {
    succession_.pause(true);
    pauseBelow();
  }
  void resumeProducing() override;
  void registerProducer(Producer& producer, Streaming streaming) override {
    transport().registerProducer(producer, streaming);
  }
  void unregisterProducer() override { transport().unregisterProducer(); }
  [[nodiscard]] Transport* below() noexcept override { return &transport(); }
  void insertFilter(std::unique_ptr<Filter> filter) override {
    transport().insertFilter(std::move(filter));
  }
  void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) override;
  [[nodiscard]] Deferred<void> opened() override;
  [[nodiscard]] Address getPeer() const override { return transport().getPeer(); }
  [[nodiscard]] Address getHost() const override { return transport().getHost(); }
  void setTcpNoDelay(bool on) override { transport().setTcpNoDelay(on); }
  void setTcpKeepAlive(bool on) override { transport().setTcpKeepAlive(on); }
  [[nodiscard]] bool connected() const noexcept override { return transport().connected(); }
  [[nodiscard]] bool disconnecting() const noexcept override { return transport().disconnecting(); }
  [[nodiscard]] Reactor& reactor() const override { return transport().reactor(); }

 protected:
  [[nodiscard]] Transport& innerTransport() override { return *this; }
  /// What the inner protocol's pauses and the end of them mean below.
  virtual void pauseBelow() { transport().pauseProducing(); }
  virtual void resumeBelow() { transport().resumeProducing(); }

 private:
  template <class F>
  void tell(F f);
  void settleLater();

  Succession succession_;
};

/// A Factory around a Factory: what the inner one builds is put into a wrapper. Starts and stops
/// the inner one with itself. null stays null: refused.
class WrappingFactory : public Factory {
 public:
  explicit WrappingFactory(std::shared_ptr<Factory> inner) : inner_(std::move(inner)) {}

  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override {
    std::unique_ptr<Protocol> protocol = inner_->buildProtocol(peer);
    return protocol ? wrap(std::move(protocol), peer) : nullptr;
  }
  void startFactory() override { inner_->doStart(); }
  void stopFactory() override { inner_->doStop(); }

 protected:
  /// Puts what the inner factory has built into a wrapper; null refuses the connection.
  virtual std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol,
                                         const Address& peer) = 0;
  [[nodiscard]] Factory& inner() const noexcept { return *inner_; }

 private:
  std::shared_ptr<Factory> inner_;
};

}  // namespace ropewalk
