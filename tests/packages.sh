#!/usr/bin/env bash
# Installs what is missing of the named groups of tests/packages.txt: packages.sh build [test] [check]
# Asks nothing; needs root or sudo only when something is missing.
set -euo pipefail
list=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/packages.txt

packages_of() { # the packages of one group
  awk -v group="[$1]" '/^\[/ { inside = ($0 == group); next } inside && NF && !/^#/ { print $1 }' "$list"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for group in "$@"; do
  packages=$(packages_of "$group")
  [ -n "$packages" ] || { echo "packages.sh: $list has no group [$group]" >&2; exit 2; }
  for package in $packages; do
    installed "$package" || missing+=("$package")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "packages.sh: as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
# Packages such as nginx and bind9 must not start services of their own: RUNLEVEL=1 keeps invoke-rc.d from it,
# SYSTEMD_OFFLINE=1 systemctl.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1 apt-get -q -y -o Dpkg::Use-Pty=0)
"${apt[@]}" update </dev/null
"${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null
