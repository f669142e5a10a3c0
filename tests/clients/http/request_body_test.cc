// What follows the head of a request. Rules H-05, H-06.
#include "ropewalk/clients/http/request_body.h"

#include <unistd.h>

#include <cstdio>

#include "tests/catch.h"
#include "tests/clients/http/memory_origin.h"

namespace ropewalk::http::testing {
namespace {

/// A producer that the test drives.
struct Puppet final : BodyProducer {
  Deferred<void> startProducing(BodyConsumer& to) override {
    consumer = &to;
    return done.deferred();
  }
  void pauseProducing() override { log += "pause "; }
  void resumeProducing() override { log += "resume "; }
  void stopProducing() override { log += "stop "; }

  BodyConsumer* consumer = nullptr;
  Source<void> done;
  std::string log;
};

/// A PUT whose body the test produces.
struct Upload {
  explicit Upload(std::optional<std::uint64_t> length)
      : pending(world.agent.request(
            http::put("http://h/").body(RequestBody::produced(puppet, length)))) {}

  std::string body() {
    const std::string all = world.origin[0].transport.value();
    return all.substr(all.find("\r\n\r\n") + 4);
  }

  World world;
  std::shared_ptr<Puppet> puppet = std::make_shared<Puppet>();
  Deferred<ClientResponse> pending;
};

TEST_CASE("a text body leaves with its head, its length announced") {
  World world;
  auto pending = world.agent.request(http::post("http://h/").body("a=1"));
  CHECK(world.origin[0].received().ends_with("\r\nContent-Length: 3\r\n\r\na=1"));
}

TEST_CASE("RFC 9110 §8.6: POST, PUT and PATCH without a body say so, others say nothing") {
  const auto [method, says] = GENERATE(table<std::string, bool>({{"POST", true},
                                                                 {"PUT", true},
                                                                 {"PATCH", true},
                                                                 {"GET", false},
                                                                 {"DELETE", false},
                                                                 {"HEAD", false}}));
  World world;
  auto pending = world.agent.request(ClientRequest("http://h/").method(method));
  CHECK((world.origin[0].received().find("\r\nContent-Length: 0\r\n") != std::string::npos) ==
        says);
}

TEST_CASE("a file is sent from the disk") {
  char path[] = "/tmp/ropewalk-body-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(::write(fd, "contents", 8) == 8);
  ::close(fd);
  World world;
  auto pending = world.agent.request(http::put("http://h/").body(RequestBody::file(path)));
  std::remove(path);
  CHECK(world.origin[0].received().ends_with("\r\nContent-Length: 8\r\n\r\ncontents"));
  CHECK_THROWS_AS(RequestBody::file(path), InvalidRequest);
  CHECK_THROWS_AS(RequestBody::file("/tmp"), InvalidRequest);
}

TEST_CASE("a body without a known length is sent in chunks, an empty piece in none") {
  Upload upload(std::nullopt);
  CHECK(upload.world.origin[0].transport.value().find("\r\nTransfer-Encoding: chunked\r\n") !=
        std::string::npos);
  upload.puppet->consumer->write("hello");
  upload.puppet->consumer->write("");
  upload.puppet->consumer->write("0123456789abcdef");
  upload.puppet->done.callback();
  CHECK(upload.body() == "5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
}

TEST_CASE("a body with a known length is sent as it is") {
  Upload upload(7);
  CHECK(upload.world.origin[0].transport.value().find("\r\nContent-Length: 7\r\n") !=
        std::string::npos);
  upload.puppet->consumer->write("abc");
  upload.puppet->consumer->write("defg");
  upload.puppet->done.callback();
  CHECK(upload.body() == "abcdefg");
  upload.world.origin[0].send(kHello);
  CHECK(successResultOf(upload.pending).status == 200);
  CHECK(upload.world.agent.pool().idle() == 1);
}

TEST_CASE("H-06: a producer that writes less than it promised aborts the connection") {
  Upload upload(7);
  upload.puppet->consumer->write("abc");
  upload.puppet->done.callback();
  const Failure why = failureResultOf<RequestTransmissionFailed>(upload.pending);
  CHECK(why.check<RequestTransmissionFailed>()->cause()->check<WrongBodyLength>());
  CHECK(upload.world.origin[0].transport.aborted());
}

TEST_CASE(
    "H-06: a producer that writes more than it promised aborts the connection, and the excess does "
    "not leave") {
  Upload upload(3);
  upload.puppet->consumer->write("abcd");
  const Failure why = failureResultOf<RequestTransmissionFailed>(upload.pending);
  CHECK(why.check<RequestTransmissionFailed>()->cause()->check<ExcessWrite>());
  CHECK(upload.body().empty());
  CHECK(upload.world.origin[0].transport.aborted());
  CHECK(upload.puppet->log == "stop ");
}

TEST_CASE("a producer that fails aborts the connection") {
  Upload upload(std::nullopt);
  upload.puppet->done.errback(std::runtime_error("disk error"));
  CHECK(failureResultOf<RequestTransmissionFailed>(upload.pending).getErrorMessage() ==
        "cannot fetch http://h/: sending the request failed: disk error");
  CHECK(upload.world.origin[0].transport.aborted());
}

TEST_CASE("H-05: a request that is cancelled while it is sent stops its producer, once") {
  Upload upload(std::nullopt);
  upload.pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(upload.pending));
  CHECK(upload.puppet->log == "stop ");
  CHECK(upload.world.origin[0].transport.aborted());
  upload.world.origin[0].reset();
  CHECK(upload.puppet->log == "stop ");
}

TEST_CASE(
    "a connection that is lost while the request is sent stops the producer, once, and says so") {
  Upload upload(std::nullopt);
  upload.world.origin[0].reset();
  CHECK_NOTHROW(failureResultOf<RequestTransmissionFailed>(upload.pending));
  CHECK(upload.puppet->log == "stop ");
}

TEST_CASE("a producer is paused and resumed with the connection") {
  Upload upload(std::nullopt);
  auto& transport = upload.world.origin[0].transport;
  transport.stall();
  upload.puppet->consumer->write(std::string(100'000, 'x'));
  CHECK(upload.puppet->log == "pause ");
  transport.drain();
  CHECK(upload.puppet->log == "pause resume ");
}

TEST_CASE("a response may come before the request is complete; the connection is not used again") {
  Upload upload(10);
  upload.puppet->consumer->write("abc");
  upload.world.origin[0].send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  CHECK(successResultOf(upload.pending).status == 413);
  CHECK(upload.puppet->log == "stop ");
  CHECK(upload.world.origin[0].transport.aborted());
  CHECK(upload.world.agent.pool().open() == 0);
}

TEST_CASE(
    "pieces are asked for one after the other, however many are there, without filling the stack") {
  World world;
  int left = 100'000;
  auto pending = world.agent.request(
      http::put("http://h/")
          .body(RequestBody::pieces([&left] { return succeed(std::string(left-- > 0 ? "x" : "")); },
                                    100'000)));
  CHECK(left == -1);
  CHECK(world.origin[0].received().ends_with("\r\n\r\n" + std::string(100'000, 'x')));
}

TEST_CASE(
    "pieces that come later are sent as they come, and not asked for while there is no room") {
  World world;
  std::vector<Source<std::string>> asked;
  auto pending = world.agent.request(http::put("http://h/").body(RequestBody::pieces([&asked] {
    return asked.emplace_back().deferred();
  })));
  auto& transport = world.origin[0].transport;
  transport.stall();
  asked.back().callback(std::string(100'000, 'x'));
  CHECK(asked.size() == 1);
  transport.drain();
  CHECK(asked.size() == 2);
  asked.back().callback("");
  CHECK(world.origin[0].received().ends_with("xxx\r\n0\r\n\r\n"));
}

TEST_CASE("H-05: cancelling cancels the piece that is waited for") {
  World world;
  std::vector<Source<std::string>> asked;
  bool told = false;
  auto pending = world.agent.request(http::put("http://h/").body(RequestBody::pieces([&] {
    Source<std::string>& source = asked.emplace_back();
    source.onCancel([&](Source<std::string>&) { told = true; });
    return source.deferred();
  })));
  pending.cancel();
  CHECK_NOTHROW(failureResultOf<CancelledError>(pending));
  CHECK(told);
}

}  // namespace
}  // namespace ropewalk::http::testing
