// An Agent against servers that are slow, dying, closing, talkative or silent, over real sockets.
#include <filesystem>
#include <fstream>
#include <thread>

#include "ropewalk/clients/http/http.h"
#include "ropewalk/core/async/gather.h"
#include "tests/catch.h"
#include "tests/clients/http/scripted_origin.h"

namespace ropewalk::http::testing {
namespace {

struct Net {
  explicit Net(AgentOptions options = {}) : agent(reactor, std::move(options)) {}

  Page page(std::string_view path = "/") {
    return awaitResult(reactor, getPage(agent, origin.url(path)));
  }
  template <class E>
  Failure failure(std::string_view path = "/") {
    return awaitFailure<E>(reactor, getPage(agent, origin.url(path)));
  }

  Reactor reactor;
  ScriptedOrigin origin{reactor};
  Agent agent;
};

const std::string kMegabyte(1_MiB, 'x');

TEST_CASE("two pages over one kept connection") {
  Net net;
  net.origin.then({sized("one")});
  net.origin.then({sized("two")});
  CHECK(net.page("/1").body == "one");
  const Page second = net.page("/2");
  CHECK(second.body == "two");
  CHECK(second.timing.reused);
  CHECK(net.origin.connections == 1);
}

TEST_CASE("a page that comes one byte a turn, and one that ends with the connection") {
  Net net;
  net.origin.then({sized("slow"), Answer::Then::keep, 1});
  net.origin.then(
      {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", Answer::Then::close, 3});
  CHECK(net.page().body == "slow");
  CHECK(net.page().body == "until the end");
}

TEST_CASE("an idle connection that the server closes is replaced without anybody noticing") {
  Net net;
  net.origin.then({sized("one"), Answer::Then::close});
  net.origin.then({sized("two")});
  CHECK(net.page().body == "one");
  CHECK(runUntil(net.reactor, [&] { return net.agent.pool().open() == 0; }));
  CHECK(net.page().body == "two");
  CHECK(net.origin.connections == 2);
}

TEST_CASE("a kept connection that the server closes or resets when asked again is replaced, once") {
  const auto how = GENERATE(Answer::Then::close, Answer::Then::reset);
  Net net;
  net.origin.then({sized("one")});
  net.origin.then({"", how});
  net.origin.then({sized("two")});
  CHECK(net.page().body == "one");
  CHECK(net.page().body == "two");
  net.origin.then({"", how});
  net.origin.then({"", how});
  CHECK_NOTHROW(net.failure<ResponseNeverReceived>());
}

TEST_CASE("bodies that are cut short, by a close or a reset, are failures") {
  const auto how = GENERATE(Answer::Then::close, Answer::Then::reset);
  Net net;
  net.origin.then({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123", how});
  CHECK_NOTHROW(net.failure<ResponseFailed>());
  net.origin.then({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0123", how});
  CHECK_NOTHROW(net.failure<ResponseFailed>());
  CHECK(runUntil(net.reactor, [&] { return net.reactor.connections() == 0; }));
}

TEST_CASE(
    "a response that nobody asked for, behind one that was, is not taken for the next answer") {
  Net net;
  net.origin.then({sized("one") + sized("poison")});
  net.origin.then({sized("two")});
  CHECK(net.page().body == "one");
  CHECK(net.page().body == "two");
  CHECK(net.origin.connections == 2);
}

TEST_CASE("nobody listening: the message says where and why") {
  Net net;
  auto pending = getPage(net.agent, "http://127.0.0.1:1/");
  CHECK(awaitFailure<RequestNotSent>(net.reactor, std::move(pending)).getErrorMessage() ==
        "cannot fetch http://127.0.0.1:1/: connect to 127.0.0.1:1: connection refused");
}

TEST_CASE("a silent server is left after the first-byte time") {
  AgentOptions options;
  options.timeouts.firstByte = 30ms;
  Net net(options);
  CHECK(net.failure<TimeoutError>().trap<RequestTimeout>().stage() == Stage::firstByte);
  CHECK(runUntil(net.reactor, [&] { return net.reactor.connections() == 0; }));
}

TEST_CASE("a large body that nobody reads stays with the server; read, it is whole") {
  Net net;
  std::string large;
  for (int i = 0; i < 32; ++i) large += kMegabyte;
  net.origin.then({sized(large)});
  ClientResponse response =
      awaitResult(net.reactor, net.agent.request(http::get(net.origin.url())));
  for (int i = 0; i < 50; ++i) net.reactor.iterate(1ms);
  CHECK(net.origin.pending() > 16_MiB);
  CHECK(awaitResult(net.reactor, response.readBody(64_MiB)).size() == large.size());
  CHECK(net.agent.pool().idle() == 1);
}

TEST_CASE("a response that is dropped frees the connection") {
  Net net;
  net.origin.then({sized(kMegabyte + kMegabyte + kMegabyte + kMegabyte)});
  {
    const ClientResponse response =
        awaitResult(net.reactor, net.agent.request(http::get(net.origin.url())));
  }
  CHECK(runUntil(net.reactor, [&] { return net.reactor.connections() == 0; }));
}

TEST_CASE("a large upload arrives whole, as text, as a file and in pieces") {
  Net net;
  net.origin.answerBodies = true;
  net.origin.then({sized("thanks")});
  const std::string path = "/tmp/ropewalk-upload-" + std::to_string(::getpid());
  std::ofstream(path) << kMegabyte;
  const int kind = GENERATE(0, 1, 2);
  RequestBody body = kMegabyte;
  if (kind == 1) body = RequestBody::file(path);
  if (kind == 2) {
    body = RequestBody::pieces(
        [left = 16]() mutable { return succeed(std::string(left-- > 0 ? 64_KiB : 0, 'x')); },
        1_MiB);
  }
  auto pending = getPage(net.agent, net.origin.url(), PageOptions().method("PUT").body(body));
  CHECK(awaitResult(net.reactor, std::move(pending)).body == "thanks");
  CHECK(net.origin.received.ends_with("\r\n\r\n" + kMegabyte));
  std::filesystem::remove(path);
}

TEST_CASE("many requests at once share the connections that the limit allows") {
  AgentOptions options;
  options.pool.perHost = 3;
  Net net(options);
  std::vector<Deferred<Page>> pending;
  for (int i = 0; i < 100; ++i) {
    net.origin.then({sized("x")});
    pending.push_back(getPage(net.agent, net.origin.url()));
  }
  CHECK(awaitResult(net.reactor, gatherResults(std::move(pending))).size() == 100);
  CHECK(net.origin.mostAtOnce == 3);
  CHECK(net.origin.connections == 3);
}

TEST_CASE("an agent that goes away closes its connections and cancels its requests") {
  Reactor reactor;
  ScriptedOrigin origin(reactor);
  auto agent = std::make_unique<Agent>(reactor);
  origin.then({sized("x")});
  CHECK(awaitResult(reactor, getPage(*agent, origin.url())).body == "x");
  auto pending = getPage(*agent, origin.url());
  auto connecting = getPage(*agent, origin.url());
  agent.reset();
  CHECK_NOTHROW(ropewalk::testing::failureResultOf<CancelledError>(pending));
  CHECK_NOTHROW(ropewalk::testing::failureResultOf<CancelledError>(connecting));
  CHECK(runUntil(reactor, [&] { return reactor.connections() == 0; }));
}

TEST_CASE("getPage over a reactor uses an agent of its own, and leaves nothing behind") {
  Reactor reactor;
  ScriptedOrigin origin(reactor);
  origin.then({sized("x")});
  CHECK(awaitResult(reactor, getPage(reactor, origin.url())).body == "x");
  CHECK(origin.received.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(runUntil(reactor, [&] { return reactor.connections() == 0; }));
  CHECK_NOTHROW(awaitFailure<RequestNotSent>(reactor, getPage(reactor, "http://127.0.0.1:1/")));
}

TEST_CASE("getPage without a reactor uses the thread's, whose agent goes with the thread") {
  std::string body;
  std::thread([&body] {
    ScriptedOrigin origin(reactor());
    origin.then({sized("x")});
    getPage(origin.url())
        .addCallbacks([&](const Page& page) { body = page.body; }, [](const Failure&) {})
        .addBoth([](auto&) { reactor().stop(); });
    reactor().run();
  }).join();
  CHECK(body == "x");
}

TEST_CASE("a reactor may go while requests are under way, the agent first") {
  auto net = std::make_unique<Net>();
  auto pending = getPage(net->agent, net->origin.url());
  net->reactor.iterate(10ms);
  net.reset();
  CHECK_NOTHROW(ropewalk::testing::failureResultOf<CancelledError>(pending));
}

TEST_CASE("downloadPage streams into a file") {
  Net net;
  net.origin.then({sized(kMegabyte)});
  const std::string path = "/tmp/ropewalk-download-" + std::to_string(::getpid());
  const Download download =
      awaitResult(net.reactor, downloadPage(net.agent, net.origin.url(), path));
  CHECK(download.size == 1_MiB);
  CHECK(std::filesystem::file_size(path) == 1_MiB);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ropewalk::http::testing
