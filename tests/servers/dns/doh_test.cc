// DNS over HTTPS as a resource: both methods, statuses, freshness. RFC 8484.
#include "ropewalk/servers/dns/doh.h"

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/servers/http/wire.h"

namespace ropewalk::dns {

namespace {

using http::bodyOf;
using http::statusOf;

Message question() {
  Message message;
  message.questions = {{Name("a.test"), Type::A, Class::IN}};
  return message;
}

Message answered(std::uint32_t ttl = 300) {
  Message message = question();
  message.response = true;
  message.answers.push_back(makeRecord(Name("a.test"), A("192.0.2.1", std::chrono::seconds(ttl))));
  return message;
}

Message nothing(Rcode rcode, std::uint32_t ttl, std::uint32_t minimum) {
  Message message = question();
  message.response = true;
  message.rcode = rcode;
  SOA soa;
  soa.minimum = minimum;
  soa.ttl = std::chrono::seconds(ttl);
  message.authority.push_back(makeRecord(Name("test"), soa));
  return message;
}

/// A site whose /dns-query is answered by the test.
struct Served {
  std::vector<std::pair<std::string, Address>> asked;
  std::optional<Source<std::string>> source;
  std::string answer = answered().encode();
  http::TestSite site;
  http::Wire wire{site};

