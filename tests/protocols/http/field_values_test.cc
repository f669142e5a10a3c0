#include "ropewalk/protocols/http/field_values.h"

#include <string>
#include <vector>

#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

std::vector<std::string> items(std::string_view value) {
  std::vector<std::string> found;
  forEachListItem(value, [&found](std::string_view item) { found.emplace_back(item); });
  return found;
}
using Items = std::vector<std::string>;

std::string weights(std::string_view value) {
  std::string text;
  for (const auto& [item, weight] : parseWeightedList(value))
    text.append(item).append(":").append(std::to_string(weight)).append(" ");
  return text;
}

}  // namespace

TEST_CASE("a list is cut at commas; empty elements are skipped (RFC 9110 §5.6.1)") {
  CHECK(items("a, b ,c") == Items{"a", "b", "c"});
  CHECK(items(", a,, ,\tb,") == Items{"a", "b"});
  CHECK(items("").empty());
  CHECK(items(" , ").empty());
}

TEST_CASE("commas and escapes inside quoted strings do not cut a list") {
  CHECK(items(R"(a="x,y", "p\",q", r)") == Items{R"(a="x,y")", R"("p\",q")", "r"});
  CHECK(items(R"("unclosed, b)") == Items{R"("unclosed)", "b"});
}

TEST_CASE("listHas() finds whole elements, without regard to case") {
  CHECK(listHas("keep-alive, Upgrade", "upgrade"));
  CHECK_FALSE(listHas("upgrades", "upgrade"));
}

TEST_CASE("quoted strings lose their quotes and escapes, and get them back (RFC 9110 §5.6.4)") {
  CHECK(unquote(R"("a \"b\" \\")") == R"(a "b" \)");
  CHECK(unquote("token") == "token");
  CHECK(unquote(R"("open)") == R"("open)");
  CHECK(unquote("\"") == "\"");
  CHECK(quote(R"(a "b" \)") == R"("a \"b\" \\")");
  CHECK(quote("a\r\nb") == "\"a  b\"");
}

TEST_CASE("parameters are names and values, quoted or not (RFC 9110 §5.6.6)") {
  const auto parameters = parseParameters(R"( ; Charset=UTF-8 ;; q="0.5" ;)");
  REQUIRE(parameters.has_value());
  CHECK(*parameters == std::vector<Parameter>{{"charset", "UTF-8"}, {"q", "0.5"}});
  for (const char* bad : {"a=b", ";a", ";a=", ";=b", ";a =b", ";a= b", R"(;a="b)", ";a=b c"}) {
    INFO(bad);
    CHECK_FALSE(parseParameters(bad).has_value());
  }
}

TEST_CASE("a media type has type, subtype and parameters (RFC 9110 §8.3.1)") {
  const auto type = MediaType::parse(" Text/HTML; Charset=\"utf-8\"");
  REQUIRE(type.has_value());
  CHECK(type->type == "text");
  CHECK(type->subtype == "html");
  REQUIRE(type->parameter("charset") != nullptr);
  CHECK(*type->parameter("charset") == "utf-8");
  CHECK(toText(*type) == "text/html;charset=utf-8");
  for (const char* bad :
       {"", "text", "text/", "/html", "text /html", "text/html;", "text/html x"}) {
    INFO(bad);
    CHECK(MediaType::parse(bad).has_value() == (std::string_view(bad) == "text/html;"));
  }
}

TEST_CASE("weights have at most three decimals and are at most 1 (RFC 9110 §12.4.2)") {
  CHECK(parseWeight("1") == 1000);
  CHECK(parseWeight("0.5") == 500);
  CHECK(parseWeight("0.125") == 125);
  CHECK(parseWeight("0.") == 0);
  CHECK(parseWeight("1.000") == 1000);
  for (const char* bad : {"", "2", "1.001", "0.1234", ".5", "-1", "0,5", "0.x"}) {
    INFO(bad);
    CHECK_FALSE(parseWeight(bad).has_value());
  }
}

TEST_CASE("a weighted list is sorted, heaviest first, ties in order") {
  CHECK(weights("gzip;q=0.5, br, *;q=0, zstd; Q=0.9, deflate") ==
        "br:1000 deflate:1000 zstd:900 gzip:500 *:0 ");
  CHECK(weights("a;q=2, b") == "b:1000 ");
  CHECK(weights("text/html;level=1;q=0.4") == "text/html;level=1:400 ");
}

TEST_CASE("of two types the Accept fields may prefer one") {
  const auto html = [](std::vector<FieldLine> lines) {
    return prefers(FieldLines(lines), "text/html", "text/plain");
  };
  CHECK(html({{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}}));
  CHECK(html({{"accept", "TEXT/HTML"}}));
  CHECK(html({{"Accept", "text/html,*/*"}}));
  CHECK_FALSE(html({{"Accept", "text/html;q=0, */*;q=0"}}));
  CHECK(html({{"Accept", "application/json"}, {"Accept", "text/html"}}));
  CHECK_FALSE(html({}));
  CHECK_FALSE(html({{"Accept", ""}}));
  CHECK_FALSE(html({{"Accept", "*/*"}}));
  CHECK_FALSE(html({{"Accept", "text/*"}}));
  CHECK_FALSE(html({{"Accept", "text/html;q=0"}}));
  CHECK_FALSE(html({{"Accept", "text/html;q=0.5, text/plain"}}));
  CHECK_FALSE(html({{"Accept", "x/\"text/html\""}}));
}

TEST_CASE("the most specific range of an Accept decides (RFC 9110 §12.5.1)") {
  static constexpr std::string_view kAccept =
      "text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5, image/png;q=0";
  const auto weight = [](std::string_view type) {
    return acceptWeight(kAccept, *MediaType::parse(type));
  };
  CHECK(weight("text/html;level=1") == 1000);
  CHECK(weight("text/html") == 700);
  CHECK(weight("text/plain") == 300);
  CHECK(weight("image/jpeg") == 500);
  CHECK(weight("image/png") == 0);
  CHECK(acceptWeight("", *MediaType::parse("a/b")) == 1000);
  CHECK(acceptWeight("*/b", *MediaType::parse("a/b")) == 0);
  CHECK(acceptWeight("x/y", *MediaType::parse("a/b")) == 0);
}
