#!/usr/bin/env bash
# cmake/FindLlhttp.cmake takes an installed llhttp by its CMake config, then by pkg-config, then the sources of Debian 12's
# node-llhttp; without any it prints the line that installs it. Arguments: SOURCE CMAKE.
set -eu
source_dir=$1 cmake=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/ropewalk-llhttp.XXXXXX")
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/config" "$work/pkgconfig" "$work/sources" "$work/nothing" "$work/project"
cat >"$work/config/llhttp-config.cmake" <<'CMAKE'
add_library(llhttp::llhttp_static INTERFACE IMPORTED)
set(llhttp_VERSION 9.1.0)
CMAKE
printf 'Name: libllhttp\nDescription: a planted one\nVersion: 9.2.0\n' >"$work/pkgconfig/libllhttp.pc"
touch "$work/sources/api.c" "$work/sources/http.c" "$work/sources/llhttp.c"
printf '#define LLHTTP_VERSION_%s\n' 'MAJOR 8' 'MINOR 1' 'PATCH 0' >"$work/sources/llhttp.h"
cat >"$work/project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(finds_llhttp NONE)
find_package(Llhttp REQUIRED)
message("FOUND ${Llhttp_ORIGIN} ${Llhttp_VERSION} [${Llhttp_SOURCES}]")
CMAKE

runs=0 failures=0
expect() { # what, text that the output must have, CMake arguments…
  local what=$1 text=$2 output
  shift 2
  runs=$((runs + 1))
  output=$(PKG_CONFIG_LIBDIR="$work/$pc" "$cmake" -G Ninja -S "$work/project" -B "$work/build$runs" -DCMAKE_MODULE_PATH="$source_dir/cmake" \
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF "$@" 2>&1) || true
  if [[ $output != *"$text"* ]]; then
    printf '%s: no "%s" in\n%s\n' "$what" "$text" "$output"
    failures=$((failures + 1))
  fi
}
sources() { printf -- '-DLlhttp_%s=%s ' SOURCE_DIR "$1" INCLUDE_DIR "$1"; }

# shellcheck disable=SC2046  # sources gives two arguments
{
  pc=pkgconfig expect "config first" "FOUND CMake config $work/config 9.1.0" -Dllhttp_DIR="$work/config" $(sources "$work/sources")
  pc=pkgconfig expect "then pkg-config" "FOUND pkg-config libllhttp 9.2.0" $(sources "$work/sources")
  pc=nothing expect "then sources" "FOUND sources in $work/sources 8.1.0 [$work/sources/api.c;" $(sources "$work/sources")
  pc=nothing expect "nothing" "apt-get install node-llhttp" $(sources "")
}
echo "$runs cases, $failures failed"
[ "$failures" -eq 0 ]
