// Fetches several pages at once, as a coroutine, and prints their titles:
// getpage_coroutine URL…
#include <ropewalk/clients/http/http.h>
#include <ropewalk/core/async/gather.h>
#include <ropewalk/core/core.h>

#include <iostream>
#include <string>
#include <vector>

namespace rw = ropewalk;

// [headlines]
rw::Deferred<void> headlines(std::vector<std::string> urls) {
  std::vector<rw::Deferred<rw::http::Page>> fetching;
  for (const std::string& url : urls) fetching.push_back(rw::http::getPage(url));

  const std::vector<rw::http::Page> pages = co_await rw::gatherResults(std::move(fetching));
  for (const rw::http::Page& page : pages) {
    std::cout << page.url << ": " << page.title() << '\n';
  }
}
// [/headlines]

int main(int argc, char** argv) {
  const std::vector<std::string> urls(argv + 1, argv + argc);
  return rw::react([urls] { return headlines(urls); });
}
