// From an EndpointUrl to a call of the Reactor: the parameters each scheme knows, descriptors that
// were handed to us, socket activation (sd_listen_fds(3)).

#include "endpoint_schemes.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/stream/stdio.h"

namespace ropewalk::detail {

namespace {

constexpr int kFirstSystemdFd = 3;  // SD_LISTEN_FDS_START

/// The address that a listening endpoint names. Names are not resolved:
/// which of its addresses would be meant?
std::string interfaceOf(const EndpointUrl& url) {
  if (url.host.empty()) return "";
  if (url.host == "localhost") return "127.0.0.1";
  return url.host;
}

ConnectOptions connectOptions(const EndpointUrl& url) {
  ConnectOptions options;
  options.timeout(std::chrono::seconds(url.number("timeout", 30, 1, 86'400)));
  options.bindAddress(url.parameter("bind"));
  return options;
}

int fdOf(const EndpointUrl& url) {
  url.checkParameters({});
  if (!url.host.empty()) {
    throw BadEndpointError(format("cannot use {}: write fd://{}, the number of a descriptor alone",
                                  toText(url), url.port));
  }
  const int fd = url.port;
  if (::fcntl(fd, F_GETFD) < 0) {
    throw BadEndpointError(format("cannot use {}: descriptor {} is not open", toText(url), fd));
  }
  return fd;
}

bool listensAlready(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

ListeningPort adoptListening(Reactor& reactor, const EndpointUrl& url, int fd,
                             FactoryPointer factory) {
  if (!listensAlready(fd)) {
    throw CannotListenError(
        format("cannot listen on {}: descriptor {} is no listening socket", toText(url), fd));
  }
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));  // the caller keeps his own
  if (!copy)
    throw CannotListenError(format("cannot listen on {}: {}", toText(url), errnoText(errno)));
  return reactor.adoptStreamPort(std::move(copy), std::move(factory));
}

/// The descriptor that socket activation passed under this name or number.
int systemdFd(const EndpointUrl& url) {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  const char* names = std::getenv("LISTEN_FDNAMES");
  const bool ours = pid != nullptr && parseNumber<pid_t>(pid) == ::getpid();
  const int passed = ours && count != nullptr ? parseNumber<int>(count).value_or(0) : 0;
  if (const auto index = parseNumber<int>(url.path); index && *index >= 0 && *index < passed) {
    return kFirstSystemdFd + *index;
  }
  int fd = kFirstSystemdFd;
  for (const std::string_view name : split(names == nullptr ? "" : names, ':')) {
    if (name == url.path && fd < kFirstSystemdFd + passed) return fd;
    ++fd;
  }
  throw CannotListenError(
      format("cannot listen on {}: systemd passed {} sockets{}, none of that name; see "
             "FileDescriptorName= in systemd.socket(5)",
             toText(url), passed, names == nullptr ? "" : format(" ({})", names)));
}

Handle<Protocol> connectOnStdio(Reactor& reactor, Factory& factory) {
  static std::atomic<bool> taken{false};
  if (taken.exchange(true)) throw AlreadyListened("cannot use stdio: a connection has it already");
  std::unique_ptr<Protocol> protocol = factory.buildProtocol(Address{});
  if (!protocol) throw NoProtocol("the factory has no protocol for stdio");
  const Handle<Protocol> handle = handleOf(*protocol);
  connectStdio(reactor, std::move(protocol));
  return handle;
}

}  // namespace

Deferred<ListeningPort> listenTcpEndpoint(Reactor& reactor, const EndpointUrl& url,
                                          FactoryPointer factory) {
  url.checkParameters({"backlog", "reuseport", "interface"});
  ListenOptions options;
  options.interface = url.parameter("interface", interfaceOf(url));
  options.backlog = static_cast<int>(url.number("backlog", options.backlog, 1, 1 << 20));
  options.reusePort = url.number("reuseport", 0, 0, 1) != 0;
  return succeed(reactor.listenTCP(url.port, std::move(factory), options));
}

Deferred<ListeningPort> listenUnixEndpoint(Reactor& reactor, const EndpointUrl& url,
                                           FactoryPointer factory) {
  url.checkParameters({"mode", "backlog"});
  ListenUNIXOptions options;
  options.mode = static_cast<unsigned>(url.number("mode", 0666, 0, 0777, 8));
  options.backlog = static_cast<int>(url.number("backlog", options.backlog, 1, 1 << 20));
  return succeed(reactor.listenUNIX(url.path, std::move(factory), options));
}

Deferred<ListeningPort> listenFdEndpoint(Reactor& reactor, const EndpointUrl& url,
                                         FactoryPointer factory) {
  return succeed(adoptListening(reactor, url, fdOf(url), std::move(factory)));
}

Deferred<ListeningPort> listenSystemdEndpoint(Reactor& reactor, const EndpointUrl& url,
                                              FactoryPointer factory) {
  url.checkParameters({});
  return succeed(adoptListening(reactor, url, systemdFd(url), std::move(factory)));
}

Deferred<ListeningPort> listenStdioEndpoint(Reactor& reactor, const EndpointUrl& url,
                                            FactoryPointer factory) {
  url.checkParameters({});
  connectOnStdio(reactor, *factory);
  return succeed(ListeningPort());
}

Deferred<Handle<Protocol>> connectTcpEndpoint(Reactor& reactor, const EndpointUrl& url,
                                              FactoryPointer factory) {
  url.checkParameters({"timeout", "bind"});
  const std::string host = url.host.empty() ? "localhost" : url.host;
  return reactor.connectTCP(host, url.port, std::move(factory), connectOptions(url));
}

Deferred<Handle<Protocol>> connectUnixEndpoint(Reactor& reactor, const EndpointUrl& url,
                                               FactoryPointer factory) {
  url.checkParameters({"timeout"});
  return reactor.connectUNIX(url.path, std::move(factory), connectOptions(url));
}

Deferred<Handle<Protocol>> connectFdEndpoint(Reactor& reactor, const EndpointUrl& url,
                                             FactoryPointer factory) {
  UniqueFd copy(::fcntl(fdOf(url), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw BadEndpointError(format("cannot use {}: {}", toText(url), errnoText(errno)));
  std::unique_ptr<Protocol> protocol = factory->buildProtocol(Address{});
  if (!protocol) throw NoProtocol(format("the factory has no protocol for {}", toText(url)));
  const Handle<Protocol> handle = handleOf(*protocol);
  reactor.adoptStreamConnection(std::move(copy), std::move(protocol));
  return succeed(Handle<Protocol>(handle));
}

Deferred<Handle<Protocol>> connectStdioEndpoint(Reactor& reactor, const EndpointUrl& url,
                                                FactoryPointer factory) {
  url.checkParameters({});
  return succeed(connectOnStdio(reactor, *factory));
}

}  // namespace ropewalk::detail
