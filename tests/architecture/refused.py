#!/usr/bin/env python3
"""Compiles small wrong programs: each must fail, its first error must be our sentence, and the whole answer at most 30 lines.

Usage: refused.py COMPILER INCLUDE-FOLDER [WORD]. With WORD, only the programs whose name has it.
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile

LINES = 30

CORE_HEADER = """#include <ropewalk/core/core.h>
#include <ropewalk/core/async/cooperator.h>
#include <ropewalk/core/net/threads/threads.h>
namespace rw = ropewalk;
using namespace rw::literals;
rw::Deferred<void> later();
rw::Deferred<int> number();
rw::Deferred<std::string> text();
"""
CORE = """void use(rw::Reactor& reactor, rw::Source<int>& source) {
  %s
}
"""
HTTP_HEADER = """#include <ropewalk/servers/http/http.h>
namespace rw = ropewalk;
namespace http = rw::http;
struct Point { int x, y; };
rw::Deferred<int> number();
"""
HTTP = """void use(http::Site& site) {
  %s
}
"""

FORGOTTEN = "nobody here keeps a callable that gives a Deferred"
MISFIT = "this callable does not fit here"
TAKES = "this callback cannot be called with what this Deferred gives"
GIVES = "what this callback gives does not fit this Deferred"
HANDLER_GIVES = "a handler gives text, a Response"
HANDLER_TAKES = "a handler takes (http::Request&)"

PROGRAMS = [
    # Callables that would be destroyed while they run.
    ("callLater, a coroutine", CORE, "reactor.callLater(1s, [&]() -> rw::Deferred<void> { co_await later(); });", FORGOTTEN),
    ("callLater, a Deferred", CORE, "reactor.callLater(1s, [] { return later(); });", FORGOTTEN),
    ("callLater, a function", CORE, "reactor.callLater(1s, later);", FORGOTTEN),
    ("callSoon", CORE, "reactor.callSoon([] { return later(); });", FORGOTTEN),
    ("callFromThread", CORE, "reactor.callFromThread([] { return number(); });", FORGOTTEN),
    ("callWhenRunning", CORE, "reactor.callWhenRunning([] { return later(); });", FORGOTTEN),
    ("addReader", CORE, "reactor.addReader(0, [] { return later(); });", FORGOTTEN),
    ("ThreadPool::submit", CORE, "reactor.threadPool().submit([] { return later(); });", FORGOTTEN),
    ("Deadline", CORE, "rw::Deadline idle(reactor, [] { return later(); });", FORGOTTEN),
    ("onCancel", CORE, "source.onCancel([] { return later(); });", FORGOTTEN),
    ("onCancel, with the Source", CORE, "source.onCancel([](rw::Source<int>&) { return later(); });", FORGOTTEN),
    ("ConnectOptions::resolved", CORE, "rw::ConnectOptions options; options.resolved([] { return later(); });", FORGOTTEN),
    ("deferToThread", CORE, "(void)rw::deferToThread(reactor, [] { return number(); });", "a Deferred lives on one thread"),
    ("Site::onError", HTTP, "site.onError([](http::Request&, const rw::Failure&) { return number(); });", FORGOTTEN),
    # Callables of the wrong shape.
    ("callLater, an argument", CORE, "reactor.callLater(1s, [](int) {});", MISFIT),
    ("addSystemEventTrigger, a number", CORE,
     'reactor.addSystemEventTrigger(rw::Phase::before, "shutdown", [] { return 1; });', MISFIT),
    ("Cooperator, a number", CORE, "rw::Cooperator cooperator(reactor); (void)cooperator.cooperate([] { return 1; });", MISFIT),
    ("onCancel, a number", CORE, "source.onCancel([](int) {});", MISFIT),
    ("spawn, an argument", CORE, "rw::spawn([](int) {});", "rw::spawn(f, args...)"),
    ("react, a number", CORE, "rw::react([]() -> rw::Deferred<int> { co_return 1; });", MISFIT),
    # Callbacks.
    ("addCallback, another value", CORE, "text().addCallback([](int) {});", TAKES),
    ("addCallback on a variable, another value", CORE, "auto d = text(); d.addCallback([](int) {});", TAKES),
    ("addCallback on a variable, another result", CORE, "auto d = text(); d.addCallback([](std::string) { return 1; });", GIVES),
    ("addCallback of nothing, an argument", CORE, "later().addCallback([](int) {});", "a callback of a Deferred<void> takes no argument"),
    ("addCallback, in a chain", CORE, "text().addCallback([](std::string s) { return s.size(); }).addCallback([](std::string) {});", TAKES),
    ("addErrback, the value", CORE, "number().addErrback([](std::string) { return 1; });", TAKES),
    ("addErrback, another result", CORE, 'number().addErrback([](const rw::Failure&) { return std::string("x"); });', GIVES),
    ("addErrback, another Deferred", CORE, "number().addErrback([](const rw::Failure&) { return text(); });", GIVES),
    ("addCallbacks, two results", CORE,
     'number().addCallbacks([](int) { return 1; }, [](const rw::Failure&) { return std::string("x"); });', GIVES),
    ("addBoth, the value", CORE, "text().addBoth([](std::string) {});", TAKES),
    ("a callback that consumes and gives nothing", CORE, "auto d = text(); d.addCallback([](std::string&&) {});", "a callback that gives nothing leaves the value"),
    ("a temporary LoopingCall", CORE, "rw::LoopingCall(reactor, [] {}).start(1s);", "a LoopingCall stops when it is destroyed"),
    # Handlers.
    ("handler, a Deferred<int>", HTTP, 'site.get("/", [](http::Request&) { return number(); });', HANDLER_GIVES),
    ("handler, a coroutine of int", HTTP, 'site.get("/", [](http::Request&) -> rw::Deferred<int> { co_return 1; });', HANDLER_GIVES),
    ("handler, an int", HTTP, 'site.post("/", [](http::Request&) { return 1; });', HANDLER_GIVES),
    ("handler, a struct", HTTP, 'site.any("/", [](http::Request&) { return Point{}; });', HANDLER_GIVES),
    ("handler, no request", HTTP, 'site.get("/", [] { return "x"; });', HANDLER_TAKES),
    ("handler, another argument", HTTP, 'site.get("/", [](int) { return "x"; });', HANDLER_TAKES),
    ("handler with a body, an int", HTTP, 'site.put("/", [](http::Request&, std::string) { return 1; });', HANDLER_GIVES),
]


class Frame:
    """A header, read once by the compiler, and how to compile a program below it."""

    def __init__(self, compiler, include, folder, name, header, body):
        self.command = [compiler, "-std=c++20", "-I" + include]
        self.body = body
        path = os.path.join(folder, name + ".h")
        with open(path, "w", encoding="utf-8") as file:
            file.write(header)
        clang = "clang" in os.path.basename(compiler)
        compiled = path + (".pch" if clang else ".gch")
        subprocess.run([*self.command, "-x", "c++-header", path, "-o", compiled], check=True)
        self.command += ["-include-pch", compiled] if clang else ["-include", path]
        self.command += ["-fsyntax-only", "-x", "c++", "-"]

    def compile(self, line):
        return subprocess.run(self.command, input=self.body % line, capture_output=True, text=True, check=False)


def judge(frame, name, line, sentence):
    """What is wrong, or None."""
    result = frame.compile(line)
    said = result.stderr.strip().splitlines()
    first = next((each for each in said if "error: " in each), "")
    if result.returncode == 0:
        return f"{name}: compiles"
    if sentence not in first:
        return f"{name}: the first error is not «{sentence} …», but\n  " + "\n  ".join(said[:LINES])
    if len(said) > LINES:
        return f"{name}: {len(said)} lines\n  " + "\n  ".join(said)
    return None


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    compiler, include = sys.argv[1:3]
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    programs = [program for program in PROGRAMS if word in program[0]]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        frames = {CORE: Frame(compiler, include, folder, "core", CORE_HEADER, CORE),
                  HTTP: Frame(compiler, include, folder, "http", HTTP_HEADER, HTTP)}
        answers = list(pool.map(lambda p: judge(frames[p[1]], p[0], p[2], p[3]), programs))
        bad = [answer for answer in answers if answer]
        for frame in frames.values():  # what is around the wrong line is right
            right = frame.compile("")
            if right.returncode != 0:
                bad.append("the frame does not compile:\n" + right.stderr)
    print("\n".join([*bad, f"{len(programs)} wrong programs, {len(bad)} not refused as they should be"]))
    return 1 if bad or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
