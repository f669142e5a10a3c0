#!/usr/bin/env python3
"""Shows one bad example after the other in a small tree: each must be named with file and line, and its good neighbour must not.

Usage: examples_self_test.py COMPILER
"""

import os
import re
import sys
import tempfile
import unittest

import examples

LIBRARY = """// What the examples use.
#pragma once
#include <coroutine>
#include <string>
namespace ropewalk {
inline namespace literals {}
template <class T>
struct Deferred {
  struct promise_type {
    Deferred get_return_object();
    std::suspend_never initial_suspend();
    std::suspend_never final_suspend() noexcept;
    void unhandled_exception();
    template <class U> void return_value(U&& value);
  };
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  T await_resume();
};
template <>
struct Deferred<void> {
  struct promise_type {
    Deferred get_return_object();
    std::suspend_never initial_suspend();
    std::suspend_never final_suspend() noexcept;
    void unhandled_exception();
    void return_void();
  };
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  void await_resume();
};
struct Reactor {
  void run();
  [[nodiscard]] int callLater(int seconds);
};
Reactor& reactor();
Deferred<std::string> fetch(std::string url);
struct Protocol {
  virtual ~Protocol();
  virtual void dataReceived(std::string data);
  void write(std::string data);
};
}  // namespace ropewalk
"""

PRELUDES = {
    "common": "extern ropewalk::Reactor& reactor;\nextern std::string url;\n",
    "core_net_members": "struct Here : Protocol {\n  std::string seen_;\n};\n",
}


def comment(*lines):
    """A header of which each line of the block stands in a class comment; the block begins in line 5."""
    return header(*(f"///     {line}".rstrip() for line in lines))


def header(*lines):
    """A header of which these are lines 5 and following."""
    top = ("#pragma once", "namespace ropewalk {", "/// Does something.", "///")
    return "\n".join((*top, *lines, "/// And no more.", "class A;", "}  // namespace ropewalk", ""))


def page(*lines, fence="cpp"):
    """A page whose block begins in line 5."""
    return "# A page\n\nText.\n```" + fence + "\n" + "\n".join(lines) + "\n```\n"


# name: (path, text)
GOOD = {
    "statements": ("core/net/statements.h", comment("reactor().run();", "if (true) reactor().run();")),
    "a coroutine": ("core/net/coroutine.h", comment("std::string page = co_await fetch(url);")),
    "a coroutine that gives something": ("core/net/gives.h", comment("co_return co_await fetch(url);")),
    "what is returned": ("core/net/returns.h", comment("if (url.empty()) return 1;", "return std::string(url);")),
    "a type and its use": (
        "core/net/type.h",
        comment("struct Echo : Protocol {", "  void f() { write(url); }", "  std::string url;", "};", "Echo e;"),
    ),
    "members": ("core/net/members.h", comment("void dataReceived(std::string data) override { seen_ += data; }")),
    "an expression": ("core/net/expression.h", comment('std::string("a") == "a"')),
    "a blank line": ("core/net/blank.h", comment("std::string a;", "", "a += url;")),
    "an ellipsis": ("core/net/ellipsis.h", comment("const auto f = [](std::string text) { … };", 'f("…");')),
    "what a lambda captures": ("core/net/capture.h", comment("const auto f = [url] { return url; };")),
    "a variable of the name of a function": ("core/net/variable.h", comment("reactor.run();")),
    "a diagram": ("core/net/diagram.h", comment("open ──lose()──▶ lost")),
    "a table": ("core/net/table.h", comment("301, 302   GET", "307        unchanged")),
    "a shell": ("core/net/shell.h", comment("$ ropewalk echo --port 7")),
    "text in a fence": ("core/net/fence.h", header("/// ```", "/// 1.2.3.4 made", "/// ```")),
    "what hangs below a tag": ("core/net/tag.h", header("/// @param a  some", "///           and more; text", "/// @return nothing")),
    "what hangs below a list's item": ("core/net/item.h", header("/// It is", "///   - one of these: or", "///     none;")),
    "a page": ("docs/page.md", page("#include <ropewalk/core/net/library.h>", "", "rw::reactor().run();")),
    "a whole program": ("docs/program.md", page("int main() {", "  rw::reactor().run();", "}")),
    "a function of an earlier block": ("docs/earlier.md", page("void f();") + page("f();") + page("int f(int);", "int n = f(1);")),
    "a function that is only declared": (
        "core/net/declared.h",
        comment("Deferred<std::string> get(const std::string& name, int n);", "void g() { (void)get(std::string(), 1); }"),
    ),
    "an object that looks like it": ("core/net/object.h", comment("std::string a(3, *url.data()), b(a);", "b += a;")),
    "part of a program": ("docs/part.md", page("  int unknown = other;", "", "  use(unknown);")),
    "another language": ("docs/sh.md", page("curl http://127.0.0.1:8080/;", fence="sh")),
    "a README": ("core/net/README.md", page("rw::reactor().run();")),
}

