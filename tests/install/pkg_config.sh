#!/usr/bin/env bash
# Installs to a temporary prefix and builds consumers with the compiler and pkg-config alone.
. "$(dirname "$0")/common.sh"

install_to "$work/prefix"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name ropewalk-core.pc)")
export PKG_CONFIG_PATH
for component in core servers; do
  # shellcheck disable=SC2046  # flags are words
  "$compiler" -std=c++20 "$work/consumer/$component.cc" -o "$work/$component" $(pkg-config --cflags --libs "ropewalk-$component")
done
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") run_both "$work"
