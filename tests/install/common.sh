# What the three install tests share. Arguments of each: SOURCE BUILD CMAKE COMPILER.
set -eu
source_dir=$1 build_dir=$2 cmake=$3 compiler=$4
work=$(mktemp -d "${TMPDIR:-/tmp}/ropewalk-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The consumers: one that needs core alone, one that needs what stands on top of it. Three lines each.
mkdir "$work/consumer"
cat >"$work/consumer/core.cc" <<'CC'
#include <ropewalk/core/base/format.h>
#include <ropewalk/core/net/reactor.h>
int main() { return ropewalk::format("{}", ropewalk::reactor().name()).empty() ? 1 : 0; }
CC
cat >"$work/consumer/servers.cc" <<'CC'
#include <ropewalk/core/core.h>
#include <ropewalk/servers/http/http.h>
int main() { return std::make_shared<ropewalk::http::Site>() ? 0 : 1; }
CC

install_to() {
  "$cmake" --install "$build_dir" --prefix "$1" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
}

run_both() { # the folder of the two programs
  "$1/core" && "$1/servers" && echo "both consumers run"
}
