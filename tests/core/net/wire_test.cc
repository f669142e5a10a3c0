// What the kernel knows of a connection before its protocol is told.
#include "ropewalk/core/net/wire.h"

#include "ropewalk/core/testing/string_transport.h"
#include "tests/core/net/world.h"

namespace ropewalk {

TEST_CASE("a connection is quiet until something comes that nobody was told of") {
  EVERY_POLLER;
  Pair pair(world);
  CHECK(isQuiet(pair.transport()));
  SECTION("bytes") { pair.peer.send("x"); }
  SECTION("the end") { pair.peer.close(); }
  CHECK_FALSE(isQuiet(pair.transport()));
}

TEST_CASE("what is no socket is quiet") {
  testing::StringTransport transport;
  CHECK(isQuiet(transport));
}

}  // namespace ropewalk
