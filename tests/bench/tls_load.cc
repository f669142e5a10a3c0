// Makes work for a TLS server, for tls.py: tls_load PORT MODE COUNT [CONNECTIONS]
//   handshake   COUNT full handshakes, each followed by a close
//   resume      the same with the ticket of one before (the first of each is full)
//   requests    COUNT small requests on kept connections
//   bulk        COUNT bytes over one connection
//   drain       the same, but what comes is thrown away by the kernel, undeciphered: so cheap for
//               this side that the server is what limits
//   hold        CONNECTIONS handshakes and a request each; holds them until its input ends
// Prints how many were done, how many of the handshakes were resumptions, and the microseconds from
// the first request (of handshakes: from the start) to the end.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr char kRequest[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

enum class Mode { handshake, resume, requests, bulk, drain, hold };

struct Load {
  sockaddr_in to{};
  Mode mode = Mode::handshake;
  std::uint64_t wanted = 0;
  std::uint64_t started = 0;
  std::uint64_t done = 0;
  std::uint64_t resumed = 0;
  int epoll = -1;
  SSL_CTX* context = nullptr;
  std::vector<SSL_SESSION*> tickets;
  std::chrono::steady_clock::time_point begun;
};

struct Connection {
  int fd = -1;
  SSL* ssl = nullptr;
  bool established = false;
  std::uint64_t received = 0;
};

Load load;
bool isDownload() { return load.mode == Mode::bulk || load.mode == Mode::drain; }
Connection* next = nullptr;  // not started yet
Connection* last = nullptr;
std::vector<char> buffer(256 * 1024);

int keepTicket(SSL* /*ssl*/, SSL_SESSION* session) {
  if (load.mode != Mode::resume) return 0;
  load.tickets.push_back(session);
  return 1;
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "tls_load: %s failed\n", what);
  std::exit(1);
}

void start(Connection& connection) {
  connection = {};
  connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* to = reinterpret_cast<const sockaddr*>(&load.to);
  if (connect(connection.fd, to, sizeof load.to) != 0) fail("connect");
  fcntl(connection.fd, F_SETFL, O_NONBLOCK);
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connection.ssl = SSL_new(load.context);
  SSL_set_fd(connection.ssl, connection.fd);
  SSL_set_tlsext_host_name(connection.ssl, "localhost");
  SSL_set_connect_state(connection.ssl);
  if (!load.tickets.empty()) {
    SSL_set_session(connection.ssl, load.tickets.back());
    SSL_SESSION_free(load.tickets.back());
    load.tickets.pop_back();
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &connection;
  epoll_ctl(load.epoll, EPOLL_CTL_ADD, connection.fd, &event);
  ++load.started;
  SSL_do_handshake(connection.ssl);
}

void stop(Connection& connection) {
  SSL_shutdown(connection.ssl);
  SSL_free(connection.ssl);
  close(connection.fd);
  connection.fd = -1;
}

void ask(Connection& connection) {
  std::string request = kRequest;
  if (isDownload()) {
    request = "GET /bulk/" + std::to_string(load.wanted) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    load.begun = std::chrono::steady_clock::now();
  }
  connection.received = 0;
  if (SSL_write(connection.ssl, request.data(), static_cast<int>(request.size())) <= 0)
    fail("write");
}

void established(Connection& connection) {
  connection.established = true;
  if (SSL_session_reused(connection.ssl) == 1) ++load.resumed;
  if (load.mode != Mode::handshake && load.mode != Mode::resume) ask(connection);
}

/// Throws ciphertext away: with MSG_TRUNC the kernel does not even copy it (tcp(7)).
bool drain(Connection& connection) {
  const ssize_t got = recv(connection.fd, nullptr, 1 << 20, MSG_TRUNC);
  if (got > 0) connection.received += static_cast<std::uint64_t>(got);
  if (got == 0 || (got < 0 && errno != EAGAIN)) fail("read");
  return got > 0;
}

/// @return whether something came
bool receive(Connection& connection) {
  if (load.mode == Mode::drain) return drain(connection);
  const int got = SSL_read(connection.ssl, buffer.data(), static_cast<int>(buffer.size()));
  if (got > 0) {
    connection.received += static_cast<std::uint64_t>(got);
    return true;
  }
  const int why = SSL_get_error(connection.ssl, got);
  if (why != SSL_ERROR_WANT_READ) fail("read");
  return false;
}

void go(Connection& connection) {
  if (!connection.established) {
    const int status = SSL_do_handshake(connection.ssl);
    if (status != 1) {
      if (SSL_get_error(connection.ssl, status) != SSL_ERROR_WANT_READ) fail("handshake");
      return;
    }
    established(connection);
  }
  if (load.mode == Mode::handshake || load.mode == Mode::resume) {
    // The ticket comes with the first read after the handshake; a close before it would save the
    // server the work.
    const std::size_t before = load.tickets.size();
    receive(connection);
    if (load.mode == Mode::resume && load.tickets.size() == before) return;
    ++load.done;
    stop(connection);
    if (load.started < load.wanted) start(connection);
    return;
  }
  while (receive(connection)) {
  }
  if (isDownload()) {
    load.done = connection.received;
  } else if (connection.received > 0 && load.done < load.wanted) {
    ++load.done;
    connection.received = 0;
    if (load.mode == Mode::requests && load.done < load.wanted) ask(connection);
    if (load.mode == Mode::hold && next < last) start(*next++);
  }
}

Mode modeOf(const char* name) {
  const char* names[] = {"handshake", "resume", "requests", "bulk", "drain", "hold"};
  for (int i = 0; i < 6; ++i) {
    if (std::strcmp(name, names[i]) == 0) return static_cast<Mode>(i);
  }
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
  load.to.sin_family = AF_INET;
  load.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  load.to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  load.mode = modeOf(argv[2]);
  load.wanted = std::strtoull(argv[3], nullptr, 10);
  std::size_t connections = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 64;
  if (isDownload()) connections = 1;
  if (load.mode == Mode::hold) load.wanted = connections;
  load.epoll = epoll_create1(EPOLL_CLOEXEC);
  load.context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(load.context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(load.context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(load.context, "X25519");
  SSL_CTX_set_session_cache_mode(load.context,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(load.context, &keepTicket);

  load.begun = std::chrono::steady_clock::now();
  std::vector<Connection> all(connections);
  next = all.data();
  last = next + all.size();
  constexpr std::size_t kAtOnce = 64;  // of those that are held
  const std::size_t first = load.mode == Mode::hold ? std::min(kAtOnce, connections) : connections;
  while (next < all.data() + first) start(*next++);
  epoll_event events[256];
  while (load.done < load.wanted) {
    const int ready = epoll_wait(load.epoll, events, 256, 20'000);
    if (ready <= 0) fail("waiting");
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (connection.fd >= 0) go(connection);
    }
  }
  const std::chrono::duration<double, std::micro> took =
      std::chrono::steady_clock::now() - load.begun;
  std::printf("%llu %llu %.0f\n", static_cast<unsigned long long>(load.done),
              static_cast<unsigned long long>(load.resumed), took.count());
  std::fflush(stdout);
  if (load.mode == Mode::hold) {
    while (std::getchar() != EOF) {
    }
  }
}
