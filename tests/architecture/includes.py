#!/usr/bin/env python3
"""Fails for an include that runs upward in the picture of docs/architecture.md, or that lets a third-party header out.

Usage: includes.py ROOT. Prints one line a violation: file:line: what is included: the rule. Exit status 1 if there is any.
"""

import functools
import os
import re
import sys

import tree

# Lower layers that each layer may include. clients and servers drive the wire and never include each other; the one
# exception is below.
BELOW = {
    "core": {"core"},
    "ssl": {"core", "ssl"},
    "protocols": {"core", "ssl", "protocols"},
    "clients": {"core", "ssl", "protocols", "clients"},
    "servers": {"core", "ssl", "protocols", "servers"},
}
# A server may use the client of its own protocol (a forwarder asks, a secondary fetches zones) in the files that its README.md
# lists below this heading: "- `responders/forwarder.cc`: asks others".
USES_CLIENT = "## Uses the client of its protocol"
LISTED = re.compile(r"`([\w/]+\.(?:h|cc))`")

# Plain functions on bytes, which stand below ssl: the codecs whose RFC computes stand on them.
CRYPTO = "ssl/crypto/"

# Within core each may include the ones before it.
CORE_ORDER = ("base", "async", "net", "files", "service", "testing")

# A codec knows core/base and nothing of I/O; an Address is a plain value. The files of protocols/ that do I/O are the Protocol base classes, the coroutine
# streams over them, and the umbrella headers; they are told by their names.
DOES_IO = re.compile(
    r"^protocols/(wire/.*"  # each of them is a Protocol of a few lines: there is no codec to keep apart
    r"|.*(protocol|receiver|stream|connection|channel)[^/]*"
    r"|([^/]+)/\3\.h|[^/]+\.h)$"
)

# Third-party headers: (what, the files that may include them, whether a public header may).
CPP_ONLY = r".*\.cc$"
THIRD_PARTY = (
    (r"fmt/", r"core/base/", False),
    (r"spdlog/", r"core/base/(detail/)?log[^/]*\.cc$", False),
    (r"ares[^/]*\.h$", r"core/net/dns/", False),
    (r"llhttp", r"protocols/http/", False),
    (r"nlohmann/json_fwd\.hpp$", r"(clients|servers)/", True),
    (r"nlohmann/", r"(clients|servers)/" + CPP_ONLY, False),
    (r"CLI/", r"(clients|servers)/app/", False),
    (r"openssl/", r"ssl/", False),
    (r"nghttp2/", r"protocols/http2/", False),
    (r"(zlib\.h|zconf\.h|brotli/|zstd)", r"protocols/http/coding", False),
    (r"(libpsl\.h|idn2\.h)", r"(protocols|clients)/", False),
    (r"crypt\.h", r"(ssl|servers)/", False),
)
HEAVY = {"iostream", "regex"}
# What is neither of C++ nor third-party: the C library and the kernel.
SYSTEM = re.compile(
    r"(sys|net|netinet|arpa|linux|asm|machine)/[\w/]+\.h$|(aio|alloca|cpio|cxxabi|dirent|dlfcn|elf|endian|byteswap|errno|"
    r"execinfo|fcntl|fenv|fnmatch|ftw|glob|getopt|grp|ifaddrs|inttypes|langinfo|limits|locale|malloc|math|netdb|poll|pthread|"
    r"pty|pwd|resolv|sched|semaphore|setjmp|shadow|signal|spawn|stdarg|stddef|stdint|stdio|stdlib|string|strings|"
    r"syslog|termios|time|unistd|utime|utmpx|wait|wchar|immintrin|emmintrin|nmmintrin|x86intrin)\.h$"
)
STANDARD = re.compile(r"[a-z_0-9]+$")
# Of this project, but not below ropewalk/: what tests share.
IN_TREE = re.compile(r"(tests|examples)/")


def layer_of(path):
    return path.split("/")[0]


