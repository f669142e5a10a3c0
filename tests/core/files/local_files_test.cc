// LocalFiles: what is below a directory, by whatever path a peer writes.
#include "ropewalk/core/files/local_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "ropewalk/core/files/files_error.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"
#include "tests/temporary_directory.h"

namespace ropewalk {

using testing::failureResultOf;
using testing::successResultOf;

namespace {

using Kind = FilesError::Kind;

/// A directory "public", a secret beside it, and the files of the first.
struct Tree {
  explicit Tree(World& world) : world(world) {
    directory.write("secret.txt", "secret");
    directory.write("public/a.txt", "0123456789");
    directory.write("public/sub/b.txt", "b");
    files.emplace(world.reactor, directory / "public");
  }
  static Path path(std::string_view text) { return Path::parse(text).value(); }

  template <class T>
  T get(Deferred<T> answer) {
    REQUIRE(world.until([&] { return answer.ready(); }));
    return successResultOf(answer);
  }
  template <class T>
  Kind failure(Deferred<T> answer) {
    REQUIRE(world.until([&] { return answer.ready(); }));
    return failureResultOf<FilesError>(answer).template check<FilesError>()->reason();
  }
  std::string content(std::string_view name) {
    const std::unique_ptr<File> file = get(files->open(path(name)));
    return get(file->read(0, 1000));
  }
  std::set<std::string> names(std::string_view name) {
    const std::unique_ptr<Listing> listing = get(files->list(path(name)));
    std::set<std::string> all;
    for (;;) {
      const auto some = get(listing->next());
      if (some.empty()) return all;
      for (const auto& entry : some) CHECK(all.insert(entry.name).second);
    }
  }

