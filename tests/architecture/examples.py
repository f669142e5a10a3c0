#!/usr/bin/env python3
"""Compiles every example that a header's comment or a page shows, unless it is part of a program of examples/.

How examples are cut out and told from diagrams, tables and shell lines: blocks.py. All of them are compiled with every public
header, a few at a time, so that the compiler names the line of the page. A header's examples stand in the header's namespace,
a page's outside of all with `namespace rw = ropewalk` and the literals. Of a block
  - types, functions, constants, using and includes stand at namespace scope, and the later blocks of that file see them;
  - members (the block says override, virtual or public:) stand in a class that derives from the prelude's Here;
  - all else stands in a member function of such a class, a coroutine if it awaits.
An ellipsis (one character) stands for whatever one likes: it is left out.

What examples use and do not declare stands in preludes/<path with underscores>.h: declarations only, included in the namespace
of the file. Variables are declared there as extern, one a line: statements see those that they name as parameters, and so they
do those of preludes/common.h, which many use.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

import blocks
import tree
from block_code import is_expression, items, result_of, torn
from cxx_tokens import tokens_of, without_text  # noqa: E402  blocks.py knows where

STANDARD = ("algorithm", "array", "chrono", "functional", "iostream", "map", "memory", "optional", "set", "span", "string")
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror"]
# What an example may leave unused.
FLAGS += ["-Wno-unused-" + what for what in ("variable", "but-set-variable", "parameter", "function")]
CLANG_FLAGS = ["-Wno-unused-lambda-capture", "-Wno-unused-private-field", "-ferror-limit=0"]

# How a file's examples begin. Returned is what a block that returns something returns.
OPENING = """
namespace ropewalk {}
namespace rw = ropewalk;
struct Returned { template <class T> Returned(T&&); };
"""

IN_NAMESPACE = re.compile(r"^(\s*)int main\(")  # where main has no return of its own

Result = collections.namedtuple("Result", "said bad counts")


class Source:
    """The text of one translation unit, in which each line of an example knows where it comes from."""

    def __init__(self):
        self.lines = []

    def own(self, text):
        self.lines.append(text)

    def shown(self, path, line, lines):
        """Lines of a page; what follows counts on, so that a complaint about what is missing names the last one."""
        self.lines.append(f'#line {line} "{path}"')
        self.lines += lines
        self.lines.append(f'#line {line + len(lines) - 1} "{path}"')

    def included(self, path, line, name):
        """A header that is not there is an error, but not one at which a compiler stops."""
        self.lines += [f"#if __has_include(<{name}>)", f"#include <{name}>", "#else"]
        self.lines += [f'#line {line} "{path}"', f"#error {name} is not there", "#endif"]

    def text(self):
        return "\n".join(self.lines) + "\n"


class File:
    """One header or page: its blocks of C++ as a namespace of a translation unit."""

    def __init__(self, root, path, number, common):
        self.path, self.number, self.common = path, number, common
        self.text = read(os.path.join(root, path))
        found, self.errors = blocks.cut(path, self.text)
        self.shown = [block for block in found if block.kind == blocks.CPP]
        self.others = collections.Counter(block.kind for block in found if block.kind != blocks.CPP)
        self.prelude = prelude_of(root, path)
        self.prelude_text = read(self.prelude)
        self.blocks, self.includes = [], []  # what is to be compiled; (line, name)

    def take(self, block):
        """A block to compile: without its includes, which stand outside of all, and without ellipses."""
        bare, lines = without_text("\n".join(block.lines)).split("\n"), []
        for number, (line, code) in enumerate(zip(block.lines, bare), block.line):
            found = tree.INCLUDE.match(line)
            if found:
                self.includes.append((number, found.group(2)))
            kept = "" if found else "".join(" " if c == "…" else letter for letter, c in zip(line, code))
            lines.append(IN_NAMESPACE.sub(r"\1auto main(", kept))
        why = torn("\n".join(lines))
        if why:
            self.errors.append((block.line + why[0], why[1]))
        else:
            self.blocks.append(block._replace(lines=lines))

    def namespace(self):
        """The namespace that a header's first example stands in, or that the header begins with; a page's stand outside of all."""
        if not self.path.endswith(".h") or not self.blocks:
            return ""
        tokens = [t for t in tokens_of(self.text) if t.line < self.blocks[0].line]
        opened, i = [], 0  # names of namespaces, "" for other brackets
        for i, token in enumerate(tokens):
            if token.text == "{":
                name = []
                while i and (tokens[i - 1].kind == "word" or tokens[i - 1].text == "::") and tokens[i - 1].text != "namespace":
                    name.insert(0, tokens[i - 1].text)
                    i -= 1
                opened.append("".join(name) if i and tokens[i - 1].text == "namespace" else "")
            elif token.text == "}" and opened:
                opened.pop()
        names = re.findall(r"^namespace (ropewalk[\w:]*) \{$", self.text, re.MULTILINE)
        first = next((name for name in names if not name.endswith("detail")), "ropewalk")
        return "::".join(filter(None, opened)) or first

    def write(self, source):
        around = self.namespace()
        names = [around] * bool(around) + [f"example_{self.number}"]
        for line, name in self.includes:
            source.included(self.path, line, name)
        source.own("".join(f"namespace {name} {{ " for name in names))
        if not around:
            source.own("using namespace ropewalk::literals;")
        if self.prelude_text:
            source.own(f'#include "{self.prelude}"')
        for index, block in enumerate(self.blocks):
            source.own(f"namespace block_{index} {{")
            self.write_block(source, block)
        source.own("}" * (len(self.blocks) + len(names)))

    def write_block(self, source, block):
        lines = block.lines
        tokens = tokens_of("\n".join(lines))
        parts = items(tokens)
        base = " : Here" if re.search(r"\bstruct Here\b", self.prelude_text) else ""
        if any(part.kind == "members" for part in parts):
            source.own(f"struct Example{base} {{")
            source.shown(self.path, block.line, lines)
            source.own("};")
            return
        declared = {n for p in parts if p.kind == "declaration" for n in range(p.first, p.last + 1)}
        stated = {n for p in parts if p.kind == "statement" for n in range(p.first, p.last + 1)}
        if declared & stated:  # on one line: all is local
            declared = set()
        if declared:
            source.shown(self.path, block.line, [line if n in declared else "" for n, line in enumerate(lines)])
        if stated - declared:
            self.write_statements(source, block.line, [line if n not in declared else "" for n, line in enumerate(lines)], base)

    def write_statements(self, source, line, lines, base):
        tokens = tokens_of("\n".join(lines))
        result = result_of(tokens)
        before, after = ("(void)(", ");") if is_expression(tokens) else ("", "")
        ending = "" if "void" in result else " throw 0;"  # whatever the last statement is
        # In a block of its own it may declare anew what is a parameter.
        source.own(f"struct Example{base} {{ {result} body({self.parameters(tokens)}) {{ {{ {before}")
        source.shown(self.path, line, lines)
        source.own(f"{after} }}{ending} }} }};")

    def parameters(self, tokens):
        """The variables of the preludes that these statements name, so that lambdas can capture them."""
        used = set()
        for i, token in enumerate(tokens):
            before = tokens[i - 1].text if i else ""
            after = tokens[i + 1].text if i + 1 < len(tokens) else ""
            if token.kind == "word" and before not in (".", "->", "::") and after not in ("(", "::"):
                used.add(token.text)
        known = self.common | variables(self.prelude_text)
        return ", ".join(f"{kind.rstrip('&')}& {name}" for name, kind in known.items() if name in used)


def prelude_of(root, path):
    name = os.path.splitext(path)[0].replace("/", "_")
    return os.path.join(root, "tests/architecture/preludes", name + ".h")


def variables(text):
    """{name: type} of what a prelude declares, one extern a line."""
    return {match.group(2): match.group(1).strip() for match in re.finditer(r"^extern ([^;]*?)(\w+);", text, re.MULTILINE)}


def read(path):
    """A file's text, or nothing where there is none."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def programs(root):
    """The lines of each of examples/*.cc that are not empty, without their indentation, as one text."""
    folder, found = os.path.join(root, "examples"), []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".cc"):
            found.append(plain(read(os.path.join(folder, name)).split("\n")))
    return found


