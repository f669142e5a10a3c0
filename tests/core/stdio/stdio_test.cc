// Standard input and output as a transport, over descriptors of every kind. CORE-18.
#include "ropewalk/core/net/stream/stdio.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "tests/core/net/world.h"

namespace ropewalk {

using Events = std::vector<std::string>;

namespace {

std::pair<UniqueFd, UniqueFd> makePipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void put(const UniqueFd& fd, std::string_view data) {
  REQUIRE(::write(fd.get(), data.data(), data.size()) == static_cast<ssize_t>(data.size()));
}

/// What can be read without waiting; `ended` tells whether the end came.
std::string take(const UniqueFd& fd, bool& ended) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  std::string all;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer, sizeof buffer)) > 0)
    all.append(buffer, static_cast<std::size_t>(got));
  ended = got == 0;
  return all;
}

bool isBlocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

/// A process's descriptors 0 and 1 and the other ends of them: two pipes.
struct Shell {
  Transport& connect(World& world, Record& record) {
    return connectStdio(world.reactor, std::make_unique<Recorder>(record),
                        {.input = in.get(), .output = out.get()});
  }
  /// Waits until the program has said this much.
  std::string hear(World& world, std::size_t size) {
    std::string all;
    world.until([&] {
      all += take(hears, ended);
      return all.size() >= size || ended;
    });
    return all;
  }

  std::pair<UniqueFd, UniqueFd> input = makePipe();
  std::pair<UniqueFd, UniqueFd> output = makePipe();
  UniqueFd& in = input.first;
  UniqueFd& says = input.second;
  UniqueFd& hears = output.first;
  UniqueFd& out = output.second;
  bool ended = false;
};

/// A temporary file that nobody else sees, open for reading and writing.
UniqueFd file(std::string_view text) {
  char path[] = "/tmp/ropewalk-stdio-XXXXXX";
  UniqueFd fd(::mkostemp(path, O_CLOEXEC));
  ::unlink(path);
  put(fd, text);
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

}  // namespace

TEST_CASE("what comes on the input is received, what is written goes to the output") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  Transport& transport = shell.connect(world, record);
  put(shell.says, "hello");
  REQUIRE(world.until([&] { return record.received == "hello"; }));
  transport.write("world");
  CHECK(shell.hear(world, 5) == "world");
}

TEST_CASE(
    "the end of the input is a half close, which by default ends the connection once everything is "
    "sent") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  Transport& transport = shell.connect(world, record);
  const std::string large(200'000, 'x');  // more than the pipe takes
  transport.write(large);
  shell.says.reset();
  CHECK(shell.hear(world, large.size()).size() == large.size());
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(record.lostKind == "ConnectionDone");
  CHECK(record.events.front() == "made");
  CHECK(record.events.back() == "lost");
  CHECK(std::count(record.events.begin(), record.events.end(), "read lost") == 1);
}

TEST_CASE("loseWriteConnection ends the output for its reader, and the input goes on") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  Transport& transport = shell.connect(world, record);
  transport.write("last words");
  transport.loseWriteConnection();
  CHECK(shell.hear(world, 100) == "last words");
  CHECK(shell.ended);
  CHECK(::write(shell.out.get(), "x", 1) == 1);  // still open, and /dev/null
  put(shell.says, "more");
  REQUIRE(world.until([&] { return record.received == "more"; }));
  CHECK(record.events[1] == "write lost");
}

TEST_CASE("loseConnection leaves both descriptors open, and as blocking as they were") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  REQUIRE(isBlocking(shell.in.get()));
  Transport& transport = shell.connect(world, record);
  CHECK(isBlocking(shell.in.get()));  // also meanwhile: they are not ours alone
  CHECK(isBlocking(shell.out.get()));
  transport.loseConnection();
  REQUIRE(world.until([&] { return record.over; }));
  world.settle();
  CHECK(isBlocking(shell.in.get()));
  CHECK(isBlocking(shell.out.get()));
  put(shell.out, "still there");
  CHECK(take(shell.hears, shell.ended) == "still there");
}

