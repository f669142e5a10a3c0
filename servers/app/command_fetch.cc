// ropewalk fetch: pages and files from the command line.

#include <fstream>
#include <iostream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "ropewalk/clients/http/http.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/app/client_run.h"
#include "ropewalk/servers/app/client_tls.h"
#include "ropewalk/servers/app/command_line.h"
#include "ropewalk/servers/app/exit_code.h"
#include "ropewalk/servers/app/progress.h"

namespace ropewalk::app {

namespace {

struct FetchOptions {
  std::vector<std::string> urls;
  std::string output;
  bool remoteName = false;
  std::string method;
  std::vector<std::string> fields;
  std::string data;
  bool head = false;
  bool verbose = false;
  bool timing = false;
  bool json = false;
  bool resume = false;
  bool noFollow = false;
  double timeout = 0;  // seconds; 0: the defaults
  ClientTls tls;
  std::string proxy;
  bool noProxy = false;
};

std::string slurp(const std::string& name) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  std::istream& in = name == "-" ? std::cin : file;
  if (!in) throw CommandError(kConfiguration, format("cannot read '{}' for -d", name));
  return {std::istreambuf_iterator<char>(in), {}};
}

http::Headers headersOf(const FetchOptions& options) {
  http::Headers headers;
  for (const std::string& field : options.fields) {
    const auto colon = field.find(':');
    if (colon == std::string::npos)
      throw CommandError(kUsage, format("'{}' is no field: write -H 'Name: value'", field));
    try {
      headers.add(trim(std::string_view(field).substr(0, colon)),
                  trim(std::string_view(field).substr(colon + 1)));
    } catch (const std::exception& error) {
      throw CommandError(kUsage, error.what());
    }
  }
  return headers;
}

std::string methodOf(const FetchOptions& options) {
  if (!options.method.empty()) return options.method;
  if (options.head) return "HEAD";
  return options.data.empty() ? "GET" : "POST";
}

/// The last segment of the URL's path, for -O; never a path of its own.
std::string fileNameOf(const std::string& url) {
  std::string name = url.substr(0, url.find_first_of("?#"));
  name = name.substr(name.rfind('/') + 1);
  if (name.empty() || name == "." || name == ".." || url.rfind('/') < url.find("://") + 3) {
    throw CommandError(kUsage, format("{} names no file: give one with -o", url));
  }
  return name;
}

std::string headText(int status, const std::string& reason, const http::Headers& headers) {
  std::string text = format("HTTP/1.1 {} {}\n", status, reason);
  for (const auto& [name, value] : headers) text += format("{}: {}\n", name, value);
  return text;
}

std::string timingText(const http::Timing& timing) {
  return format("queued {}, dns {}, connect {}, tls {}, first byte {}, total {}{}\n",
                humanDuration(timing.queued), humanDuration(timing.dns),
                humanDuration(timing.connect), humanDuration(timing.tls),
                humanDuration(timing.firstByte), humanDuration(timing.total),
                timing.reused ? " (kept connection)" : "");
}

/// "TLSv1.3, TLS_AES_128_GCM_SHA256: CN=…"; nothing in the clear.
std::string tlsText(const http::TlsFacts* tls) {
  if (tls == nullptr) return "";
  return format("{}, {}{}: {}\n", tls->version, tls->cipher, tls->resumed ? ", resumed" : "",
                tls->certificate ? certificateLine(*tls->certificate) : "no certificate");
}

std::string jsonText(const http::Page& page) {
  using nlohmann::json;
  const auto seconds = [](Duration duration) {
    return std::chrono::duration<double>(duration).count();
  };
  json fields = json::array();
  for (const auto& [name, value] : page.headers)
    fields.push_back({std::string(name), std::string(value)});
  const json record = {{"url", page.url},
                       {"status", page.status},
                       {"reason", page.reason},
                       {"redirects", page.redirects},
                       {"headers", fields},
                       {"body", page.body},
                       {"timing",
                        {{"queued", seconds(page.timing.queued)},
                         {"dns", seconds(page.timing.dns)},
                         {"connect", seconds(page.timing.connect)},
                         {"tls", seconds(page.timing.tls)},
                         {"first_byte", seconds(page.timing.firstByte)},
                         {"total", seconds(page.timing.total)}}}};
  // What is not UTF-8 becomes U+FFFD: JSON cannot carry it.
  return record.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

http::RedirectPolicy redirects(const FetchOptions& options) {
  http::RedirectPolicy policy;
  policy.follow = !options.noFollow;
  return policy;
}

http::Timeouts timeouts(const FetchOptions& options, http::Timeouts limits) {
  if (options.timeout > 0) {
    limits.total =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.timeout));
  }
  return limits;
}

