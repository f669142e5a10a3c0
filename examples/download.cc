// Downloads a URL into a file, with progress; goes on where an earlier attempt broke off:
// download URL FILE
#include <ropewalk/clients/http/http.h>
#include <ropewalk/core/core.h>

#include <iostream>

namespace rw = ropewalk;

// [download]
rw::Deferred<void> download(std::string url, std::string path) {
  rw::http::DownloadOptions options;
  options.resume(true).progress([](std::uint64_t received, std::optional<std::uint64_t> total) {
    std::cerr << '\r' << rw::humanBytes(received);
    if (total) std::cerr << " of " << rw::humanBytes(*total);
  });
  auto fetching = rw::http::downloadPage(url, path, std::move(options));
  const rw::http::Download done = co_await std::move(fetching);
  std::cerr << '\n';
  std::cout << done.path << ": " << done.size << " bytes, " << done.resumed
            << " of them from before\n";
}
// [/download]

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: download URL FILE\n";
    return 2;
  }
  return rw::react([&] { return download(argv[1], argv[2]); });
}
