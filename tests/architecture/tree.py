"""What the architecture tests know of the tree: which files there are, which headers are public, who includes what."""

import functools
import os
import re

LAYERS = ("core", "protocols", "ssl", "clients", "servers")
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


def private_headers(root):
    """What cmake/private_headers.txt lists, headers and folders/: not installed, free to include third-party headers."""
    try:
        with open(os.path.join(root, "cmake/private_headers.txt"), encoding="utf-8") as lines:
            return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    except FileNotFoundError:
        return ()


def is_private(path, private):
    return any(path.startswith(entry) if entry.endswith("/") else path == entry for entry in private)


def is_public_header(path, private):
    """True for a header that users are meant to include."""
    if not path.endswith(".h") or is_private(path, private):
        return False
    return not path.endswith("_inl.h") and "detail" not in path.split("/")


@functools.lru_cache(maxsize=None)
def includes(root, path):
    """The includes of one file: (line, name, quoted); ropewalk/ is taken off a name that begins with it."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    found = []
    for match in INCLUDE.finditer(text):
        name = match.group(2)
        own = name.startswith("ropewalk/")
        found.append((text.count("\n", 0, match.start()) + 1, name[len("ropewalk/") :] if own else name, own))
    return found
