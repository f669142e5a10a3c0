// Files that appear whole or not at all, whatever has their name before.
#include "ropewalk/core/base/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/text.h"
#include "tests/catch.h"
#include "tests/core/durable/faulty_calls.h"
#include "tests/temporary_directory.h"

using namespace ropewalk;
namespace fs = std::filesystem;

namespace {

struct stat statusOf(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

std::string readAll(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
    all.append(buffer, static_cast<std::size_t>(got));
  return all;
}

}  // namespace

TEST_CASE("a new file appears with its commit, and nothing is left beside it") {
  const TemporaryDirectory directory;
  auto file = DurableFile::create(directory / "a");
  REQUIRE(file.ok());
  REQUIRE(file->write("one ").ok());
  REQUIRE(file->write("two").ok());
  CHECK_FALSE(fs::exists(directory / "a"));
  REQUIRE(file->commit().ok());
  CHECK(directory.read("a") == "one two");
  CHECK(file->size() == 7);
  CHECK(directory.count() == 1);
}

TEST_CASE("without a commit the old file stays, and nothing is left beside it") {
  const TemporaryDirectory directory;
  directory.write("a", "old");
  {
    auto file = DurableFile::create(directory / "a");
    REQUIRE(file->write("new").ok());
    CHECK(directory.count() == 2);
  }
  CHECK(directory.read("a") == "old");
  CHECK(directory.count() == 1);
}

TEST_CASE("whatever call of the system fails, the file is the old one or the new one, whole") {
  const bool resumed = GENERATE(false, true);
  const TemporaryDirectory directory;
  bool failed = true;
  int calls = 0;
  for (; failed; ++calls) {
    REQUIRE(calls < 50);
    directory.write("a", "old");
    faults::Armed fault(calls, calls % 2 == 0 ? EIO : ENOSPC);
    Result<void> done = [&]() -> Result<void> {
      auto file =
          resumed ? DurableFile::resume(directory / "a") : DurableFile::create(directory / "a");
      if (!file) return file.failure();
      if (auto cleared = file->clear(); !cleared) return cleared;
      if (auto written = file->write("the new one"); !written) return written;
      return file->commit();
    }();
    failed = fault.disarm();
    CAPTURE(calls, fault.name());
    CHECK(done.ok() == !failed);
    const std::string content = directory.read("a");
    CHECK((content == "the new one" || (failed && content == "old")));
    if (!resumed) CHECK(directory.count() == 1);
    if (done.ok()) continue;
    CHECK(done.failure().check<FileError>() != nullptr);
    CHECK(done.failure().getErrorMessage().starts_with("cannot write " + directory / "a"));
  }
  CHECK(calls > 6);  // open, write, fsync, close, rename, open, fsync: each has failed once
}

TEST_CASE("a file that is replaced keeps its mode, unless another one is asked for") {
  const TemporaryDirectory directory;
  directory.write("a", "old");
  ::chmod((directory / "a").c_str(), 0640);
  REQUIRE(writeFile(directory / "a", "new").ok());
  CHECK((statusOf(directory / "a").st_mode & 07777) == 0640);
  REQUIRE(writeFile(directory / "a", "new", 0600).ok());
  CHECK((statusOf(directory / "a").st_mode & 07777) == 0600);
}

TEST_CASE("while it is written nobody may read it who may not read the old one") {
  const TemporaryDirectory directory;
  directory.write("a", "old");
  ::chmod((directory / "a").c_str(), 0600);
  auto file = DurableFile::create(directory / "a");
  REQUIRE(file.ok());
  for (const auto& entry : fs::directory_iterator(directory.path()))
    CHECK((statusOf(entry.path()).st_mode & 0777) == 0600);
}

TEST_CASE("a link stays a link: what it leads to is replaced, beside itself") {
  const TemporaryDirectory directory;
  directory.write("sub/real", "old");
  fs::create_symlink("sub/real", directory / "middle");
  fs::create_symlink(directory / "middle", directory / "link");
  const auto before = statusOf(directory / "sub/real").st_ino;
  auto file = DurableFile::create(directory / "link");
  REQUIRE(file.ok());
  CHECK(std::distance(fs::directory_iterator(directory / "sub"), fs::directory_iterator()) == 2);
  REQUIRE(file->write("new").ok());
  CHECK(directory.read("sub/real") == "old");
  REQUIRE(file->commit().ok());
  CHECK(fs::is_symlink(directory / "link"));
  CHECK(fs::is_symlink(directory / "middle"));
  CHECK(directory.read("sub/real") == "new");
  CHECK(statusOf(directory / "sub/real").st_ino != before);
}

TEST_CASE("a link that leads to nothing makes the file that it leads to") {
  const TemporaryDirectory directory;
  fs::create_symlink("absent", directory / "link");
  REQUIRE(writeFile(directory / "link", "new").ok());
  CHECK(fs::is_symlink(directory / "link"));
  CHECK(directory.read("absent") == "new");
}

TEST_CASE("links in a circle, folders and names of nothing are refused") {
  const TemporaryDirectory directory;
  fs::create_symlink("b", directory / "a");
  fs::create_symlink("a", directory / "b");
  const auto refusal = [](const std::string& path) {
    const auto result = writeFile(path, "x");
    REQUIRE_FALSE(result.ok());
    return result.failure().getErrorMessage();
  };
  CHECK(refusal(directory / "a").ends_with("/a: too many levels of symbolic links"));
  CHECK(refusal(directory.path()).ends_with(": is a directory"));
  CHECK(refusal(directory / "new/").ends_with("/new/: is a directory"));
  CHECK(refusal("") == "cannot write : no such file or directory");
  CHECK(refusal(directory / "no/file").ends_with("/no/file: no such file or directory"));
}

TEST_CASE("a link that somebody else left where everybody may write is not followed") {
  if (::geteuid() != 0) return;  // only root can make one
  const TemporaryDirectory directory;
  ::chmod(directory.path().c_str(), 01777);
  directory.write("victim/file", "precious");
  fs::create_symlink("victim/file", directory / "link");
  REQUIRE(::lchown((directory / "link").c_str(), 65534, 65534) == 0);
  const auto result = writeFile(directory / "link", "x");
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().getErrorMessage().ends_with(": permission denied"));
  CHECK(directory.read("victim/file") == "precious");
}

