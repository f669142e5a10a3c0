#!/usr/bin/env python3
"""The lint finds every line of dangerous.cc that ends in "// found", and no other; none of harmless.cc. And the fixtures are
what they say: g++ 12 makes a crash of each dangerous form, or does not compile it; no compiler does so with a harmless one.

Usage: lint_test.py ROOT [COMPILER]. Without a compiler only the text is looked at.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
COMPILER = sys.argv[2] if len(sys.argv) > 2 else None
HERE = os.path.join(ROOT, "tests/await")
sys.path.insert(0, os.path.join(ROOT, "cmake/lint"))
import ropewalk_lint  # noqa: E402


def lines_found(name):
    said, _ = ropewalk_lint.check_files([os.path.join(HERE, name)], [])
    return sorted({int(line.split(":")[1]) for line in said})


def lines_of_text(text):
    return [line for line, _ in ropewalk_lint.check_text(text, ropewalk_lint.Headers([]).known)]


def text_of(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def forms_of(name):
    return len(re.findall(r"^Task [dh]\d+\(\)", text_of(name), re.MULTILINE))


def compile_fixture(name, program, *flags):
    return subprocess.run(
        [COMPILER, "-std=c++20", "-O0", "-w", "-fsanitize=address", *flags, os.path.join(HERE, name), "-o", program],
        capture_output=True,
        text=True,
        check=False,
    )


def is_gcc_12():
    said = subprocess.run([COMPILER, "-dM", "-E", "-x", "c++", "/dev/null"], capture_output=True, text=True, check=True).stdout
    return "__clang__" not in said and "#define __GNUC__ 12\n" in said


class Text(unittest.TestCase):
    def test_each_dangerous_form_is_found_with_its_line(self):
        lines = text_of("dangerous.cc").split("\n")
        marked = [i for i, line in enumerate(lines, 1) if line.endswith("// found")]
        self.assertGreaterEqual(len(marked), 30)
        self.assertEqual(lines_found("dangerous.cc"), marked)

    def test_no_harmless_form_is_found(self):
        self.assertGreaterEqual(forms_of("harmless.cc"), 30)
        self.assertEqual(lines_found("harmless.cc"), [])

    def test_coroutine_lambdas_that_are_called_on_the_spot(self):
        body = "{ co_await wait(); }"
        for found in (
            f"all.push_back([name]() -> Task {body}());",
            f"auto task = [&]() -> Task {body}();",
            f"return [this](int n) -> Task {body}(3);",
            f"auto task = ([name]() mutable -> Task {body})();",
            f"co_await run([&] {{ auto task = [&name]() -> Task {body}(); }});",
            f"if (co_await n < 3) all.push_back([&name]() -> Task {body}());",
        ):
            self.assertEqual(len(lines_of_text("Task f() { " + found + " }")), 1, found)
        for harmless in (
            f"all.push_back([](std::string name) -> Task {body}(name));",
            f"auto task = run([name]() -> Task {body});",
            f"co_await [&name]() -> Task {body}();",
            f"co_await all([&name]() -> Task {body}(), [this]() -> Task {body}());",
            f"co_await [this]() -> Task {body}().soon();",
            f"const int n = [&] {{ return count([&]() -> Task {body}); }}();",
            "auto task = [name]() -> Task { co_return; }();",
            f"auto task = [name] {{ return run([]() -> Task {body}); }}();",
        ):
            self.assertEqual(lines_of_text("Task f() { " + harmless + " }"), [], harmless)

    def test_it_says_what_to_name(self):
        for text, remedy in (
            ("co_await take({.name = text()});", "inside a co_await expression: g++ 12 destroys it twice; name it before"),
            ("Options o{.name = co_await ask()};", "around a co_await expression: g++ 12 destroys it twice; name what is awaited"),
            ("co_await take({.name = co_await ask()});", "name what is awaited before it"),
        ):
            said = ropewalk_lint.check_text("Task f() { " + text + " }", ropewalk_lint.Headers([]).known)
            self.assertIn(remedy, said[0][1])

    def test_nolint_silences_a_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.cc")
            for end, count in ((";", 1), (";  // NOLINT: clang only", 0)):
                with open(path, "w", encoding="utf-8") as file:
                    file.write("Task f() {\n  co_await g({.a = 1})" + end + "\n}\n")
                self.assertEqual(len(ropewalk_lint.check_files([path], [])[0]), count)

    def test_aggregates_and_defaults_of_an_included_header_are_known(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a.h"), "w", encoding="utf-8") as file:
                file.write("struct Options { std::string name; };\nLater ask(Options options = {});\n")
            path = os.path.join(folder, "a.cc")
            with open(path, "w", encoding="utf-8") as file:
                file.write('#include "a.h"\nTask f() {\n  co_await ask();\n  Options options;\n  co_await ask(options);\n}\n')
            said, read = ropewalk_lint.check_files([path], [])
            self.assertEqual([line.split(":")[1] for line in said], ["3"])
            self.assertEqual(len(read), 2)

    def test_headers_in_angle_brackets_are_read_from_the_include_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "include/mylib"))
            with open(os.path.join(folder, "include/mylib/options.h"), "w", encoding="utf-8") as file:
                file.write("struct Options { std::string name; };\n")
            path = os.path.join(folder, "a.cc")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#include <stdlib.h>\n#include <mylib/options.h>\nTask f() {\n  co_await ask(Options{text()});\n}\n")
            said, read = ropewalk_lint.check_files([path], [os.path.join(folder, "include"), "/usr/include"])
            self.assertEqual([line.split(":")[1] for line in said], ["4"])
            self.assertEqual(len(read), 2)


@unittest.skipUnless(COMPILER, "no compiler given")
class Compiled(unittest.TestCase):
    def test_harmless_forms_do_no_harm(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "harmless")
            made = compile_fixture("harmless.cc", program)
            self.assertEqual(made.returncode, 0, made.stderr)
            ran = subprocess.run([program], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 0, ran.stderr)

    @unittest.skipUnless(COMPILER and is_gcc_12(), "another compiler than g++ 12 may have no trouble with them")
    def test_each_dangerous_form_is_one(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "dangerous")
            made = compile_fixture("dangerous.cc", program)
            self.assertEqual(made.returncode, 0, made.stderr)
            for number in range(1, forms_of("dangerous.cc") + 1):
                ran = subprocess.run([program, str(number)], capture_output=True, check=False)
                self.assertNotEqual(ran.returncode, 0, f"form {number} of dangerous.cc does no harm")
            for number in range(1, text_of("dangerous.cc").count("#if DOES_NOT_COMPILE") + 1):
                made = compile_fixture("dangerous.cc", program, "-fsyntax-only", f"-DDOES_NOT_COMPILE={number}")
                self.assertNotEqual(made.returncode, 0, f"n{number} of dangerous.cc compiles")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
