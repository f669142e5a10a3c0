// openBeneath: what lies below a directory is opened, and nothing else.
#include "ropewalk/core/files/beneath.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "tests/catch.h"
#include "tests/temporary_directory.h"

namespace ropewalk {

namespace {

/// A directory "public" with a few files and links, and a secret beside it.
struct Tree {
  Tree() {
    directory.write("secret.txt", "secret");
    directory.write("public/a.txt", "0123456789");
    directory.write("public/sub/b c.css", "b{}");
    link("a.txt", "link");
    link("sub", "way");
    link("../secret.txt", "outside");
    link("..", "up");
    link(directory / "secret.txt", "absolute");
    link("loop", "loop");
    root.reset(::open((directory / "public").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, directory / ("public/" + name));
  }
  std::string read(const std::string& path, Symlinks symlinks) const {
    const OpenedFile opened = openBeneath(root.get(), path, symlinks);
    char text[64];
    const ssize_t got = ::read(opened.fd.get(), text, sizeof text);
    return got < 0 ? "error " + std::to_string(opened.code)
                   : std::string(text, static_cast<std::size_t>(got));
  }

  const TemporaryDirectory directory;
  UniqueFd root;
};

const std::string kNotThere = "error " + std::to_string(ENOENT);

}  // namespace

TEST_CASE("what lies below a directory is opened, the empty path is the directory itself") {
  const Tree tree;
  const auto symlinks = GENERATE(Symlinks::beneath, Symlinks::never, Symlinks::anywhere);
  CHECK(tree.read("a.txt", symlinks) == "0123456789");
  CHECK(tree.read("sub/b c.css", symlinks) == "b{}");
  CHECK(tree.read("missing", symlinks) == kNotThere);
  CHECK(tree.read("a.txt/below", symlinks) == "error " + std::to_string(ENOTDIR));
  CHECK(openBeneath(tree.root.get(), "", symlinks, O_DIRECTORY).fd);
}

TEST_CASE("links that stay beneath are followed, others are not there") {
  const Tree tree;
  CHECK(tree.read("link", Symlinks::beneath) == "0123456789");
  CHECK(tree.read("way/b c.css", Symlinks::beneath) == "b{}");
  for (const char* path : {"outside", "up/secret.txt", "absolute", "loop", "../secret.txt",
                           "sub/../../secret.txt", "/etc/passwd"}) {
    CAPTURE(path);
    CHECK(tree.read(path, Symlinks::beneath) == kNotThere);
    CHECK(tree.read(path, Symlinks::never) == kNotThere);
  }
  for (const char* path : {"link", "way/b c.css"}) {
    CAPTURE(path);
    CHECK(tree.read(path, Symlinks::never) == kNotThere);
  }
  CHECK(tree.read("outside", Symlinks::anywhere) == "secret");
}

TEST_CASE("without openat2 no link is followed, and nothing outside is reached") {
  const Tree tree;
  CHECK(openSegments(tree.root.get(), "a.txt").fd);
  CHECK(openSegments(tree.root.get(), "sub/b c.css").fd);
  CHECK(openSegments(tree.root.get(), "").fd);
  for (const char* path :
       {"link", "way/b c.css", "../secret.txt", "sub/../../secret.txt", "missing"}) {
    INFO(path);
    const OpenedFile opened = openSegments(tree.root.get(), path);
    CHECK_FALSE(opened.fd);
    CHECK((opened.code == ENOENT || opened.code == ENOTDIR));
  }
}

TEST_CASE(
    "what the kernel has in memory is opened without waiting, what is not to be seen neither") {
  const Tree tree;
  CHECK(tree.read("a.txt", Symlinks::beneath) == "0123456789");  // now it is in memory
  const OpenedFile opened = openCached(tree.root.get(), "a.txt", Symlinks::beneath);
  if (!opened.fd) CHECK(opened.code == EAGAIN);  // a kernel that cannot tell
  for (const char* path : {"outside", "up/secret.txt", "absolute", "../secret.txt", "missing"}) {
    CAPTURE(path);
    const OpenedFile none = openCached(tree.root.get(), path, Symlinks::beneath);
    CHECK_FALSE(none.fd);
    CHECK((none.code == ENOENT || none.code == EAGAIN));
  }
  CHECK_FALSE(openCached(tree.root.get(), "link", Symlinks::never).fd);
  CHECK_FALSE(openCached(tree.root.get(), "way/b c.css", Symlinks::never).fd);
}

TEST_CASE("a file is looked at without being opened for reading, whatever links are followed") {
  const Tree tree;
  const auto symlinks = GENERATE(Symlinks::beneath, Symlinks::never, Symlinks::anywhere);
  const OpenedFile look = openBeneath(tree.root.get(), "a.txt", symlinks, O_PATH);
  REQUIRE(look.fd);
  char byte = 0;
  CHECK(::read(look.fd.get(), &byte, 1) == -1);
}

}  // namespace ropewalk
