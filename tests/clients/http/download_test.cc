// downloadPage: whole files or none, and the rest of a file that broke off.
#include "ropewalk/clients/http/download.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ropewalk/core/base/format.h"
#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

namespace fs = std::filesystem;

/// A directory of its own, gone with the test, and an agent.
struct Place : World {
  Place() {
    char name[] = "/tmp/ropewalk-download-XXXXXX";
    directory = ::mkdtemp(name);
    target = directory / "file";
  }
  ~Place() { fs::remove_all(directory); }

  Deferred<Download> download(DownloadOptions options = {}) {
    return downloadPage(agent, "http://h/file", target, std::move(options));
  }
  /// Answers on the newest connection.
  void answer(std::string_view bytes) { origin.connections.back()->send(bytes); }
  void breakOff() { origin.connections.back()->reset(); }
  std::string content() { return read(target); }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(directory))
      all.push_back(entry.path().filename());
    std::sort(all.begin(), all.end());
    return all;
  }

  fs::path directory;
  fs::path target;
};

constexpr std::string_view kTen = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"v1\"\r\n\r\n";

TEST_CASE("a download appears under its name when it is whole, and not before") {
  Place place;
  auto pending = place.download();
  place.answer(kTen);
  place.answer("01234");
  CHECK_FALSE(fs::exists(place.target));
  place.answer("56789");
  const Download download = successResultOf(pending);
  CHECK(place.content() == "0123456789");
  CHECK(download.size == 10);
  CHECK(download.resumed == 0);
  CHECK(place.names() == std::vector<std::string>{"file"});
}

TEST_CASE("a download that fails leaves the old file, and nothing else") {
  const int way = GENERATE(0, 1, 2);
  Place place;
  place.write(place.target, "old");
  auto pending = place.download();
  if (way == 0) {
    place.answer(kTen);
    place.answer("01234");
    place.breakOff();
    CHECK_NOTHROW(failureResultOf<ResponseFailed>(pending));
  } else if (way == 1) {
    place.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry");
    CHECK(failureResultOf(pending).trap<StatusError>().page().body == "sorry");
  } else {
    place.answer(kTen);
    pending.cancel();
    CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  }
  CHECK(place.content() == "old");
  CHECK(place.names() == std::vector<std::string>{"file"});
}

TEST_CASE("a new file replaces the old one and keeps its mode") {
  Place place;
  place.write(place.target, "old");
  ::chmod(place.target.c_str(), 0600);
  auto pending = place.download();
  place.answer(std::string(kTen) + "0123456789");
  CHECK_NOTHROW(successResultOf(pending));
  struct stat status {};
  ::stat(place.target.c_str(), &status);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file that cannot be written says which and why") {
  Place place;
  auto pending = downloadPage(place.agent, "http://h/", place.directory / "no" / "file");
  CHECK(failureResultOf<DownloadFailed>(pending).getErrorMessage().ends_with(
      ": no such file or directory"));
  CHECK(place.origin.size() == 0);
}

TEST_CASE("a download may ask by any method, with a body") {
  Place place;
  auto pending = place.download(DownloadOptions().method("POST").body("a=1"));
  const std::string request = place.origin.connections.back()->received();
  CHECK(request.starts_with("POST /file HTTP/1.1\r\n"));
  CHECK(request.ends_with("\r\nContent-Length: 3\r\n\r\na=1"));
  place.answer(std::string(kTen) + "0123456789");
  CHECK_NOTHROW(successResultOf(pending));
  CHECK(place.content() == "0123456789");
}

TEST_CASE("a download to a link writes what it leads to, and the link stays") {
  Place place;
  place.write(place.directory / "real", "old");
  fs::create_symlink("real", place.target);
  auto pending = place.download();
  place.answer(std::string(kTen) + "0123456789");
  CHECK_NOTHROW(successResultOf(pending));
  CHECK(fs::is_symlink(place.target));
  CHECK(place.read(place.directory / "real") == "0123456789");
}

/// The first half of a download that may be resumed, and then the end of the connection.
void halfOf(Place& place, std::string_view head = kTen) {
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer(head);
  place.answer("01234");
  place.breakOff();
  failureResultOf<ResponseFailed>(pending);
}

