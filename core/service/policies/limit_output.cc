// Looks at pending() after each write, and aborts past the limit.

#include "limit_output.h"

#include <optional>
#include <utility>

#include "protocol_wrapper.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

namespace {

class OutputLimited final : public TransportWrapper {
 public:
  OutputLimited(std::unique_ptr<Protocol> inner, OutputLimits limits)
      : TransportWrapper(std::move(inner)), limits_(limits) {}

  void connectionLost(const Failure& reason) override {
    TransportWrapper::connectionLost(exceeded_ ? *exceeded_ : reason);
  }

  using Transport::write;
  void write(std::string_view data) override {
    TransportWrapper::write(data);
    check();
  }
  void write(std::string&& data) override {
    TransportWrapper::write(std::move(data));
    check();
  }
  void write(SharedBytes data) override {
    transport().write(std::move(data));
    check();
  }
  void writeSequence(std::span<const std::string_view> pieces) override {
    TransportWrapper::writeSequence(pieces);
    check();
  }
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override {
    TransportWrapper::writeFile(std::move(file), offset, length);
    check();
  }

 private:
  void check() {
    const std::size_t waiting = pending();
    if (waiting <= limits_.bytes || exceeded_) return;
    exceeded_ = OutputLimitExceeded(format(
        "connection to {} was aborted: {} bytes wait for the peer, more than the limit of {}",
        getPeer(), waiting, limits_.bytes));
    log::debug("{}", exceeded_->getErrorMessage());
    transport().abortConnection();
  }

  OutputLimits limits_;
  std::optional<Failure> exceeded_;
};

class OutputLimitFactory final : public WrappingFactory {
 public:
  OutputLimitFactory(std::shared_ptr<Factory> inner, OutputLimits limits)
      : WrappingFactory(std::move(inner)), limits_(limits) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol, const Address&) override {
    return std::make_unique<OutputLimited>(std::move(protocol), limits_);
  }

  OutputLimits limits_;
};

}  // namespace

std::shared_ptr<Factory> limitOutput(std::shared_ptr<Factory> factory, OutputLimits limits) {
  return std::make_shared<OutputLimitFactory>(std::move(factory), limits);
}

}  // namespace ropewalk
