// The error types that travel in a Failure, and the ones that synchronous set-up throws.
// Names are Twisted's.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace ropewalk {

/// Base of every error of this library. The message is lower case, without a
/// full stop: action, object, reason, remedy. Derive with ROPEWALK_ERROR(Name, Base), or by hand
/// where the error carries fields.
class Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  /// The name of the type, for logs: "ConnectionLost".
  virtual std::string_view kind() const noexcept { return "Error"; }

 private:
  std::string message_;
};

/// Declares an error type that adds nothing but its name. `Base` may be qualified.
#define ROPEWALK_ERROR(Name, Base)                                    \
  class Name : public Base {                                          \
    using RopewalkErrorBase = Base;                                   \
                                                                      \
   public:                                                            \
    using RopewalkErrorBase::RopewalkErrorBase;                       \
    std::string_view kind() const noexcept override { return #Name; } \
  }

// Deferreds.
/// A Source was fired a second time.
ROPEWALK_ERROR(AlreadyCalledError, Error);
/// Somebody called cancel().
ROPEWALK_ERROR(CancelledError, Error);
/// It took longer than it was given.
ROPEWALK_ERROR(TimeoutError, Error);
/// The Source went away without firing its Deferred: a defect of the producer.
ROPEWALK_ERROR(SourceDroppedError, Error);
/// A Deferred was used after it had been awaited or moved from: a defect of the user.
ROPEWALK_ERROR(DeferredConsumed, Error);

// Delayed calls.
ROPEWALK_ERROR(AlreadyCalled, Error);
ROPEWALK_ERROR(AlreadyCancelled, Error);

// Reactor.
/// No polling back end of that name is on this machine; the message lists those that are.
ROPEWALK_ERROR(NoSuchReactor, Error);
ROPEWALK_ERROR(ReactorNotRunning, Error);
ROPEWALK_ERROR(ReactorAlreadyRunning, Error);

// A connection that was open and is no more; ConnectionClosed is the base.
ROPEWALK_ERROR(ConnectionClosed, Error);
/// Closed in an orderly way, by either side.
ROPEWALK_ERROR(ConnectionDone, ConnectionClosed);
/// Not closed: another protocol has taken it over (Transport::replaceProtocol).
ROPEWALK_ERROR(ProtocolReplaced, ConnectionDone);
/// Closed in any other way; the message says how.
ROPEWALK_ERROR(ConnectionLost, ConnectionClosed);
/// Closed by our own abortConnection().
ROPEWALK_ERROR(ConnectionAborted, ConnectionLost);

// A connection that never came to be.
ROPEWALK_ERROR(ConnectError, Error);
/// The address to connect from cannot be had.
ROPEWALK_ERROR(ConnectBindError, ConnectError);
ROPEWALK_ERROR(UnknownHostError, ConnectError);
ROPEWALK_ERROR(NoRouteError, ConnectError);
ROPEWALK_ERROR(ConnectionRefusedError, ConnectError);
/// The kernel gave up.
ROPEWALK_ERROR(TCPTimedOutError, ConnectError);
/// The time-out that was given is over.
ROPEWALK_ERROR(ConnectTimeoutError, ConnectError);
ROPEWALK_ERROR(BadFileError, ConnectError);
/// The name has no address, or nobody could be asked.
ROPEWALK_ERROR(DNSLookupError, ConnectError);
ROPEWALK_ERROR(ConnectingCancelledError, CancelledError);
/// buildProtocol gave null.
ROPEWALK_ERROR(NoProtocol, ConnectError);

// Listening, addresses, endpoints.
ROPEWALK_ERROR(CannotListenError, Error);
/// What can be listened on once (stdio, a systemd socket) was.
ROPEWALK_ERROR(AlreadyListened, Error);
ROPEWALK_ERROR(InvalidAddressError, Error);
ROPEWALK_ERROR(BadEndpointError, Error);

// Datagrams.
/// Longer than a datagram may be.
ROPEWALK_ERROR(MessageLengthError, Error);
ROPEWALK_ERROR(SocketOptionError, Error);

// Files.
ROPEWALK_ERROR(FileError, Error);

// What a peer sent breaks its protocol.
ROPEWALK_ERROR(ProtocolError, Error);

// Processes.
ROPEWALK_ERROR(ProcessExitedAlready, Error);

}  // namespace ropewalk
