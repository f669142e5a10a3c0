#!/usr/bin/env bash
# Runs README's two commands on a minimal Debian 12 with nothing prepared: a package that only happens to be installed here
# cannot hide a missing line there.
#
#   tests/fresh.sh [OPTION]… [-- ARGUMENTS of tests/run.sh]
#
#   --only COMMAND    tests or quickstart, not both
#   --preset NAME     of the quickstart; dev uses what the tests have built (default: release, as README's reader gets it)
#   --junit FILE      where the tests' report goes
#   --keep            leave the root folder there, and say where it is
#
# It debootstraps the system into a folder, clones this tree (what is committed) into it, and works there in namespaces of its
# own: the processes end with it, its /dev is a folder. The network is this machine's. Packages and the compiler's cache are
# kept in ~/.cache/ropewalk-fresh. Exit status 77 where it cannot be done: no root, no debootstrap, or no mirror.
set -euo pipefail
tree=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | head -n -1; }
cannot() { echo "tests/fresh.sh: $1" >&2; exit 77; }
say() { printf '\n== fresh: %s (%ss)\n' "$1" "$SECONDS"; }

only='' preset=release junit='' keep=no
while [ $# -gt 0 ]; do
  case $1 in
    --only) only=${2:?--only needs tests or quickstart}; shift ;;
    --preset) preset=${2:?--preset needs a name}; shift ;;
    --junit) junit=${2:?--junit needs a file}; shift ;;
    --keep) keep=yes ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) echo "tests/fresh.sh: unknown argument $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

[ "$(id -u)" -eq 0 ] || cannot "needs root, to make a root folder and to enter it"
command -v debootstrap >/dev/null || cannot "needs debootstrap: apt-get install debootstrap"
unshare --mount --pid --fork true 2>/dev/null || cannot "may not make namespaces here"
# The mirror that this machine's own apt asks.
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 2>/dev/null | awk '$1 == "bookworm" { print $2; exit }')
mirror=${mirror:-http://deb.debian.org/debian}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/ropewalk-fresh
mkdir -p "$cache/packages" "$cache/compiler"
root=$(mktemp -d "${TMPDIR:-/tmp}/ropewalk-fresh.XXXXXX")
chmod 755 "$root"
remove() { if [ "$keep" = yes ]; then echo "left: $root"; else rm -rf --one-file-system "$root"; fi; }
trap remove EXIT

say "a minimal Debian 12 from $mirror"
debootstrap --variant=minbase --cache-dir="$cache/packages" bookworm "$root" "$mirror" >"$root.log" 2>&1 || {
  tail -n 5 "$root.log"
  cannot "no minimal system could be made from $mirror; $root.log says more"
}
rm -f "$root.log"

# How this machine reaches its mirror is no property of the tree: it is carried over.
rm -f "$root/etc/apt/sources.list"
cp -r /etc/apt/sources.list.d "$root/etc/apt/"
[ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$root/etc/apt/"
find "$root/etc/apt/sources.list.d" -type f ! -name 'debian*' -delete
apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$root/etc/apt/apt.conf.d/00carried" || true
cp /etc/resolv.conf /etc/hosts "$root/etc/"

git clone -q --no-hardlinks "$tree" "$root/srv/ropewalk"

# Runs a command in there, in the clone, with an environment of nothing.
inside() {
  # shellcheck disable=SC2016  # expands in the namespace
  unshare --mount --pid --fork bash -euc '
    root=$1 cache=$2
    shift 2
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || true
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"; done
    mknod -m 666 "$root/dev/tty" c 5 0
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"; ln -s fd/1 "$root/dev/stdout"; ln -s fd/2 "$root/dev/stderr"
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mkdir -p "$root/srv/.cache/ccache"
    mount --bind "$cache/packages" "$root/var/cache/apt/archives"
    mount --bind "$cache/compiler" "$root/srv/.cache/ccache"
    exec chroot "$root" /usr/bin/env -i HOME=/srv LANG=C.UTF-8 TERM="${TERM:-dumb}" \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      bash -c "cd /srv/ropewalk && exec \"\$@\"" bash "$@"
  ' bash "$root" "$cache" "$@" </dev/null
}

status=0
if [ "$only" != quickstart ]; then
  say "tests/run.sh $*"
  inside tests/run.sh "$@" || status=$?
  [ -z "$junit" ] || cp "$root/srv/ropewalk/build/dev/junit.xml" "$junit" || status=1
fi
if [ "$only" != tests ]; then
  say "examples/quickstart.sh"
  inside examples/quickstart.sh --check "$preset" || status=$?
fi
say "done"
exit "$status"
