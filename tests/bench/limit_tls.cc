// What the kernel and OpenSSL cost together: an epoll server around SSL_read and SSL_write, as lean
// as can be. It counts empty lines and answers each with the bytes that tls_hello would send; to
// "GET /bulk/N" it sends N bytes. Everything slower than this is our own doing.
// With --http it does besides what a server of HTTP cannot leave out: llhttp takes the head apart,
// nothing is checked that llhttp does not check, and the answer is put together with today's Date.
// limit_tls CERTIFICATE KEY [--http]; prints its port.
#include <arpa/inet.h>
#include <llhttp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; "
    "charset=utf-8\r\nContent-Length: 6\r\n\r\nhello\n";
constexpr std::size_t kPiece = 64 * 1024;

struct Connection {
  int fd;
  SSL* ssl;
  std::uint64_t bulk = 0;  // bytes still to send
  llhttp_t parser{};
};

/// Of the head that is being parsed.
struct Head {
  std::string_view target;
  std::size_t fields = 0;
  std::string_view names[64];
  std::string_view values[64];
};

std::vector<char> buffer(64 * 1024);
std::string answers;
bool speaksHttp = false;
llhttp_settings_t settings;
Head head;
std::string date;

SSL_CTX* makeContext(const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_read_ahead(context, 1);  // one recv for a record, not two
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    std::exit(5);
  return context;
}

int listenOn(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd, 4096) != 0)
    std::exit(1);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

/// Once a second: "Sun, 06 Nov 1994 08:49:37 GMT".
void renderDate() {
  static std::time_t rendered = 0;
  const std::time_t now = std::time(nullptr);
  if (now == rendered) return;
  rendered = now;
  std::tm parts{};
  char text[40];
  date.assign(
      text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts)));
}

/// What llhttp finds is put down, as a server must to look at it. Each request comes in one piece.
void setUpParser() {
  llhttp_settings_init(&settings);
  settings.on_url = [](llhttp_t*, const char* at, std::size_t size) {
    head.target = {at, size};
    head.fields = 0;
    return 0;
  };
  settings.on_header_field = [](llhttp_t*, const char* at, std::size_t size) {
    if (head.fields == 64) return -1;
    head.names[head.fields] = {at, size};
    return 0;
  };
  settings.on_header_value = [](llhttp_t*, const char* at, std::size_t size) {
    head.values[head.fields++] = {at, size};
    return 0;
  };
  settings.on_message_complete = [](llhttp_t*) {
    if (head.target != "/") return -1;
    answers += "HTTP/1.1 200 OK\r\nDate: ";
    answers += date;
    answers += "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\nhello\n";
    return 0;
  };
}

void acceptAll(int epoll, int listener, SSL_CTX* context) {
  while (true) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* connection = new Connection{fd, SSL_new(context)};
    SSL_set_fd(connection->ssl, fd);
    SSL_set_accept_state(connection->ssl);
    llhttp_init(&connection->parser, HTTP_REQUEST, &settings);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = connection;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

void end(Connection* connection) {
  SSL_shutdown(connection->ssl);
  SSL_free(connection->ssl);
  close(connection->fd);
  delete connection;
}

void sendBulk(Connection& connection) {
  static const std::vector<char> bytes(kPiece, 'x');
  while (connection.bulk > 0) {
    const auto most = static_cast<int>(std::min<std::uint64_t>(kPiece, connection.bulk));
    const int sent = SSL_write(connection.ssl, bytes.data(), most);
    if (sent <= 0) return;  // the socket is full
    connection.bulk -= static_cast<std::uint64_t>(sent);
  }
}

void answer(Connection& connection, std::string_view data) {
  constexpr std::string_view kBulk = "GET /bulk/";
  if (data.starts_with(kBulk)) {
    connection.bulk += std::strtoull(data.data() + kBulk.size(), nullptr, 10);
    return;
  }
  if (speaksHttp) {
    if (llhttp_execute(&connection.parser, data.data(), data.size()) != HPE_OK) std::exit(6);
    return;
  }
  for (std::size_t at = 0; (at = data.find("\r\n\r\n", at)) != std::string_view::npos; at += 4)
    answers += kAnswer;
}

/// Reads what is there. A short request that leaves nothing in OpenSSL has emptied the socket: no
/// second recv to hear that.
/// @return why it stopped, as SSL_get_error has it
int receive(Connection& connection, bool ended) {
  constexpr int kShort = 4096;
  while (true) {
    const int got = SSL_read(connection.ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) return SSL_get_error(connection.ssl, got);
    answer(connection, {buffer.data(), static_cast<std::size_t>(got)});
    if (!ended && got < kShort && SSL_has_pending(connection.ssl) == 0) return SSL_ERROR_WANT_READ;
  }
}

/// @return whether the connection goes on
bool serve(Connection& connection, bool ended) {
  answers.clear();
  const int why = receive(connection, ended);
  if (!answers.empty()) SSL_write(connection.ssl, answers.data(), static_cast<int>(answers.size()));
  sendBulk(connection);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  speaksHttp = argc > 3 && std::strcmp(argv[3], "--http") == 0;
  setUpParser();
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
  SSL_CTX* const context = makeContext(argv[1], argv[2]);
  const int listener = listenOn(0);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  epoll_event events[256];
  while (true) {
    const int ready = epoll_wait(epoll, events, 256, -1);
    if (speaksHttp) renderDate();
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        acceptAll(epoll, listener, context);
      } else if (!serve(*connection, (events[i].events & EPOLLRDHUP) != 0)) {
        end(connection);
      }
    }
  }
}
