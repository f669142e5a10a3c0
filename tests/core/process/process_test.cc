// Child processes on every poller: the rules PR-01 to PR-06.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "tests/core/process/programs.h"

namespace ropewalk {

using Events = std::vector<std::string>;

TEST_CASE("PR-01: made first, each pipe's loss, exited, and ended once and last") {
  ProcessRecord record;
  EVERY_POLLER;
  runToEnd(world, record, sh("echo out; echo err >&2"));
  world.settle();
  CHECK(record.received[1] == "out\n");
  CHECK(record.received[2] == "err\n");
  CHECK(record.events.size() == 6);
  CHECK(record.events.front() == "made");
  CHECK(record.events.back() == "ended");
  for (const char* event : {"lost 0", "lost 1", "lost 2", "exited"}) CHECK(record.has(event));
}

TEST_CASE("PR-01: ended waits for a pipe that a grandchild holds open, exited does not") {
  ProcessRecord record;
  EVERY_POLLER;
  const auto process = spawn(world, record, sh("exec 3<&0; (read line <&3; echo last) & exit 0"));
  REQUIRE(world.until([&] { return record.exited.has_value(); }));
  world.settle();
  CHECK_FALSE(record.ended);
  process->write("go on\n");
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
  CHECK(record.received[1] == "last\n");
}

TEST_CASE("PR-01: pipes may be closed long before the process ends") {
  ProcessRecord record;
  EVERY_POLLER;
  const auto process = spawn(world, record, sh("exec <&- >&- 2>&-; while :; do sleep 0.01; done"));
  REQUIRE(world.until([&] { return record.events.size() == 4; }));
  CHECK_FALSE(record.exited);
  process->signalProcess("KILL");
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
  CHECK(record.events ==
        Events{"made", record.events[1], record.events[2], record.events[3], "exited", "ended"});
}

TEST_CASE("PR-02: exit code 0 is ProcessDone, any other ProcessTerminated with the code") {
  ProcessRecord good;
  ProcessRecord bad;
  EVERY_POLLER;
  runToEnd(world, good, sh("exit 0"));
  CHECK(good.ended->check<ProcessDone>());
  runToEnd(world, bad, sh("exit 3"));
  REQUIRE(bad.ended->check<ProcessTerminated>());
  CHECK(bad.ended->check<ProcessTerminated>()->exitCode() == 3);
  CHECK(bad.ended->check<ProcessTerminated>()->signal() == 0);
  CHECK(bad.ended->getErrorMessage() == "/bin/sh ended with exit code 3");
  CHECK(bad.exited->getErrorMessage() == bad.ended->getErrorMessage());
}

TEST_CASE("PR-02: a signal is told by number and name") {
  ProcessRecord record;
  EVERY_POLLER;
  runToEnd(world, record, sh("kill -TERM $$"));
  const auto* why = record.ended->check<ProcessTerminated>();
  REQUIRE(why);
  CHECK(why->signal() == SIGTERM);
  CHECK(why->exitCode() == -1);
  CHECK(record.ended->getErrorMessage() == "/bin/sh was ended by signal 15 (SIGTERM)");
}

TEST_CASE("PR-03: signalProcess takes names and numbers, and throws once the process has ended") {
  ProcessRecord record;
  EVERY_POLLER;
  const auto process = spawn(world, record, {.program = "sleep", .args = {"100"}});
  CHECK(process->pid() > 0);
  CHECK_THROWS_AS(process->signalProcess("NONSENSE"), std::invalid_argument);
  const int way = GENERATE(0, 1, 2);
  if (way == 0) process->signalProcess("TERM");
  if (way == 1) process->signalProcess("SIGTERM");
  if (way == 2) process->signalProcess(SIGTERM);
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
  CHECK(record.ended->check<ProcessTerminated>()->signal() == SIGTERM);
  world.settle();
  CHECK(process.get() == nullptr);
}

TEST_CASE("PR-03: inside processExited the process is gone already") {
  struct Late final : ProcessRecorder {
    using ProcessRecorder::ProcessRecorder;
    void processExited(const Failure& reason) override {
      pid = transport().pid();
      try {
        transport().signalProcess("TERM");
      } catch (const ProcessExitedAlready&) {
        record.events.emplace_back("refused");
      }
      ProcessRecorder::processExited(reason);
    }
    int pid = -1;
  };
  ProcessRecord record;
  EVERY_POLLER;
  world.reactor.spawnProcess(std::make_unique<Late>(record), {.program = "true"});
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
  CHECK(record.has("refused"));
}

TEST_CASE("PR-04: a program that is not there is ProcessNotStarted, with the reason") {
  ProcessRecord record;
  EVERY_POLLER;
  runToEnd(world, record, {.program = "/no/such/program"});
  const auto* why = record.ended->check<ProcessNotStarted>();
  REQUIRE(why);
  CHECK(why->reason() == std::errc::no_such_file_or_directory);
  CHECK(why->exitCode() == 127);
  CHECK(record.ended->getErrorMessage() ==
        "cannot start /no/such/program: no such file or directory");
  CHECK(record.events.front() == "made");
  CHECK(record.received[2].empty());
}

TEST_CASE("PR-04: a name that PATH does not have says where it was looked for") {
  ProcessRecord record;
  EVERY_POLLER;
  runToEnd(world, record,
           {.program = "no-such-program", .environment = {{{"PATH", "/bin:/usr/bin"}}}});
  CHECK(record.ended->getErrorMessage() ==
        "cannot start no-such-program: not found in /bin:/usr/bin; install it, or give its path");
}

TEST_CASE("PR-04: a file that must not be executed, a directory that is not there") {
  ProcessRecord file;
  ProcessRecord directory;
  EVERY_POLLER;
  runToEnd(world, file, {.program = "/etc/passwd"});
  CHECK(file.ended->check<ProcessNotStarted>()->reason() == std::errc::permission_denied);
  runToEnd(world, directory, {.program = "true", .directory = "/no/such/place"});
  CHECK(directory.ended->getErrorMessage().find("cannot enter /no/such/place") !=
        std::string::npos);
}

TEST_CASE("PR-05: the environment is the one that is given, else ours") {
  EVERY_POLLER;
  CHECK(outputOf(world,
                 {.program = "/usr/bin/env", .environment = {{{"A", "1"}, {"B", "two words"}}}}) ==
        "A=1\nB=two words\n");
  CHECK(outputOf(world,
                 {.program = "/usr/bin/env", .environment = {std::map<std::string, std::string>()}})
            .empty());
  ::setenv("ROPEWALK_TEST_VARIABLE", "inherited", 1);
  CHECK(outputOf(world, sh("echo $ROPEWALK_TEST_VARIABLE")) == "inherited\n");
}

TEST_CASE("PR-05: the child has the descriptors of childFDs and no other") {
  EVERY_POLLER;
  const UniqueFd leaky(::open("/dev/null", O_RDONLY));  // without close-on-exec
  const UniqueFd high(::fcntl(leaky.get(), F_DUPFD, 500));
  // Not ls: it would open one to look.
  SpawnOptions options =
      sh("for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 500; do [ -e /proc/$$/fd/$n ] && echo $n; done");
  CHECK(outputOf(world, options) == "0\n1\n2\n");
  options.childFDs.emplace(7, 'r');
  CHECK(outputOf(world, options) == "0\n1\n2\n7\n");
}

TEST_CASE("childFDs may be any: data goes both ways on each") {
  ProcessRecord record;
  EVERY_POLLER;
  record.onMade = [](ProcessTransport& process) {
    process.writeToChild(5, "five\n");
    process.closeChildFD(5);
  };
  SpawnOptions options = sh("read line <&5; echo \"$line\" >&9");
  options.childFDs = {{5, 'w'}, {9, 'r'}};
  runToEnd(world, record, options);
  CHECK(record.received[9] == "five\n");
  CHECK(record.has("lost 5"));
  CHECK(record.has("lost 9"));
}

TEST_CASE("our own descriptors can be shared with the child") {
  ProcessRecord record;
  EVERY_POLLER;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  UniqueFd readEnd(ends[0]);
  UniqueFd writeEnd(ends[1]);
  SpawnOptions options = sh("echo one; echo two >&2");
  options.childFDs = {{0, 'w'}, {1, writeEnd.get()}, {2, writeEnd.get()}};
  runToEnd(world, record, options);
  writeEnd.reset();
  char buffer[100];
  const ssize_t got = ::read(readEnd.get(), buffer, sizeof buffer);
  CHECK(std::string(buffer, static_cast<std::size_t>(got)) == "one\ntwo\n");
}

TEST_CASE("a shared descriptor that is not open is ProcessNotStarted") {
  ProcessRecord record;
  EVERY_POLLER;
  SpawnOptions options = sh("true");
  options.childFDs = {{1, 987}};
  runToEnd(world, record, options);
  CHECK(record.ended->check<ProcessNotStarted>()->reason() == std::errc::bad_file_descriptor);
}

TEST_CASE("PR-05: uid and gid are those that are asked for, without root's groups") {
  if (::getuid() != 0) return;
  EVERY_POLLER;
  SpawnOptions options{.program = "/bin/sh", .args = {"-c", "id -u; id -g; id -G"}, .uid = 65534};
  CHECK(outputOf(world, options) == "65534\n65534\n65534\n");
  options.gid = 12;
  CHECK(outputOf(world, options).starts_with("65534\n12\n12"));
}

TEST_CASE("PR-06: loseConnection closes the pipes and lets the child live") {
  ProcessRecord record;
  EVERY_POLLER;
  const auto process =
      spawn(world, record, sh("trap '' PIPE; while read line; do :; done; exec sleep 100"));
  process->loseConnection();
  REQUIRE(world.until([&] { return record.events.size() == 4; }));
  CHECK_FALSE(record.exited);
  process->signalProcess("KILL");
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
}

TEST_CASE("what is written goes to standard input, and closing it comes after") {
  ProcessRecord record;
  EVERY_POLLER;
  const std::string large(1 << 20, 'x');
  record.onMade = [&](ProcessTransport& process) {
    process.write(large);
    process.write("end");
    process.closeStdin();
  };
  runToEnd(world, record, {.program = "cat"});
  const bool same = record.received[1] == large + "end";
  CHECK(same);
  CHECK(record.ended->check<ProcessDone>());
}

TEST_CASE("a child that ends without reading what was written takes nobody with it") {
  ProcessRecord record;
  EVERY_POLLER;
  record.onMade = [](ProcessTransport& process) { process.write(std::string(1 << 20, 'x')); };
  runToEnd(world, record, {.program = "true"});
  CHECK(record.ended->check<ProcessDone>());
}

TEST_CASE("a paused process is not read until it is resumed") {
  ProcessRecord record;
  EVERY_POLLER;
  const auto process = spawn(world, record, {.program = "echo", .args = {"hello"}});
  process->pauseProducing();
  REQUIRE(world.until([&] { return record.exited.has_value(); }));
  world.settle();
  CHECK(record.received[1].empty());
  CHECK_FALSE(record.ended);
  process->resumeProducing();
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
  CHECK(record.received[1] == "hello\n");
}

TEST_CASE("a producer feeds standard input as fast as the child reads") {
  struct Lines final : Producer {
    void resumeProducing() override {
      if (++count > 1000) {
        process->unregisterProducer();
        process->closeStdin();
      } else {
        process->write(std::string(1000, 'x'));
        process->write("\n");
      }
    }
    void stopProducing() override {}
    ProcessTransport* process = nullptr;
    int count = 0;
  };
  ProcessRecord record;
  Lines lines;
  EVERY_POLLER;
  record.onMade = [&](ProcessTransport& process) {
    lines.process = &process;
    process.registerProducer(lines, Streaming::pull);
  };
  runToEnd(world, record, {.program = "wc", .args = {"-l"}});
  CHECK(record.received[1] == "1000\n");
}

TEST_CASE("signals that we ignore or block are usual again in the child") {
  EVERY_POLLER;
  const auto before = ::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked;
  sigset_t former;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &blocked, &former);
  const std::string state =
      outputOf(world, {.program = "grep", .args = {"-E", "^Sig(Ign|Blk)", "/proc/self/status"}});
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
  ::signal(SIGUSR1, before);
  CHECK(state == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a process group of its own gets the signal as a whole") {
  ProcessRecord record;
  EVERY_POLLER;
  SpawnOptions options = sh("sleep 100 & echo started; wait");
  options.processGroup = true;
  const auto process = spawn(world, record, options);
  REQUIRE(world.until([&] { return record.received[1] == "started\n"; }));
  process->signalProcess("TERM");
  // The sleeper holds the pipes: ended comes only if it was reached too.
  REQUIRE(world.until([&] { return record.ended.has_value(); }));
}

TEST_CASE("the directory and argv[0] are as asked") {
  EVERY_POLLER;
  CHECK(outputOf(world, {.program = "pwd", .directory = "/usr"}) == "/usr\n");
  SpawnOptions options = sh("echo $0");
  options.name = "another-name";
  CHECK(outputOf(world, options) == "another-name\n");
}

TEST_CASE("when no descriptor is left, spawnProcess throws and nothing is lost") {
  ProcessRecord record;
  EVERY_POLLER;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (int spare = 0; spare < 9; ++spare) {  // fail at the first, second, third descriptor …
    const rlimit tight{static_cast<rlim_t>(next.get() + 1 + spare), before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    CHECK_THROWS_AS(spawn(world, record, {.program = "true"}), CannotSpawnError);
    ::setrlimit(RLIMIT_NOFILE, &before);
  }
  CHECK(record.events.empty());
  const UniqueFd after(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(after.get() == next.get() + 1);
  world.settle();
  CHECK(world.reactor.connections() == 0);
}

TEST_CASE("when the poller cannot watch the pipes, spawnProcess throws and no child stays behind") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur <= FD_SETSIZE + 20) return;
  ProcessRecord record;
  World world("select");
  std::vector<UniqueFd> fillers;
  while (fillers.empty() || fillers.back().get() < FD_SETSIZE) {
    fillers.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  CHECK_THROWS_AS(spawn(world, record, {.program = "sleep", .args = {"100"}}), CannotSpawnError);
  fillers.clear();
  world.settle();
  CHECK(record.events.empty());
  CHECK(world.reactor.connections() == 0);
}

TEST_CASE("what makes no sense is refused before anything starts") {
  ProcessRecord record;
  EVERY_POLLER;
  CHECK_THROWS_AS(spawn(world, record, {.program = ""}), CannotSpawnError);
  CHECK_THROWS_AS(spawn(world, record, {.program = "echo", .args = {std::string("a\0b", 3)}}),
                  CannotSpawnError);
  CHECK_THROWS_AS(ChildFd('x'), std::invalid_argument);
  CHECK(record.events.empty());
}

TEST_CASE("an exception in a callback is logged, and the process goes on to its end") {
  log::testing::Captured captured;
  ProcessRecord record;
  EVERY_POLLER;
  record.onData = [](int, std::string_view) { throw std::runtime_error("no such luck"); };
  runToEnd(world, record, {.program = "echo", .args = {"hello"}});
  CHECK(captured.contains(log::Level::error, "no such luck"));
}

TEST_CASE("many processes at once all end, and leave no zombie") {
  std::vector<ProcessRecord> records(40);
  std::vector<int> pids;
  EVERY_POLLER;
  for (ProcessRecord& record : records) {
    pids.push_back(spawn(world, record, {.program = "echo", .args = {"hello"}})->pid());
  }
  for (ProcessRecord& record : records) {
    REQUIRE(world.until([&] { return record.ended.has_value(); }));
    CHECK(record.received[1] == "hello\n");
  }
  for (const int pid : pids) CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("a reactor that is destroyed leaves its children alone") {
  ProcessRecord record;
  int pid = 0;
  {
    EVERY_POLLER;
    pid = spawn(world, record, {.program = "sleep", .args = {"100"}})->pid();
  }
  CHECK_FALSE(record.exited);
  CHECK(::kill(pid, SIGKILL) == 0);
  CHECK(::waitpid(pid, nullptr, 0) == pid);
}

}  // namespace ropewalk
