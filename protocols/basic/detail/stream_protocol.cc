// Events passed on to the Stream, as long as somebody holds that.
#include "stream_protocol.h"

#include <utility>

#include "ropewalk/protocols/basic/stream.h"

namespace ropewalk {

StreamProtocol::StreamProtocol(Stream& stream) : stream_(&stream) { stream.attach(*this); }

StreamProtocol::~StreamProtocol() {
  if (stream_ != nullptr) stream_->ended(ConnectionLost("the connection of this stream is gone"));
}

void StreamProtocol::connectionMade() {
  // Whoever asked for the connection may have lost interest.
  stream_ != nullptr ? stream_->made(transport()) : transport().loseConnection();
}

void StreamProtocol::dataReceived(std::string_view data) {
  if (stream_ != nullptr) stream_->received(data);
}

void StreamProtocol::readConnectionLost() {
  // Our half stays open: the answer may still be on its way.
  stream_ != nullptr ? stream_->readEnded(Failure::connectionDone()) : transport().loseConnection();
}

void StreamProtocol::connectionLost(const Failure& reason) {
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->ended(reason);
}

void StreamProtocol::transportReplaced() {
  if (stream_ != nullptr) stream_->forget();
}

void StreamProtocol::writesWait() {
  // Who writes waits by itself; here only the patience counts.
  [[maybe_unused]] const bool full = answers_.full(*this, [] {});
}

void StreamProtocol::abandon() noexcept {
  stream_ = nullptr;
  transport().loseConnection();
}

}  // namespace ropewalk
