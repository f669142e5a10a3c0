#include "ropewalk/protocols/http/message.h"

#include <string>

#include "ropewalk/protocols/http/request_parser.h"
#include "ropewalk/protocols/http/response_parser.h"
#include "tests/catch.h"

using namespace ropewalk::http;

TEST_CASE("methods and their names go back and forth") {
  CHECK(methodText(Method::delete_) == "DELETE");
  CHECK(methodText(Method::msearch) == "M-SEARCH");
  CHECK(methodText(Method::unknown).empty());
  for (int i = 0; i < static_cast<int>(Method::unknown); ++i) {
    CHECK(methodFromText(methodText(static_cast<Method>(i))) == static_cast<Method>(i));
  }
  CHECK(methodFromText("get") == Method::unknown);
  CHECK(methodFromText("") == Method::unknown);
}

TEST_CASE("which methods may be repeated, and which only read (RFC 9110 §9.2)") {
  for (const Method method : {Method::get, Method::head, Method::options, Method::trace}) {
    CHECK(isSafe(method));
    CHECK(isIdempotent(method));
  }
  CHECK(isIdempotent(Method::put));
  CHECK(isIdempotent(Method::delete_));
  CHECK_FALSE(isSafe(Method::put));
  for (const Method method :
       {Method::post, Method::patch, Method::connect, Method::lock, Method::unknown})
    CHECK_FALSE(isIdempotent(method));
}

TEST_CASE("reason phrases are those of the registry; unregistered codes get their class") {
  CHECK(reasonPhrase(200) == "OK");
  CHECK(reasonPhrase(431) == "Request Header Fields Too Large");
  CHECK(reasonPhrase(299) == "Success");
  CHECK(reasonPhrase(499) == "Client Error");
  CHECK(reasonPhrase(600) == "Unknown Status");
  CHECK(reasonPhrase(0) == "Unknown Status");
}

TEST_CASE("an owned head survives the bytes it was parsed from, and being moved") {
  OwnedRequestHead owned;
  {
    HeadStorage storage;
    std::string input =
        "GET /a?b HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\nEmpty:\r\n\r\n";
    const auto step = RequestParser().parse(input, storage);
    REQUIRE(step.head != nullptr);
    owned.assign(*step.head);
    input.assign(input.size(), '#');
  }
  const OwnedRequestHead moved = std::move(owned);
  const OwnedRequestHead copy = moved;
  CHECK(copy->methodText == "GET");
  CHECK(copy->target == "/a?b");
  CHECK(copy->path == "/a");
  CHECK(copy->query == "b");
  CHECK(copy->host == "h");
  CHECK(copy->upgrade == "x");
  CHECK(copy->fields.get("host") == "h");
  CHECK(copy->fields.get("empty") == "");
  CHECK(copy->fields.size() == 4);
  CHECK(copy->text.data() != moved->text.data());
}

TEST_CASE("an owned response head keeps what an undone obs-fold gave") {
  OwnedResponseHead owned;
  {
    HeadStorage storage;
    const std::string input = "HTTP/1.1 200 Fine\r\nX: a\r\n b\r\n\r\n";
    owned.assign(*ResponseParser().parse(input, Method::get, storage).head);
  }
  CHECK(owned->reason == "Fine");
  CHECK(owned->fields.get("x") == "a   b");
}