TEST_CASE("a reactor that goes away puts the descriptors back too") {
  Record record;
  Shell shell;
  {
    EVERY_POLLER;
    shell.connect(world, record);
  }
  CHECK(record.over);
  CHECK(isBlocking(shell.in.get()));
  CHECK(isBlocking(shell.out.get()));
}

TEST_CASE(
    "a reader that goes away ends the connection when something is written, without a SIGPIPE") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  Transport& transport = shell.connect(world, record);
  shell.hears.reset();
  transport.write("to nobody");
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(record.lostKind == "OutputReaderGone");
}

TEST_CASE("the input may be a file") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  shell.in = file(std::string(300'000, 'x') + "end");
  shell.connect(world, record);
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(record.received.size() == 300'003);
  CHECK(record.received.ends_with("end"));
  CHECK(record.lostKind == "ConnectionDone");
}

TEST_CASE("the input may be /dev/null: it ends at once") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  shell.in = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  shell.connect(world, record);
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(record.events == Events{"made", "read lost", "lost"});
}

TEST_CASE("the output may be a file") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  shell.out = file("");
  Transport& transport = shell.connect(world, record);
  const std::string large(300'000, 'x');
  transport.write(large);
  transport.loseConnection();
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(::lseek(shell.out.get(), 0, SEEK_END) == 300'000);
}

TEST_CASE("a terminal serves as both, is not closed by a half close, and blocks all the time") {
  Record record;
  EVERY_POLLER;
  const UniqueFd keyboard(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(::grantpt(keyboard.get()) == 0);
  REQUIRE(::unlockpt(keyboard.get()) == 0);
  const UniqueFd terminal(::open(::ptsname(keyboard.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios settings{};
  ::tcgetattr(terminal.get(), &settings);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(terminal.get(), TCSANOW, &settings);

  Transport& transport = connectStdio(world.reactor, std::make_unique<Recorder>(record),
                                      {.input = terminal.get(), .output = terminal.get()});
  CHECK(isBlocking(terminal.get()));
  put(keyboard, "one\ntwo\n");
  REQUIRE(world.until([&] { return record.received == "one\ntwo\n"; }));
  transport.write("answer");
  transport.loseWriteConnection();
  bool ended = false;
  std::string heard;
  REQUIRE(world.until([&] { return (heard += take(keyboard, ended)) == "answer"; }));
  put(keyboard, "\x04");  // end of input
  REQUIRE(world.until([&] { return record.over; }));
  world.settle();
  CHECK(::isatty(terminal.get()) == 1);
  CHECK(isBlocking(terminal.get()));
}

TEST_CASE("an output that is full ends the connection, and says why") {
  Record record;
  EVERY_POLLER;
  Shell shell;
  shell.out = UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  shell.connect(world, record).write("no room");
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(record.lostKind == "OutputLost");
}

TEST_CASE("one socket for both, as from a super-server, is half closed as a socket is") {
  Record record;
  EVERY_POLLER;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd peer(ends[0]);
  const UniqueFd standardInput(ends[1]);
  const UniqueFd standardOutput(::dup(ends[1]));
  Transport& transport =
      connectStdio(world.reactor, std::make_unique<Recorder>(record),
                   {.input = standardInput.get(), .output = standardOutput.get()});
  transport.write("bye");
  transport.loseWriteConnection();
  bool ended = false;
  std::string heard;
  REQUIRE(world.until([&] {
    heard += take(peer, ended);
    return ended;
  }));
  CHECK(heard == "bye");
  put(peer, "wait");
  REQUIRE(world.until([&] { return record.received == "wait"; }));
}

TEST_CASE("a descriptor that is not open is refused") {
  Record record;
  EVERY_POLLER;
  CHECK_THROWS_AS(connectStdio(world.reactor, std::make_unique<Recorder>(record), {.input = 987}),
                  std::system_error);
  CHECK(record.events.empty());
}

}  // namespace ropewalk
