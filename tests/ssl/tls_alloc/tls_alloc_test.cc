// What a message over TLS costs in allocations of ours: none. OpenSSL allocates with malloc, which
// is not counted here.

#include "tests/counted_new.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

TEST_CASE("a message and its answer allocate nothing, once everything is warm") {
  struct Echo : Protocol {
    void dataReceived(std::string_view data) override { transport().write(data); }
  };
  struct Asker : Protocol {
    void handshakeCompleted() override { transport().write("hello, hello, hello, hello, hello"); }
    void dataReceived(std::string_view data) override {
      ++answers;
      if (answers == 100) before = allocations;
      if (answers == 200) after = allocations;
      if (answers < 200) transport().write(data);
    }
    std::size_t answers = 0;
    std::size_t before = 0;
    std::size_t after = 0;
  };
  World world("epoll");
  const auto port = ssl::listenSSL(world.reactor, 0, factoryFor<Echo>(), serverContext(),
                                   {.interface = "127.0.0.1"});
  Asker* asker = nullptr;
  auto connecting =
      ssl::connectSSL(world.reactor, "127.0.0.1", port.port(), factoryOf([&](const Address&) {
                        auto made = std::make_unique<Asker>();
                        asker = made.get();
                        return made;
                      }),
                      clientContext());
  REQUIRE(world.until([&] { return asker != nullptr && asker->after > 0; }));
  CHECK(asker->after - asker->before == 0);
}
