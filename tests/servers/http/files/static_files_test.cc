// Files: what is found, what is never found, conditions, ranges, the cache. RFC 9110 §13, §14.
#include "ropewalk/servers/http/files/static_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"
#include "tests/temporary_directory.h"

namespace ropewalk::http {

namespace {

/// A directory "public" with a few files, a secret beside it, and a site that serves the first.
struct Served {
  TemporaryDirectory directory;
  TestSite site;

  explicit Served(FilesOptions options = {}) {
    directory.write("secret.txt", "secret");
    directory.write("public/index.html", "<h1>hi</h1>");
    directory.write("public/a.txt", "0123456789");
    directory.write("public/sub/b c.css", "b{}");
    directory.write("public/.hidden", "hidden");
    directory.write("public/.well-known/x.txt", "known");
    site->files("/", directory / "public", std::move(options));
  }
  std::string get(std::string_view path, std::string_view fields = "") {
    Wire wire(site);
    return wire.get(path, fields);
  }
};

std::string field(const std::string& response, std::string_view name) {
  const std::size_t at = response.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return "";
  const std::size_t value = at + 4 + name.size();
  return response.substr(value, response.find("\r\n", value) - value);
}

}  // namespace

TEST_CASE("a file is served with its media type, a strong tag and its date") {
  Served served;
  const std::string answer = served.get("/a.txt");
  CHECK(statusOf(answer) == 200);
  CHECK(bodyOf(answer) == "0123456789");
  CHECK(field(answer, "Content-Type") == "text/plain; charset=utf-8");
  CHECK(field(answer, "Accept-Ranges") == "bytes");
  CHECK(field(answer, "X-Content-Type-Options") == "nosniff");
  CHECK(field(answer, "ETag").starts_with('"'));
  CHECK(field(answer, "Last-Modified").ends_with(" GMT"));
  CHECK(bodyOf(served.get("/sub/b%20c.css")) == "b{}");
}

TEST_CASE("HEAD gives the length of a file, POST is 405") {
  Served served;
  Wire wire(served.site);
  const std::string head = wire.ask("HEAD /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(field(head, "Content-Length") == "10");
  CHECK(bodyOf(head).empty());
  const std::string post = wire.ask("POST /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(post) == 405);
  CHECK(field(post, "Allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("a directory has its index, and its slash") {
  Served served;
  CHECK(bodyOf(served.get("/")) == "<h1>hi</h1>");
  const std::string redirected = served.get("/sub?x=1");
  CHECK(statusOf(redirected) == 301);
  CHECK(field(redirected, "Location") == "/sub/?x=1");
  CHECK(statusOf(served.get("/sub/")) == 404);
  CHECK(statusOf(served.get("/a.txt/")) == 404);
}

TEST_CASE("a path with two slashes never redirects to another host") {
  Served served;
  std::filesystem::create_directories(served.directory / "public/evil.test");
  CHECK_FALSE(field(served.get("//evil.test"), "Location").starts_with("//"));
  TestSite site;
  site->mount("/", std::make_shared<File>(served.directory / "public"));
  Wire wire(site);
  CHECK_FALSE(field(wire.get("//sub"), "Location").starts_with("//"));
}

TEST_CASE("no spelling of a path leads out of the directory") {
  Served served;
  const auto path = GENERATE(values<const char*>(
      {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
       "/sub/../../secret.txt", "/sub/%2e./%2e./secret.txt", "/./../secret.txt", "//../secret.txt",
       "/sub/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/a.txt%00.html", "/%00", "/...",
       "/%252e%252e/secret.txt", "/..;/secret.txt", "/a.txt/../../secret.txt",
       "/%c0%ae%c0%ae/secret.txt", "/.%00./secret.txt"}));
  INFO(path);
  const std::string answer = served.get(path);
  CHECK(statusOf(answer) == 404);
  CHECK(bodyOf(answer) != "secret");
}

TEST_CASE("dots and empty segments are removed, as far up as the directory and no further") {
  Served served;
  for (const char* path : {"/", "/..", "/../", "/%2e%2e", "/sub/..", "/sub/../", "//", "/./",
                           "/sub/../../..//index.html"}) {
    INFO(path);
    CHECK(bodyOf(served.get(path)) == "<h1>hi</h1>");
  }
  for (const char* path : {"//a.txt", "/./a.txt", "/sub/../a.txt", "/../a.txt", "/sub//..//a.txt",
                           "/none/%2e%2e/a.txt", "/sub/.%2E/a.txt"}) {
    INFO(path);
    CHECK(bodyOf(served.get(path)) == "0123456789");
  }
  CHECK(statusOf(served.get("/a.txt/.")) == 404);
  CHECK(field(served.get("/sub"), "Location") == "/sub/");
  CHECK(field(served.get("/x/../sub?a=[b]\\"), "Location") == "/sub/?a=%5Bb%5D%5C");
}

TEST_CASE("names are found by the characters that clients leave raw in a path") {
  Served served;
  for (const char* name :
       {"page[1].js", "a|b", "{x}^`", "\"q\"<'>", "caf\xc3\xa9", "lat\xe9", "a\\b"}) {
    INFO(name);
    served.directory.write(std::string("public/") + name, "here");
    CHECK(bodyOf(served.get(std::string("/") + name)) == "here");
  }
  std::filesystem::create_directories(served.directory / "public/\\evil.test");
  CHECK(field(served.get("/\\evil.test"), "Location") == "/%5Cevil.test/");
  std::filesystem::create_directories(served.directory / "public/d[\xe9]");
  CHECK(field(served.get("/d[\xe9]"), "Location") == "/d%5B%E9%5D/");
}

TEST_CASE("symbolic links are followed as long as they stay inside") {
  Served served;
  const auto link = [&](const char* target, const char* name) {
    std::filesystem::create_symlink(target, served.directory / name);
  };
  link("a.txt", "public/inside");
  link("../secret.txt", "public/outside");
  link("..", "public/up");
  link((served.directory / "secret.txt").c_str(), "public/absolute");
  link("loop", "public/loop");
  CHECK(bodyOf(served.get("/inside")) == "0123456789");
  for (const char* path : {"/outside", "/up/secret.txt", "/absolute", "/loop"}) {
    INFO(path);
    CHECK(statusOf(served.get(path)) == 404);
  }
}

TEST_CASE("symbolic links are followed never, or anywhere, where that was said") {
  Served never({.symlinks = Symlinks::never});
  std::filesystem::create_symlink("a.txt", never.directory / "public/inside");
  std::filesystem::create_symlink("sub", never.directory / "public/way");
  CHECK(statusOf(never.get("/inside")) == 404);
  CHECK(statusOf(never.get("/way/b%20c.css")) == 404);
  Served anywhere({.symlinks = Symlinks::anywhere});
  std::filesystem::create_symlink("../secret.txt", anywhere.directory / "public/outside");
  CHECK(bodyOf(anywhere.get("/outside")) == "secret");
  CHECK(statusOf(anywhere.get("/../secret.txt")) == 404);
}

TEST_CASE("hidden names are hidden, but for .well-known") {
  Served served;
  CHECK(statusOf(served.get("/.hidden")) == 404);
  CHECK(bodyOf(served.get("/.well-known/x.txt")) == "known");
  CHECK(bodyOf(Served({.dotfiles = true}).get("/.hidden")) == "hidden");
}

TEST_CASE("what is no regular file is not there") {
  Served served;
  REQUIRE(mkfifo((served.directory / "public/fifo").c_str(), 0600) == 0);
  CHECK(statusOf(served.get("/fifo")) == 404);
}

TEST_CASE("conditional requests are 304 or 412") {
  Served served;
  const std::string first = served.get("/a.txt");
  const std::string etag = field(first, "ETag");
  const std::string date = field(first, "Last-Modified");
  const std::string same = served.get("/a.txt", format("If-None-Match: \"x\", W/{}\r\n", etag));
  CHECK(statusOf(same) == 304);
  CHECK(field(same, "ETag") == etag);
  CHECK(bodyOf(same).empty());
  CHECK(statusOf(served.get("/a.txt", "If-None-Match: \"x\"\r\n")) == 200);
  CHECK(statusOf(served.get("/a.txt", format("If-Modified-Since: {}\r\n", date))) == 304);
  CHECK(statusOf(served.get(
            "/a.txt", format("If-None-Match: \"x\"\r\nIf-Modified-Since: {}\r\n", date))) == 200);
  CHECK(statusOf(served.get("/a.txt", "If-Match: \"x\"\r\n")) == 412);
  CHECK(statusOf(served.get("/a.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n")) ==
        412);
}

TEST_CASE("a range is 206, several are multipart, one past the end is 416, nonsense is 200") {
  Served served;
  const std::string one = served.get("/a.txt", "Range: bytes=2-4\r\n");
  CHECK(statusOf(one) == 206);
  CHECK(field(one, "Content-Range") == "bytes 2-4/10");
  CHECK(bodyOf(one) == "234");
  CHECK(bodyOf(served.get("/a.txt", "Range: bytes=-2\r\n")) == "89");
  served.directory.write("public/b.txt", std::string(5000, 'b'));
  const std::string several = served.get("/b.txt", "Range: bytes=0-0,4999-\r\n");
  CHECK(statusOf(several) == 206);
  CHECK(field(several, "Content-Type").starts_with("multipart/byteranges; boundary="));
  CHECK(field(several, "Content-Length") == std::to_string(bodyOf(several).size()));
  CHECK(contains(several, "Content-Range: bytes 4999-4999/5000\r\n"));
  const std::string past = served.get("/a.txt", "Range: bytes=10-\r\n");
  CHECK(statusOf(past) == 416);
  CHECK(field(past, "Content-Range") == "bytes */10");
  CHECK(statusOf(served.get("/a.txt", "Range: lines=1-2\r\n")) == 200);
  CHECK(statusOf(served.get("/a.txt", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n")) == 200);
}

TEST_CASE("a range of an empty file is 200, in memory and on disk") {
  for (const std::size_t cachedFile : {std::size_t{0}, std::size_t{1000}}) {
    FilesOptions options;
    options.cachedFile = cachedFile;
    Served served(options);
    served.directory.write("public/empty", "");
    const std::string answer = served.get("/empty", "Range: bytes=0-\r\n");
    CHECK(statusOf(answer) == 200);
    CHECK(field(answer, "Content-Length") == "0");
  }
}

TEST_CASE("Last-Modified is never later than Date (RFC 9110 §8.8.2.1)") {
  Served served;  // whose clock stands in 1994, while the file is of today
  const std::string answer = served.get("/a.txt");
  CHECK(field(answer, "Last-Modified") == field(answer, "Date"));
  Served other;
  const timespec times[2] = {{784111000, 0}, {784111000, 0}};
  REQUIRE(utimensat(AT_FDCWD, (other.directory / "public/a.txt").c_str(), times, 0) == 0);
  CHECK(field(other.get("/a.txt"), "Last-Modified") == "Sun, 06 Nov 1994 08:36:40 GMT");
}

TEST_CASE("If-Range takes the range back when the file is another") {
  Served served;
  const std::string etag = field(served.get("/a.txt"), "ETag");
  CHECK(statusOf(served.get("/a.txt", format("Range: bytes=0-1\r\nIf-Range: {}\r\n", etag))) ==
        206);
  CHECK(bodyOf(served.get("/a.txt", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n")) == "0123456789");
}

TEST_CASE("If-Range with a date takes the range back: a file may change twice in a second") {
  Served served;
  const std::string date = "Sun, 06 Nov 1994 08:36:40 GMT";
  const timespec times[2] = {{784111000, 0}, {784111000, 0}};
  REQUIRE(utimensat(AT_FDCWD, (served.directory / "public/a.txt").c_str(), times, 0) == 0);
  CHECK(field(served.get("/a.txt"), "Last-Modified") == date);
  CHECK(statusOf(served.get("/a.txt", format("Range: bytes=0-1\r\nIf-Range: {}\r\n", date))) ==
        200);
}

TEST_CASE("a large file is sent from the file, whole and in ranges") {
  Served served({.cachedFile = 4});
  CHECK(bodyOf(served.get("/a.txt")) == "0123456789");
  CHECK(bodyOf(served.get("/a.txt", "Range: bytes=3-5\r\n")) == "345");
  served.directory.write("public/b.txt", "01" + std::string(5000, 'b') + "89");
  const std::string several = served.get("/b.txt", "Range: bytes=0-1,5002-\r\n");
  CHECK(contains(several, "\r\n\r\n01\r\n--"));
  CHECK(contains(several, "\r\n\r\n89\r\n--"));
  CHECK(field(several, "Content-Length") == std::to_string(bodyOf(several).size()));
}

TEST_CASE("a file in memory is compared with the one on disk once a second") {
  Served served;
  CHECK(bodyOf(served.get("/a.txt")) == "0123456789");
  served.directory.write("public/a.txt", "new");
  CHECK(bodyOf(served.get("/a.txt")) == "0123456789");
  served.site.clock.advance(1s);
  CHECK(bodyOf(served.get("/a.txt")) == "new");
  std::filesystem::remove(served.directory / "public/a.txt");
  served.site.clock.advance(1s);
  CHECK(statusOf(served.get("/a.txt")) == 404);
}

/// Writes a file, and dates it as builds do that date all files alike.
void writeUndated(const Served& served, std::string_view text) {
  served.directory.write("public/a.txt", std::string(text));
  const timespec times[2] = {{1, 0}, {1, 0}};
  REQUIRE(utimensat(AT_FDCWD, (served.directory / "public/a.txt").c_str(), times, 0) == 0);
}

struct timespec changedAt(const Served& served) {
  struct stat status {};
  REQUIRE(stat((served.directory / "public/a.txt").c_str(), &status) == 0);
  return status.st_ctim;
}

TEST_CASE("a file of the same length and date, with another content, is another file") {
  Served served;
  writeUndated(served, "version=1\n");
  const std::string first = served.get("/a.txt");
  CHECK(bodyOf(first) == "version=1\n");
  const timespec before = changedAt(served);
  while (changedAt(served).tv_sec == before.tv_sec && changedAt(served).tv_nsec == before.tv_nsec)
    writeUndated(served, "version=2\n");  // the clock of the file system ticks all few milliseconds
  served.site.clock.advance(1s);
  const std::string second =
      served.get("/a.txt", format("If-None-Match: {}\r\n", field(first, "ETag")));
  CHECK(statusOf(second) == 200);
  CHECK(bodyOf(second) == "version=2\n");
}

TEST_CASE("a date that says nothing is not told, and no condition on it counts") {
  const bool inMemory = GENERATE(true, false);
  Served served({.cachedFile = inMemory ? std::size_t{100} : std::size_t{0}});
  writeUndated(served, "0123456789");
  const std::string answer =
      served.get("/a.txt", "If-Modified-Since: Thu, 01 Jan 1970 00:00:01 GMT\r\n");
  CHECK(statusOf(answer) == 200);
  CHECK(field(answer, "Last-Modified").empty());
  CHECK_FALSE(field(answer, "ETag").empty());
}

TEST_CASE("a directory that is replaced by another is seen") {
  Served served;
  CHECK(statusOf(served.get("/a.txt")) == 200);
  std::filesystem::rename(served.directory / "public", served.directory / "old");
  served.directory.write("public/a.txt", "release 2");
  served.site.clock.advance(1s);
  CHECK(bodyOf(served.get("/a.txt")) == "release 2");
}

namespace {

std::shared_ptr<CachedFile> fileOf(std::size_t size) {
  auto made = std::make_shared<CachedFile>();
  made->content = std::make_shared<const std::string>(size, 'x');
  return made;
}

}  // namespace

TEST_CASE("the cache holds what was asked for last, and no more than it may") {
  FileCache cache(10'000);
  TimePoint now{};
  for (const std::string name : {"a", "b"}) {
    REQUIRE(cache.makeRoom(4000, now));
    cache.put(name, fileOf(4000), now);
  }
  now += 10s;
  CHECK(cache.find("a", now));
  REQUIRE(cache.makeRoom(4000, now));
  cache.put("c", fileOf(4000), now);
  CHECK(cache.find("a", now));
  CHECK_FALSE(cache.find("b", now));
  CHECK_FALSE(cache.makeRoom(20'000, now + 1h));  // never: nothing is dropped for it
  CHECK(cache.find("a", now));
}

TEST_CASE("what is in use stays in the cache when more is asked for than it holds") {
  FileCache cache(10'000);
  TimePoint now{};
  int kept = 0;
  for (int i = 0; i < 100; ++i, now += 1s) {  // a, b, c, d and e in turn: five where two have room
    const std::string name(1, static_cast<char>('a' + i % 5));
    if (cache.find(name, now)) {
      ++kept;
    } else if (cache.makeRoom(4000, now)) {
      cache.put(name, fileOf(4000), now);
    }
    REQUIRE(cache.bytes() <= 10'000);
  }
  CHECK(kept == 38);  // the first two, each time but the first
}

TEST_CASE("a fallback is served where nothing is found") {
  Served served({.fallback = "index.html"});
  CHECK(bodyOf(served.get("/some/route")) == "<h1>hi</h1>");
  CHECK(statusOf(served.get("/../secret.txt")) != 500);
  CHECK_FALSE(contains(served.get("/%2e%2e/secret.txt"), "secret\n"));
}

TEST_CASE("Cache-Control is sent where it was said") {
  CHECK(field(Served({.cacheControl = "no-cache"}).get("/a.txt"), "Cache-Control") == "no-cache");
  CHECK(field(Served().get("/a.txt"), "Cache-Control").empty());
}

TEST_CASE("a directory that is not there is told when the site is made") {
  TestSite site;
  CHECK_THROWS_AS(site->files("/", "/nowhere/at/all"), std::system_error);
}

TEST_CASE("without a free descriptor a file is 503, and found again afterwards") {
  Served served({.cachedFile = 0});
  Wire wire(served.site);
  REQUIRE(statusOf(wire.get("/a.txt")) == 200);
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit few{256, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  std::vector<UniqueFd> all;
  while (true) {
    UniqueFd fd(::dup(0));
    if (!fd) break;
    all.push_back(std::move(fd));
  }
  CHECK(statusOf(wire.get("/a.txt")) == 503);
  all.clear();
  setrlimit(RLIMIT_NOFILE, &limit);
  CHECK(statusOf(wire.get("/a.txt")) == 200);
}

TEST_CASE("a page shows the names in a directory, escaped, directories first") {
  Served served({.browse = true, .index = {}});
  served.directory.write("public/<b>&'.txt", std::string(2048, 'x'));
  const std::string answer = served.get("/");
  CHECK(statusOf(answer) == 200);
  CHECK(field(answer, "Content-Type") == "text/html; charset=utf-8");
  CHECK(field(answer, "X-Content-Type-Options") == "nosniff");
  const std::string page = bodyOf(answer);
  CHECK(contains(page, "&lt;b&gt;&amp;"));
  CHECK_FALSE(contains(page, "<b>"));
  CHECK(contains(page, "href=\"./%3Cb%3E%26%27.txt\""));
  CHECK(page.find("sub/") < page.find("a.txt"));
  CHECK(contains(page, "2.0 KiB"));
  CHECK_FALSE(contains(page, "hidden"));
  CHECK_FALSE(contains(page, "<script"));
  CHECK_FALSE(contains(page, "../"));
  CHECK(contains(served.get("/sub/"), "href=\"../\""));
}

TEST_CASE("a page of names sorts by size, and is JSON for those who ask") {
  Served served({.browse = true, .index = {}});
  served.directory.write("public/z.txt", std::string(5000, 'x'));
  const std::string bySize = served.get("/?sort=size");
  CHECK(bySize.find("z.txt") < bySize.find("a.txt"));
  const std::string list = served.get("/", "Accept: application/json\r\n");
  CHECK(field(list, "Content-Type") == "application/json");
  CHECK(contains(list, R"("name":"a.txt","type":"file","size":10)"));
  const std::string browser = served.get("/", "Accept: text/html, application/json;q=0.9\r\n");
  CHECK(field(browser, "Content-Type").starts_with("text/html"));
}

TEST_CASE(
    "a page of too many names shows the first of them in order, and says how many there are") {
  Served served({.browse = true, .index = {}});
  constexpr int kNames = 10'050;  // 50 too many, besides the 3 that are there
  for (int i = kNames; i > 0; --i)
    served.directory.write(format("public/n{:05}", i), i == 10'049 ? "largest of them" : "");
  const std::string byName = served.get("/");
  CHECK(contains(byName, "The first 10000 of 10053 are shown."));
  CHECK(byName.find("sub/") < byName.find("n00001"));
  CHECK(contains(byName, ">n09997<"));
  CHECK_FALSE(contains(byName, ">n09998<"));
  const std::string bySize = served.get("/?sort=size");
  CHECK(bySize.find(">n10049<") < bySize.find(">a.txt<"));
  CHECK_FALSE(contains(bySize, ">n10050<"));
  const std::string list = served.get("/", "Accept: application/json\r\n");
  CHECK(field(list, "X-Total-Count") == "10053");
  CHECK(countOf(list, R"("name":)") == 10'000);
}

TEST_CASE("a page of names tells nothing of links that lead outside") {
  Served served({.browse = true, .index = {}});
  std::filesystem::create_symlink("../secret.txt", served.directory / "public/outside");
  std::filesystem::create_symlink("a.txt", served.directory / "public/inside");
  const std::string page = served.get("/");
  CHECK(contains(page, "inside"));
  CHECK_FALSE(contains(page, "outside"));
}

TEST_CASE("files hang in a tree of resources as a leaf") {
  Served served;
  TestSite site;
  auto root = std::make_shared<Resource>();
  root->putChild("files", std::make_shared<File>(served.directory / "public"));
  site->mount("/", root);
  Wire wire(site);
  CHECK(bodyOf(wire.get("/files/a.txt")) == "0123456789");
  CHECK(bodyOf(wire.get("/files/")) == "<h1>hi</h1>");
  CHECK(field(wire.get("/files"), "Location") == "/files/");
  CHECK(statusOf(wire.get("/files/..%2fsecret.txt")) == 404);
}

}  // namespace ropewalk::http
