#!/usr/bin/env bash
# Counts all instructions of an operation, the kernel's too: the servers run in a virtual machine whose clock goes forward by a
# nanosecond with each instruction, so that a process's CPU time there is a count. One processor, client and server on it.
#
#   tests/bench/all_instructions.sh build/release/bin/bench
#
# Wants the packages qemu-system-x86, busybox-static, cpio, openssl, and apt-get to get the kernel of linux-image-cloud-amd64, which
# is only unpacked. Takes about four minutes. Each figure is the slope between two counts of operations.
set -euo pipefail
bench=$(readlink -f "${1:?all_instructions.sh BIN}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
apt-get -q -o APT::Sandbox::User=root download "$kernel" >/dev/null
dpkg -x "$kernel"_*.deb unpacked

mkdir -p root/{bin,proc,tmp,dev}
cp /bin/busybox root/bin/
for program in limit_tls tls_hello tls_load limit_dns dns_server dns_load; do
  cp "$bench/$program" root/bin/
  ldd "$bench/$program" | grep -o '/[^ ]*' >>libraries
done
sort -u libraries | while read -r library; do
  mkdir -p "root$(dirname "$library")"
  cp -L "$library" "root$library"
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -out root/a.pem -keyout root/a.key 2>/dev/null
{
  # shellcheck disable=SC2016 # they are master file directives
  printf '%s\n' '$ORIGIN bench.test.' '$TTL 3600' '@ SOA ns hostmaster 1 7200 900 1209600 300' '@ NS ns' 'ns A 192.0.2.53' \
    '$GENERATE 1-10000 host$ A 192.0.2.1'
} >root/bench.zone
seq -f 'host%.0f.bench.test' 10000 >root/names

cat >root/init <<'INIT'
#!/bin/busybox sh
busybox() { /bin/busybox "$@"; }
busybox mount -t proc none /proc
busybox mount -t devtmpfs none /dev
busybox ip link set lo up
cpu() { busybox cut -d' ' -f1 /proc/$1/schedstat; }
load() { # what, count
  case $1 in
    dns) /bin/dns_load $port /names $2 64 ;;
    *) /bin/tls_load $port $1 $2 64 ;;
  esac >/tmp/load || echo "the load failed: $(busybox cat /tmp/load)"
}
measure() { # what, two counts, the server
  what=$1 few=$2 many=$3
  shift 3
  : >/tmp/port
  "$@" >/tmp/port 2>/dev/null &
  pid=$!
  until busybox grep -q . /tmp/port; do busybox sleep 0.05; done
  port=$(busybox head -n 1 /tmp/port)
  load $what $few
  a=$(cpu $pid); load $what $few; b=$(cpu $pid); load $what $many; c=$(cpu $pid)
  busybox printf 'RESULT %-10s %-22s %9d\n' $what "${1#/bin/} ${4-}" $(((c - b - (b - a)) / (many - few)))
  kill -9 $pid
  wait $pid 2>/dev/null
}
for what in requests handshake resume; do
  few=500 many=3500
  [ $what = requests ] || few=100 many=600
  measure $what $few $many /bin/limit_tls /a.pem /a.key
  measure $what $few $many /bin/limit_tls /a.pem /a.key --http
  measure $what $few $many /bin/tls_hello /a.pem /a.key
done
measure dns 5000 25000 /bin/limit_dns
measure dns 5000 25000 /bin/dns_server /bench.zone
busybox poweroff -f
INIT
chmod +x root/init
(cd root && find . | cpio -o -H newc 2>/dev/null | gzip -1) >initrd

qemu-system-x86_64 -nodefaults -nographic -no-reboot -cpu max -smp 1 -m 512 -icount shift=0,sleep=off -serial file:console \
  -kernel unpacked/boot/vmlinuz-* -initrd initrd \
  -append "console=ttyS0 tsc=reliable clocksource=tsc mitigations=off quiet rdinit=/init loglevel=3" || cat console >&2
sed -n 's/^RESULT //p; /the load failed/p' console
