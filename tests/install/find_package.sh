#!/usr/bin/env bash
# Installs to a temporary prefix and builds consumers through find_package(ropewalk COMPONENTS …).
. "$(dirname "$0")/common.sh"

install_to "$work/prefix"
for installed in include/ropewalk/core/net/reactor.h bin/ropewalk; do
  test -e "$work/prefix/$installed" || { echo "$installed was not installed"; exit 1; }
done
if find "$work/prefix/include" -name '*.cc' -o -name app | grep .; then echo "more than public headers was installed"; exit 1; fi

cat >"$work/consumer/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(ropewalk 0.1 REQUIRED COMPONENTS core servers)
add_executable(core core.cc)
target_link_libraries(core PRIVATE ropewalk::core)
ropewalk_lint(core)
add_executable(servers servers.cc)
target_link_libraries(servers PRIVATE ropewalk::servers)
if(TARGET ropewalk::ropewalk)
  message(FATAL_ERROR "two components were asked for, and all were loaded")
endif()
find_package(ropewalk 0.1 QUIET COMPONENTS nonsense)
if(ropewalk_FOUND)
  message(FATAL_ERROR "a component that does not exist was found")
endif()
CMAKE
"$cmake" -S "$work/consumer" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$work/prefix"
"$cmake" --build "$work/build"
run_both "$work/build"

# The lint that came with the package reads the installed headers, and stops a build.
echo 'struct Options { std::string name; }; rw::Deferred<int> f() { co_return co_await g({.name = "x"}); }' >>"$work/consumer/core.cc"
if "$cmake" --build "$work/build" --target core >"$work/said" 2>&1; then echo "a dangerous form was built"; exit 1; fi
grep -q "core.cc:[0-9]*: an aggregate" "$work/said" || { cat "$work/said"; exit 1; }
