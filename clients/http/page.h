// getPage: a URL in, a Page out. A thin function over Agent.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk::http {

/// A response with its whole body. A value.
struct Page {
  int status = 0;
  std::string reason;
  Headers headers;
  std::string body;
  std::string url;                     ///< that gave it: after redirects not the one asked for
  std::vector<std::string> redirects;  ///< the URLs that led there, oldest first
  Timing timing;
  std::shared_ptr<const TlsFacts> tls;  ///< null in the clear

  /// The text of the first <title> in the first 64 KiB of the body, entities undone, white space
  /// collapsed, cut at 1 KiB; "" where there is none. Bytes are taken as they are: in UTF-8, if the
  /// page is.
  [[nodiscard]] std::string title() const;
};

/// A status of 400 and above, as Twisted's web.error.Error. It carries the page.
class StatusError : public FetchError {
 public:
  explicit StatusError(Page page);
  [[nodiscard]] std::string_view kind() const noexcept override { return "StatusError"; }
  [[nodiscard]] int status() const noexcept { return page_.status; }
  [[nodiscard]] const Page& page() const noexcept { return page_; }

 private:
  Page page_;
};

/// How a page is fetched: method, header, headers, body, timeout, timeouts and redirects as in a
/// ClientRequest.
///
///     co_await http::getPage(url, http::PageOptions().header("Accept", "text/csv").timeout(5s));
class PageOptions : public RequestSettings<PageOptions> {
 public:
  PageOptions() = default;
  /// In bytes, else the agent's (16 MiB); past it BodyTooLarge.
  PageOptions& bodyLimit(std::size_t bytes) { return setOption(*this, bodyLimit_, bytes); }
  [[nodiscard]] std::optional<std::size_t> bodyLimit() const noexcept { return bodyLimit_; }
  /// false: a 404 is a page like any other.
  PageOptions& failOnStatus(bool on) { return setOption(*this, failOnStatus_, on); }
  [[nodiscard]] bool failOnStatus() const noexcept { return failOnStatus_; }

 private:
  std::optional<std::size_t> bodyLimit_;
  bool failOnStatus_ = true;
};

/// Fetches a page over an agent, which must live until then (or the page is cancelled with it).
/// Fails with StatusError for a status of 400 and above, and with what Agent::request and readBody
/// fail with.
///
///     http::getPage("http://127.0.0.1:8080/")
///         .addCallbacks([](http::Page page) { std::cout << page.body; },
///                       [](const Failure& why) { std::cerr << why.getErrorMessage(); });
[[nodiscard]] Deferred<Page> getPage(Agent& agent, std::string url,
                                     PageOptions options = PageOptions());
/// The same over an agent of its own, whose connections are closed with the page, and which uses
/// the proxies of the environment (Proxies::fromEnvironment).
[[nodiscard]] Deferred<Page> getPage(Reactor& reactor, std::string url,
                                     PageOptions options = PageOptions());
/// The same over the thread's default agent and reactor: for programs with one reactor.
[[nodiscard]] Deferred<Page> getPage(std::string url, PageOptions options = PageOptions());

}  // namespace ropewalk::http