TEST_CASE("a FIFO stays one: its reader gets the bytes as they come") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  const std::string large(200'000, 'x');
  const pid_t reader = ::fork();
  if (reader == 0) {
    const UniqueFd fifo(::open((directory / "fifo").c_str(), O_RDONLY | O_CLOEXEC));
    ::_exit(readAll(fifo.get()) == large ? 0 : 1);
  }
  CHECK(writeFile(directory / "fifo", large).ok());
  int status = -1;
  REQUIRE(::waitpid(reader, &status, 0) == reader);
  CHECK(status == 0);  // it has got them all
  CHECK(S_ISFIFO(statusOf(directory / "fifo").st_mode));
  CHECK(directory.count() == 1);
}

TEST_CASE("a device stays one, and says what is wrong with it") {
  const TemporaryDirectory directory;
  // The numbers of /dev/null and /dev/full: nodes of our own, should something go wrong.
  if (::mknod((directory / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) return;
  REQUIRE(::mknod((directory / "full").c_str(), S_IFCHR | 0666, makedev(1, 7)) == 0);
  const UniqueFd usable(::open((directory / "null").c_str(), O_WRONLY | O_CLOEXEC));
  if (!usable) return;  // a file system without devices
  CHECK(writeFile(directory / "null", "gone").ok());
  CHECK(S_ISCHR(statusOf(directory / "null").st_mode));
  const auto full = writeFile(directory / "full", "no room");
  REQUIRE_FALSE(full.ok());
  CHECK(full.failure().getErrorMessage().ends_with("/full: no space left on device"));
  CHECK(directory.count() == 2);
}

TEST_CASE("/proc/self/fd/N is that descriptor, with the place where it is in its file") {
  const TemporaryDirectory directory;
  const UniqueFd out(::open((directory / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::write(out.get(), "before, ", 8) == 8);
  REQUIRE(writeFile("/proc/self/fd/" + std::to_string(out.get()), "body").ok());
  REQUIRE(::write(out.get(), ", after", 7) == 7);
  CHECK(directory.read("out") == "before, body, after");
}

TEST_CASE("a link to /proc/self/fd/N, as /dev/stdout is, is that descriptor too, also a pipe") {
  const TemporaryDirectory directory;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd hears(ends[0]);
  UniqueFd says(ends[1]);
  fs::create_symlink("/proc/self/fd/" + std::to_string(says.get()), directory / "stdout");
  REQUIRE(writeFile(directory / "stdout", "body").ok());
  says.reset();
  CHECK(readAll(hears.get()) == "body");
  CHECK(directory.count() == 1);
}

TEST_CASE("openWrittenThrough opens devices and FIFOs only, and makes nothing") {
  const TemporaryDirectory directory;
  directory.write("a", "old");
  CHECK_FALSE(openWrittenThrough(directory / "a").value());
  CHECK_FALSE(openWrittenThrough(directory / "none").value());
  CHECK(openWrittenThrough("/proc/self/fd/0").value());
  CHECK_FALSE(writeFile("/proc/self/fd/987", "x").ok());
  CHECK(directory.count() == 1);
}

TEST_CASE("the name beside fits wherever the name itself fits") {
  // é is two bytes, and must not be cut in two.
  const std::string name = GENERATE(std::string(255, 'n'), std::string(250, 'n'),
                                    std::string(200, 'n') + std::string(27, '\xc3'));
  std::string text = name;
  for (std::size_t at = text.find('\xc3'); at < text.size(); at += 2) text.insert(at + 1, "\xa9");
  const TemporaryDirectory directory;
  REQUIRE(writeFile(directory / text, "new").ok());
  CHECK(directory.read(text) == "new");
  std::vector<std::string> parts;
  {
    auto file = DurableFile::resume(directory / text);
    REQUIRE(file.ok());
    REQUIRE(writeFile(file->beside("-info"), "note").ok());
  }
  for (const auto& entry : fs::directory_iterator(directory.path()))
    CHECK(isUtf8(entry.path().filename().string()));
  CHECK(directory.count() == 3);
}

TEST_CASE("two long names that begin alike have two parts") {
  const TemporaryDirectory directory;
  auto one = DurableFile::resume(directory / std::string(255, 'n'));
  auto two = DurableFile::resume(directory / (std::string(254, 'n') + "m"));
  CHECK(one.ok());
  CHECK(two.ok());
  CHECK(directory.count() == 2);
}

TEST_CASE("what resume left is there the next time, and locked meanwhile") {
  const TemporaryDirectory directory;
  {
    auto first = DurableFile::resume(directory / "a");
    REQUIRE(first->write("01234").ok());
    const auto second = DurableFile::resume(directory / "a");
    REQUIRE_FALSE(second.ok());
    CHECK(second.failure().getErrorMessage().ends_with("/a.part: somebody else is writing it"));
  }
  CHECK(directory.read("a.part") == "01234");
  auto again = DurableFile::resume(directory / "a");
  REQUIRE(again.ok());
  CHECK(again->size() == 5);
  REQUIRE(again->write("56789").ok());
  REQUIRE(again->commit().ok());
  CHECK(directory.read("a") == "0123456789");
  CHECK(directory.count() == 1);
}

TEST_CASE("what resume left is locked until it has its name") {
  static std::string path;
  static bool taken = false;
  const TemporaryDirectory directory;
  path = directory / "a";
  auto file = DurableFile::resume(path);
  REQUIRE(file->write("whole").ok());
  faults::atRename([] { taken = DurableFile::resume(path).ok(); });
  const bool committed = file->commit().ok();
  faults::atRename(nullptr);
  CHECK(committed);
  CHECK_FALSE(taken);
}

TEST_CASE("a part that is no regular file, or a link, is not written to") {
  const TemporaryDirectory directory;
  directory.write("victim", "precious");
  const bool link = GENERATE(true, false);
  if (link) {
    fs::create_symlink("victim", directory / "a.part");
  } else {
    fs::create_directory(directory / "a.part");
  }
  CHECK_FALSE(DurableFile::resume(directory / "a").ok());
  CHECK(directory.read("victim") == "precious");
}
