#!/usr/bin/env bash
# Installs what is missing, builds, starts six protocols in one process, and says what to try.
#
#   examples/quickstart.sh            runs until Ctrl-C
#   examples/quickstart.sh --check    starts it, tries everything, stops it; exit status 0 when all worked, else 1
#   … --check PRESET                  the same with another build than release
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

check=no preset=${2-release}
case ${1-} in
  '') ;;
  --check) check=yes ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

tests/packages.sh build quickstart
echo "building in build/$preset; the first time takes some minutes"
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target quickstart ropewalk 2>&1 | tests/progress.sh
bin=build/$preset/bin

work=$(mktemp -d)
socket=$work/echo.sock
base=80
[ "$check" = no ] || base=0 # ports that the kernel chooses: another server may hold the usual ones
"$bin/examples/quickstart" "$base" "$socket" >"$work/out" 2>"$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 100); do
  [ "$(grep -c ' on ' "$work/out" || true)" -lt 9 ] || break
  kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
authority=${XDG_STATE_HOME:-$HOME/.local/state}/ropewalk/dev-cert/authority.pem
where() { sed -n "s/^$1 on //p" "$work/out"; }

if [ "$check" = no ]; then
  cat "$work/out"
  cat <<TRY

Try, from another terminal:
  curl http://$(where http)/users/7
  curl http://$(where http)/shout -d 'hello'
  curl --cacert $authority https://localhost:$(where https | sed 's/.*://')/
  $bin/ropewalk fetch http://$(where http)/docs/ --timing
  dig -p $(where dns | sed 's/.*://') @127.0.0.1 www.demo.test          # +tcp on the same port
  $bin/ropewalk connect $(where chat)          # twice, and talk
  $bin/ropewalk connect $(where daytime)
  printf 'walker\r\n' | $bin/ropewalk connect $(where finger)
  echo hello | $bin/ropewalk connect unix:$socket
Ctrl-C ends it.
TRY
  trap 'rm -rf "$work"' EXIT
  wait "$server"
  exit
fi

failed=0
try() { # what, expected text, command…
  local what=$1 expected=$2 got
  shift 2
  got=$(timeout 20 "$@" 2>&1) || true
  if grep -qF -- "$expected" <<<"$got"; then echo "ok    $what"; else
    echo "FAIL  $what: expected '$expected', got: $got"
    failed=1
  fi
}
url=http://$(where http)
try "http with curl" "hello from ropewalk" curl -s "$url/"
try "http, a route with a parameter" '"id":"7"' curl -s "$url/users/7"
try "http, a body through a coroutine" "HELLO" curl -s "$url/shout" -d hello
try "http, a directory page" "architecture.md" curl -s "$url/docs/"
try "http, an unknown page" "404" curl -s -o /dev/null -w '%{http_code}' "$url/nothing"
secure=https://localhost:$(where https | sed 's/.*://')/
try "https, with the authority made for development" "hello from ropewalk" curl -s --cacert "$authority" "$secure"
try "https, whose certificate nobody else trusts" "SSL certificate problem" curl -sS "$secure"
try "fetch" "hello from ropewalk" "$bin/ropewalk" fetch "$url/"
port_of() { where "$1" | sed 's/.*://'; }
try "dns over UDP" "192.0.2.80" dig -p "$(port_of dns)" @127.0.0.1 www.demo.test +short
try "dns over TCP" "192.0.2.80" dig -p "$(port_of dns-tcp)" @127.0.0.1 www.demo.test +short +tcp
try "dns over TLS" "192.0.2.80" kdig -p "$(port_of dns-tls)" @127.0.0.1 www.demo.test +short +tls-ca="$authority" +tls-hostname=localhost
try "dns, answered by a function" "HELLO you" dig -p "$(port_of dns)" @127.0.0.1 you.shout.demo.test TXT +short
try "dns, a name that is not there" "NXDOMAIN" dig -p "$(port_of dns)" @127.0.0.1 nobody.demo.test
try "chat" "welcome; 1 in the room" bash -c "printf '' | timeout 5 '$bin/ropewalk' connect $(where chat)"
try "daytime" "$(date -u +%Y)" "$bin/ropewalk" connect "$(where daytime)"
try "finger" "twists strands" bash -c "printf 'walker\r\n' | '$bin/ropewalk' connect $(where finger)"
try "echo on a UNIX socket" "over and out" bash -c "echo over and out | '$bin/ropewalk' connect unix:$socket"
kill -TERM "$server"
if wait "$server"; then echo "ok    stops on SIGTERM"; else echo "FAIL  SIGTERM: exit status $?"; failed=1; fi
exit "$failed"
