// Choosing the reactor, and telling which one runs: which_reactor [epoll|poll|select]. Without an
// argument ROPEWALK_REACTOR decides, else the best that this machine has.
#include <ropewalk/core/core.h>

#include <iostream>

namespace rw = ropewalk;

int main(int argc, char** argv) try {
  if (argc > 1) rw::installReactor(argv[1]);
  std::cout << rw::reactor().name() << '\n';
} catch (const rw::NoSuchReactor& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
