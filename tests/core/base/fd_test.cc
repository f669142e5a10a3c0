#include "ropewalk/core/base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {

int openSomething() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("a UniqueFd closes its descriptor") {
  const int fd = openSomething();
  REQUIRE(isOpen(fd));
  { const UniqueFd owner(fd); }
  CHECK_FALSE(isOpen(fd));
}

TEST_CASE("a moved UniqueFd owns nothing; the new owner closes") {
  const int fd = openSomething();
  UniqueFd first(fd);
  UniqueFd second = std::move(first);
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): a moved one is empty
  CHECK(second.get() == fd);
  second = UniqueFd();
  CHECK_FALSE(isOpen(fd));
}

TEST_CASE("a released descriptor stays open") {
  UniqueFd owner(openSomething());
  const int fd = owner.release();
  owner.reset();
  CHECK(isOpen(fd));
  ::close(fd);
}

TEST_CASE("closing does not change errno") {
  UniqueFd owner(12345);  // not open: close() fails with EBADF
  errno = ENOENT;
  owner.reset();
  CHECK(errno == ENOENT);
}

TEST_CASE("the last owner of a SharedFd closes it") {
  const int fd = openSomething();
  SharedFd first = std::make_shared<const UniqueFd>(fd);
  SharedFd second = first;
  first.reset();
  CHECK(isOpen(fd));
  second.reset();
  CHECK_FALSE(isOpen(fd));
}

TEST_CASE("errno becomes words that fit inside a message") {
  CHECK(errnoText(ECONNREFUSED) == "connection refused");
  CHECK(errnoText(EDOTDOT) == "RFS specific error");
}
