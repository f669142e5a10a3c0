// Fetches a page with callbacks: one for success, one for failure, one for both:
// getpage [URL]
#include <ropewalk/clients/http/http.h>
#include <ropewalk/core/core.h>

#include <iostream>

namespace rw = ropewalk;

int main(int argc, char** argv) {
  const std::string url = argc > 1 ? argv[1] : "http://example.org/";
  int status = 1;
  // [getpage]
  rw::http::getPage(url)
      .addCallbacks(
          [&status](const rw::http::Page& page) {
            std::cout << page.body;
            status = 0;
          },
          [](const rw::Failure& why) { std::cerr << why.getErrorMessage() << '\n'; })
      .addBoth([](auto&) { rw::reactor().stop(); });
  rw::reactor().run();
  // [/getpage]
  return status;
}
