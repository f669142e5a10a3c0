#!/usr/bin/env python3
"""Prints what a user's compiler spends on one HTTP hello-world file at -O0: best of three, in seconds of user CPU.

Usage: compile_time.py COMPILER INCLUDE-FOLDER SOURCE. Exit status 1 above the limit.
"""

import os
import resource
import subprocess
import sys

LIMIT = 2.0  # seconds; the promise of docs/architecture.md


def user_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    compiler, include, source = sys.argv[1:]
    if not os.path.exists(source):
        print(f"{source} is not there", file=sys.stderr)
        return 1
    command = [compiler, "-std=c++20", "-O0", "-I" + include, "-c", source, "-o", os.devnull]
    best = min(user_seconds(command) for _ in range(3))
    print(f"{os.path.basename(source)} compiles in {best:.2f} s of user CPU at -O0 (limit {LIMIT:.1f} s)")
    return 0 if best <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