/// A URL to standard output. @return the exit status
Deferred<int> show(http::Agent& agent, const FetchOptions& options, std::string url) {
  http::PageOptions how;
  how.method(methodOf(options)).headers(headersOf(options)).failOnStatus(false);
  if (!options.data.empty()) how.body(options.data);
  how.redirects(redirects(options)).timeouts(timeouts(options, {}));
  Deferred<http::Page> fetching = http::getPage(agent, url, std::move(how));
  const http::Page page = co_await std::move(fetching);
  if (options.verbose)
    std::cerr << format("{} {}\n", methodOf(options), page.url) << tlsText(page.tls.get())
              << headText(page.status, page.reason, page.headers) << '\n';
  if (options.json) {
    std::cout << jsonText(page);
  } else if (options.head) {
    std::cout << headText(page.status, page.reason, page.headers);
  } else {
    std::cout << page.body;
  }
  std::cout << std::flush;
  if (options.timing) std::cerr << timingText(page.timing);
  if (page.status < 400) co_return kOk;
  std::cerr << format("ropewalk: {} answered {} {}\n", page.url, page.status, page.reason);
  co_return kFailed;
}

/// A URL into a file. @return the exit status
Deferred<int> download(http::Agent& agent, const FetchOptions& options, std::string url) {
  const std::string path = options.remoteName ? fileNameOf(url) : options.output;
  const auto progress = std::make_shared<Progress>(path);
  http::DownloadOptions how;
  how.headers(headersOf(options)).resume(options.resume).redirects(redirects(options));
  how.timeouts(timeouts(options, *how.timeouts()));
  how.progress([progress](std::uint64_t received, std::optional<std::uint64_t> total) {
    progress->show(received, total);
  });
  Deferred<http::Download> fetching = http::downloadPage(agent, url, path, std::move(how));
  const http::Download done = co_await std::move(fetching);
  progress->finish();
  if (options.verbose)
    std::cerr << tlsText(done.tls.get()) << headText(done.status, "", done.headers);
  if (options.timing) std::cerr << timingText(done.timing);
  co_return kOk;
}

/// What the agent is made with. Mistakes in it are errors before anything is sent.
http::AgentOptions agentOptions(const FetchOptions& options) {
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
  if (options.proxy.empty()) {
    agent.proxies = http::Proxies::fromEnvironment();
    return agent;
  }
  try {
    agent.proxies = http::Proxies::through(options.proxy);
  } catch (const std::exception& error) {
    throw CommandError(kUsage, error.what());
  }
  return agent;
}

Deferred<int> fetchAll(const FetchOptions& options) {
  http::Agent agent(reactor(), agentOptions(options));
  int status = kOk;
  for (const std::string& url : options.urls) {
    const bool toFile = !options.output.empty() || options.remoteName;
    Deferred<int> one = toFile ? download(agent, options, url) : show(agent, options, url);
    one.addErrback([](const Failure& why) {
      std::cerr << "ropewalk: " << why.getErrorMessage() << '\n';
      return static_cast<int>(kFailed);
    });
    const int outcome = co_await std::move(one);
    if (outcome != kOk) status = outcome;
  }
  co_return status;
}

int fetch(FetchOptions options) {
  if (!options.output.empty() && options.urls.size() > 1) {
    throw CommandError(kUsage, "-o takes one URL; -O names each file after its URL");
  }
  headersOf(options);  // a bad -H or -d is an error before anything is sent
  static_cast<void>(agentOptions(options));
  if (options.data.starts_with('@')) options.data = slurp(options.data.substr(1));
  return runClient([&] { return fetchAll(options); });
}

}  // namespace

void addFetchCommand(CommandLine& line) {
  const auto options = std::make_shared<FetchOptions>();
  CLI::App& parser = line.add(
      "fetch", "Fetch URLs, to standard output or into files",
      {"ropewalk fetch http://127.0.0.1:8080/", "ropewalk fetch http://host/big.iso -O --resume",
       "ropewalk fetch http://host/api -d '{\"a\": 1}' -H 'Content-Type: application/json'"},
      [options] { return fetch(*options); });
  parser.add_option("URL", options->urls, "What to fetch")->required();
  parser
      .add_option("-o,--output", options->output,
                  "Into this file, with a progress bar on a terminal")
      ->type_name("FILE");
  parser.add_flag("-O,--remote-name", options->remoteName, "Into files named as in the URLs");
  parser.add_flag("--resume", options->resume, "Go on where an earlier -o or -O broke off");
  parser.add_option("-X,--request", options->method, "The method (GET; POST with -d)")
      ->type_name("METHOD");
  parser.add_option("-H,--header", options->fields, "A field of the request; again for more")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false);
  parser.add_option("-d,--data", options->data, "The body; @FILE reads a file, @- standard input")
      ->type_name("DATA");
  parser.add_flag("-I,--head", options->head, "Only the head (HEAD)");
  parser.add_flag("-v,--verbose", options->verbose, "The head and TLS too, on standard error");
  parser.add_flag("--timing", options->timing, "Where the time went, on standard error");
  parser.add_flag("--json", options->json, "Everything as a JSON object");
  parser.add_flag("--no-follow", options->noFollow, "Show redirects instead of following them");
  parser
      .add_option("--timeout", options->timeout, "For all of it, in seconds (300; for files none)")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber);
  addClientTls(parser, options->tls);
  CLI::Option* const proxy =
      parser.add_option("--proxy", options->proxy, "http://user:password@host:port ($HTTPS_PROXY)")
          ->type_name("URL");
  parser.add_flag("--noproxy", options->noProxy, "No proxy, whatever the environment says")
      ->excludes(proxy);
}

}  // namespace ropewalk::app
