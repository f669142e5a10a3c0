#include "ropewalk/protocols/http/range.h"

#include <string>

#include "ropewalk/protocols/http/multipart_ranges.h"
#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

// "0-499 600-999", "whole" or "unsatisfiable".
std::string select(std::string_view value, std::uint64_t size = 1000, std::size_t maxRanges = 16) {
  const RangeSelection selection = selectRanges(value, size, maxRanges);
  if (selection.kind == RangeSelection::Kind::whole) return "whole";
  if (selection.kind == RangeSelection::Kind::unsatisfiable) return "unsatisfiable";
  std::string text;
  for (const ByteRange& range : selection.ranges) {
    if (!text.empty()) text += ' ';
    text.append(std::to_string(range.first)).append("-").append(std::to_string(range.last));
  }
  return text;
}

}  // namespace

TEST_CASE("one range: closed, open, suffix (RFC 9110 §14.1.2)") {
  CHECK(select("bytes=0-499") == "0-499");
  CHECK(select("bytes=500-") == "500-999");
  CHECK(select("bytes=-500") == "500-999");
  CHECK(select("bytes=0-0") == "0-0");
  CHECK(select("bytes=-1") == "999-999");
  CHECK(select("Bytes = 0-1") == "0-1");
}

TEST_CASE("a range that reaches past the end is cut there") {
  CHECK(select("bytes=900-5000") == "900-999");
  CHECK(select("bytes=-5000") == "0-999");
  CHECK(select("bytes=0-99999999999999999999999") == "0-999");
  CHECK(select("bytes=-99999999999999999999999") == "0-999");
}

TEST_CASE("ranges that begin past the end are unsatisfiable, unless another one is not") {
  CHECK(select("bytes=1000-") == "unsatisfiable");
  CHECK(select("bytes=99999999999999999999999-") == "unsatisfiable");
  CHECK(select("bytes=-0") == "unsatisfiable");
  CHECK(select("bytes=1000-,0-1") == "0-1");
}

TEST_CASE("of nothing there is no range: it is sent whole (RFC 9110 §14.1.2)") {
  for (const char* value : {"bytes=0-", "bytes=0-1048575", "bytes=-1", "bytes=-0", "bytes=7-9"}) {
    INFO(value);
    CHECK(select(value, 0) == "whole");
  }
}

TEST_CASE("what is no valid byte range is as if there were no Range") {
  for (const char* value : {"", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=5-4", "bytes=-",
                            "bytes=0-1,x", "lines=0-1", "bytes=+0-1", "bytes=0--1", "bytes=0-1-2",
                            "bytes=0 - 1", "bytes 0-1", "bytes=0.5-1"}) {
    INFO(value);
    CHECK(select(value) == "whole");
  }
}

TEST_CASE("several ranges keep their order") {
  CHECK(select("bytes=900-, 0-0 ,500-599") == "900-999 0-0 500-599");
}

TEST_CASE("ranges that overlap or nearly touch are joined (RFC 9110 §15.3.7.2)") {
  CHECK(select("bytes=0-99,50-149") == "0-149");
  CHECK(select("bytes=0-99,100-199") == "0-199");
  CHECK(select("bytes=0-99,150-199") == "0-199");
  CHECK(select("bytes=0-99,300-399,90-310") == "0-399");
  CHECK(select("bytes=500-599,0-9,550-700") == "500-700 0-9");
  CHECK(select("bytes=0-,0-,0-") == "0-999");
}

TEST_CASE("more ranges than the limit are as if there were no Range (CVE-2011-3192)") {
  CHECK(select("bytes=0-0,200-200,400-400", 1000, 3) == "0-0 200-200 400-400");
  CHECK(select("bytes=0-0,200-200,400-400", 1000, 2) == "whole");
}

TEST_CASE("Content-Range is written and read") {
  CHECK(contentRange({0, 499}, 1234) == "bytes 0-499/1234");
  CHECK(unsatisfiedContentRange(1234) == "bytes */1234");
  CHECK(parseContentRange("bytes 0-499/1234") == ContentRange{ByteRange{0, 499}, 1234});
  CHECK(parseContentRange("bytes 0-499/*") == ContentRange{ByteRange{0, 499}, std::nullopt});
  CHECK(parseContentRange("bytes */1234") == ContentRange{std::nullopt, 1234});
  for (const char* bad :
       {"", "bytes", "bytes 0-499", "bytes 5-4/10", "bytes 0-10/10", "bytes */*", "bytes -1/10",
        "lines 0-1/2", "bytes=0-1/2", "bytes a-b/c", "bytes 0-1/x"}) {
    INFO(bad);
    CHECK_FALSE(parseContentRange(bad).has_value());
  }
}

TEST_CASE("a multipart/byteranges body is as long as announced (RFC 9110 §14.6)") {
  const MultipartRanges parts({{0, 1}, {4, 4}}, 10, "text/plain", "XX");
  const std::string body = parts.partHead(0) + "ab" + parts.partHead(1) + "e" + parts.closing();
  CHECK(
      body ==
      "--XX\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\nab"
      "\r\n--XX\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-4/10\r\n\r\ne\r\n--XX--\r\n");
  CHECK(parts.contentLength() == body.size());
  CHECK(parts.contentType() == "multipart/byteranges; boundary=XX");
}
