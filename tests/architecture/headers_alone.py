#!/usr/bin/env python3
"""Compiles every public header alone, two at a time, with all warnings as errors.

A header whose text, and the text of everything of ours that it includes, is unchanged since it last passed is not compiled
again; the stamps lie in the build folder.
"""

import argparse
import concurrent.futures
import hashlib
import os
import subprocess
import sys

import tree

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wnon-virtual-dtor", "-Woverloaded-virtual", "-Werror"]


def closure(root, path, seen):
    """This file and all of ours that it includes, directly or not."""
    if path not in seen and os.path.exists(os.path.join(root, path)):
        seen.add(path)
        for _, name, own, _ in tree.includes(root, path):
            if own:
                closure(root, name, seen)
    return seen


def fingerprint(root, path, command):
    digest = hashlib.sha256(" ".join(command).encode())
    for file in sorted(closure(root, path, set())):
        with open(os.path.join(root, file), "rb") as content:
            digest.update(file.encode() + b"\0" + content.read() + b"\0")
    return digest.hexdigest()


def compile_alone(options, path):
    """(path, what the compiler said, or None if all is well, whether it was compiled)."""
    command = [options.compiler, *FLAGS, "-I" + options.include, "-include", f"ropewalk/{path}", "-x", "c++", "/dev/null"]
    mark = fingerprint(options.source, path, command)
    stamp = os.path.join(options.stamps, path.replace("/", "__"))
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == mark:
                return path, None, False
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return path, result.stderr, True
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(mark)
    return path, None, True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("source", "include", "stamps", "compiler"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    os.makedirs(options.stamps, exist_ok=True)

    headers = [p for p in tree.sources(options.source, tree.LAYERS) if tree.is_public_header(p)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda path: compile_alone(options, path), headers))

    bad = [(path, said) for path, said, _ in results if said]
    for path, said in bad:
        print(f"{path} does not compile alone:\n{said}")
    print(f"{len(headers)} public headers, {sum(1 for r in results if r[2])} compiled, {len(bad)} failed")
    return 1 if bad or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