  Served() {
    site->mount("/dns-query",
                std::make_shared<DohResource>([this](std::string message, Address peer) {
                  asked.emplace_back(std::move(message), std::move(peer));
                  if (source) return source->deferred();
                  return succeed(answer);
                }));
  }
  std::string get(std::string_view message) {
    return wire.get("/dns-query?dns=" + base64Encode(message, Base64::url));
  }
  std::string post(std::string_view body, std::string_view type = "application/dns-message") {
    return wire.ask(
        format("POST /dns-query HTTP/1.1\r\nHost: h\r\nContent-Type: {}\r\n"
               "Content-Length: {}\r\n\r\n{}",
               type, body.size(), body));
  }
};

}  // namespace

TEST_CASE("GET has the question in base64url, without padding") {
  Served served;
  const std::string response = served.get(question().encode());
  CHECK(statusOf(response) == 200);
  CHECK(http::contains(response, "Content-Type: application/dns-message\r\n"));
  CHECK(http::contains(response, "Cache-Control: max-age=300\r\n"));
  CHECK(bodyOf(response) == served.answer);
  REQUIRE(served.asked.size() == 1);
  CHECK(served.asked[0].first == question().encode());
  CHECK(served.asked[0].second.host == "192.0.2.1");
}

TEST_CASE("the example of RFC 8484 §4.1.1") {
  Served served;
  CHECK(statusOf(served.wire.get("/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB",
                                 "Accept: application/dns-message\r\n")) == 200);
  REQUIRE(served.asked.size() == 1);
  const auto message = Message::decode(served.asked[0].first);
  REQUIRE(message);
  CHECK(toText(message->questions[0]) == "www.example.com. A");
}

TEST_CASE("padding that should not be there is passed over") {
  Served served;
  std::string message = question().encode();
  REQUIRE(message.size() % 3 == 0);
  message[0] = '\7';
  const std::string text = base64Encode(message, Base64::url);
  CHECK(statusOf(served.wire.get("/dns-query?dns=" + text + "==")) == 200);
}

TEST_CASE("POST has the question as its body") {
  Served served;
  const std::string response = served.post(question().encode());
  CHECK(statusOf(response) == 200);
  CHECK(bodyOf(response) == served.answer);
  REQUIRE(served.asked.size() == 1);
  CHECK(served.asked[0].first == question().encode());
  CHECK(statusOf(served.post(question().encode(), "Application/DNS-Message; charset=x")) == 200);
}

TEST_CASE("the answer over HTTPS may come later") {
  Served served;
  served.source.emplace();
  CHECK(served.post(question().encode()).empty());
  served.source->callback(served.answer);
  CHECK(bodyOf(served.wire.transport.take()) == served.answer);
}

TEST_CASE("a resource that is taken from its site still answers what is under way") {
  auto root = std::make_shared<http::Resource>();
  root->putChild("dns-query", std::make_shared<DohResource>([](std::string, Address) {
                   return succeed(answered().encode());
                 }));
  http::TestSite site;
  site->mount("/", root);
  http::Wire wire(site);
  const std::string body = question().encode();
  wire.send(
      format("POST /dns-query HTTP/1.1\r\nHost: h\r\n"
             "Content-Type: application/dns-message\r\nContent-Length: {}\r\n\r\n",
             body.size()));
  root->removeChild("dns-query");
  CHECK(bodyOf(wire.ask(body)) == answered().encode());
}

TEST_CASE("what is no question is a bad request") {
  Served served;
  CHECK(statusOf(served.wire.get("/dns-query")) == 400);
  CHECK(statusOf(served.wire.get("/dns-query?dns=")) == 400);
  CHECK(statusOf(served.wire.get("/dns-query?dns=a%20b")) == 400);
  CHECK(statusOf(served.get("too short")) == 400);
  CHECK(statusOf(served.get(answered().encode())) == 400);
  CHECK(statusOf(served.post("too short")) == 400);
  CHECK(served.asked.empty());
}

TEST_CASE("other methods, types and lengths have statuses of their own") {
  Served served;
  const std::string put = served.wire.ask("DELETE /dns-query HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(put) == 405);
  CHECK(http::contains(put, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
  CHECK(statusOf(served.post(question().encode(), "application/json")) == 415);
  CHECK(statusOf(served.post(std::string(65'536, 'x'))) == 413);
  CHECK(served.asked.empty());
}

TEST_CASE("a message of the greatest length is taken") {
  Served served;
  CHECK(statusOf(served.post(question().encode() + std::string(65'535 - 24, '\0'))) == 200);
}

TEST_CASE("HEAD is answered like GET, without the body") {
  Served served;
  const std::string path = "/dns-query?dns=" + base64Encode(question().encode(), Base64::url);
  const std::string response = served.wire.ask("HEAD " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(statusOf(response) == 200);
  CHECK(http::contains(response, "Cache-Control: max-age=300\r\n"));
  CHECK(bodyOf(response).empty());
}

TEST_CASE("a question that is met with silence is forbidden") {
  Served served;
  served.answer.clear();
  CHECK(statusOf(served.get(question().encode())) == 403);
}

TEST_CASE("SERVFAIL is an answer, but not one to keep") {
  Served served;
  Message failed = question();
  failed.response = true;
  failed.rcode = Rcode::SERVFAIL;
  served.answer = failed.encode();
  const std::string response = served.get(question().encode());
  CHECK(statusOf(response) == 200);
  CHECK(http::contains(response, "Cache-Control: no-store\r\n"));
}

TEST_CASE("an answer is fresh for the least TTL of its answer section") {
  Message message = answered(300);
  message.answers.push_back(makeRecord(Name("a.test"), A("192.0.2.2", std::chrono::seconds(7))));
  message.authority.push_back(
      makeRecord(Name("test"), NS(Name("ns.test"), std::chrono::seconds(1))));
  CHECK(freshnessOf(message.encode()) == 7);
  message.answers[0].ttl = 0x8000'0000;
  CHECK(freshnessOf(message.encode()) == 0);
}

TEST_CASE("a no is fresh as long as its SOA says") {
  CHECK(freshnessOf(nothing(Rcode::NXDOMAIN, 600, 60).encode()) == 60);
  CHECK(freshnessOf(nothing(Rcode::NOERROR, 30, 60).encode()) == 30);
  Message chased = nothing(Rcode::NXDOMAIN, 600, 60);
  chased.answers.push_back(
      makeRecord(Name("a.test"), CNAME(Name("b.test"), std::chrono::seconds(20))));
  CHECK(freshnessOf(chased.encode()) == 20);
}

TEST_CASE("what must not be kept has no freshness") {
  Message message = question();
  message.response = true;
  CHECK_FALSE(freshnessOf(message.encode()));
  message.rcode = Rcode::NXDOMAIN;
  CHECK_FALSE(freshnessOf(message.encode()));
  Message truncated = answered();
  truncated.truncated = true;
  CHECK_FALSE(freshnessOf(truncated.encode()));
  CHECK_FALSE(freshnessOf(""));
}

TEST_CASE("a message that is cut off anywhere has no freshness, and is not read past its end") {
  for (const Message& message : {answered(), nothing(Rcode::NXDOMAIN, 600, 60)}) {
    const std::string wire = message.encode();
    for (std::size_t size = 0; size < wire.size(); ++size) {
      INFO(size);
      // A copy of its own, so that a sanitizer sees a read past the end.
      const std::vector<char> cut(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(freshnessOf({cut.data(), cut.size()}));
    }
  }
}

}  // namespace ropewalk::dns
