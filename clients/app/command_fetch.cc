// ropewalk fetch: pages and files from the command line.

#include <iostream>
#include <memory>

#include "client_run.h"
#include "command_line.h"
#include "commands.h"
#include "exit_code.h"
#include "fetch_options.h"
#include "fetch_text.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "ropewalk/clients/http/http.h"
#include "ropewalk/core/base/durable_file.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/read_file.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stream/stdio.h"
#include "standard_streams.h"

namespace ropewalk::app {

namespace {

std::string slurp(const std::string& name) {
  return orFailWith(kConfiguration,
                    [&] { return name == "-" ? readStandardInput() : readFile(name).value(); });
}

/// Fetches one URL after the other.
class Fetch {
 public:
  explicit Fetch(FetchOptions options);
  Deferred<int> all();

 private:
  Deferred<int> one(std::string url);
  Deferred<int> stream(std::string url);
  Deferred<int> head(std::string url);
  Deferred<int> json(std::string url);
  Deferred<int> download(std::string url);
  Deferred<http::ClientResponse> ask(const std::string& url);
  Deferred<void> deliver(const std::string& url, std::string text);
  int conclude(const std::string& url, int status, const std::string& reason,
               const http::Timing& timing) const;

  FetchOptions options_;
  UniqueFd through_;  // what -o leads to, where that is no regular file
  Output output_;     // that, or standard output
  http::Agent agent_;
};

/// A FIFO waits here for its reader, where Ctrl-C still ends us.
UniqueFd openThrough(const FetchOptions& options) {
  if (options.remoteName || !options.toFile()) return {};
  return orFailWith(kFailed, [&] { return openWrittenThrough(options.output).value(); });
}

Fetch::Fetch(FetchOptions options)
    : options_(std::move(options)),
      through_(openThrough(options_)),
      output_(through_ ? Output(reactor(), through_.get(), options_.output)
                       : Output::standard(reactor())),
      agent_(reactor(), agentOptionsOf(options_)) {}

Deferred<int> Fetch::all() {
  int status = kOk;
  for (const std::string& url : options_.urls) {
    Deferred<int> fetching = one(url);
    fetching.addErrback([](const Failure& why) -> Result<int> {
      if (why.check<CancelledError>() != nullptr || why.check<OutputLost>() != nullptr) return why;
      return report(why);
    });
    const int outcome = co_await std::move(fetching);
    if (outcome != kOk) status = outcome;
  }
  co_return status;
}

Deferred<int> Fetch::one(std::string url) {
  if (options_.json) return json(std::move(url));
  if (options_.head) return head(std::move(url));
  return options_.toFile() && !through_ ? download(std::move(url)) : stream(std::move(url));
}

Deferred<http::ClientResponse> Fetch::ask(const std::string& url) {
  http::ClientRequest request(url);
  request.method(methodOf(options_)).headers(headersOf(options_)).body(bodyOf(options_));
  http::Timeouts limits;
  limits.total = Duration::zero();  // whoever reads may take their time
  request.redirects(redirectsOf(options_)).timeouts(timeoutsOf(options_, limits));
  return agent_.request(std::move(request)).addCallback([this](http::ClientResponse response) {
    if (options_.verbose) {
      std::cerr << format("{} {}\n", methodOf(options_), response.url)
                << tlsText(response.tls.get())
                << headText(response.status, response.reason, response.headers) << '\n';
    }
    return response;
  });
}

/// The body as it comes, no faster than it is taken.
Deferred<int> Fetch::stream(std::string url) {
  Deferred<http::ClientResponse> asking = ask(url);
  http::ClientResponse response = co_await std::move(asking);
  for (;;) {
    Deferred<std::string> reading = response.read();
    std::string piece = co_await std::move(reading);
    if (piece.empty()) break;
    Deferred<void> writing = output_.write(std::move(piece));
    co_await std::move(writing);
  }
  co_return conclude(response.url, response.status, response.reason, response.timing());
}

Deferred<int> Fetch::head(std::string url) {
  Deferred<http::ClientResponse> asking = ask(url);
  const http::ClientResponse response = co_await std::move(asking);
  Deferred<void> delivering =
      deliver(url, headText(response.status, response.reason, response.headers));
  co_await std::move(delivering);
  co_return conclude(response.url, response.status, response.reason, response.timing());
}

Deferred<int> Fetch::json(std::string url) {
  http::PageOptions how;
  how.method(methodOf(options_)).headers(headersOf(options_)).body(bodyOf(options_));
  how.redirects(redirectsOf(options_)).timeouts(timeoutsOf(options_, {})).failOnStatus(false);
  Deferred<http::Page> fetching = http::getPage(agent_, url, std::move(how));
  const http::Page page = co_await std::move(fetching);
  if (options_.verbose)
    std::cerr << tlsText(page.tls.get()) << headText(page.status, page.reason, page.headers)
              << '\n';
  Deferred<void> delivering = deliver(url, jsonText(page));
  co_await std::move(delivering);
  co_return conclude(page.url, page.status, page.reason, page.timing);
}

/// Text to where the body would go.
Deferred<void> Fetch::deliver(const std::string& url, std::string text) {
  if (!options_.toFile() || through_) return output_.write(std::move(text));
  const auto written = writeFile(fileNameOf(options_, url), text);
  return written ? succeed() : fail<void>(written.failure());
}

Deferred<int> Fetch::download(std::string url) {
  const std::string path = fileNameOf(options_, url);
  const auto progress = std::make_shared<Progress>(path);
  http::DownloadOptions how;
  how.method(methodOf(options_)).headers(headersOf(options_)).body(bodyOf(options_));
  how.redirects(redirectsOf(options_)).timeouts(timeoutsOf(options_, *how.timeouts()));
  how.resume(options_.resume);
  how.progress([progress](std::uint64_t received, std::optional<std::uint64_t> total) {
    progress->show(received, total);
  });
  Deferred<http::Download> fetching = http::downloadPage(agent_, url, path, std::move(how));
  const http::Download done = co_await std::move(fetching);
  progress->finish();
  if (options_.verbose)
    std::cerr << tlsText(done.tls.get()) << headText(done.status, "", done.headers);
  co_return conclude(done.url, done.status, "", done.timing);
}

/// @return the exit status for an answer of this status
int Fetch::conclude(const std::string& url, int status, const std::string& reason,
                    const http::Timing& timing) const {
  if (options_.timing) std::cerr << timingText(timing);
  if (status < 400) return kOk;
  std::cerr << format("ropewalk: {} answered {} {}\n", url, status, reason);
  return kFailed;
}

int fetch(FetchOptions options) {
  checkFetch(options);
  if (options.data && options.data->starts_with('@')) options.data = slurp(options.data->substr(1));
  Fetch fetch(std::move(options));
  return runClient([&] { return fetch.all(); });
}

}  // namespace

UniqueFunction<int()> prepareFetch(CommandLine& line, CLI::App& parser) {
  const auto options = std::make_shared<FetchOptions>();
  addExamples(
      parser,
      {"ropewalk fetch http://127.0.0.1:8080/", "ropewalk fetch http://host/big.iso -O --resume",
       "ropewalk fetch http://host/all.tar | tar x",
       "ropewalk fetch http://host/api -d '{\"a\": 1}' -H 'Content-Type: application/json'"});
  parser.add_option("URL", options->urls, "What to fetch")->required();
  CLI::Option* const file =
      parser
          .add_option("-o,--output", options->output,
                      "Into this file, with a progress bar on a terminal; - is standard output")
          ->type_name("FILE");
  parser.add_flag("-O,--remote-name", options->remoteName, "Into files named as in the URLs")
      ->excludes(file);
  parser.add_flag("--resume", options->resume, "Go on where an earlier -o or -O broke off");
  parser.add_option("-X,--request", options->method, "The method (GET; POST with -d)")
      ->type_name("METHOD");
  parser.add_option("-H,--header", options->fields, "A field of the request; again for more")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false);
  line.mayBeEmpty(
      parser
          .add_option("-d,--data", options->data, "The body; @FILE reads a file, @- standard input")
          ->type_name("DATA"));
  parser.add_flag("-I,--head", options->head, "Only the head (HEAD)");
  parser.add_flag("-v,--verbose", options->verbose, "The head and TLS too, on standard error");
  parser.add_flag("--timing", options->timing, "Where the time went, on standard error");
  parser.add_flag("--json", options->json, "Everything as a JSON object");
  parser.add_flag("--no-follow", options->noFollow, "Show redirects instead of following them");
  parser
      .add_option("--timeout", options->timeout,
                  "For all of it, in seconds (none; with --json 300)")
      ->type_name("SECONDS")
      ->check(seconds());
  addClientTls(parser, options->tls);
  CLI::Option* const proxy =
      parser.add_option("--proxy", options->proxy, "http://user:password@host:port ($HTTPS_PROXY)")
          ->type_name("URL");
  parser.add_flag("--noproxy", options->noProxy, "No proxy, whatever the environment says")
      ->excludes(proxy);
  return [options] { return fetch(*options); };
}

}  // namespace ropewalk::app
