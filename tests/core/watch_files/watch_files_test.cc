// watchFiles, on real files: whatever way a file gets another content, it is told, once.
#include "ropewalk/core/net/watch_files.h"
#include "ropewalk/core/base/errno_text.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/core/net/world.h"
#include "tests/temporary_directory.h"

namespace ropewalk {

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

int inotifyDescriptors() {
  int found = 0;
  for (const auto& each : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(each, gone).string().find("inotify") != std::string::npos) ++found;
  }
  return found;
}

constexpr Duration kSettle = 5ms;

/// A folder, and how often a change in it was told.
struct Watching {
  explicit Watching(World& world) : world(world) {}

  void watch(const std::string& name, WatchFilesOptions options = {.settle = kSettle}) {
    file = watchFiles(
        world.reactor, {(home / name).string()}, [this] { ++told; }, options);
  }
  /// Waits until a change was told, and for a while whether it is told again.
  int toldTimes() {
    world.until([&] { return told > 0; });
    for (int i = 0; i < 4; ++i) world.reactor.iterate(kSettle);
    return std::exchange(told, 0);
  }
  /// Whether nothing is told, for several times the settling time.
  bool silent() {
    const auto until = std::chrono::steady_clock::now() + 10 * kSettle;
    while (std::chrono::steady_clock::now() < until) world.reactor.iterate(kSettle);
    return told == 0;
  }

  World& world;
  const TemporaryDirectory directory;
  const fs::path home = directory.path();
  int told = 0;
  FileWatch file;
};

}  // namespace

TEST_CASE("a file that is written to is told once for many writes") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "old");
  here.watch("f");
  CHECK(here.silent());
  for (int i = 0; i < 20; ++i) write(here.home / "f", std::to_string(i));
  CHECK(here.toldTimes() == 1);
  write(here.home / "f", "again");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("a file that another one replaces is told, and so is what is written to the new one") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "old");
  here.watch("f");
  for (int i = 0; i < 3; ++i) {
    write(here.home / "new", std::to_string(i));
    fs::rename(here.home / "new", here.home / "f");
    CHECK(here.toldTimes() == 1);
    write(here.home / "f", "more");
    CHECK(here.toldTimes() == 1);
  }
}

TEST_CASE("a file may come, go and come again, with the folders that it lies in") {
  EVERY_POLLER;
  Watching here(world);
  here.watch("a/b/f");
  fs::create_directories(here.home / "a/b");
  write(here.home / "a/b/f", "1");
  CHECK(here.toldTimes() == 1);
  fs::remove_all(here.home / "a");
  CHECK(here.toldTimes() == 1);
  fs::create_directories(here.home / "a/b");
  here.toldTimes();
  write(here.home / "a/b/f", "1");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("what happens to other files in the folder is not told") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "old");
  here.watch("f");
  write(here.home / "g", "new");
  fs::rename(here.home / "g", here.home / "h");
  fs::remove(here.home / "h");
  CHECK(here.silent());
}

