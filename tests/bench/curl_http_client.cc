// libcurl's multi interface as http_client.py drives it: curl_http_client PORT COUNT [ACROSS], as
// http_client. A handle each, used again for the next GET, as its manual advises.
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Transfer {
  CURL* easy = nullptr;
  std::string body;
};

std::size_t received(char* data, std::size_t size, std::size_t count, void* transfer) {
  static_cast<Transfer*>(transfer)->body.append(data, size * count);
  return size * count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string url = "http://127.0.0.1:" + std::string(argv[1]) + "/";
  const std::size_t wanted = std::strtoull(argv[2], nullptr, 10);
  const std::size_t across = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;

  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(across));
  std::vector<Transfer> transfers(across);
  std::size_t asked = 0;
  for (Transfer& transfer : transfers) {
    transfer.easy = curl_easy_init();
    curl_easy_setopt(transfer.easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(transfer.easy, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEFUNCTION, &received);
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(transfer.easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(transfer.easy, CURLOPT_TIMEOUT_MS, 300'000L);
    if (asked == wanted) continue;
    ++asked;
    curl_multi_add_handle(multi, transfer.easy);
  }
  std::size_t answered = 0;
  for (int running = 1; answered < wanted;) {
    curl_multi_perform(multi, &running);
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi, &left)) {
      CURL* const easy = message->easy_handle;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
      if (message->data.result != CURLE_OK || transfer->body != "hello\n") return 1;
      transfer->body.clear();
      ++answered;
      curl_multi_remove_handle(multi, easy);
      if (asked == wanted) continue;
      ++asked;
      curl_multi_add_handle(multi, easy);
    }
    if (answered < wanted) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  for (const Transfer& transfer : transfers) curl_easy_cleanup(transfer.easy);
  curl_multi_cleanup(multi);
  std::printf("%zu\n", answered);
}
