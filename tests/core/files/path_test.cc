// Path::parse: what peers write, made absolute; and the kinds of FilesError.
#include "ropewalk/core/files/path.h"

#include <cerrno>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/files/files_error.h"
#include "tests/catch.h"

namespace ropewalk {

namespace {

std::string parsed(std::string_view text, std::string_view cwd = "/") {
  const Result<Path> path = Path::parse(text, Path::parse(cwd).value());
  return path.ok() ? path->text() : "refused";
}

FilesError::Kind kindOf(int code) { return FilesError::of(code, "open", "/x").reason(); }

}  // namespace

TEST_CASE("a path is made absolute, without empty names, dots and what they take back") {
  CHECK(parsed("") == "/");
  CHECK(parsed("/") == "/");
  CHECK(parsed("a") == "/a");
  CHECK(parsed("/a//b/./c/") == "/a/b/c");
  CHECK(parsed("/a/b/../c") == "/a/c");
  CHECK(parsed("...") == "/...");
  CHECK(parsed("..a/.b") == "/..a/.b");
}

TEST_CASE("two dots stop at the root") {
  CHECK(parsed("..") == "/");
  CHECK(parsed("/../../etc/passwd") == "/etc/passwd");
  CHECK(parsed("a/../../../b") == "/b");
  CHECK(parsed("../../..", "/a/b") == "/");
}

TEST_CASE("a relative path begins where one is, an absolute one does not") {
  CHECK(parsed("c", "/a/b") == "/a/b/c");
  CHECK(parsed("../c", "/a/b") == "/a/c");
  CHECK(parsed("", "/a/b") == "/a/b");
  CHECK(parsed("/c", "/a/b") == "/c");
}

TEST_CASE("NULs, names of more than 255 bytes and paths of more than 4096 are refused") {
  CHECK(parsed(std::string_view("a\0b", 3)) == "refused");
  const std::string longest(255, 'n');
  CHECK(parsed(longest) == "/" + longest);
  CHECK(parsed(longest + "n") == "refused");
  std::string deep;
  for (int i = 0; i < 16; ++i) deep += "/" + longest;  // 4096 bytes
  CHECK(parsed(deep) == deep);
  CHECK(parsed("x", deep) == "refused");
  CHECK(parsed(deep + "/../y") == deep.substr(0, 15 * 256) + "/y");
  const Result<Path> bad = Path::parse(std::string_view("a\0b", 3));
  REQUIRE_FALSE(bad.ok());
  const auto* error = bad.failure().check<FilesError>();
  REQUIRE(error != nullptr);
  CHECK(error->reason() == FilesError::Kind::badName);
}

TEST_CASE("a path knows its name, its parent and how it is written below a directory") {
  const Path path = Path::parse("/pub/a.txt").value();
  CHECK(path.name() == "a.txt");
  CHECK(path.parent().text() == "/pub");
  CHECK(path.parent().parent() == Path());
  CHECK(path.relative() == "pub/a.txt");
  CHECK_FALSE(path.isRoot());
  CHECK(Path().isRoot());
  CHECK(Path().name().empty());
  CHECK(Path().relative().empty());
  CHECK(Path().parent() == Path());
  CHECK(format("{}", Path::parse("/a\nb").value()) == "\"/a\\nb\"");
}

TEST_CASE("what the kernel says has a kind, and a message that names the file") {
  using Kind = FilesError::Kind;
  CHECK(kindOf(ENOENT) == Kind::notFound);
  CHECK(kindOf(ELOOP) == Kind::notFound);
  CHECK(kindOf(ENOTDIR) == Kind::notADirectory);
  CHECK(kindOf(EISDIR) == Kind::isADirectory);
  CHECK(kindOf(EACCES) == Kind::denied);
  CHECK(kindOf(ENAMETOOLONG) == Kind::badName);
  CHECK(kindOf(EEXIST) == Kind::exists);
  CHECK(kindOf(ENOTEMPTY) == Kind::notEmpty);
  CHECK(kindOf(EDQUOT) == Kind::noSpace);
  CHECK(kindOf(EROFS) == Kind::readOnly);
  CHECK(kindOf(EOPNOTSUPP) == Kind::notSupported);
  CHECK(kindOf(EMFILE) == Kind::busy);
  CHECK(kindOf(EIO) == Kind::failed);
  CHECK(std::string(FilesError::of(EACCES, "open", "/a\nb").what()) ==
        "cannot open \"/a\\nb\": permission denied");
}

}  // namespace ropewalk