  World& world;
  const TemporaryDirectory directory;
  std::optional<LocalFiles> files;
};

}  // namespace

TEST_CASE("a file is opened and read, by pieces and past its end") {
  EVERY_POLLER;
  Tree tree(world);
  const std::unique_ptr<File> file = tree.get(tree.files->open(Tree::path("/a.txt")));
  CHECK(tree.get(file->read(0, 100)) == "0123456789");
  CHECK(tree.get(file->read(3, 4)) == "3456");
  CHECK(tree.get(file->read(8, 4)) == "89");
  CHECK(tree.get(file->read(10, 4)).empty());
  CHECK(tree.get(file->read(std::numeric_limits<std::uint64_t>::max(), 4)).empty());
  CHECK(tree.get(file->read(std::numeric_limits<std::int64_t>::max() - 1, 4)).empty());
  CHECK(tree.get(file->read(0, 0)).empty());
  CHECK(tree.get(file->stat()).size == 10);
}

TEST_CASE("a large file is read whole, though it does not fit into the call") {
  EVERY_POLLER;
  Tree tree(world);
  std::string much(5'000'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 31 >> 4);
  tree.directory.write("public/much", much);
  const std::unique_ptr<File> file = tree.get(tree.files->open(Tree::path("/much")));
  CHECK(tree.get(file->read(0, 10'000'000)) == much);
  CHECK(tree.get(file->read(1'000'001, 600'000)) == much.substr(1'000'001, 600'000));
}

TEST_CASE("an answer outlives the file and the tree that were asked") {
  EVERY_POLLER;
  Tree tree(world);
  tree.directory.write("public/much", std::string(3'000'000, 'x'));
  std::unique_ptr<File> file = tree.get(tree.files->open(Tree::path("/much")));
  auto read = file->read(0, 3'000'000);
  auto link = tree.files->readLink(Tree::path("/a.txt"));
  file.reset();
  tree.files.reset();
  CHECK(tree.get(std::move(read)).size() == 3'000'000);
  CHECK(tree.failure(std::move(link)) == Kind::failed);
}

TEST_CASE("what the kernel has in memory is answered within the call") {
  EVERY_POLLER;
  Tree tree(world);
  CHECK(tree.content("/a.txt") == "0123456789");
  const UniqueFd root(
      ::open((tree.directory / "public").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (openCached(root.get(), "a.txt", Symlinks::beneath).code == EAGAIN) return;  // an old kernel
  auto status = tree.files->stat(Tree::path("/a.txt"));
  CHECK(successResultOf(status).size == 10);
  auto opened = tree.files->open(Tree::path("/a.txt"));
  const std::unique_ptr<File> file = successResultOf(opened);
  auto missing = tree.files->stat(Tree::path("/missing"));
  CHECK(tree.failure(std::move(missing)) == Kind::notFound);
}

TEST_CASE("a status says what a name stands for, and when it was changed") {
  EVERY_POLLER;
  Tree tree(world);
  ::chmod((tree.directory / "public/a.txt").c_str(), 0640);
  const timespec times[2] = {{1'000'000'000, 0}, {1'700'000'000, 123'000'000}};
  REQUIRE(::utimensat(AT_FDCWD, (tree.directory / "public/a.txt").c_str(), times, 0) == 0);
  const FileStatus file = tree.get(tree.files->stat(Tree::path("/a.txt")));
  CHECK(file.type == FileType::file);
  CHECK(file.size == 10);
  CHECK(file.permissions == 0640);
  CHECK(file.user == ::getuid());
  CHECK(file.links == 1);
  CHECK(toTextUTC(file.modified) == "2023-11-14T22:13:20.123Z");
  CHECK(file.accessed.unixSeconds() == 1'000'000'000);
  CHECK(file.inode != 0);
  CHECK(tree.get(tree.files->stat(Path())).type == FileType::directory);
  REQUIRE(::mkfifo((tree.directory / "public/fifo").c_str(), 0600) == 0);
  CHECK(tree.get(tree.files->stat(Tree::path("/fifo"))).type == FileType::other);
}

TEST_CASE("each failure has its kind") {
  EVERY_POLLER;
  Tree tree(world);
  REQUIRE(::mkfifo((tree.directory / "public/fifo").c_str(), 0600) == 0);
  CHECK(tree.failure(tree.files->stat(Tree::path("/missing"))) == Kind::notFound);
  CHECK(tree.failure(tree.files->open(Tree::path("/missing"))) == Kind::notFound);
  CHECK(tree.failure(tree.files->open(Tree::path("/a.txt/x"))) == Kind::notADirectory);
  CHECK(tree.failure(tree.files->open(Tree::path("/sub"))) == Kind::isADirectory);
  CHECK(tree.failure(tree.files->open(Tree::path("/fifo"))) == Kind::notSupported);
  CHECK(tree.failure(tree.files->list(Tree::path("/a.txt"))) == Kind::notADirectory);
  CHECK(tree.failure(tree.files->list(Tree::path("/missing"))) == Kind::notFound);
  CHECK_THROWS_AS(LocalFiles(world.reactor, tree.directory / "missing"), FilesError);
  CHECK_THROWS_AS(LocalFiles(world.reactor, tree.directory / "secret.txt"), FilesError);
}

TEST_CASE("links are followed beneath, and lead nowhere else") {
  EVERY_POLLER;
  Tree tree(world);
  const auto link = [&](const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, tree.directory / ("public/" + name));
  };
  link("a.txt", "inside");
  link("../secret.txt", "outside");
  link(tree.directory / "secret.txt", "absolute");
  link("..", "up");
  CHECK(tree.content("/inside") == "0123456789");
  for (const char* name : {"/outside", "/absolute", "/up/secret.txt", "/../secret.txt"}) {
    CAPTURE(name);
    CHECK(tree.failure(tree.files->open(Tree::path(name))) == Kind::notFound);
    CHECK(tree.failure(tree.files->stat(Tree::path(name))) == Kind::notFound);
  }
  CHECK(tree.get(tree.files->stat(Tree::path("/inside"))).type == FileType::file);
  for (const char* name : {"/inside", "/outside"}) {
    const FileStatus status = tree.get(tree.files->stat(Tree::path(name), LastLink::stay));
    CHECK(status.type == FileType::link);
  }
  CHECK(tree.get(tree.files->readLink(Tree::path("/outside"))) == "../secret.txt");
  CHECK(tree.failure(tree.files->readLink(Tree::path("/a.txt"))) == Kind::failed);
  LocalFiles never(world.reactor, tree.directory / "public", Symlinks::never);
  CHECK(tree.failure(never.open(Tree::path("/inside"))) == Kind::notFound);
  CHECK(tree.get(never.readLink(Tree::path("/inside"))) == "a.txt");
}

TEST_CASE("a directory is listed in pieces, each name once, with its status") {
  EVERY_POLLER;
  Tree tree(world);
  CHECK(tree.names("/") == std::set<std::string>{"a.txt", "sub"});
  std::set<std::string> many;
  for (int i = 0; i < 1000; ++i) {
    many.insert("file" + std::to_string(i));
    tree.directory.write("public/many/file" + std::to_string(i), "");
  }
  CHECK(tree.names("/many") == many);
  std::filesystem::create_directory(tree.directory / "public/empty");
  CHECK(tree.names("/empty").empty());
  const std::unique_ptr<Listing> listing = tree.get(tree.files->list(Path()));
  for (const auto& entry : tree.get(listing->next())) {
    const bool file = entry.name == "a.txt";
    CHECK(entry.status.type == (file ? FileType::file : FileType::directory));
    CHECK((!file || entry.status.size == 10));
  }
}

TEST_CASE("pieces of a listing that are asked for at once come in turn") {
  EVERY_POLLER;
  Tree tree(world);
  for (int i = 0; i < 600; ++i) tree.directory.write("public/many/" + std::to_string(i), "");
  const std::unique_ptr<Listing> listing = tree.get(tree.files->list(Tree::path("/many")));
  std::vector<Deferred<std::vector<Listing::Entry>>> asked;
  for (int i = 0; i < 5; ++i) asked.push_back(listing->next());
  std::set<std::string> all;
  for (auto& each : asked) {
    for (const auto& entry : tree.get(std::move(each))) all.insert(entry.name);
  }
  CHECK(all.size() == 600);
}

TEST_CASE("a file's descriptor can be sent from, and lives as long as it is held") {
  EVERY_POLLER;
  Tree tree(world);
  SharedFd descriptor;
  {
    const std::unique_ptr<File> file = tree.get(tree.files->open(Tree::path("/a.txt")));
    descriptor = file->descriptor();
  }
  char bytes[4];
  CHECK(::pread(descriptor->get(), bytes, sizeof bytes, 2) == 4);
  CHECK(std::string(bytes, 4) == "2345");
}

TEST_CASE("the directory that was opened is served, also when another takes its name") {
  EVERY_POLLER;
  Tree tree(world);
  std::filesystem::rename(tree.directory / "public", tree.directory / "old");
  tree.directory.write("public/a.txt", "new");
  CHECK(tree.content("/a.txt") == "0123456789");
}

}  // namespace ropewalk
