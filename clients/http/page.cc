// A response read whole; the agent of its own goes with it.
#include "page.h"

#include <memory>
#include <utility>

#include "html_title.h"
#include "ropewalk/core/base/format.h"

namespace ropewalk::http {

std::string Page::title() const { return htmlTitle(body); }

StatusError::StatusError(Page page)
    : FetchError(format("cannot fetch {}: {} {}", page.url, page.status, page.reason)),
      page_(std::move(page)) {}

Deferred<Page> getPage(Agent& agent, std::string url, PageOptions options) {
  const std::size_t limit = options.bodyLimit().value_or(agent.options().bodyLimit);
  const bool failOnStatus = options.failOnStatus();
  ClientRequest request(std::move(url));
  request.settings(std::move(options));
  Deferred<ClientResponse> responding = agent.request(std::move(request));
  ClientResponse response = co_await std::move(responding);
  Deferred<std::string> reading = response.readBody(limit);
  std::string body = co_await std::move(reading);
  Page page{.status = response.status,
            .reason = std::move(response.reason),
            .headers = std::move(response.headers),
            .body = std::move(body),
            .url = std::move(response.url),
            .redirects = std::move(response.redirects),
            .timing = response.timing(),
            .tls = std::move(response.tls)};
  if (failOnStatus && page.status >= 400) co_return Failure(StatusError(std::move(page)));
  co_return page;
}

Deferred<Page> getPage(Reactor& reactor, std::string url, PageOptions options) {
  AgentOptions once;
  once.pool.idlePerHost = 0;
  once.proxies = Proxies::fromEnvironment();
  const auto agent = std::make_shared<Agent>(reactor, std::move(once));
  return getPage(*agent, std::move(url), std::move(options)).addBoth([agent](Result<Page> page) {
    return page;
  });
}

Deferred<Page> getPage(std::string url, PageOptions options) {
  return getPage(defaultAgent(), std::move(url), std::move(options));
}

}  // namespace ropewalk::http
