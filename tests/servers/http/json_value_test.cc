// JSON as initializer lists.
#include "ropewalk/servers/http/json_value.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::http {

TEST_CASE("a list of pairs that begin with text is an object, another list an array") {
  CHECK(JsonValue({{"id", 7}}).text() == R"({"id":7})");
  CHECK(JsonValue({1, 2, 3}).text() == "[1,2,3]");
  CHECK(JsonValue({{"a", {1, "x"}}, {"b", {{"c", nullptr}}}}).text() ==
        R"({"a":[1,"x"],"b":{"c":null}})");
  CHECK(JsonValue({{"tags", {"a", "b"}}}).text() == R"({"tags":["a","b"]})");
  CHECK(JsonValue({{1, 2}, {3, 4}}).text() == "[[1,2],[3,4]]");
  CHECK(JsonValue::emptyObject().text() == "{}");
}

TEST_CASE("numbers, truth and text are written as RFC 8259 has them") {
  CHECK(JsonValue(true).text() == "true");
  CHECK(JsonValue(-5).text() == "-5");
  CHECK(JsonValue(std::numeric_limits<std::uint64_t>::max()).text() == "18446744073709551615");
  CHECK(JsonValue(0.1).text() == "0.1");
  CHECK(JsonValue(std::numeric_limits<double>::infinity()).text() == "null");
  CHECK(JsonValue("a\"\\\n\x01").text() == R"("a\"\\\n\u0001")");
}

TEST_CASE("what it writes is what a parser reads, whatever the text") {
  for (const char* text : {"", "\xff\xfe", "</script>", "\xe2\x82\xac", "a,b]}\":[{"}) {
    const auto parsed = nlohmann::json::parse(JsonValue({{text, text}, {"n", {text, 1}}}).text());
    CHECK(parsed.size() == 2);
  }
  const auto parsed = nlohmann::json::parse(JsonValue({{"k]\",{", "v"}}).text());
  CHECK(parsed["k]\",{"] == "v");
}

TEST_CASE("lists and objects grow, and ranges become arrays") {
  JsonValue list = JsonValue::emptyArray();
  list.push("a");
  list.push({{"b", 1}});
  CHECK(list.text() == R"(["a",{"b":1}])");
  JsonValue object = JsonValue::emptyObject();
  object.set("k\n", list);
  CHECK(object.text() == R"({"k\n":["a",{"b":1}]})");
  CHECK(JsonValue::array(std::vector<int>{1, 2}).text() == "[1,2]");
}

TEST_CASE("what is no list does not grow like one") {
  CHECK_THROWS_WITH(JsonValue("text]").push(1), "cannot push to \"text]\": no JSON array");
  CHECK_THROWS_AS(JsonValue::emptyObject().push(1), std::logic_error);
  CHECK_THROWS_AS(JsonValue::emptyArray().set("k", 1), std::logic_error);
  CHECK_THROWS_AS(JsonValue(7).set("k", 1), std::logic_error);
}

TEST_CASE("a value of nlohmann's library converts") {
  TestSite site;
  site->get("/", [](Request&) { return json(nlohmann::json{{"x", 1}}); });
  Wire wire(site);
  const std::string answer = wire.get("/");
  CHECK(contains(answer, "Content-Type: application/json\r\n"));
  CHECK(bodyOf(answer) == R"({"x":1})");
}

}  // namespace ropewalk::http
