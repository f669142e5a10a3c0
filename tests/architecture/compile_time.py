#!/usr/bin/env python3
"""Tells what a user's compiler spends on one HTTP hello-world file at -O0, beside what it spends on the standard headers alone.

Usage: compile_time.py COMPILER INCLUDE-FOLDER SOURCE STANDARD-HEADERS. The two are compiled in turns, and the quickest of
each counts: a machine that is slow or busy is so for both, so that only what our headers add moves the ratio. Exit status 1
above the limit.
"""

import os
import resource
import subprocess
import sys

LIMIT = 2.5  # times the standard headers; the promise of docs/performance.md
ROUNDS = 5


def user_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    compiler, include, source, standard = sys.argv[1:]
    for path in (source, standard):
        if not os.path.exists(path):
            print(f"{path} is not there", file=sys.stderr)
            return 1
    compile_ = [compiler, "-std=c++20", "-O0", "-I" + include, "-w", "-x", "c++", "-c", "-o", os.devnull]
    rounds = [(user_seconds(compile_ + [source]), user_seconds(compile_ + [standard])) for _ in range(ROUNDS)]
    ours, base = (min(column) for column in zip(*rounds))
    print(
        f"{os.path.basename(source)} compiles in {ours:.2f} s of user CPU at -O0,"
        f" {ours / base:.2f} times what the standard headers take ({base:.2f} s; limit {LIMIT:.1f})"
    )
    return 0 if ours <= LIMIT * base else 1


if __name__ == "__main__":
    sys.exit(main())
