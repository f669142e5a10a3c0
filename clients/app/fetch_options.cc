// What goes together is checked before anything is sent; each option becomes one of the client's.
#include "fetch_options.h"

#include "command_line.h"
#include "exit_code.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/uri.h"

namespace ropewalk::app {

namespace {

void checkUrl(const std::string& url) {
  // A missing scheme means http; "localhost:80" is no scheme.
  const bool complete = url.find("://") != std::string::npos;
  const auto uri = http::parseUri(complete ? url : "http://" + url);
  if (!uri) return;  // the client mends what browsers leave raw, or says what is wrong
  const std::string scheme = lowerCase(uri->scheme);
  if (scheme != "http" && scheme != "https")
    throw CommandError(kUsage, format("cannot fetch {}: it is neither http nor https", url));
  if (uri->host.value_or("").empty())
    throw CommandError(kUsage, format("cannot fetch {}: it names no host", url));
}

void checkMethod(const std::string& method) {
  // RFC 9110 §5.6.2, besides letters and digits.
  constexpr std::string_view kToken = "!#$%&'*+-.^_`|~";
  for (const char c : method) {
    const bool fits = (c >= '0' && c <= '9') || (lowerCase(c) >= 'a' && lowerCase(c) <= 'z') ||
                      kToken.find(c) != std::string_view::npos;
    if (!fits) throw CommandError(kUsage, format("'{}' is no method", method));
  }
}

void checkTogether(const FetchOptions& options) {
  if (options.toFile() && !options.remoteName && options.urls.size() > 1)
    throw CommandError(kUsage, "-o takes one URL; -O names each file after its URL");
  if (options.head && options.data && options.method.empty())
    throw CommandError(kUsage,
                       "-I asks with HEAD, which has no data: say with -X what to ask with");
  if (!options.resume) return;
  if (!options.toFile()) throw CommandError(kUsage, "--resume goes on with a file: give -o or -O");
  if (options.head || options.json || options.data || methodOf(options) != "GET")
    throw CommandError(kUsage, "--resume is for a plain GET: not with -I, --json, -d or -X");
}

}  // namespace

void checkFetch(const FetchOptions& options) {
  checkMethod(options.method);
  checkTogether(options);
  static_cast<void>(headersOf(options));
  static_cast<void>(agentOptionsOf(options));
  for (const std::string& url : options.urls) {
    checkUrl(url);
    if (options.toFile()) static_cast<void>(fileNameOf(options, url));
  }
}

std::string methodOf(const FetchOptions& options) {
  if (!options.method.empty()) return options.method;
  if (options.head) return "HEAD";
  return options.data ? "POST" : "GET";
}

http::Headers headersOf(const FetchOptions& options) {
  http::Headers headers;
  for (const std::string& field : options.fields) {
    const auto colon = field.find(':');
    if (colon == std::string::npos)
      throw CommandError(kUsage, format("'{}' is no field: write -H 'Name: value'", field));
    orFailWith(kUsage, [&] {
      headers.add(trim(std::string_view(field).substr(0, colon)),
                  trim(std::string_view(field).substr(colon + 1)));
    });
  }
  return headers;
}

http::RequestBody bodyOf(const FetchOptions& options) {
  return options.data ? http::RequestBody(*options.data) : http::RequestBody();
}

http::RedirectPolicy redirectsOf(const FetchOptions& options) {
  http::RedirectPolicy policy;
  policy.follow = !options.noFollow;
  return policy;
}

http::Timeouts timeoutsOf(const FetchOptions& options, http::Timeouts limits) {
  if (options.timeout > 0) {
    limits.total =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.timeout));
  }
  return limits;
}

http::AgentOptions agentOptionsOf(const FetchOptions& options) {
  const ssl::ClientOptions tls = clientOptionsOf(options.tls);
  if (options.tls.given()) static_cast<void>(contextOf(tls));
  http::AgentOptions agent;
  agent.tls.trust = tls.trust;
  agent.tls.verify = tls.verify;
  agent.tls.certificate = tls.certificate;
  agent.tls.key = tls.key;
  agent.tls.passwordFile = tls.passwordFile;
  agent.tls.pins = tls.pins;
  if (options.noProxy) return agent;
  agent.proxies = options.proxy.empty()
                      ? http::Proxies::fromEnvironment()
                      : orFailWith(kUsage, [&] { return http::Proxies::through(options.proxy); });
  return agent;
}

std::string fileNameOf(const FetchOptions& options, const std::string& url) {
  if (!options.remoteName) return options.output;
  std::string name = url.substr(0, url.find_first_of("?#"));
  const auto scheme = name.find("://");
  name.erase(0, scheme == std::string::npos ? 0 : scheme + 3);
  const auto slash = name.rfind('/');
  name = slash == std::string::npos ? "" : name.substr(slash + 1);
  if (name.empty() || name == "." || name == "..")
    throw CommandError(kUsage, format("{} names no file: give one with -o", url));
  return name;
}

}  // namespace ropewalk::app
