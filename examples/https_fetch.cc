// Fetches a page from a server whose certificate a private authority has issued, and says who
// answered: https_fetch URL AUTHORITY [CERTIFICATE KEY].

#include <iostream>

#include "ropewalk/clients/http/http.h"
#include "ropewalk/core/core.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

rw::Deferred<void> show(rw::http::Agent& agent, std::string url) {
  rw::Deferred<rw::http::Page> fetching = rw::http::getPage(agent, url);
  const rw::http::Page page = co_await std::move(fetching);
  if (page.tls)
    std::cerr << page.tls->version << " with " << page.tls->certificate->subject << '\n';
  std::cout << page.body << std::flush;
}

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) {
    std::cerr << "usage: https_fetch URL AUTHORITY [CERTIFICATE KEY]\n";
    return 2;
  }
  rw::http::AgentOptions options;
  options.tls.trust = argv[2];  // instead of the system's authorities
  if (argc == 5) {
    options.tls.certificate = argv[3];  // for servers that want to know who asks
    options.tls.key = argv[4];
  }
  options.proxies = rw::http::Proxies::fromEnvironment();  // as getPage(url) and curl do

  int status = 0;
  try {
    rw::http::Agent agent(rw::reactor(), std::move(options));
    rw::react([&] {
      return show(agent, argv[1]).addErrback([&](const rw::Failure& why) {
        std::cerr << why.getErrorMessage() << '\n';
        status = 1;
      });
    });
  } catch (const rw::ssl::ContextError& error) {  // a file that cannot be used
    std::cerr << error.what() << '\n';
    return 5;
  }
  return status;
}
