#!/usr/bin/env python3
"""The lint finds nothing in our sources, nor in what docs/*.md, README.md and the comments of headers show as code.

Usage: tree_test.py ROOT. Prints file:line: what; exit status 1 if there is anything.
"""

import os
import sys

ROOT = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(ROOT, "cmake/lint"))
sys.path.insert(0, os.path.join(ROOT, "tests/architecture"))
import blocks  # noqa: E402
import ropewalk_lint  # noqa: E402
import tree  # noqa: E402

FOLDERS = (*tree.LAYERS, "tests", "examples")
FIXTURES = ("tests/await/dangerous.cc", "tests/await/harmless.cc")  # lint_test.py has them


def shown(known):
    """(file, line, what) for each dangerous form in an example."""
    for path in tree.pages(ROOT) + tree.sources(ROOT, tree.LAYERS):
        code = blocks.code_only(path, ropewalk_lint.read_file(os.path.join(ROOT, path)))
        for line, what in ropewalk_lint.check_text(code, known):
            yield path, line, what


def check_source(path, known):
    """What is wrong in a source that knows all headers, and what it declares itself."""
    text = ropewalk_lint.read_file(os.path.join(ROOT, path))
    if path.endswith(".cc") and "co_await" in text:
        known = known.copy()
        known.read(text)
    return ropewalk_lint.check_text(text, known)


def main():
    headers = ropewalk_lint.Headers([])
    paths = [p for p in tree.sources(ROOT, FOLDERS) if p not in FIXTURES]
    for path in paths:
        if path.startswith(tree.LAYERS) and path.endswith(".h"):
            headers.add(os.path.join(ROOT, path))
    said = [f"{path}:{line}: {what}" for path in paths for line, what in check_source(path, headers.known)]
    said += [f"{path}:{line}: {what}" for path, line, what in shown(headers.known)]
    for line in said:
        print(line)
    print(f"{len(paths)} sources, {len(said)} dangerous forms")
    return 1 if said or len(paths) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
