#!/bin/sh
# The compiler through ccache, which is wrong twice about precompiled headers: it has handed out old ones, and hashes their
# 100 MB, different at each build, for every file that uses them. So they are compiled, not cached; beside each lies a checksum
# of what it was made from, which ccache takes instead (ccache(1), pch_external_checksum).
export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1

output='' needs='' previous='' left=$#
while [ "$left" -gt 0 ]; do
  argument=$1
  shift
  case $previous in
    -o) output=$argument ;;
    -MF) needs=$argument ;;
    -Xclang) argument=${argument#"$PWD/"} ;; # what clang is told past its driver ccache leaves as it is: no path of one clone in it
  esac
  set -- "$@" "$argument"
  previous=$argument
  left=$((left - 1))
done
case $output in
  *.gch | *.pch) ;;
  *) exec ccache "$@" ;;
esac

rm -f "$output.sum"
"$@" || exit
{
  printf '%s\n' "$@"
  "$1" --version
  sed -e 's/^[^:]*: //' -e 's/\\$//' "$needs" | xargs cat
} | sed "s|${CCACHE_BASEDIR:-/nowhere}/||g" | sha256sum >"$output.sum"
