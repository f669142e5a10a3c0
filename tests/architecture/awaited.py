#!/usr/bin/env python3
"""Fails for what g++ 12 makes a double free of: nothing that is awaited takes an aggregate or a braced list, and no default is one.

That compiler destroys twice every temporary that is initialised as an aggregate inside a co_await expression, and compiles no
initializer_list there. So what gives a Deferred takes options as classes with constructors (docs/deferred.md), and a default
argument, which is made in the caller's expression whatever the function gives, is spelled X() and not {}.

Usage: awaited.py ROOT. Prints one line a violation: file:line: function: parameter: the rule. Exit status 1 if there is any.
"""

import os
import sys

import tree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake/lint"))
import cxx_declarations  # noqa: E402
import cxx_tokens  # noqa: E402

# What holds an object that exists already, or code that runs later.
INDIRECT = {"shared_ptr", "unique_ptr", "weak_ptr", "function", "UniqueFunction", "Handle", "Deferred"}
# What nobody writes as a braced list: it comes from somewhere.
COMES_FROM = {("raceConnect", "Address"): "a resolver"}
LISTS = {"vector", "map", "set", "unordered_map", "unordered_set", "multimap", "list", "deque"}


def read(root):
    """All declarations of our headers; a function knows its header by `path`."""
    found = cxx_declarations.Declarations()
    for path in tree.sources(root, tree.LAYERS):
        if path.endswith(".h"):
            before = len(found.functions)
            with open(os.path.join(root, path), encoding="utf-8") as file:
                found.read(file.read())
            for function in found.functions[before:]:
                function.path = path if tree.is_public_header(path) else None
    return found


def is_awaited(declarations, function):
    """It gives a Deferred, or auto, which may be one; or it makes an object that is one."""
    texts = cxx_tokens.words(function.gives)
    if not texts:
        owner = declarations.classes.get(function.scope)
        return owner is not None and any("Deferred" in cxx_tokens.words(base) for base in owner.bases)
    name = cxx_declarations.last_name([t for t in function.gives if t.text not in "[]"])
    return name[-1:] in (("Deferred",), ("auto",))


def names_in(kind):
    """The names in a type that stand for values which the caller has to make."""
    names, i = [], 0
    while i < len(kind):
        if kind[i].kind == "word" and (i == 0 or kind[i - 1].text != "::"):
            name = cxx_declarations.last_name(kind[i:])
            if name and name[-1] in INDIRECT:
                break
            if name:
                names.append(name)
        i += 1
    return names


def lent(kind):
    """The caller lends an object that exists: X& and X*."""
    texts = cxx_tokens.words(kind)
    return "*" in texts or (texts[-1:] == ["&"] and "const" not in texts)


def why_not(declarations, function, parameter):
    """Why an awaited function must not take this, or None."""
    kind = parameter.type
    names = [] if lent(kind) else names_in(kind)
    for name in names:
        if name[-1] in ("initializer_list", "array") and name[0] == "std":
            return f"std::{name[-1]} cannot stand in a co_await expression"
        if name[-1] in LISTS and name[0] == "std" and not given(function, kind):
            return f"a braced std::{name[-1]} does not compile in a co_await expression; take a class"
        found = declarations.class_named(name, function.scope)
        if declarations.is_aggregate(found) and "detail" not in found.scope:  # what users do not make
            return f"{'::'.join(name)} is an aggregate: give it constructors"
    return None


def given(function, kind):
    texts = cxx_tokens.words(kind)
    return "Deferred" in texts or any((function.name, text) in COMES_FROM for text in texts)


def bad_default(declarations, function, parameter):
    """Why this default argument makes a temporary that is destroyed twice, or None."""
    if not parameter.default or "{" not in cxx_tokens.words(parameter.default[-2:]):
        return None
    name = cxx_declarations.last_name(parameter.type)
    if name and declarations.is_aggregate(declarations.class_named(name, function.scope)):
        return f"a default made with braces; write {'::'.join(name)}()"
    return None


def check(root):
    """All violations below root, as lines of text."""
    declarations = read(root)
    found = []
    for function in declarations.functions:
        if function.path is None or not function.public:
            continue
        awaited = is_awaited(declarations, function)
        for parameter in function.parameters:
            why = awaited and why_not(declarations, function, parameter)
            why = why or bad_default(declarations, function, parameter)
            if why:
                kind = " ".join(cxx_tokens.words(parameter.type)).replace(" :: ", "::")
                found.append(f"{function.path}:{function.line}: {function.name}: {kind}: {why}")
    return found, sum(1 for f in declarations.functions if f.path and is_awaited(declarations, f))


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found, awaited = check(sys.argv[1])
    for line in found:
        print(line)
    print(f"{awaited} functions can be awaited, {len(found)} violations")
    return 1 if found or not awaited else 0


if __name__ == "__main__":
    sys.exit(main())
