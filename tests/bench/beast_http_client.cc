// Boost.Beast as http_client.py drives it: beast_http_client PORT COUNT [ACROSS], as http_client.
// What its examples do: a session with its buffer, its messages and the time-out of its stream.
// There is no pool, no redirect and no URL: what it leaves out, its user writes.
#include <utility>  // Asio 1.74 uses it and does not include it

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

struct Load {
  asio::ip::tcp::endpoint server;
  std::string host;
  std::size_t wanted = 0;
  std::size_t asked = 0;
  std::size_t answered = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context& context, Load& load) : stream_(context), load_(load) {}

  void start() {
    stream_.expires_after(std::chrono::seconds(10));
    stream_.async_connect(load_.server, [self = shared_from_this()](error_code error) {
      if (error) return fail(error);
      self->stream_.socket().set_option(asio::ip::tcp::no_delay(true));
      self->ask();
    });
  }

 private:
  static void fail(error_code error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    std::exit(1);
  }

  void ask() {
    if (load_.asked == load_.wanted) return;
    ++load_.asked;
    request_ = http::request<http::empty_body>(http::verb::get, "/", 11);
    request_.set(http::field::host, load_.host);
    request_.set(http::field::user_agent, "ropewalk/0.1");
    request_.set(http::field::accept, "*/*");
    stream_.expires_after(std::chrono::seconds(30));
    http::async_write(stream_, request_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return fail(error);
                        self->read();
                      });
  }

  void read() {
    response_ = {};
    http::async_read(stream_, buffer_, response_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (error) return fail(error);
                       if (self->response_.body() != "hello\n") std::exit(1);
                       ++self->load_.answered;
                       self->ask();
                     });
  }

  beast::tcp_stream stream_;
  Load& load_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  asio::io_context context(1);
  Load load;
  load.server = {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))};
  load.host = "127.0.0.1:" + std::string(argv[1]);
  load.wanted = std::strtoull(argv[2], nullptr, 10);
  const std::size_t across = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  for (std::size_t i = 0; i < across; ++i) std::make_shared<Session>(context, load)->start();
  context.run();
  std::printf("%zu\n", load.answered);
}
