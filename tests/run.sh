#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test. Exit status 0 when all pass.
#
#   tests/run.sh                                   everything, preset dev
#   tests/run.sh --preset asan --label core        one preset, one label
#   tests/run.sh -- -R core_net --verbose          the rest goes to ctest
#
#   --preset NAME   dev (default), release, asan, tsan, clang
#   --label REGEX   only tests with such a label: core protocols clients servers interop example thread fuzz-regress …
#   --jobs N        compile and test N at a time (default: the number of processors)
#   --werror        warnings are errors
#   --build-only    stop before the tests
#   --keep-going    build what can be built, and test that, although something does not compile (it still counts)
#   --no-install    install no packages
#
# dev, not release, is the default: it has debug information and assertions, and one build of it serves the unit tests, the
# examples and the tests against real peers.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

preset=dev label='' jobs=$(nproc) werror=OFF install=yes build_only=no keep_going=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift ;;
    --label) label=${2:?--label needs a name}; shift ;;
    --jobs | -j) jobs=${2:?--jobs needs a number}; shift ;;
    --werror) werror=ON ;;
    --build-only) build_only=yes ;;
    --keep-going) keep_going=(-- -k 0) ;;
    --no-install) install=no ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) echo "tests/run.sh: unknown argument $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

groups=(build test)
case $preset in asan | clang) groups+=(check) ;; esac
[ "$install" = no ] || tests/packages.sh "${groups[@]}"

say() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

say "configure $preset"
cmake --preset "$preset" -DROPEWALK_WERROR="$werror" >/dev/null

say "build $preset"
target=all
if [ -n "$label" ] && ninja -C "build/$preset" -t query "label_$label" >/dev/null 2>&1; then
  target=label_$label # the programs of that label; a label of scripts needs everything
fi
built=0
cmake --build --preset "$preset" -j "$jobs" --target "$target" "${keep_going[@]}" || built=$?
[ "$built" -eq 0 ] || [ ${#keep_going[@]} -gt 0 ] || exit "$built"
[ "$build_only" = no ] || exit "$built"

say "test $preset"
selection=()
[ -z "$label" ] || selection=(-L "$label")
without_aslr=()
if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then
  without_aslr=(setarch -R) # ThreadSanitizer of g++ 12 cannot place its shadow where a newer kernel randomises more bits
fi
passed=0
"${without_aslr[@]}" ctest --preset "$preset" -j "$jobs" --output-junit "$PWD/build/$preset/junit.xml" "${selection[@]}" "$@" || passed=$?
say "done"
[ "$built" -eq 0 ] || exit "$built"
exit "$passed"
