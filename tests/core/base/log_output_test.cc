// Streams, terminals, files; before the start.

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): openpt
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "log_fixture.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/base/log_writer.h"
#include "tests/catch.h"

using namespace ropewalk;
using log::Format;
using log::Level;
using logtest::contentOf;
using logtest::Environment;
using logtest::File;
using logtest::FreshLog;
using logtest::linesOf;
using Json = nlohmann::json;

namespace {

constexpr log::Logger kLog{"http.client"};

// A pseudo terminal: what is written to stream() can be read with text().
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(master_);
    ::unlockpt(master_);
    stream_.reset(std::fopen(::ptsname(master_), "w"));
  }
  ~Terminal() { ::close(master_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  std::FILE* stream() const { return stream_.get(); }
  // What one log call wrote; a terminal turns its line feed into CR LF.
  std::string text() const {
    std::string text(4096, '\0');
    const ssize_t size = ::read(master_, text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  int master_;
  File stream_;
};

// Colour wishes of whoever runs the tests must not matter.
struct NoWishes {
  Environment noColour{"NO_COLOR", nullptr};
  Environment force{"CLICOLOR_FORCE", nullptr};
  Environment term{"TERM", "xterm"};
};

bool hasForm(const std::string& text, const std::string& form) {
  // In a form, 9 stands for a digit.
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '9' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("on what is no terminal each event is a line of JSON") {
  const FreshLog fresh;
  const NoWishes none;
  const File file(std::tmpfile());
  log::startLogging(file.get());
  kLog.warn("slow \"peer\"", log::field("peer", "::1"), log::field("ms", 1200),
            log::field("ok", false));
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 1);
  const Json event = Json::parse(lines[0]);
  CHECK(hasForm(event["time"], "9999-99-99T99:99:99.999Z"));
  CHECK(event["level"] == "warn");
  CHECK(event["module"] == "http.client");
  CHECK(event["message"] == "slow \"peer\"");
  CHECK(event["peer"] == "::1");
  CHECK(event["ms"] == 1200);
  CHECK(event["ok"] == false);
  CHECK(event["at"].get<std::string>().starts_with("log_output_test.cc:"));
}

TEST_CASE("JSON stays JSON whatever is logged") {
  const FreshLog fresh;
  const File file(std::tmpfile());
  log::startLogging(file.get(), Format::json);
  log::info("bad \xff bytes\nand a line\x1b[2J", log::field("not a number", 0.0 / 0.0),
            log::field("level", "mine"), log::field("quo\"te", std::string(1, '\0')));
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 1);
  const Json event = Json::parse(lines[0]);
  CHECK(event["message"] == "bad \xef\xbf\xbd bytes\nand a line\x1b[2J");
  CHECK(event["level"] == "info");
  CHECK(event["level_"] == "mine");
  CHECK(event["not a number"].is_string());
  CHECK(event.contains("quo\"te"));
  CHECK_FALSE(event.contains("module"));
}

TEST_CASE("text in a file has date, level, module, message and fields") {
  const FreshLog fresh;
  const NoWishes none;
  const File file(std::tmpfile());
  log::startLogging(file.get(), Format::text);
  kLog.info("fetched {}", "/", log::field("ms", 12), log::field("agent", "a \"b\""),
            log::field("none", ""));
  log::error("bare");
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 2);
  CHECK(hasForm(lines[0], "9999-99-99T99:99:99.999"));
  CHECK(lines[0].ends_with(" I http.client  fetched /  ms=12 agent=\"a \\\"b\\\"\" none=\"\""));
  CHECK(lines[1].ends_with(" E -            bare"));
}

TEST_CASE("no peer can forge a line or steer the terminal through the text of an event") {
  const FreshLog fresh;
  const NoWishes none;
  const File file(std::tmpfile());
  log::startLogging(file.get(), Format::text);
  log::info("name {}", "x\n2026-11-20T10:11:12.345Z C http forged\r\x1b[2J\x7f\xff\xc2\x9b",
            log::field("k\n", "a\nb"));
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].ends_with("name x"));
  CHECK(lines[1] ==
        R"(    | 2026-11-20T10:11:12.345Z C http forged\r\x1b[2J\x7f\xff\xc2\x9b  k\n="a\nb")");
}

TEST_CASE("a terminal gets one coloured line with the time of day") {
  const FreshLog fresh;
  const NoWishes none;
  const Terminal terminal;
  log::startLogging(terminal.stream());
  kLog.warn("careful");
  const std::string text = terminal.text();
  CHECK(hasForm(text, "\x1b[2m99:99:99.999\x1b[0m "));
  CHECK(text.ends_with("\x1b[33mW\x1b[0m \x1b[2mhttp.client \x1b[0m careful\r\n"));
}

