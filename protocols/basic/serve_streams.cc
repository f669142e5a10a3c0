// A protocol for each connection that starts the coroutine and owns it.
#include "serve_streams.h"

#include <utility>

#include "ropewalk/core/base/log.h"
#include "ropewalk/protocols/basic/detail/stream_protocol.h"

namespace ropewalk {

namespace {

constexpr log::Logger kLog{"line.stream"};

using Serve = UniqueFunction<Deferred<void>(const StreamHandle&)>;

void logEnd(const Failure& why, const Address& peer) {
  const bool ordinary =
      why.check<ConnectionClosed>() != nullptr || why.check<CancelledError>() != nullptr;
  if (!ordinary) kLog.error("serving {} failed: {}", peer, why.getTraceback());
}

/// Starts the coroutine, and owns it until it has ended or the connection has.
class ServedStream final : public StreamProtocol {
 public:
  ServedStream(const StreamHandle& stream, std::shared_ptr<Serve> serve)
      : StreamProtocol(*stream), stream_(stream), serve_(std::move(serve)) {}

  void connectionMade() override {
    StreamProtocol::connectionMade();
    // The closure keeps what the coroutine may refer to, its own parameter included.
    auto given = std::make_unique<StreamHandle>(std::move(stream_));
    Deferred<void> served = (*serve_)(*given);
    served.addBoth([given = std::move(given), serve = serve_](const Result<void>& result) {
      if (!result.ok()) logEnd(result.failure(), (*given)->getPeer());
      (*given)->loseConnection();
      return Result<void>();
    });
    lifetime().own(std::move(served));
  }

 private:
  StreamHandle stream_;
  std::shared_ptr<Serve> serve_;
};

}  // namespace

std::shared_ptr<Factory> serveStreams(UniqueFunction<Deferred<void>(const StreamHandle&)> serve) {
  return factoryOf([serve = std::make_shared<Serve>(std::move(serve))](const Address&) {
    return std::make_unique<ServedStream>(std::make_shared<Stream>(), serve);
  });
}

}  // namespace ropewalk
