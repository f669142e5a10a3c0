#!/usr/bin/env bash
# Runs examples/threads.cc and examples/run_command.cc and compares what they say.
set -u
bin="${ROPEWALK_BIN_DIR:?}/examples"
failures=0

# expect NAME WANTED GOT
expect() {
  if [ "$2" != "$3" ]; then
    printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
    failures=$((failures + 1))
  fi
}

expect "threads" "9592 primes below 100000, 33860 below 400000
failed: disk on fire
the reactor went on meanwhile: yes" "$("$bin/threads")"

expect "output and end" "out: hello
end: echo ended with exit code 0" "$("$bin/run_command" echo hello </dev/null)"

expect "errors" "err: trouble
end: sh ended with exit code 3" "$("$bin/run_command" sh -c 'echo trouble >&2; exit 3' </dev/null)"
"$bin/run_command" sh -c 'exit 3' </dev/null >/dev/null
expect "exit code" 3 $?

expect "input" "out: one
end: head ended with exit code 0" "$(printf 'one\ntwo\n' | "$bin/run_command" head -n 1)"

expect "a file as input" 0 "$("$bin/run_command" cat <"$0" >/dev/null; echo $?)"

"$bin/run_command" sh -c 'kill -KILL $$' </dev/null >/dev/null
expect "signal" 137 $?

expect "no such program" "end: cannot start /no/such/program: no such file or directory" \
  "$("$bin/run_command" /no/such/program </dev/null)"

[ "$failures" -eq 0 ] && echo "all examples behave"
exit "$failures"