TEST_CASE("a download may be resumed under the longest name that there is") {
  Place place;
  place.target = place.directory / std::string(255, 'n');
  halfOf(place);
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer(
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\nETag: "
      "\"v1\"\r\n\r\n56789");
  CHECK(successResultOf(pending).resumed == 5);
  CHECK(place.content() == "0123456789");
  CHECK(place.names().size() == 1);
}

TEST_CASE("progress is told for each piece, with the total where it is known") {
  Place place;
  std::string told;
  auto pending = place.download(
      DownloadOptions().progress([&](std::uint64_t received, std::optional<std::uint64_t> total) {
        told += format("{}/{} ", received, total.value_or(0));
      }));
  place.answer(kTen);
  place.answer("01234");
  place.answer("56789");
  CHECK_NOTHROW(successResultOf(pending));
  CHECK(told == "0/10 5/10 10/10 ");
}

TEST_CASE("a file larger than the limit is refused, as announced and as it comes") {
  Place place;
  auto announced = place.download(DownloadOptions().limit(9));
  place.answer(kTen);
  CHECK_NOTHROW(failureResultOf<BodyTooLarge>(announced));
  auto coming = place.download(DownloadOptions().limit(9));
  place.answer("HTTP/1.1 200 OK\r\n\r\n01234");
  place.answer("56789");
  CHECK_NOTHROW(failureResultOf<BodyTooLarge>(coming));
  CHECK(place.names().empty());
}

TEST_CASE("resume asks for the rest, if the file is still the same, and appends it") {
  Place place;
  halfOf(place);
  CHECK(place.names() == std::vector<std::string>{"file.part", "file.part-info"});
  auto pending = place.download(DownloadOptions().resume(true));
  const std::string request = place.origin[1].received();
  CHECK(request.find("\r\nRange: bytes=5-\r\nIf-Range: \"v1\"\r\n") != std::string::npos);
  place.answer(
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\nETag: "
      "\"v1\"\r\n\r\n56789");
  const Download download = successResultOf(pending);
  CHECK(place.content() == "0123456789");
  CHECK(download.resumed == 5);
  CHECK(place.names() == std::vector<std::string>{"file"});
}

TEST_CASE("resume starts anew when the server sends the whole") {
  Place place;
  halfOf(place);
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"v2\"\r\n\r\nnew");
  CHECK(successResultOf(pending).resumed == 0);
  CHECK(place.content() == "new");
}

/// A 206 with a body.
std::string part(std::string_view fields, std::string_view body) {
  return format("HTTP/1.1 206 Partial Content\r\n{}Content-Length: {}\r\n\r\n{}", fields,
                body.size(), body);
}

TEST_CASE("resume takes no part of anything else: it asks again for the whole") {
  const auto [fields, body] = GENERATE(table<std::string, std::string>({
      {"Content-Range: bytes 4-8/10\r\n", "45678"},  // begins elsewhere
      {"Content-Range: bytes */10\r\n", ""},
      {"Content-Range: nonsense\r\n", "56789"},
      {"", "56789"},
      {"Content-Range: bytes 5-9/10\r\nETag: \"v2\"\r\n", "fghij"},  // of another version
      {"Content-Range: bytes 5-9/10\r\nETag: W/\"v1\"\r\n", "fghij"},
      {"Content-Range: bytes 5-14/15\r\n", "fghijklmno"},  // of another length
      {"Content-Range: bytes 5-14/*\r\n", "fghijklmno"},
      {"Content-Range: bytes 5-9/10\r\n", "567890"},  // longer than it says
  }));
  Place place;
  halfOf(place);
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer(part(fields, body));
  REQUIRE(place.origin.size() >= 2);
  const std::string both =
      place.origin[1].received() + (place.origin.size() > 2 ? place.origin[2].received() : "");
  CHECK(both.find("\r\nRange: ") != std::string::npos);
  CHECK(both.find("\r\nRange: ") == both.rfind("\r\nRange: "));
  place.answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
  CHECK(successResultOf(pending).resumed == 0);
  CHECK(place.content() == "new");
}

