// Writes of one stream, and what each errno of send means for it.

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/stream/stdio.h"
#include "stream_transport.h"

namespace ropewalk::detail {

namespace {

constexpr std::size_t kSendBudget =
    4 * 1024 * 1024;  // for one flush: then the others have their turn
// Past this somebody who came to us is not read: each question that he sends without taking the
// answers would cost memory. A client of ours is read on: it would wait for a server that waits.
constexpr std::size_t kStopReading = 256 * 1024;

Failure outputError(int error) {
  const std::string text = format("cannot write to the output: {}", errnoText(error));
  if (error == EPIPE) return OutputReaderGone(text);
  return OutputLost(text);
}

}  // namespace

void StreamTransport::write(std::string_view data) {
  if (data.empty() || !takesWrites()) return;
  output_.append(data);
  wroteMore(data.size());
}

void StreamTransport::write(std::string&& data) {
  if (data.empty() || !takesWrites()) return;
  const std::size_t size = data.size();
  output_.append(std::move(data));
  wroteMore(size);
}

void StreamTransport::write(SharedBytes data) {
  if (!data || data->empty() || !takesWrites()) return;
  const std::size_t size = data->size();
  output_.append(std::move(data));
  wroteMore(size);
}

void StreamTransport::writeSequence(std::span<const std::string_view> pieces) {
  if (!takesWrites()) return;
  std::size_t size = 0;
  for (const std::string_view piece : pieces) {
    output_.append(piece);
    size += piece.size();
  }
  if (size > 0) wroteMore(size);
}

void StreamTransport::writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) {
  if (!takesWrites()) return;
  output_.appendFile(std::move(file), offset, length);
  wroteMore(length);
}

void StreamTransport::wroteMore(std::uint64_t bytes) {
  flushLater();
  if (accepted_ && !full_ && output_.size() > kStopReading) {
    full_ = true;
    adjustReading();
  }
  outflow_.wrote(bytes);
}

void StreamTransport::flush() {
  const Watch& output = outputWatch_ != nullptr ? static_cast<const Watch&>(*outputWatch_) : *this;
  // While the socket is full, trying again would only cost a system call.
  if (!lost() && !output.writingWanted()) writable();
}

void StreamTransport::writable() {
  const std::uint64_t before = output_.sent();
  const OutputChain::Sent sent = output_.send(outputFd(), socket_, kSendBudget);
  outflow_.taken(output_.sent() - before);
  if (outflow_.due()) notifyLater();
  Watch& output = outputWatch_ != nullptr ? static_cast<Watch&>(*outputWatch_) : *this;
  switch (sent.status) {
    case OutputChain::Status::drained:
      output.wantWriting(false);
      return outputDrained();
    case OutputChain::Status::blocked:
      blocked_ = true;
      outputWatch_ != nullptr ? outputWatch_->blocked() : writeBlocked();
      return output.wantWriting(true);
    case OutputChain::Status::more:
      blocked_ = true;
      return output.wantWriting(true);
    case OutputChain::Status::failed:
      return outputFailed(sent);
  }
}

void StreamTransport::outputDrained() {
  if (full_) {
    full_ = false;
    adjustReading();
  }
  if (writing_ == Writing::finishing) writeEnded();
  if (lost()) return;
  if (blocked_) notifyLater();
  closeIfDone();
}

void StreamTransport::outputFailed(const OutputChain::Sent& sent) {
  dropOutput();
  full_ = false;
  adjustReading();
  if (sent.fileTooShort) {
    return lose(ConnectionLost(format(
        "connection to {} was lost: a file ended before the length that was promised", peer_)));
  }
  const bool peerGone = sent.error == EPIPE || sent.error == ECONNRESET;
  // With an output of its own, who reads that is not who writes our input:
  // there is nothing to learn from it.
  if (separateOutput_) return lose(outputError(sent.error));
  if (!peerGone || !readingWanted()) return lose(ioError("writing to", sent.error));
  // The peer takes no more, but may have said why: read what it sent before it went.
  writing_ = Writing::failed;
  readAgain();
}

void StreamTransport::dropOutput() noexcept {
  unsent_ += output_.size();
  output_.clear();
}

void StreamTransport::writeEnded() {
  writing_ = Writing::over;
  if (separateOutput_) {
    loop().retire(*outputWatch_);
    outputWatch_ = nullptr;
    separateOutput_.reset();
  } else if (socket_) {
    ::shutdown(own_.get(), SHUT_WR);
  }
  if (reading_ == Reading::over) return lose(Failure::connectionDone());
  tellWriteLost_ = true;
  notifyLater();
}

/// What the kernel holds was sent, and not taken. Pipes do not tell, so there it counts as taken.
std::uint64_t StreamTransport::taken() const noexcept {
  int held = 0;
  if (!socket_ || ::ioctl(own_.get(), SIOCOUTQ, &held) != 0 || held < 0) held = 0;
  // A UNIX socket counts the kernel's own memory too.
  // In connectionLost the descriptor is still ours.
  return output_.sent() - std::min(output_.sent(), static_cast<std::uint64_t>(held));
}

Deferred<void> StreamTransport::drained() {
  if (lost()) return fail<void>(*reason_);
  return outflow_.drained();
}

void StreamTransport::registerProducer(Producer& producer, Streaming streaming) {
  if (lost()) return producer.stopProducing();
  outflow_.registerProducer(producer, streaming);
}

void StreamTransport::unregisterProducer() {
  outflow_.unregisterProducer();
  closeIfDone();
}

}  // namespace ropewalk::detail
