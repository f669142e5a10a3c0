// Succession: how the protocol that a transport carries gives its place to another. The half of
// Transport::replaceProtocol that all transports have in common.
#pragma once

#include <memory>
#include <string>

#include "ropewalk/core/async/deferred.h"

namespace ropewalk {

class Protocol;
class Transport;

/// Part of a Transport, which says when it may call the protocol. One thread.
///
///     none ──replace()──▶ named ──settle()──▶ made ──the rest is taken, or there was none──▶ none
///                           ▲                  │
///                           └────replace()─────┘
///
/// named: the old protocol has had its connectionLost, and is kept, since one of its functions may
/// be running. made: the new one has the connection; the bytes that were read before it came wait
/// while it has paused. The transport calls settle() when a callback has returned and before the
/// next event, so that nothing overtakes those bytes.
///
///     struct Wire {
///       void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) {
///         succession.replace(transport, protocol, owned, std::move(next), std::move(rest));
///       }
///       void received(std::string_view data) {
///         if (succession.due()) succession.settle(transport);
///         protocol->dataReceived(data);
///         if (succession.due()) succession.settle(transport);
///       }
///       Transport& transport;
///       std::unique_ptr<Protocol> owned;
///       Protocol* protocol;
///       Succession succession;
///     };
///
/// One that nobody replaces costs two words.
class Succession {
 public:
  Succession();
  Succession(const Succession&) = delete;
  Succession& operator=(const Succession&) = delete;
  ~Succession();

  /// Puts `next` into the place of the protocol that `transport` carries (inside of wrappers, which
  /// stay), and ends the old one with ProtocolReplaced. What its connectionLost throws comes out
  /// when that is done. Throws std::logic_error when next is null, or somebody is named already.
  /// @param direct  the protocol that the transport calls; next, unless it lies inside of a wrapper
  /// @param owner   holds direct, or is null where somebody else does; holds next then
  /// @param rest    bytes that were read and belong to next; those that an earlier one has not
  ///                taken follow them
  void replace(Transport& transport, Protocol*& direct, std::unique_ptr<Protocol>& owner,
               std::unique_ptr<Protocol> next, std::string rest);

  /// settle() has something to do, now or after a pause.
  [[nodiscard]] bool due() const noexcept { return state_ != nullptr; }
  /// Connects who was named and hands over what waits: connectionMade, drainBegun if that has
  /// been, the rest, readConnectionLost if that has been. Where the transport is disconnecting only
  /// connectionMade. What is thrown comes out; the next call goes on behind it.
  void settle(Transport& transport);
  /// Fires when nobody is named any more; at once when nobody is.
  [[nodiscard]] Deferred<void> opened();

  // What the transport has told the protocol, or was told by it.

  void pause(bool on) noexcept { paused_ = on; }
  void readEnded() noexcept { readOver_ = true; }
  void drainBegun() noexcept { draining_ = true; }

 private:
  struct State;

  [[nodiscard]] bool waitsForReading(const Transport& transport) const noexcept;
  void step(Transport& transport);
  void make(Transport& transport);

  std::unique_ptr<State> state_;
  bool settling_ = false;
  bool paused_ = false;
  bool readOver_ = false;
  bool draining_ = false;
};

}  // namespace ropewalk