def core_part(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else None


@functools.lru_cache(maxsize=None)
def clients_used(root, server):
    """{file: line} of what the README.md of a folder of servers/ lists: the files that may use the client of its protocol."""
    readme = os.path.join(root, server, "README.md")
    if not os.path.exists(readme):
        return {}
    with open(readme, encoding="utf-8") as file:
        lines = file.read().split("\n")
    found, below = {}, False
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            below = line == USES_CLIENT
        elif below and line.startswith("- "):
            found |= {f"{server}/{name}": number for name in LISTED.findall(line)}
    return found


def may_use_client(root, path, target):
    """Whether this file of servers/ may include that one of clients/."""
    if path.startswith("servers/app/"):
        return True
    server, client = tree.module(path), tree.module(target)
    return server.split("/")[1] == client.split("/")[1] and path in clients_used(root, server)


def idly_listed(root, using):
    """One line for each file that a README.md lists, and that uses no client.

    @param using  the files of servers/ that include something of clients/
    """
    found = []
    for server in sorted({tree.module(path) for path in tree.sources(root, ["servers"])}):
        for path, line in clients_used(root, server).items():
            if path not in using:
                found.append(f"{server}/README.md:{line}: {path}: listed, but uses no client")
    return found


def upward(root, path, target):
    """Why this file must not include that one of ours, or None."""
    here, there = layer_of(path), layer_of(target)
    if there not in BELOW:
        return f"{here} includes nothing from {there}"
    if there not in BELOW[here]:
        if here == "servers" and there == "clients":
            if may_use_client(root, path, target):
                return None
            return f'a server uses the client of its own protocol alone, in files that its README.md lists below "{USES_CLIENT}"'
        return f"{here} may include {', '.join(sorted(BELOW[here]))}"
    if path.startswith(CRYPTO) and not target.startswith((CRYPTO, "core/base/")):
        return "ssl/crypto stands below ssl: it includes core/base, OpenSSL and itself"
    if here == there == "core":
        return upward_in_core(core_part(path), core_part(target))
    value = core_part(target) == "base" or target == "core/net/address.h"
    if here == "protocols" and there == "core" and not value and not DOES_IO.match(path):
        return "a codec includes core/base only; I/O is for …protocol, …receiver, …stream files"
    return None


def upward_in_core(here, there):
    if here is None or here == there:
        return None
    if there is None:
        return "the umbrella header is for users of core"
    if here not in CORE_ORDER or there not in CORE_ORDER:
        return f"core consists of {', '.join(CORE_ORDER)}"
    if CORE_ORDER.index(there) > CORE_ORDER.index(here):
        return f"core/{here} stands below core/{there}"
    return None


def foreign(path, name, public):
    """Why this file must not include a header that is not ours, or None."""
    if public and name in HEAVY:
        return f"<{name}> is too heavy for a public header"
    for pattern, allowed, in_public in THIRD_PARTY:
        if re.match(pattern, name):
            if not re.match(allowed, path):
                return f"{name} is for {allowed} only"
            return "no third-party header in a public one" if public and not in_public else None
    if STANDARD.match(name) or SYSTEM.match(name):
        return None
    if IN_TREE.match(name):
        return "the libraries include nothing of tests and examples"
    return "unknown header: ours are included as ropewalk/…, a new dependency has a line in tests/architecture/includes.py"


def misspelled(root, path, name, spelled):
    """Why a header of ours is not to be included under this name, or None."""
    near = os.path.dirname(path) == os.path.dirname(name)
    if "/" not in spelled:
        return None if os.path.exists(os.path.join(root, name)) else "no such header beside this file"
    return f'a header of the same folder is included by its name: "{os.path.basename(name)}"' if near else None


def hidden(path, name, public):
    """Why this file must not include that private header, or None."""
    if not tree.is_private(name):
        return None
    if public:
        return "a header in a folder named detail, or of the command, is not installed"
    if name.startswith(tree.COMMAND) and not path.startswith(tree.COMMAND):
        return "it is private to the command"
    if "detail" in name.split("/") and tree.module(path) != tree.module(name):
        return f"it is private to {tree.module(name)}"
    return None


def cycles(graph):
    """One line for each pair of folders of protocols/ that include each other: neither could be deleted."""
    pairs = {(a, b) for a in graph for b in graph[a] if a < b and a in graph.get(b, ())}
    return [f"protocols/{a} and protocols/{b} include each other" for a, b in sorted(pairs)]


def check(root):
    """All violations below root, as lines of text."""
    found, protocols, using = [], {}, set()
    for path in tree.sources(root, tree.LAYERS):
        public = tree.is_public_header(path)
        for line, name, own, spelled in tree.includes(root, path):
            why = foreign(path, name, public)
            if own:
                why = upward(root, path, name) or misspelled(root, path, name, spelled) or hidden(path, name, public)
            if why:
                found.append(f"{path}:{line}: {spelled}: {why}")
            if own and path.startswith("servers/") and name.startswith("clients/"):
                using.add(path)
            if own and path.startswith("protocols/") and name.startswith("protocols/"):
                protocols.setdefault(path.split("/")[1], set()).add(name.split("/")[1])
    return found + cycles(protocols) + idly_listed(root, using)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = check(sys.argv[1])
    for line in found:
        print(line)
    print(f"{len(tree.sources(sys.argv[1], tree.LAYERS))} files, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
