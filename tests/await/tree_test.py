#!/usr/bin/env python3
"""The lint finds nothing in our sources, nor in what docs/*.md, README.md and the comments of headers show as code.

Usage: tree_test.py ROOT. Prints file:line: what; exit status 1 if there is anything.
"""

import glob
import os
import re
import sys

ROOT = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(ROOT, "cmake/lint"))
sys.path.insert(0, os.path.join(ROOT, "tests/architecture"))
import ropewalk_lint  # noqa: E402
import tree  # noqa: E402

FOLDERS = (*tree.LAYERS, "tests", "examples")
FIXTURES = ("tests/await/dangerous.cc", "tests/await/harmless.cc")  # lint_test.py has them
COMMENT = re.compile(r"[ \t]*///?(.*)")


def code_of_markdown(text):
    """The same text with all lines but those of its blocks of C++ made empty, so that line numbers stay."""
    lines, inside = [], False
    for line in text.split("\n"):
        fence = line.strip().startswith("```")
        inside = line.strip().startswith("```cpp") if fence else inside
        lines.append(line if inside and not fence else ";" if fence else "")
    return "\n".join(lines)


def code_of_comments(text):
    """The same text with all lines but the comments' indented examples made empty."""
    lines = []
    for line in text.split("\n"):
        match = COMMENT.match(line)
        lines.append(match.group(1) if match and match.group(1).startswith("    ") else ";")
    return "\n".join(lines)


def shown(known):
    """(file, line, what) for each dangerous form in an example."""
    pages = glob.glob(os.path.join(ROOT, "docs/**/*.md"), recursive=True) + glob.glob(os.path.join(ROOT, "*.md"))
    # Not all below ROOT: a build's folder has a link back to it.
    for folder in FOLDERS:
        pages += [os.path.join(at, "README.md") for at, _, names in os.walk(os.path.join(ROOT, folder)) if "README.md" in names]
    headers = [os.path.join(ROOT, p) for p in tree.sources(ROOT, tree.LAYERS)]
    for path, code in [(p, code_of_markdown) for p in sorted(set(pages))] + [(p, code_of_comments) for p in headers]:
        for line, what in ropewalk_lint.check_text(code(ropewalk_lint.read_file(path)), known):
            yield os.path.relpath(path, ROOT), line, what


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