TEST_CASE("NO_COLOR and TERM=dumb keep a terminal plain; an empty NO_COLOR says nothing") {
  const FreshLog fresh;
  const NoWishes none;
  const Terminal terminal;
  const auto lineNow = [&] {
    log::stopLogging();
    log::startLogging(terminal.stream());
    log::info("hello");
    return terminal.text();
  };
  {
    const Environment wish("NO_COLOR", "1");
    const std::string text = lineNow();
    CHECK(hasForm(text, "99:99:99.999 I -            hello\r\n"));
  }
  {
    const Environment wish("TERM", "dumb");
    CHECK(lineNow().find('\x1b') == std::string::npos);
  }
  const Environment wish("NO_COLOR", "");
  CHECK(lineNow().find('\x1b') != std::string::npos);
}

TEST_CASE("CLICOLOR_FORCE gives coloured lines to a pipe, unless NO_COLOR is set too") {
  const FreshLog fresh;
  const NoWishes none;
  const Environment force("CLICOLOR_FORCE", "1");
  const File coloured(std::tmpfile());
  log::startLogging(coloured.get());
  log::info("hello");
  CHECK(contentOf(coloured).starts_with("\x1b["));
  const Environment wish("NO_COLOR", "1");
  const File plain(std::tmpfile());
  log::startLogging(plain.get());
  log::info("hello");
  CHECK(contentOf(plain).find('\x1b') == std::string::npos);
}

TEST_CASE(
    "G-02: before the start, warnings and worse are printed on stderr, and what is less is not") {
  const FreshLog fresh;
  const logtest::CapturedStderr standardError;
  log::info("kept");
  log::warn("printed {}", 1);
  log::critical("printed {}", 2);
  const auto lines = linesOf(standardError.text());
  REQUIRE(lines.size() == 2);
  CHECK(hasForm(lines[0], "9999-99-99T99:99:99.999"));
  CHECK(lines[0].ends_with(" W -            printed 1"));
  CHECK(lines[1].ends_with(" C -            printed 2"));
}

TEST_CASE("G-02: events before the start are replayed to it, in order, with their times") {
  const FreshLog fresh;
  const logtest::CapturedStderr standardError;
  log::info("one");
  const Timestamp between = now();
  log::warn("two");
  const File file(std::tmpfile());
  log::startLogging(file.get(), Format::json);
  log::info("three");
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 3);
  CHECK(Json::parse(lines[0])["message"] == "one");
  CHECK(Json::parse(lines[0])["time"].get<std::string>() <= toTextUTC(between));
  CHECK(Json::parse(lines[1])["message"] == "two");
  CHECK(Json::parse(lines[2])["message"] == "three");
}

TEST_CASE("G-02: of more than 200 events before the start the last 200 are kept") {
  const FreshLog fresh;
  for (int i = 0; i < 250; ++i) log::info("event {}", i);
  const File file(std::tmpfile());
  log::startLogging(file.get(), Format::json);
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 200);
  CHECK(Json::parse(lines.front())["message"] == "event 50");
  CHECK(Json::parse(lines.back())["message"] == "event 249");
}

TEST_CASE("G-02: a start on stderr does not repeat what stderr has shown") {
  const FreshLog fresh;
  const logtest::CapturedStderr standardError;
  log::info("quiet");
  log::warn("loud");
  log::startLogging(stderr, Format::json);
  const auto lines = linesOf(standardError.text());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].ends_with("loud"));
  CHECK(Json::parse(lines[1])["message"] == "quiet");
}

TEST_CASE("G-02: the replay happens once, at the first start") {
  const FreshLog fresh;
  log::info("early");
  const File first(std::tmpfile());
  const File second(std::tmpfile());
  log::startLogging(first.get(), Format::json);
  log::startLogging(second.get(), Format::json);
  log::info("late");
  CHECK(linesOf(contentOf(first)).size() == 2);
  CHECK(linesOf(contentOf(second)).size() == 1);
}

TEST_CASE("G-02: starting twice on the same stream warns, names the first place, and logs once") {
  const FreshLog fresh;
  const File file(std::tmpfile());
  const int first = __LINE__ + 1;
  log::startLogging(file.get(), Format::text);
  log::startLogging(file.get(), Format::json);
  log::info("hello");
  const auto lines = linesOf(contentOf(file));
  REQUIRE(lines.size() == 2);
  CHECK(Json::parse(lines[0])["level"] == "warn");
  const std::string message = Json::parse(lines[0])["message"];
  CHECK(message.find("log_output_test.cc:" + std::to_string(first)) != std::string::npos);
  CHECK(Json::parse(lines[1])["message"] == "hello");
}

TEST_CASE("after the start stderr is left alone") {
  const FreshLog fresh;
  const logtest::CapturedStderr standardError;
  const File file(std::tmpfile());
  log::startLogging(file.get());
  log::critical("to the file");
  CHECK(standardError.text().empty());
}

TEST_CASE(
    "a stream that cannot be written to is reported to stderr once, and worse events go there") {
  const FreshLog fresh;
  const logtest::CapturedStderr standardError;
  const File full(std::fopen("/dev/full", "w"));
  REQUIRE(full != nullptr);
  log::startLogging(full.get(), Format::text);
  log::info("lost");
  log::info("lost");
  log::error("saved");
  log::stopLogging();
  const auto lines = linesOf(standardError.text());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("logging to a stream failed: ") != std::string::npos);
  CHECK(lines[1].ends_with("saved"));
}