TEST_CASE("RFC 9110 §15.3.7: of a part that is shorter than asked for, the rest is asked for") {
  const auto* total = GENERATE("10", "*");
  Place place;
  halfOf(place, "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer(part(format("Content-Range: bytes 5-7/{}\r\n", total), "567"));
  assertNoResult(pending);
  CHECK(place.origin[1].received().find("\r\nRange: bytes=8-\r\nIf-Range: \"v1\"\r\n") !=
        std::string::npos);
  place.answer(part("Content-Range: bytes 8-9/10\r\n", "89"));
  CHECK(successResultOf(pending).resumed == 5);
  CHECK(place.content() == "0123456789");
}

TEST_CASE("two parts with different ideas of the length make no file") {
  Place place;
  halfOf(place, "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer(part("Content-Range: bytes 5-7/10\r\n", "567"));
  place.answer(part("Content-Range: bytes 8-11/12\r\n", "89ab"));
  assertNoResult(pending);
  place.answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
  CHECK(successResultOf(pending).size == 3);
}

TEST_CASE("a part that is longer than it was said to be, or empty, makes no file") {
  const auto* chunks = GENERATE("0\r\n\r\n", "6\r\n567890\r\n0\r\n\r\n");
  Place place;
  halfOf(place);
  auto pending = place.download(DownloadOptions().resume(true));
  CHECK(place.origin[1].received().find("\r\nRange: bytes=5-") != std::string::npos);
  place.answer(
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  place.answer(chunks);
  if (pending.called()) {
    CHECK_NOTHROW(failureResultOf<ResponseFailed>(pending));
    pending = place.download(DownloadOptions().resume(true));
  }
  CHECK(place.origin.connections.back()->received().find("\r\nRange: ") == std::string::npos);
  place.answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
  CHECK(successResultOf(pending).resumed == 0);
  CHECK(place.content() == "new");
}

TEST_CASE("only a GET without a body can be resumed") {
  Place place;
  DownloadOptions options;
  GENERATE(true, false) ? options.method("POST") : options.body("a=1");
  auto pending = place.download(options.resume(true));
  CHECK_NOTHROW(failureResultOf<InvalidRequest>(pending));
  CHECK(place.origin.size() == 0);
  CHECK(place.names().empty());
}

TEST_CASE("resume of a file that was complete is done at once") {
  Place place;
  halfOf(place,
         "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n");
  fs::resize_file(place.directory / "file.part", 5);
  auto pending = place.download(DownloadOptions().resume(true));
  place.answer("HTTP/1.1 416 X\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n");
  CHECK(successResultOf(pending).size == 5);
  CHECK(place.content() == "01234");
}

TEST_CASE("RFC 9110 §13.1.5: without a strong validator nothing is resumed") {
  const auto [fields, resumed] = GENERATE(table<std::string, bool>({
      {"ETag: W/\"v1\"\r\n", false},
      {"", false},
      {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", false},
      {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
       false},
      {"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
       true},
  }));
  Place place;
  halfOf(place, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" + fields + "\r\n");
  auto pending = place.download(DownloadOptions().resume(true));
  CHECK((place.origin[1].received().find("\r\nRange: ") != std::string::npos) == resumed);
}

TEST_CASE("what was left of another URL is not resumed") {
  Place place;
  halfOf(place);
  auto pending =
      downloadPage(place.agent, "http://h/other", place.target, DownloadOptions().resume(true));
  CHECK(place.origin[1].received().find("\r\nRange: ") == std::string::npos);
}

TEST_CASE("a part that nobody asked for is refused") {
  Place place;
  auto pending = place.download();
  place.answer(
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789");
  CHECK_NOTHROW(failureResultOf<StatusError>(pending));
}

TEST_CASE("two downloads do not write the same part") {
  Place place;
  auto first = place.download(DownloadOptions().resume(true));
  auto second = place.download(DownloadOptions().resume(true));
  CHECK_NOTHROW(failureResultOf<DownloadFailed>(second));
}

}  // namespace
}  // namespace ropewalk::http::testing