TEST_CASE("a folder that another one replaces is told") {
  EVERY_POLLER;
  Watching here(world);
  for (const char* name : {"live", "next"}) {
    fs::create_directory(here.home / name);
    write(here.home / name / "f", name);
  }
  here.watch("live/f");
  fs::rename(here.home / "live", here.home / "gone");
  fs::rename(here.home / "next", here.home / "live");
  CHECK(here.toldTimes() == 1);
  write(here.home / "gone/f", "nobody's business");
  CHECK(here.silent());
  write(here.home / "live/f", "more");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("a symbolic link is followed: its target may change, and it may lead elsewhere") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "one", "1");
  write(here.home / "two", "2");
  fs::create_symlink("one", here.home / "f");
  here.watch("f");
  write(here.home / "one", "11");
  CHECK(here.toldTimes() == 1);
  fs::create_symlink("two", here.home / "link");
  fs::rename(here.home / "link", here.home / "f");
  CHECK(here.toldTimes() == 1);
  write(here.home / "one", "111");
  CHECK(here.silent());
  write(here.home / "two", "22");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("a folder may be a link that is swapped, as Kubernetes does it with its secrets") {
  EVERY_POLLER;
  Watching here(world);
  for (const char* name : {"..1", "..2"}) {
    fs::create_directory(here.home / name);
    write(here.home / name / "tls.key", name);
  }
  fs::create_directory_symlink("..1", here.home / "..data");
  fs::create_symlink("..data/tls.key", here.home / "tls.key");
  here.watch("tls.key");
  fs::create_directory_symlink("..2", here.home / "..tmp");
  fs::rename(here.home / "..tmp", here.home / "..data");
  fs::remove_all(here.home / "..1");
  CHECK(here.toldTimes() == 1);
  write(here.home / "..2/tls.key", "renewed");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("links that lead in a circle, absolute ones, and .. on the way do no harm") {
  EVERY_POLLER;
  Watching here(world);
  fs::create_symlink("circle", here.home / "circle");
  here.watch("circle");
  fs::create_directory(here.home / "sub");
  write(here.home / "f", "1");
  fs::create_symlink(here.home / "sub", here.home / "absolute");
  here.watch("absolute/.././f");
  write(here.home / "f", "2");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("a file that is written to by another name is told") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "1");
  fs::create_hard_link(here.home / "f", here.home / "g");
  here.watch("f");
  write(here.home / "g", "2");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("a burst that does not end is told after ten settling times") {
  EVERY_POLLER;
  Watching here(world);
  here.watch("f");
  const auto began = std::chrono::steady_clock::now();
  while (here.told == 0 && std::chrono::steady_clock::now() < began + 10s) {
    write(here.home / "f", "again");
    world.reactor.iterate();
  }
  CHECK(here.told == 1);
  CHECK(std::chrono::steady_clock::now() - began >= 10 * kSettle);
}

TEST_CASE("several watch one file; one that ends leaves the others alone") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "1");
  here.watch("f");
  int other = 0;
  FileWatch second = watchFiles(world.reactor, {here.home / "f", here.home / "g"}, [&] { ++other; },
                                {.settle = kSettle});
  write(here.home / "f", "2");
  CHECK(here.toldTimes() == 1);
  CHECK(world.until([&] { return other == 1; }));
  here.file = FileWatch();
  write(here.home / "g", "2");
  CHECK(world.until([&] { return other == 2; }));
  CHECK(here.told == 0);
}

TEST_CASE("a watch may end inside its own function") {
  EVERY_POLLER;
  const TemporaryDirectory directory;
  const fs::path path = fs::path(directory.path()) / "f";
  int told = 0;
  const auto kept = std::make_shared<std::string>("still here");
  std::optional<FileWatch> watch;
  watch = watchFiles(world.reactor, {path},
                     [&, kept] {
                       watch.reset();
                       if (*kept == "still here") ++told;
                     },
                     {.settle = kSettle});
  write(path, "1");
  CHECK(world.until([&] { return told == 1; }));
  CHECK(kept.use_count() == 1);
}

TEST_CASE("a watch that ended while a change settled tells nothing") {
  EVERY_POLLER;
  Watching here(world);
  here.watch("f");
  write(here.home / "f", "1");
  world.reactor.iterate(kSettle);
  here.told = 0;
  here.file = FileWatch();
  CHECK(here.silent());
}

TEST_CASE("when the kernel loses notices, everything counts as changed") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "1");
  here.watch("f");
  for (int i = 0; i < 12'000; ++i) {  // 24,000 notices: it holds 16,384
    write(here.home / "other", "");
    fs::remove(here.home / "other");
  }
  write(here.home / "f", "2");
  here.toldTimes();
  here.silent();
  here.told = 0;
  write(here.home / "f", "3");
  CHECK(here.toldTimes() == 1);
}

TEST_CASE("without inotify the files are looked at") {
  EVERY_POLLER;
  Watching here(world);
  const log::testing::Captured captured;
  here.watch("f", {.settle = kSettle, .look = 5ms, .inotify = false});
  CHECK(here.silent());
  write(here.home / "f", "1");
  CHECK(here.toldTimes() >= 1);
  here.silent();
  here.told = 0;
  write(here.home / "new", "22");
  fs::rename(here.home / "new", here.home / "f");
  CHECK(here.toldTimes() == 1);
  CHECK(captured.count() == 0);  // it was asked for
}

TEST_CASE("where no more descriptors are to be had it looks, says so once, and mends later") {
  EVERY_POLLER;
  Watching here(world);
  write(here.home / "f", "1");
  const log::testing::Captured captured;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const rlimit none{static_cast<rlim_t>(next.get()) + 1, before.rlim_max};
  // The sanitizer wants a descriptor to look at an object for the first time.
  REQUIRE_FALSE(errnoText(EMFILE).empty());
  ::setrlimit(RLIMIT_NOFILE, &none);
  here.watch("f", {.settle = kSettle, .look = 5ms});
  CHECK(here.silent());
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(captured.count(log::Level::warn) == 1);
  CHECK(captured.contains(log::Level::warn, "is looked at every"));
  write(here.home / "f", "2");
  CHECK(here.toldTimes() >= 1);
  CHECK(here.silent());
  CHECK(inotifyDescriptors() == 1);
  CHECK(captured.count(log::Level::warn) == 1);
}

}  // namespace ropewalk
