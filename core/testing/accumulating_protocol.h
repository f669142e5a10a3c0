// AccumulatingProtocol: a peer that keeps everything it is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/net/protocol.h"

namespace ropewalk::testing {

/// Keeps the bytes, and counts the events; does nothing by itself. `events` is the order of things
/// in words, for comparing at one go:
///
///     CHECK(peer.events == std::vector<std::string>{"made", "data hello", "lost ConnectionDone"});
class AccumulatingProtocol : public Protocol {
 public:
  void connectionMade() override {
    ++made;
    events.emplace_back("made");
  }
  void dataReceived(std::string_view piece) override {
    data += piece;
    events.push_back("data " + std::string(piece));
  }
  /// Keeps its own half open when `halfCloseable`, else closes like any Protocol.
  void readConnectionLost() override {
    ++readLost;
    events.emplace_back("read lost");
    if (!halfCloseable) Protocol::readConnectionLost();
  }
  void writeConnectionLost() override {
    ++writeLost;
    events.emplace_back("write lost");
  }
  void writeDrained() override { ++drained; }
  void connectionLost(const Failure& reason) override {
    ++lost;
    closedReason = reason;
    events.push_back("lost " + reason.kind());
  }

  std::string data;                     ///< all that was received
  std::vector<std::string> events;      ///< in their order, those of bytes with the bytes
  std::optional<Failure> closedReason;  ///< why the connection ended; none while it lasts
  // How often each event came.
  int made = 0;
  int lost = 0;
  int readLost = 0;
  int writeLost = 0;
  int drained = 0;
  bool halfCloseable = false;  ///< keep its own half open when the peer has closed his
};

}  // namespace ropewalk::testing
