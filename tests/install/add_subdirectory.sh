#!/usr/bin/env bash
# Builds a consumer that takes the source tree in as a folder of its own project: what it does not link is not built, and
# the consumer's own settings stay as they were. core alone, since everything is compiled once more.
. "$(dirname "$0")/common.sh"

cat >"$work/consumer/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
add_subdirectory("$source_dir" ropewalk EXCLUDE_FROM_ALL)
add_executable(core core.cc)
target_link_libraries(core PRIVATE ropewalk::core)
if(CMAKE_BUILD_TYPE OR CMAKE_RUNTIME_OUTPUT_DIRECTORY OR TARGET ropewalk_test_main OR TARGET example_http_hello)
  message(FATAL_ERROR "ropewalk changed the settings of its host, or brought its tests or examples")
endif()
CMAKE
"$cmake" -S "$work/consumer" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS=-O0
"$cmake" --build "$work/build" --target core
"$work/build/core" && echo "the consumer runs"
