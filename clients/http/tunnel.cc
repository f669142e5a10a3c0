// CONNECT as a Prelude, and the proxy's words where it refuses. RFC 9110 §9.3.6.
#include "tunnel.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"
#include "ropewalk/protocols/http/body_decoder.h"
#include "ropewalk/protocols/http/response_parser.h"

namespace ropewalk::http {

namespace {

constexpr int kMaxInterim = 16;            // as for other requests
constexpr std::size_t kWordsAtMost = 512;  // of a refusal's body: enough to say why
constexpr std::size_t kWordsShown = 200;

/// Asks for the tunnel.
///
///     head ──2xx──▶ open
///      └──anything else──▶ words ──end of the body, enough of it, the connection's end──▶ refused
class TunnelPrelude final : public Prelude {
 public:
  TunnelPrelude(Tunnel tunnel, std::unique_ptr<Protocol> inner)
      : Prelude(std::move(inner)), tunnel_(std::move(tunnel)) {}

 private:
  void begin() override {
    if (tunnel_.proxy.empty()) tunnel_.proxy = toText(transport().getPeer());
    std::string request = format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", tunnel_.target);
    if (!tunnel_.authorization.empty())
      request += format("Proxy-Authorization: {}\r\n", tunnel_.authorization);
    transport().write(request + "\r\n");
  }

  void answered(std::string_view data) override {
    buffer_ += data;
    status_ == 0 ? readHeads() : readWords();
  }

  void readHeads() {
    HeadStorage storage(responseLimits());
    for (;;) {
      const ResponseParser::Step step = parser_.parse(buffer_, Method::connect, storage);
      if (step.kind == ResponseParser::Step::Kind::needMore) return;
      if (step.kind == ResponseParser::Step::Kind::error) return refuse(malformed(step.reason));
      const bool interim = step.head->interim();
      if (!interim) return finalHead(*step.head, step.consumed);
      buffer_.erase(0, step.consumed);
      if (++interim_ > kMaxInterim) return refuse(malformed("nothing but interim responses (1xx)"));
    }
  }

  /// RFC 9110 §9.3.6: any 2xx is a tunnel, and it begins right behind the head, whatever the head
  /// says of a length.
  void finalHead(const ResponseHead& head, std::size_t consumed) {
    status_ = head.status;
    if (head.status >= 200 && head.status < 300) {
      const std::string rest = std::exchange(buffer_, {}).substr(consumed);
      return open(rest);
    }
    reason_ = head.reason;
    decoder_ = BodyDecoder(head);
    buffer_.erase(0, consumed);
    readWords();
  }

  void readWords() {
    HeadStorage storage(responseLimits());
    std::string_view input = buffer_;
    while (words_.size() < kWordsAtMost) {
      const BodyDecoder::Step step = decoder_.decode(input, storage);
      input.remove_prefix(step.consumed);
      if (step.kind == BodyDecoder::Step::Kind::data) {
        words_ += step.data.substr(0, kWordsAtMost - words_.size());
        if (!decoder_.done()) continue;
      }
      if (step.kind == BodyDecoder::Step::Kind::needMore) {
        buffer_ = std::string(input);
        return;
      }
      break;
    }
    refuse(refusal());
  }

  [[nodiscard]] Failure closedEarly(const Failure& reason) override {
    if (status_ != 0) return refusal();
    return TunnelRefused(format("proxy {} gave no answer when asked for a tunnel to {}: {}",
                                tunnel_.proxy, tunnel_.target, reason.getErrorMessage()),
                         0);
  }

  [[nodiscard]] Failure malformed(std::string_view why) const {
    return TunnelRefused(format("proxy {} gave no HTTP answer when asked for a tunnel to {}: {}",
                                tunnel_.proxy, tunnel_.target, why),
                         0);
  }

  [[nodiscard]] Failure refusal() const {
    std::string message = format("proxy {} refused the tunnel to {}: {} {}", tunnel_.proxy,
                                 tunnel_.target, status_, reason_);
    if (status_ == 407) {
      message += tunnel_.authorization.empty()
                     ? "; it wants a user and a password: give them in its URL"
                     : "; it does not accept this user and password";
    }
    const std::string_view words = trim(words_);
    if (!words.empty()) message += format("; it says {}", quoteBytes(words, kWordsShown));
    return TunnelRefused(std::move(message), status_);
  }

  Tunnel tunnel_;
  ResponseParser parser_;
  BodyDecoder decoder_;
  std::string buffer_;
  std::string reason_;
  std::string words_;
  int status_ = 0;  // of the final head
  int interim_ = 0;
};

class TunnelFactory final : public WrappingFactory {
 public:
  TunnelFactory(Tunnel tunnel, std::shared_ptr<Factory> inner)
      : WrappingFactory(std::move(inner)), tunnel_(std::move(tunnel)) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol,
                                 const Address& /*peer*/) override {
    return std::make_unique<TunnelPrelude>(tunnel_, std::move(protocol));
  }

  Tunnel tunnel_;
};

/// Whether the text can stand in a request without being more than it should.
bool isPlain(std::string_view text, char least) {
  return std::all_of(text.begin(), text.end(),
                     [least](char c) { return c >= least && c < '\x7f'; });
}

std::string credentialsOf(const EndpointUrl& url) {
  const std::string user = url.parameter("user");
  if (user.empty()) return "";
  return "Basic " + base64Encode(user + ":" + url.parameter("password"));
}

Deferred<Handle<Protocol>> connectThrough(Reactor& reactor, const EndpointUrl& url,
                                          std::shared_ptr<Factory> factory) {
  url.checkParameters({"user", "password", "timeout", "bind"});
  const EndpointUrl target =
      EndpointUrl::parse(url.path.substr(std::min<std::size_t>(url.path.size(), 1)));
  if (target.scheme != "tcp" || target.host.empty() || target.port == 0)
    throw BadEndpointError(format("{}: write http-connect://proxy:port/host:port", toText(url)));
  const bool isIPv6 = target.host.find(':') != std::string::npos;
  Tunnel tunnel{format(isIPv6 ? "[{}]:{}" : "{}:{}", target.host, target.port), credentialsOf(url)};
  ConnectOptions options;
  options.timeout(std::chrono::seconds(url.number("timeout", 30, 1, 86'400)));
  options.bindAddress(url.parameter("bind"));
  const Duration timeout = options.timeout();
  return reactor
      .connectTCP(url.host, url.port, tunnelThrough(std::move(tunnel), std::move(factory)),
                  std::move(options))
      .addTimeout(timeout, reactor);
}

}  // namespace

std::shared_ptr<Factory> tunnelThrough(Tunnel tunnel, std::shared_ptr<Factory> inner) {
  if (!isPlain(tunnel.target, '!') || !isPlain(tunnel.authorization, ' '))
    throw std::invalid_argument(format("{} cannot be asked of a proxy", quoteBytes(tunnel.target)));
  return std::make_shared<TunnelFactory>(std::move(tunnel), std::move(inner));
}

bool registerTunnelEndpoint() {
  EndpointScheme scheme;
  scheme.connect = &connectThrough;
  registerEndpointScheme("http-connect", std::move(scheme));
  return true;
}

}  // namespace ropewalk::http
