#!/usr/bin/env python3
"""Names what g++ 12 makes a double free of inside co_await expressions: aggregate temporaries, braced lists, capturing lambdas.

Usage: ropewalk_lint.py [--include FOLDER]… [--stamp FILE] [--depfile FILE] SOURCE…
Prints file:line: what, and what to do. Exit status 1 if there is anything. Headers that are included as "…" or <…> and
found beside the source or in an include folder are read for what is an aggregate, but of /usr/include only <ropewalk/…>.
// NOLINT on a line silences it. clang needs none of this. docs/deferred.md says why.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import await_expressions  # noqa: E402
import await_forms  # noqa: E402
import coroutine_lambdas  # noqa: E402
import cxx_declarations  # noqa: E402
from cxx_tokens import tokens_of  # noqa: E402

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
SYSTEM = ("/usr/include", "/usr/local/include")


class Headers:
    """The declarations of sources and of the headers that they include, each file read once."""

    def __init__(self, folders):
        self.folders, self.known, self.read = folders, cxx_declarations.Declarations(), {}

    def add(self, path):
        path = os.path.realpath(path)
        if path in self.read:
            return self.read[path]
        self.read[path] = text = read_file(path)
        for quoted, angled in INCLUDE.findall(text):
            found = self.find(quoted, [os.path.dirname(path), *self.folders]) if quoted else self.find_angled(angled)
            if found:
                self.add(found)
        self.known.read(text)
        return text

    def find_angled(self, name):
        theirs = () if name.startswith("ropewalk/") else SYSTEM
        return self.find(name, [f for f in self.folders if os.path.normpath(f) not in theirs])

    @staticmethod
    def find(name, folders):
        for folder in folders:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                return path
        return None


def read_file(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def check_text(text, known):
    """What is wrong in a source: (line, what), in order."""
    found, lines = [], text.split("\n")
    tokens = [t._replace(text="co_await") if t.text in known.awaiting else t for t in tokens_of(text)]
    forms = await_forms.Forms(tokens, known)
    for expression in await_expressions.find(tokens):
        found += forms.dangerous(expression)
    found += coroutine_lambdas.find(tokens)
    return sorted({(line, what) for line, what in found if "NOLINT" not in lines[line - 1]})


def check_files(paths, folders):
    """(lines of text, the files that were read)."""
    headers, said = Headers(folders), []
    for path in paths:
        headers.add(path)
    for path in paths:
        for line, what in check_text(headers.add(path), headers.known):
            said.append(f"{path}:{line}: {what}")
    return said, sorted(headers.read)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--stamp")
    parser.add_argument("--depfile")
    parser.add_argument("sources", nargs="+")
    options = parser.parse_args()
    said, read = check_files(options.sources, [f for f in options.include if f])
    for line in said:
        print(line, file=sys.stderr)
    if said:
        return 1
    if options.depfile:
        names = " ".join(path.replace(" ", "\\ ") for path in read)
        with open(options.depfile, "w", encoding="utf-8") as file:
            file.write(f"{options.stamp}: {names}\n")
    if options.stamp:
        with open(options.stamp, "w", encoding="utf-8"):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
