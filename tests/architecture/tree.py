"""What the architecture tests know of the tree: which files there are, which headers are public, who includes what."""

import functools
import os
import re

LAYERS = ("core", "protocols", "ssl", "clients", "servers")
# The command: nobody includes what is in there but itself.
COMMAND = ("clients/app/", "servers/app/")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(root, folders):
    """Paths of the .h and .cc files below the given folders, relative to root, sorted."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".h", ".cc")) and not name.startswith((".", "#")):
                    found.append(os.path.relpath(os.path.join(where, name), root))
    return sorted(found)


def pages(root):
    """Paths of what people read, relative to root, sorted: all of docs/, the root's pages, every README.md."""
    found = [name for name in os.listdir(root) if name.endswith(".md")]
    # Not all below root: a build's folder has a link back to it.
    for folder in ("docs", "examples", "tests", *LAYERS):
        for where, _, names in os.walk(os.path.join(root, folder)):
            wanted = [n for n in names if n == "README.md" or (folder == "docs" and n.endswith(".md"))]
            found += [os.path.relpath(os.path.join(where, name), root) for name in wanted]
    return sorted(found)


def is_private(path):
    """True for what is not installed, and may include third-party headers: folders named detail, and the command."""
    return "detail" in path.split("/") or path.startswith(COMMAND)


def is_public_header(path):
    """True for a header that users are meant to include. Those named …_inl.h are installed, since public ones include them."""
    return path.endswith(".h") and not path.endswith("_inl.h") and not is_private(path)


def module(path):
    """The folder that may look into its folders named detail: core/net, servers/http; ssl as a whole."""
    return "/".join(path.split("/")[: 1 if path.startswith("ssl/") else 2])


@functools.lru_cache(maxsize=None)
def includes(root, path):
    """The includes of one file: (line, name, ours, spelled); a name of ours is its path from the root, however it is spelled."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    found = []
    for match in INCLUDE.finditer(text):
        spelled = match.group(2)
        neighbour = match.group(1) == '"' and "/" not in spelled
        own = neighbour or spelled.startswith("ropewalk/")
        name = os.path.join(os.path.dirname(path), spelled) if neighbour else spelled.removeprefix("ropewalk/")
        found.append((text.count("\n", 0, match.start()) + 1, name, own, spelled))
    return found
