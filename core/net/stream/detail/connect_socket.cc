// A non-blocking connect(2): its end is an event for writing, its outcome SO_ERROR.

#include "connect_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/detail/socket_address.h"

namespace ropewalk::detail {

namespace {

/// Waits until a non-blocking connect has ended. Owned by the loop.
class ConnectAttempt final : public Watch {
 public:
  ConnectAttempt(Loop& loop, UniqueFd socket, Address to)
      : Watch(loop, socket.get()), socket_(std::move(socket)), to_(std::move(to)) {
    wantWriting(true);
  }

  Deferred<UniqueFd> connected() {
    Deferred<UniqueFd> result = source_.deferred();
    source_.onCancel([this](Source<UniqueFd>&) { close(); });
    return result;
  }
  void disconnect() override {
    close();
    source_.errback(ConnectingCancelledError(
        format("connecting to {} was given up: the reactor has stopped", to_)));
  }

 private:
  void writable() override {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == EINPROGRESS || error == EALREADY) return writeBlocked();
    loop().retire(*this);
    // This object lives until the end of the turn, whatever the callbacks do.
    if (error == 0) return source_.callback(std::move(socket_));
    socket_.reset();
    source_.errback(connectFailure(to_, error));
  }
  void close() {
    loop().retire(*this);
    socket_.reset();
  }

  UniqueFd socket_;
  Address to_;
  Source<UniqueFd> source_;
};

/// Connects from `bindAddress`. @return errno, or 0
int bindTo(int fd, const std::string& bindAddress) {
  if (bindAddress.empty()) return 0;
  const SocketAddress from = SocketAddress::from(Address::fromLiteral(bindAddress, 0));
  return ::bind(fd, from.get(), from.length) == 0 ? 0 : errno;
}

}  // namespace

Failure connectFailure(const Address& to, int error, Where where) {
  const std::string message = format("cannot connect to {}: {}", to, errnoText(error));
  switch (error) {
    case ECONNREFUSED:
      return {ConnectionRefusedError(message), where};
    case ETIMEDOUT:
      return {TCPTimedOutError(message), where};
    case ENETUNREACH:
    case EHOSTUNREACH:
      return {NoRouteError(message), where};
    case ENOENT:
    case ENOTSOCK:
      return {BadFileError(message), where};
    default:
      return {ConnectError(message), where};
  }
}

Deferred<UniqueFd> connectSocket(Loop& loop, const Address& to, const std::string& bindAddress) {
  try {
    const SocketAddress address = SocketAddress::from(to);
    UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return fail<UniqueFd>(connectFailure(to, errno));
    if (const int error = bindTo(socket.get(), bindAddress); error != 0) {
      return fail<UniqueFd>(ConnectBindError(
          format("cannot connect to {} from {}: {}", to, bindAddress, errnoText(error))));
    }
    const int on = 1;  // the reactor gathers writes by itself: Nagle's delay would only add to that
    if (to.family != Address::Family::UNIX) {
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    int result = 0;
    do {
      result = ::connect(socket.get(), address.get(), address.length);
    } while (result < 0 && errno == EINTR);
    if (result == 0) return succeed(std::move(socket));
    if (errno != EINPROGRESS) return fail<UniqueFd>(connectFailure(to, errno));
    return loop.own(std::make_unique<ConnectAttempt>(loop, std::move(socket), to)).connected();
  } catch (...) {
    return fail<UniqueFd>(Failure::current());
  }
}

}  // namespace ropewalk::detail
