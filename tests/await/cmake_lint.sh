#!/usr/bin/env bash
# ropewalk_lint(target): names file and line, stops the build, and reads a source again only when it or its header changed.
# Usage: cmake_lint.sh ROOT CMAKE
set -euo pipefail
root=$1 cmake=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.25)
project(linted LANGUAGES CXX)
include("$root/cmake/RopewalkLint.cmake")
add_library(app STATIC one.cc sub/two.cc options.h)
ropewalk_lint(app)
CMAKE
mkdir "$work/sub"
echo 'class Options { public: Options(); }; Later ask(Options options = {});' >"$work/options.h"
printf '#include "options.h"\nTask f() {\n  co_await ask();\n}\n' >"$work/one.cc"
printf '#include "../options.h"\nTask g() { co_return; }\n' >"$work/sub/two.cc"

lint() { "$cmake" --build "$work/build" --target app_lint >"$work/said" 2>&1; }
expect() { grep -q -- "$1" "$work/said" || { echo "expected $1:"; cat "$work/said"; exit 1; }; }
looked() { grep -c 'Looking at' "$work/said" || true; }

"$cmake" -S "$work" -B "$work/build" -G Ninja >/dev/null
lint || { cat "$work/said"; exit 1; }
[ "$(looked)" = 3 ] || { echo "all three should have been read"; cat "$work/said"; exit 1; }
lint
[ "$(looked)" = 0 ] || { echo "nothing had changed"; cat "$work/said"; exit 1; }

printf '#include "../options.h"\nTask g() {\n  co_await h({.name = 1});\n}\n' >"$work/sub/two.cc"
if lint; then echo "a dangerous form was let through"; exit 1; fi
expect 'sub/two.cc:3: an aggregate'
[ "$(looked)" = 1 ] || { echo "only one source had changed"; cat "$work/said"; exit 1; }
if "$cmake" --build "$work/build" --target app >"$work/said" 2>&1; then echo "the target was built"; exit 1; fi
expect 'sub/two.cc:3: an aggregate'

printf '#include "../options.h"\nTask g() { co_return; }\n' >"$work/sub/two.cc"
lint || { cat "$work/said"; exit 1; }
echo 'struct Options { std::string name; }; Later ask(Options options = {});' >"$work/options.h"
if lint; then echo "a header that made a call dangerous went unseen"; exit 1; fi
expect 'one.cc:3: the default argument Options{…} of ask()'

# Sources that come after the call are looked at too; a target without any is refused.
cat >>"$work/CMakeLists.txt" <<'CMAKE'
add_library(late STATIC)
ropewalk_lint(late)
target_sources(late PRIVATE sub/late.cc)
CMAKE
printf 'Task f() {\n  co_await h({.name = 1});\n}\n' >"$work/sub/late.cc"
"$cmake" -S "$work" -B "$work/build" >/dev/null
if "$cmake" --build "$work/build" --target late_lint >"$work/said" 2>&1; then echo "a source that came late went unseen"; exit 1; fi
expect 'sub/late.cc:2: an aggregate'
printf 'add_library(none INTERFACE)\nropewalk_lint(none)\n' >>"$work/CMakeLists.txt"
if "$cmake" -S "$work" -B "$work/build" >"$work/said" 2>&1; then echo "a target without a source was taken"; exit 1; fi
expect 'ropewalk_lint(none): there is nothing to look at'
echo "ropewalk_lint works"