def plain(lines):
    return "\n" + "".join(line.strip() + "\n" for line in lines if line.strip())


def sort_out(file, shown_in, counts):
    """Leaves out what is part of a program of examples/, and counts."""
    for block in file.shown:
        if any(plain(block.lines) in program for program in shown_in):
            counts["in examples/"] += 1
        else:
            file.take(block)
    counts["compiled"] += len(file.blocks)
    counts.update(file.others)


def everything(root, files):
    """The text of the one header that is precompiled: what users include, and the headers that show something."""
    wanted = {p for p in tree.sources(root, tree.LAYERS) if tree.is_public_header(p)}
    wanted |= {file.path for file in files if file.blocks and file.path.endswith(".h")}
    lines = [f"#include <{name}>" for name in STANDARD]
    lines += [f'#include "ropewalk/{path}"' for path in sorted(wanted) if not path.endswith("_inl.h")]
    test_framework = os.path.join(root, "tests/catch.h")
    if os.path.exists(test_framework):
        lines.append(f'#include "{test_framework}"')
    return "\n".join(lines) + OPENING


class Compiler:
    """Precompiles everything once, and looks at translation units with it."""

    def __init__(self, program, include, work):
        self.work = work
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        self.clang = "clang" in version
        self.command = [program, *FLAGS, *(CLANG_FLAGS if self.clang else []), "-I" + include]

    def precompile(self, text):
        """What the compiler says, empty if all is well."""
        header = os.path.join(self.work, "everything.h")
        with open(header, "w", encoding="utf-8") as file:
            file.write(text)
        output = header + (".pch" if self.clang else ".gch")
        return self.run([*self.command, "-x", "c++-header", header, "-o", output])

    def check(self, name, text):
        source = os.path.join(self.work, name)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        everything_h = os.path.join(self.work, "everything.h")
        use = ["-include-pch", everything_h + ".pch"] if self.clang else ["-include", everything_h]
        return self.run([*self.command, "-fsyntax-only", *use, source])

    @staticmethod
    def run(command):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.stderr or f"{command[0]} failed" if result.returncode != 0 else ""


