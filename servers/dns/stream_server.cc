// Questions and answers on a stream, each behind its length.
#include "stream_server.h"

#include <vector>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/network.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/ssl/session.h"

namespace ropewalk::dns {

namespace {

// Of a zone that goes out, this much waits for the kernel at once, and a message more: below the
// 256 KiB past which no question is read (AnswerLimit), for they are answered in between.
constexpr std::size_t kTransferAhead = 128 * 1024;

// While the server drains: for questions that are on their way, and where none has come yet (the
// connection was just let in, its handshake may be under way).
constexpr Duration kOnItsWay = std::chrono::milliseconds(100);
constexpr Duration kNothingYet = std::chrono::seconds(1);

/// Where an answer is written before it goes into the transport's output: one for all connections
/// of a thread, for it is empty again when answer() has returned.
std::span<char> room() {
  thread_local std::vector<char> bytes(2 + kMaxMessageLength);
  return bytes;
}

void putLength(std::span<char> at, std::size_t length) {
  at[0] = static_cast<char>(length >> 8);
  at[1] = static_cast<char>(length);
}

}  // namespace

StreamServer::StreamServer(std::shared_ptr<Dispatcher> dispatcher, StreamServerOptions options)
    : Int16StringReceiver(kMaxMessageLength),
      dispatcher_(std::move(dispatcher)),
      options_(options) {}

void StreamServer::connectionMade() {
  peerBytes_ = addressBytes(transport().getPeer());
  idle_.emplace(transport().reactor(), [this] { idle(); });
  carrier_ = ssl::sessionOf(transport()) != nullptr ? Carrier::tls : Carrier::tcp;
  rearm();
}

void StreamServer::rearm() {
  if (ending_ != Ending::soon) idle_->set(options_.idleTimeout);
}

/// Whoever waits for answers of ours, or takes them, is not idle; whoever does not take them is.
void StreamServer::idle() {
  if (ending_ == Ending::soon) {
    ending_ = Ending::whenDone;
    rearm();
    return endIfDone();
  }
  if (later_ != 0) return rearm();
  if (transport().pending() == 0) return transport().loseConnection();
  const std::uint64_t before = std::exchange(taken_, transport().taken());
  if (taken_ == before) return transport().abortConnection();
  rearm();
}

void StreamServer::drainBegun() {
  ending_ = Ending::soon;
  idle_->set(asked_ ? kOnItsWay : kNothingYet);
}

void StreamServer::endIfDone() {
  if (ending_ == Ending::whenDone && later_ == 0 && transfers_.empty())
    transport().loseConnection();
}

void StreamServer::stringReceived(std::string_view message) {
  if (!std::exchange(asked_, true) && ending_ == Ending::soon) idle_->set(kOnItsWay);
  rearm();
  const std::span<char> space = room();
  auto answered = dispatcher_->answer(message, carrier_, peerBytes_, space.subspan(2));
  if (!answered.now.empty()) {
    putLength(space, answered.now.size());
    transport().write(std::string_view(space.data(), answered.now.size() + 2));
  }
  if (answered.transfer) return beginTransfer(std::move(answered.transfer));
  if (!answered.later) return;
  if (++later_ >= options_.maxLater) pauseProducing();
  lifetime().own(std::move(*answered.later).addCallback([this](const std::string& answer) {
    answeredLater(answer);
  }));
}

void StreamServer::answeredLater(const std::string& answer) {
  if (--later_ + 1 == options_.maxLater) resumeProducing();
  rearm();
  if (!answer.empty()) sendString(answer);
  endIfDone();
}

void StreamServer::beginTransfer(std::unique_ptr<TransferOut> transfer) {
  // Past this nobody asks in earnest: each holds a version of a zone.
  if (transfers_.size() >= options_.maxTransfers) return transport().loseConnection();
  transfers_.push_back(std::move(transfer));
  if (transfers_.size() == 1) sendTransfers();
}

void StreamServer::sendTransfers() {
  rearm();
  while (!transfers_.empty() && transport().pending() < kTransferAhead) {
    if (transfers_.front()->next(transferred_)) {
      sendString(transferred_);
    } else {
      transfers_.pop_front();
    }
  }
  if (transfers_.empty()) return endIfDone();
  lifetime().own(transport()
                     .drained()
                     .addCallbacks([this] { sendTransfers(); }, [](const Failure& /*lost*/) {})
                     .addErrback([this](const Failure& why) { failed(why); }));
}

/// As what a protocol throws from dataReceived.
void StreamServer::failed(const Failure& why) {
  log::error("unhandled error in the protocol of {}: {}", transport().getPeer(),
             why.getTraceback());
  transport().abortConnection();
}

void StreamServer::connectionLost(const Failure& /*reason*/) { idle_.reset(); }

}  // namespace ropewalk::dns
