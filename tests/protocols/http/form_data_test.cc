#include "ropewalk/protocols/http/form_data.h"

#include <string>

#include "tests/catch.h"

using namespace ropewalk::http;

TEST_CASE("pairs are cut at & and =, and decoded (WHATWG URL §5.1)") {
  const FormData form = FormData::parse("a=1&b=two+words&a=%C3%A9%2B&&empty=&bare&=noname&x=y=z");
  CHECK(form.size() == 7);
  CHECK(form.get("a") == "1");
  CHECK(form.all("a") == std::vector<std::string_view>{"1", "\xc3\xa9+"});
  CHECK(form.get("b") == "two words");
  CHECK(form.get("empty") == "");
  CHECK(form.get("bare") == "");
  CHECK(form.get("") == "noname");
  CHECK(form.get("x") == "y=z");
  CHECK_FALSE(form.has("A"));
}

TEST_CASE("a broken escape stands for itself") {
  CHECK(FormData::parse("a=100%&b=%zz%4").get("a") == "100%");
  CHECK(FormData::parse("a=100%&b=%zz%4").get("b") == "%zz%4");
}

TEST_CASE("pairs past the limit are left out, and it shows") {
  const FormData form = FormData::parse("a&b&c", 2);
  CHECK(form.size() == 2);
  CHECK(form.truncated());
  CHECK_FALSE(FormData::parse("a&b&", 2).truncated());
}

TEST_CASE("a form is written as it is read") {
  FormData form;
  form.add("a b", "c&d=e");
  form.add("\xc3\xa9", "*-._~");
  CHECK(toText(form) == "a+b=c%26d%3De&%C3%A9=*-._%7E");
  const FormData again = FormData::parse(toText(form));
  CHECK(again.get("a b") == "c&d=e");
  CHECK(again.get("\xc3\xa9") == "*-._~");
}
