#include "ropewalk/protocols/http/headers.h"

#include <string>

#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

std::string all(const Headers& headers) {
  std::string text;
  for (const auto [name, value] : headers) text.append(name).append("=").append(value).append(";");
  return text;
}

}  // namespace

TEST_CASE("WEB-19: names are compared without regard to case, and kept as they were given") {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  CHECK(headers.get("content-TYPE") == "text/plain");
  CHECK(headers.has("CONTENT-type"));
  CHECK(all(headers) == "Content-Type=text/plain;");
}

TEST_CASE("WEB-19: one name may have several values, in order") {
  const Headers headers{{"Set-Cookie", "a"}, {"X", "y"}, {"set-cookie", "b"}};
  CHECK(headers.get("Set-Cookie") == "a");
  CHECK(headers.all("SET-COOKIE") == std::vector<std::string_view>{"a", "b"});
  CHECK(headers.all("none").empty());
  CHECK_FALSE(headers.get("none").has_value());
  CHECK(headers.size() == 3);
}

TEST_CASE("set() leaves one line in the place of the first") {
  Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}, {"C", "4"}};
  headers.set("a", "a longer value than before");
  CHECK(all(headers) == "A=a longer value than before;B=2;C=4;");
  headers.set("A", "");
  CHECK(all(headers) == "A=;B=2;C=4;");
  headers.set("D", "5");
  CHECK(all(headers) == "A=;B=2;C=4;D=5;");
}

TEST_CASE("remove() takes every line of a name and says how many") {
  Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  CHECK(headers.remove("a") == 2);
  CHECK(headers.remove("a") == 0);
  CHECK(all(headers) == "B=2;");
}

TEST_CASE("views into a Headers may be given back to it") {
  Headers headers{{"A", "one"}, {"B", "two"}};
  for (int i = 0; i < 20; ++i) headers.add(headers[0].name, headers[0].value);
  CHECK(headers.all("a").size() == 21);
  headers.set("B", *headers.get("A"));
  CHECK(headers.get("b") == "one");
  headers.remove(headers[0].name);
  CHECK(all(headers) == "B=one;");

  Headers twice{{"A", "first"}, {"A", "second"}, {"B", "third"}};
  twice.set("A", twice[1].value);
  CHECK(all(twice) == "A=second;B=third;");
}

TEST_CASE("clear() forgets the lines and keeps the memory") {
  Headers headers{{"A", "1"}};
  headers.clear();
  CHECK(headers.empty());
  headers.add("B", "2");
  CHECK(all(headers) == "B=2;");
}

TEST_CASE("WEB-19: white space around a value is dropped") {
  Headers headers;
  headers.add("A", " \t x y \t");
  headers.set("B", "  z ");
  CHECK(all(headers) == "A=x y;B=z;");
}

TEST_CASE("WEB-19: a name that is no token throws") {
  Headers headers;
  for (const char* name : {"", "a b", "a:", "a\r\n", "\xc3\xa9", "a(", "a\x7f"}) {
    INFO(name);
    CHECK_THROWS_AS(headers.add(name, "x"), InvalidHeaderError);
    CHECK_THROWS_AS(headers.set(name, "x"), InvalidHeaderError);
  }
  CHECK(headers.empty());
}

TEST_CASE("WEB-19: a value that would split the message throws and changes nothing") {
  Headers headers{{"A", "1"}};
  for (const std::string& value :
       {std::string("x\r\nY: z"), std::string("x\ny"), std::string("x\ry"), std::string("x\0y", 3),
        std::string("\x7f")}) {
    CHECK_THROWS_AS(headers.add("A", value), InvalidHeaderError);
    CHECK_THROWS_AS(headers.set("A", value), InvalidHeaderError);
  }
  CHECK(all(headers) == "A=1;");
}

TEST_CASE("the error quotes the bytes at fault and cuts them") {
  Headers headers;
  CHECK_THROWS_WITH(headers.add("X", "a\r\nb"),
                    Catch::Matchers::Contains("cannot set header X to \"a\\x0d\\x0ab\""));
  CHECK_THROWS_WITH(headers.add("X", "\n" + std::string(1000, 'a')),
                    Catch::Matchers::Contains("aaa…\""));
}

TEST_CASE("two Headers are equal when their lines are, names without regard to case") {
  CHECK(Headers{{"A", "1"}, {"B", "2"}} == Headers{{"a", "1"}, {"b", "2"}});
  CHECK_FALSE(Headers{{"A", "1"}, {"B", "2"}} == Headers{{"B", "2"}, {"A", "1"}});
  CHECK_FALSE(Headers{{"A", "1"}} == Headers{{"A", "x"}});
}