def declared(text):
    """The names that a prelude declares, but for Here and those that it uses itself."""
    names = re.findall(r"^(?:struct |using [\w:]+::|[^\s/}].*?)(\w+)(?:;|\(| [:{])", text, re.MULTILINE)
    return [name for name in names if name != "Here" and len(re.findall(rf"\b{name}\b", text)) == 1]


def left_over(root, files):
    """Preludes, and names in them, that no example needs any more."""
    used = collections.defaultdict(set)  # prelude: words
    for file in files:
        words = {token.text for block in file.blocks for token in tokens_of("\n".join(block.lines))}
        used["common.h"] |= words
        if file.blocks:
            used[os.path.basename(file.prelude)] |= words
    folder = os.path.dirname(prelude_of(root, "common"))
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path, text = os.path.join(folder, name), read(os.path.join(folder, name))
        needless = [word for word in declared(text) if word not in used[name]]
        if needless or not used[name]:
            what = ", ".join(needless) if used[name] else "this prelude"
            yield f"{os.path.relpath(path, root)}:1: no example needs {what} any more"


def check(root, include, program, work):
    """Everything that is wrong with the examples below root."""
    common, counts, shown_in = variables(read(prelude_of(root, "common"))), collections.Counter(), programs(root)
    paths = [path for path in tree.sources(root, tree.LAYERS) if path.endswith(".h")] + tree.pages(root)
    files = [File(root, path, number, common) for number, path in enumerate(paths)]
    for file in files:
        sort_out(file, shown_in, counts)
    said = [f"{file.path}:{line}: {what}" for file in files for line, what in sorted(file.errors)]
    said += left_over(root, files)

    compiler = Compiler(program, include, work)
    refused = compiler.precompile(everything(root, files))
    if refused:
        return Result(said + [refused], len(said) + 1, counts)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        answers = list(pool.map(lambda part: compiler.check(*part), units(files)))
    shown = "\n".join(answers)
    wrong = set(re.findall(r"^(\S+?:\d+)(?::\d+)?: (?:fatal )?error", shown, re.MULTILINE))
    unknown = any(answers) and not wrong
    return Result(said + [text for text in answers if text], len(said) + len(wrong) + unknown, counts)


def units(files):
    """Two translation units of about the same size: (name, text)."""
    sources, sizes = [Source(), Source()], [0, 0]
    for file in sorted((f for f in files if f.blocks), key=lambda f: -sum(len(b.lines) for b in f.blocks)):
        i = sizes.index(min(sizes))
        file.write(sources[i])
        sizes[i] += sum(len(block.lines) for block in file.blocks) + 5
    return [(f"examples_{i}.cc", source.text()) for i, source in enumerate(sources)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("source", "include", "compiler"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--keep", help="a folder for what is compiled, to look at it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
        result = check(os.path.abspath(options.source), options.include, options.compiler, options.keep or work)
    for text in result.said:
        print(text)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(result.counts.items()))
    print(f"{told}; {result.bad} errors")
    return 1 if result.bad or not result.counts["compiled"] else 0


if __name__ == "__main__":
    sys.exit(main())
