#include "ropewalk/protocols/http/mime.h"

#include "tests/catch.h"

using namespace ropewalk::http;

TEST_CASE("extensions are known in any case; text says that it is UTF-8") {
  CHECK(mediaTypeForExtension("html") == "text/html; charset=utf-8");
  CHECK(mediaTypeForExtension("JPG") == "image/jpeg");
  CHECK(mediaTypeForExtension("7z") == "application/x-7z-compressed");
  CHECK(mediaTypeForExtension("zst") == "application/zstd");
  CHECK(mediaTypeForExtension("nonsense").empty());
  CHECK(mediaTypeForExtension("").empty());
  CHECK(mediaTypeForExtension("a-very-long-extension-indeed").empty());
}

TEST_CASE("a path goes by the extension of its last segment") {
  CHECK(mediaTypeForPath("/a/b.c/style.css") == "text/css; charset=utf-8");
  CHECK(mediaTypeForPath("archive.tar.gz") == "application/gzip");
  for (const char* path :
       {"", "/", "/a.html/", "/a.html/b", "README", ".html", "/x/.css", "file.", "a.unknown"}) {
    INFO(path);
    CHECK(mediaTypeForPath(path) == kDefaultMediaType);
  }
}