# name: (path, text, line, what is said)
BAD = {
    "a torn comment": ("core/net/torn.h", comment("reactor().run();   // runs until", "somebody stops it"), 6, "error"),
    "a missing semicolon": ("core/net/semicolon.h", comment("url += url url += url;"), 5, "error"),
    "the last one": ("core/net/last.h", comment("std::string a;", "a = url"), 6, "error"),
    "behind a type": ("core/net/behind.h", comment("struct Echo : Protocol {}"), 5, "error"),
    "an unknown name": ("core/net/unknown.h", comment("reactor().run();", "unknown();"), 6, "error"),
    "a wrong argument": ("core/net/argument.h", comment("auto page = co_await fetch(Reactor());"), 5, "error"),
    "a member that does not exist": ("core/net/member.h", comment("reactor().walk();"), 5, "error"),
    "what must not be dropped": ("core/net/dropped.h", comment("reactor().callLater(5);"), 5, "error"),
    "override of nothing": ("core/net/override.h", comment("struct Echo : Protocol {", "  void sent() override;", "};"), 6, "error"),
    "prose": ("core/net/prose.h", comment("holds for all of them"), 5, "neither C++ nor"),
    "prose with a semicolon": ("core/net/prose_semicolon.h", comment("holds for all; that is it"), 5, "error"),
    "a bracket that nothing closes": ("core/net/open.h", comment("if (true) {", "  reactor().run();"), 5, "nothing closes this {"),
    "one that nothing opens": ("core/net/close.h", comment("reactor().run();", "});"), 6, "nothing opens this }"),
    "a string that does not end": ("core/net/string.h", comment('fetch("http://a);'), 5, "does not end"),
    "a macro": ("core/net/macro.h", comment("#define A 1", "int a = A;"), 5, "preprocessor"),
    "prose below code": ("core/net/below.h", comment("reactor().run();", "", "and no more"), 7, "neither C++ nor"),
    "C++ in a comment's fence": ("core/net/fenced.h", header("/// ```cpp", "/// f();", "/// ```"), 5, "not fenced"),
    "an ellipsis for an argument": ("docs/ellipsis.md", page("auto page = rw::fetch(…);"), 5, "error"),
    "a name without its namespace": ("docs/namespace.md", page("Protocol protocol;"), 5, "error"),
    "a header that is not there": ("docs/include.md", page("#include <ropewalk/core/net/other.h>"), 5, "is not there"),
    "a statement of an earlier block": ("docs/earlier_statement.md", page("int n = 1;") + page("++n;"), 11, "error"),
    "almost part of a program": ("docs/almost.md", page("int unknown = other;", "use(unknown, 1);"), 5, "error"),
    "a header that nobody has": ("docs/foreign.md", page("#include <cstdinto>"), 5, "error"),
    "an empty fence": ("docs/empty.md", page(""), 4, "empty"),
    "a fence that nothing closes": ("docs/fence.md", "# A page\n\n```cpp\nint n = 1;\n", 3, "nothing closes"),
    "another word for C++": ("docs/word.md", page("int n = 1;", fence="c++"), 4, "say ```cpp"),
    "C++ without a word": ("docs/no_word.md", page("rw::reactor().run();", fence=""), 4, "is this C++?"),
    "a prelude that nobody needs": ("tests/architecture/preludes/docs_gone.h", "void f();\n", 1, "needs this prelude"),
    "a variable that nobody needs": ("tests/architecture/preludes/core_net_dropped.h", "extern int n;\n", 1, "needs n any"),
    "a type that nobody needs": (
        "tests/architecture/preludes/core_net_member.h",
        "struct Walker {\n  void walk();\n};\n",
        1,
        "needs Walker any",
    ),
    "a function that nobody needs": ("tests/architecture/preludes/core_net_last.h", "int f(int url);\n", 1, "needs f any"),
}


def said(compiler, files):
    """(what examples.py says, as one text; its counts) of a tree of these files."""
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as work:
        everything = {path: text for path, text, *_ in files}
        everything["core/net/library.h"] = LIBRARY
        everything["examples/part.cc"] = "int main() {\n  int unknown = other;\n  use(unknown);\n}\n"
        for name, text in PRELUDES.items():
            everything[f"tests/architecture/preludes/{name}.h"] = text
        for path, text in everything.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        os.symlink(root, os.path.join(work, "ropewalk"))
        result = examples.check(root, work, compiler, work)
        return "\n".join(result.said), result


class SelfTest(unittest.TestCase):
    compiler = "c++"

    def test_no_good_example_is_named(self):
        text, result = said(self.compiler, GOOD.values())
        self.assertEqual(result.bad, 0, text)
        self.assertEqual({kind: result.counts[kind] for kind in ("diagram", "table", "shell", "text", "sh", "in examples/")},
                         {"diagram": 1, "table": 1, "shell": 1, "text": 1, "sh": 1, "in examples/": 1})
        self.assertEqual(result.counts["compiled"], 19)

    def test_each_bad_example_is_named_and_nothing_else(self):
        members = GOOD["members"]
        text, result = said(self.compiler, [members, *BAD.values()])
        named = set(re.findall(r"^([^\s:]+:\d+)(?::\d+: (?:fatal )?error)?: (?!\d)", text, re.MULTILINE))
        for why, (path, _, line, what) in BAD.items():
            with self.subTest(why):
                self.assertIn(f"{path}:{line}", named, text)
                self.assertRegex(text, f"(?m)^{re.escape(path)}:{line}:.*{re.escape(what)}", text)
        self.assertEqual({place.rsplit(":", 1)[0] for place in named}, {path for path, *_ in BAD.values()})
        self.assertGreaterEqual(result.bad, len(BAD))


if __name__ == "__main__":
    SelfTest.compiler = sys.argv[1] if len(sys.argv) > 1 else "c++"
    unittest.main(argv=sys.argv[:1])
