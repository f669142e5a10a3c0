"""The forms that g++ 12 destroys twice inside a co_await expression, or does not compile there."""

from await_expressions import lambda_at
from cxx_declarations import Class, last_name
from cxx_tokens import closing, closing_angle, split, words

_LISTS = {"vector", "map", "set", "unordered_map", "unordered_set", "multimap", "multiset", "list", "deque", "initializer_list"}
_SAFE = {"string", "pair", "tuple", "optional", "function", "unique_ptr", "shared_ptr", "string_view", "variant"}
_NO_TYPE = {"return", "co_return", "co_await", "co_yield", "new", "throw", "else", "case", "const", "auto"}
_REMEDY = "name it before the co_await expression"
_REMEDY_AROUND = "name what is awaited before it, and put that in"


def _harm(what):
    return "does not compile it" if "list" in what else "destroys it twice"


class Forms:
    """Looks for them in the tokens of a source, of which `known` has the declarations."""

    def __init__(self, tokens, known):
        self.tokens, self.known = tokens, known
        self.renamed = {_alias(tokens, i)[0] for i, t in enumerate(tokens) if t.text in ("using", "typedef")}

    def dangerous(self, ranges):
        """(line, what) for each dangerous form in an expression; the bodies of its lambdas are no part of it."""
        found, done = [], -1  # done: behind the outermost form that was told
        for start, end in ranges:
            for i in range(start, end):
                what = self.form_at(i) if i > done else None
                if what:
                    to = closing(self.tokens, i) if self.tokens[i].text in "{(" else i
                    around = "co_await" in words(self.tokens[i:to]) and "default argument" not in what
                    where, remedy = ("around a", _REMEDY_AROUND) if around else ("inside a", _REMEDY)
                    found.append((self.tokens[i].line, f"{what} {where} co_await expression: g++ 12 {_harm(what)}; {remedy}"))
                    done = to
        return found

    def form_at(self, i):
        """What is wrong with what begins at token i, or None."""
        text = self.tokens[i].text
        if self.tokens[i].kind != "sign":
            return None
        if text == "[":
            return self.capturing(i)
        if text == "{":
            return self.braced(i)
        if text == "(":
            return self.called(i)
        return None

    # Lambdas.

    def capturing(self, i):
        if lambda_at(self.tokens, i) is None:
            return None
        captures = split(self.tokens[i + 1 : closing(self.tokens, i)])
        if any(_copies(words(capture)) for capture in captures if capture):
            return "a lambda that captures by copy"
        return None

    # Type{…}, {…}, name{…}.

    def braced(self, i):
        content = self.tokens[i + 1 : closing(self.tokens, i)]
        spelled = self.type_before(i)
        if spelled:
            return self.typed(spelled, content, i)
        if self.tokens[i - 1].text == "=":
            declared = self.declared_before(i - 1)
            return self.typed(declared, content, i) if declared else self.untyped([], content)
        callee = self.callee_of(i)
        if callee is None and self.tokens[i - 1].text not in ("(", ","):
            return None
        kinds = self.parameters(*callee) if callee else []
        return self.untyped(kinds, content)

    def type_before(self, i):
        """The tokens of the type in front of a brace: of Type{…}, and of Type name{…}."""
        name, start = self.qualified(i - 1)
        if not name:
            return None
        before = self.tokens[start - 1] if start else None
        if before and (before.kind == "word" or before.text in (">", "&", "*")) and before.text not in _NO_TYPE:
            declared, _ = self.qualified(start - 1)
            return declared or name
        return name

    def declared_before(self, i):
        """The type in `Type name = {` and `Type name[] = {`, of which this is the =."""
        at = i - 1
        while at > 0 and self.tokens[at].text == "]":
            at = self.opening(at) - 1
        declared, _ = self.qualified(at - 1)
        return declared if self.tokens[at].kind == "word" else None

    def qualified(self, end):
        """(the tokens of the type that ends at `end`, where it begins): std::array<T, 2>."""
        i = end
        if self.tokens[i].text == ">":
            depth = 0
            while i > 0:
                depth += {">": 1, "<": -1}.get(self.tokens[i].text, 0)
                i -= 1
                if depth == 0:
                    break
        if self.tokens[i].kind != "word" or self.tokens[i].text in _NO_TYPE:
            return None, end
        while i >= 2 and self.tokens[i - 1].text == "::" and self.tokens[i - 2].kind in ("word",):
            i -= 2
        return self.tokens[i : end + 1], i

    def typed(self, spelled, content, i):
        said = (self.typed_as(kind, "::".join(last_name(spelled)), content) for kind in self.meanings(spelled, i))
        return next(filter(None, said), None)

    def typed_as(self, kind, shown, content):
        name = last_name(kind)
        if name and name[-1] in _LISTS and (name[0] == "std" or len(name) == 1):
            return f"the braced list of {shown}{{…}}" if content else None
        if name and name[-1] == "array" and name[0] == "std":
            return None if self.known.type_owns_nothing(kind, ()) else f"the aggregate {shown}{{…}}"
        if self.is_aggregate(kind):
            return f"the aggregate {shown}{{…}}"
        if content and content[0].text == "." and not self.plain(kind):
            return f"the aggregate {shown}{{…}}"
        return None

    def untyped(self, kinds, content):
        """{…} as an argument that may be of any of these types."""
        designated = bool(content) and content[0].text == "."
        kinds = [meant for kind in kinds for meant in self.meanings(kind)]
        if kinds:
            if all(self.plain(kind) for kind in kinds):
                return None
            if any(self.is_aggregate(kind) for kind in kinds):
                return "an aggregate {…}"
            names = [last_name(kind) for kind in kinds]
            if all(name and name[-1] in _LISTS for name in names):
                return "a braced list {…}" if content else None
            if not designated and any(self.is_class(name) for name in names):
                return None
        if designated:
            return "an aggregate {.…}"
        return "a braced list {…}" if content else None

    def is_class(self, name):
        return bool(name) and (name[-1] in _SAFE or bool(self.classes(name)))

    # Calls: f(…) with defaulted aggregates left out, Aggregate(…).

    def called(self, i):
        name, _ = self.qualified(i - 1) if i else (None, 0)
        if not name:
            return None
        arguments = [a for a in split(self.tokens[i + 1 : closing(self.tokens, i)]) if a]
        if arguments and self.aggregate(name, i) and not self.is_copy(arguments):
            return f"the aggregate {'::'.join(last_name(name))}(…)"
        called = [f for meant in self.meanings(name, i) for f in self.functions(meant)]
        candidates = [f for f in called if _takes(f, len(arguments))]
        left_out = [f.parameters[len(arguments) :] for f in candidates]
        if candidates and all(any(self.bad_default(p) for p in left) for left in left_out):
            bad = next(p for p in left_out[0] if self.bad_default(p))
            return f"the default argument {'::'.join(last_name(bad.type))}{{…}} of {words(name)[-1]}()"
        return None

    @staticmethod
    def is_copy(arguments):
        """Aggregate(that): one argument that may be an object of the type; a literal is none."""
        return len(arguments) == 1 and not (len(arguments[0]) == 1 and arguments[0][0].kind in ("string", "number"))

    def bad_default(self, parameter):
        texts = words(parameter.default or [])
        return texts[-1:] == ["}"] and self.aggregate(parameter.type)

    def callee_of(self, i):
        """(tokens of the name, index, how many) of the call that has the brace at i as an argument."""
        at, index = i - 1, 0
        while at > 0:
            text = self.tokens[at].text
            if self.tokens[at].kind != "sign":
                pass
            elif text in ")]}":
                at = self.opening(at)
            elif text == ",":
                index += 1
            elif text == "(":
                name, _ = self.qualified(at - 1)
                count = len(split(self.tokens[at + 1 : closing(self.tokens, at)]))
                return (name, index, count) if name else None
            elif text in "{[;":
                return None
            at -= 1
        return None

    def opening(self, i):
        depth = 0
        while i > 0:
            text = self.tokens[i].text
            depth += (text in ")]}") - (text in "([{") if self.tokens[i].kind == "sign" else 0
            if depth == 0:
                return i
            i -= 1
        return 0

    def parameters(self, name, index, count):
        called = self.functions(name)
        fitting = [f for f in called if _takes(f, count) or len(f.parameters) == count]
        return [f.parameters[index].type for f in fitting or called if index < len(f.parameters)]

    # What is known of names.

    def functions(self, name):
        spelled = last_name(name)
        if not spelled:
            return []
        made = [(*c.scope, c.name) for c in self.classes(spelled)]  # f(…) may be a constructor of f
        called = self.known.functions_called.get(spelled[-1], [])
        return [f for f in called if f.scope[-1:] != spelled[-1:] or f.scope in made]

    def classes(self, spelled):
        return [found for found in self.types(spelled) if isinstance(found, Class)]

    def types(self, spelled):
        """The classes and aliases that may be meant by a name, which is spelled as some namespace alias or using has it."""
        called = [] if spelled[0] == "std" else self.known.types_called.get(spelled[-1], [])
        if len(spelled) == 1:  # one within a class is meant only where there is no other
            return [t for t in called if t.scope not in self.known.classes] or called
        within = [t for t in called if t.scope[-1:] == spelled[-2:-1]]
        return within or [t for t in called if spelled[-2] in ("rw", *t.scope)]

    def meanings(self, kind, at=0, seen=()):
        """The types that one may stand for which is spelled so at token `at`, with aliases followed; itself if it is none."""
        name = last_name(kind)
        if not name or name in seen:
            return [kind]
        local = self.alias_around(name[0], at) if len(name) == 1 else None
        aliased = [local] if local else [t.type for t in self.types(name) if not isinstance(t, Class)]
        meant = [m for other in aliased for m in self.meanings(other, at, (*seen, name))]
        return meant if aliased and (local or not self.classes(name)) else [*meant, kind]

    def alias_around(self, name, at):
        """The tokens of the type to which a using or typedef gives this name in a block around token `at`, or None."""
        if name not in self.renamed:
            return None
        while at > 0:
            at -= 1
            text = self.tokens[at].text
            if text in (")", "]", "}") and self.tokens[at].kind == "sign":
                at = self.opening(at)
            elif text in ("using", "typedef"):
                renamed, kind = _alias(self.tokens, at)
                if renamed == name:
                    return kind
        return None

    def aggregate(self, kind, at=0):
        """Whether a type is, for all that is known, an aggregate whose destruction does something."""
        return any(self.is_aggregate(meant) for meant in self.meanings(kind, at))

    def is_aggregate(self, kind):
        name = last_name(kind)
        if not name or "*" in words(kind) or (name[0] == "std" and name[-1] != "array"):
            return False
        return any(self.known.is_aggregate(c) and not self.known.owns_nothing(c) for c in self.classes(name))

    def plain(self, kind):
        name = last_name(kind)
        found = self.classes(name) if name else []
        if found:
            return all(self.known.owns_nothing(c) for c in found)
        return bool(kind) and self.known.type_owns_nothing([t for t in kind if t.text not in ("const", "&")], ())


def _alias(tokens, at):
    """(name, tokens of the type) of the using or typedef at `at`; (None, []) if it names no type."""
    end = next((i for i in range(at, len(tokens)) if tokens[i].text == ";"), at)
    if tokens[at].text == "typedef":
        return tokens[end - 1].text, tokens[at + 1 : end - 1]
    return (tokens[at + 1].text, tokens[at + 3 : end]) if "=" in words(tokens[at:end]) else (None, [])


def _copies(capture):
    """Whether a capture makes a member that may have to be destroyed."""
    if capture[0] == "&" or capture == ["this"] or capture[0] == "...":
        return False
    if "=" in capture and len(capture) > 1:
        value = capture[capture.index("=") + 1 :]
        literal = len(value) == 1 and (value[0][0].isdigit() or value[0] in ("true", "false", "nullptr", "this"))
        return not (literal or value[:1] == ["&"])
    return True


def _takes(function, count):
    needed = sum(1 for p in function.parameters if p.default is None)
    return needed <= count < len(function.parameters)