TEST_CASE("a file is appended to, JSON unless it is text") {
  const FreshLog fresh;
  const logtest::TemporaryDirectory directory;
  log::startLoggingToFile(directory / "a.log");
  log::info("one");
  log::stopLogging();
  log::startLoggingToFile(directory / "a.log", {.format = Format::text});
  log::info("two");
  const auto lines = linesOf(contentOf(directory / "a.log"));
  REQUIRE(lines.size() == 2);
  CHECK(Json::parse(lines[0])["message"] == "one");
  CHECK(lines[1].ends_with(" two"));
}

TEST_CASE("a file that cannot be opened is an error that names it") {
  const FreshLog fresh;
  CHECK_THROWS_AS(log::startLoggingToFile("/dev/null/x.log"), log::CannotLogError);
  CHECK_THROWS_WITH(log::startLoggingToFile("/dev/null/x.log"),
                    Catch::StartsWith("cannot log to /dev/null/x.log: "));
}

TEST_CASE("a FIFO without a reader is an error and no wait; with one it is written to") {
  const FreshLog fresh;
  const logtest::TemporaryDirectory directory;
  const std::string path = directory / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(log::startLoggingToFile(path), Catch::Contains("nobody reads"));
  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  log::startLoggingToFile(path, {.format = Format::text});
  log::info("heard");
  char line[200];
  const ssize_t got = ::read(reader.get(), line, sizeof line);
  REQUIRE(got > 0);
  CHECK(std::string_view(line, static_cast<std::size_t>(got)).find("heard") !=
        std::string_view::npos);
}

TEST_CASE("a stream and a file can be logged to at once") {
  const FreshLog fresh;
  const logtest::TemporaryDirectory directory;
  const File stream(std::tmpfile());
  log::startLogging(stream.get());
  log::startLoggingToFile(directory / "a.log");
  log::info("both");
  CHECK(linesOf(contentOf(stream)).size() == 1);
  CHECK(linesOf(contentOf(directory / "a.log")).size() == 1);
}

TEST_CASE("lines of a stream may go there by the program's own function, which may fail") {
  const FreshLog fresh;
  const File stream(std::tmpfile());
  std::vector<std::string> lines;
  log::startLoggingBy(
      [&](std::string_view line) {
        if (line.find("heavy") != std::string_view::npos) throw std::runtime_error("too heavy");
        lines.emplace_back(line);
      },
      stream.get());
  log::info("one");
  log::info("heavy");
  log::info("two");
  REQUIRE(lines.size() == 2);
  CHECK(Json::parse(lines[0])["message"] == "one");  // as on a stream that is no terminal
  CHECK(lines[1].ends_with("}\n"));
  CHECK(contentOf(stream).empty());
}

TEST_CASE("after a rename, reopen goes on in a new file of the old name") {
  const FreshLog fresh;
  const logtest::TemporaryDirectory directory;
  log::startLoggingToFile(directory / "a.log");
  log::info("one");
  std::filesystem::rename(directory / "a.log", directory / "a.log.1");
  log::info("two");
  log::reopen();
  log::info("three");
  CHECK(linesOf(contentOf(directory / "a.log.1")).size() == 2);
  REQUIRE(linesOf(contentOf(directory / "a.log")).size() == 1);
}

TEST_CASE("when the file cannot be reopened the old one stays in use, and the log says so") {
  const FreshLog fresh;
  const logtest::TemporaryDirectory directory;
  log::startLoggingToFile(directory / "a.log");
  log::info("one");
  std::filesystem::rename(directory / "a.log", directory / "b.log");
  std::filesystem::create_directory(directory / "a.log");
  log::reopen();
  log::info("two");
  const auto lines = linesOf(contentOf(directory / "b.log"));
  REQUIRE(lines.size() == 3);
  CHECK(Json::parse(lines[1])["message"].get<std::string>().find("cannot open") !=
        std::string::npos);
  CHECK(Json::parse(lines[2])["message"] == "two");
}

TEST_CASE("a file that grows past its limit is rotated, and only so many are kept") {
  const FreshLog fresh;
  const logtest::TemporaryDirectory directory;
  log::startLoggingToFile(directory / "a.log",
                          {.format = Format::text, .rotateAt = 300, .keep = 2});
  for (int i = 0; i < 20; ++i) log::info("event {:02} {}", i, std::string(40, '.'));
  CHECK(contentOf(directory / "a.log").find("event 19") != std::string::npos);
  CHECK(contentOf(directory / "a.log").size() <= 300);
  CHECK(std::filesystem::exists(directory / "a.1.log"));
  CHECK(std::filesystem::exists(directory / "a.2.log"));
  CHECK_FALSE(std::filesystem::exists(directory / "a.3.log"));
}
