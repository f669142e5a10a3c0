"""The declarations of a C++ file, as far as text tells: classes with their members, functions with their parameters."""

import dataclasses
import re

from cxx_tokens import PAIRS, closing, closing_angle, split, tokens_of

_ACCESS = {"public", "private", "protected"}
_NO_FUNCTION = {"decltype", "alignas", "noexcept", "explicit", "requires", "__attribute__", "static_assert", "sizeof"}
_SPECIFIERS = {"virtual", "static", "inline", "constexpr", "consteval", "friend", "explicit", "extern", "mutable", "typename"}

_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n\\]|\\.)*)", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass
class Parameter:
    type: list  # tokens
    default: list  # tokens, or None


@dataclasses.dataclass
class Function:
    name: str
    scope: tuple
    gives: list  # tokens of the return type; empty for constructors
    parameters: list
    line: int
    public: bool


@dataclasses.dataclass
class Class:
    name: str
    scope: tuple
    bases: list  # a list of tokens each
    line: int
    members: list = dataclasses.field(default_factory=list)  # (tokens of the type, whether public)
    constructor: bool = False
    virtual: bool = False


@dataclasses.dataclass
class Alias:
    name: str
    scope: tuple
    type: list  # tokens


class Declarations:
    """What a set of files declares. Names are tuples: ("ropewalk", "http", "Page")."""

    def __init__(self):
        self.classes, self.functions, self.others = {}, [], {}  # others: enums and aliases, by name
        self.types_called, self.functions_called = {}, {}  # by the last part of the name: lists, aliases among the types
        self.awaiting = {"co_await"}  # and the macros that have it in them

    def read(self, text):
        for name, means in _MACRO.findall(text):
            if self.awaiting & set(re.findall(r"\w+", re.sub(r"//.*|/\*.*?\*/", "", means))):
                self.awaiting.add(name)
        _Reader(self, tokens_of(text)).scope(0, None, (), None, True)

    def copy(self):
        """The same knowledge, to which more may be added."""
        made = Declarations()
        made.classes, made.functions, made.others = dict(self.classes), list(self.functions), dict(self.others)
        made.awaiting = set(self.awaiting)
        made.types_called = {name: list(found) for name, found in self.types_called.items()}
        made.functions_called = {name: list(found) for name, found in self.functions_called.items()}
        return made

    def lookup(self, spelled, scope):
        """What a name that is spelled so means in that scope: a Class, "enum", the tokens of an alias, or None."""
        if spelled[0] == "std":
            return None
        for end in range(len(scope), -1, -1):
            name = (*scope[:end], *spelled)
            found = self.classes.get(name) or self.others.get(name)
            if found is not None:
                return found
        return None

    def class_named(self, spelled, scope):
        found = self.lookup(spelled, scope)
        return found if isinstance(found, Class) else None

    def unaliased(self, tokens, scope, depth=0):
        """A type as it is spelled in that scope, with what it stands for in the place of an alias."""
        spelled = last_name(tokens)
        found = self.lookup(spelled, scope) if spelled else None
        texts = [t.text for t in tokens]
        if not isinstance(found, list) or "<" in texts or depth > 8:
            return tokens
        return self.unaliased([*found, *(t for t in tokens if t.text in ("*", "&", "&&"))], scope, depth + 1)

    def is_aggregate(self, found, depth=0):
        """C++20: no declared constructor, nothing private among its members, nothing virtual, no such base."""
        if found is None or found.constructor or found.virtual or depth > 8:
            return False
        if any(not public for _, public in found.members):
            return False
        for base in found.bases:
            spelled = last_name(base)
            below = self.class_named(spelled, found.scope) if spelled else None
            if any(t.text in ("private", "protected", "virtual") for t in base) or (below and self._polymorphic(below)):
                return False
            if below is None and spelled and spelled[0] != "std":
                return False  # not ours to know: rather no false alarm
        return True

    def _polymorphic(self, found, depth=0):
        if found.virtual:
            return True
        below = [self.class_named(last_name(b), found.scope) for b in found.bases if last_name(b)]
        return depth < 8 and any(b and self._polymorphic(b, depth + 1) for b in below)

    def owns_nothing(self, found, depth=0):
        """Whether its destructor does nothing: g++ 12 may then run it twice."""
        if depth > 8 or found.constructor and not found.members:
            return False
        return all(self.type_owns_nothing(t, (*found.scope, found.name), depth + 1) for t, _ in found.members) and all(
            self.type_owns_nothing(b, found.scope, depth + 1) for b in found.bases
        )

    def type_owns_nothing(self, tokens, scope, depth=0):
        texts = [t.text for t in tokens]
        if "*" in texts or "&" in texts:
            return True
        spelled = last_name(tokens)
        if not spelled:
            return all(t in _ARITHMETIC or t in ("const", "unsigned", "signed", "long") for t in texts) and bool(texts)
        if spelled[-1] in _PLAIN or (spelled[0] == "std" and spelled[-1].endswith("_t")):
            return True
        if spelled[0] == "std" and spelled[-1] in ("optional", "array", "pair", "variant", "tuple"):
            start = texts.index("<")
            return all(
                not part or part[0].kind == "number" or self.type_owns_nothing(part, scope, depth + 1)
                for part in split(tokens[start + 1 : closing_angle(tokens, start)])
            )
        found = self.lookup(spelled, scope)
        if isinstance(found, list):
            return depth < 8 and self.type_owns_nothing(found, scope, depth + 1)
        return found == "enum" or (found is not None and self.owns_nothing(found, depth + 1))


_ARITHMETIC = {"bool", "char", "short", "int", "long", "float", "double", "unsigned", "signed", "char8_t", "wchar_t"}
_PLAIN = _ARITHMETIC | {
    *("string_view", "span", "size_t", "ptrdiff_t", "Duration", "TimePoint", "nanoseconds", "microseconds", "chrono"),
    *("milliseconds", "seconds", "minutes", "hours", "time_point", "byte", "nullopt_t", "monostate", "source_location"),
    *("uint8_t", "uint16_t", "uint32_t", "uint64_t", "int8_t", "int16_t", "int32_t", "int64_t", "mode_t", "uid_t", "gid_t"),
}


def last_name(tokens):
    """The qualified name of a type, without const, references and template arguments: ("http", "Page")."""
    name, i = [], 0
    skip = _SPECIFIERS | _ACCESS | {"const", "volatile", "struct", "class"}
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "word" and token.text not in skip:
            if name and tokens[i - 1].text != "::":
                break
            name.append(token.text)
        elif token.text == "<" or (name and token.text != "::"):
            break
        i += 1
    return tuple(name) if name and name[0] not in _ARITHMETIC else ()


class _Reader:
    def __init__(self, into, tokens):
        self.into, self.tokens, self.aliased = into, tokens, []

    def scope(self, i, end, scope, owner, public):
        """The declarations from i on, in a namespace or in the class `owner`."""
        end = len(self.tokens) if end is None else end
        while i < end:
            text = self.tokens[i].text
            if text in _ACCESS and i + 1 < end and self.tokens[i + 1].text == ":":
                public, i = text == "public", i + 2
            elif text == "namespace":
                i = self.namespace(i, scope)
            elif text == "extern" and self.tokens[i + 1].kind == "string" and self.tokens[i + 2].text == "{":
                self.scope(i + 3, closing(self.tokens, i + 2), scope, owner, public)
                i = closing(self.tokens, i + 2) + 1
            elif text in (";", "}", ")"):
                i += 1
            else:
                i = self.declaration(i, end, scope, owner, public)

    def namespace(self, i, scope):
        names, i = [], i + 1
        while self.tokens[i].text not in ("{", ";", "="):
            names += [self.tokens[i].text] if self.tokens[i].kind == "word" and self.tokens[i].text != "inline" else []
            i += 1
        if self.tokens[i].text != "{":
            return self.to_semicolon(i)
        end = closing(self.tokens, i)
        self.scope(i + 1, end, (*scope, *names), None, True)
        return end + 1

    def to_semicolon(self, i):
        while i < len(self.tokens) and self.tokens[i].text != ";":
            i = closing(self.tokens, i) + 1 if self.tokens[i].text in PAIRS and self.tokens[i].kind == "sign" else i + 1
        return i + 1

    def declaration(self, i, end, scope, owner, public):
        """One declaration; gives where the next begins."""
        head, at, parameters = [], i, None  # head: tokens before the parameters, template heads left out
        while at < end:
            token = self.tokens[at]
            text = token.text
            if text == "template" and self.tokens[at + 1].text == "<":
                at = (closing_angle(self.tokens, at + 1) or at + 1) + 1
            elif text == "[" and self.tokens[at + 1].text == "[":
                at = closing(self.tokens, at) + 1
            elif text == ";":
                break
            elif text == "=" and "operator" not in [t.text for t in head[-2:]]:
                after = self.to_semicolon(at) - 1
                self.aliased, at = self.tokens[at + 1 : after], after
                break
            elif text == "<" and head and head[-1].kind == "word" and head[-1].text != "operator":
                close = closing_angle(self.tokens, at) or at
                if parameters is None:
                    head += self.tokens[at : close + 1]
                at = close + 1
            elif text == "requires" and self.tokens[at + 1].text in ("(", "{"):
                at = closing(self.tokens, at + 1) + 1
            elif text == "(" and parameters is None and head and head[-1].text not in _NO_FUNCTION:
                close = closing(self.tokens, at)
                if head[-1].text == "operator":
                    head += self.tokens[at : close + 1]
                else:
                    parameters = self.tokens[at + 1 : close]
                at = close + 1
            elif text == "(":
                at = closing(self.tokens, at) + 1
            elif text == ":" and parameters is not None:
                at = self.initializers(at + 1)
            elif text == "{":
                if parameters is None and self.is_class(head):
                    return self.class_body(head, at, scope, public)
                at = closing(self.tokens, at) + 1
                if parameters is not None:
                    break
                at = self.to_semicolon(at) - 1
                break
            else:
                if parameters is None:
                    head.append(token)
                at += 1
        self.note(head, parameters, scope, owner, public)
        return max(at, i) + (0 if at < end and self.tokens[at].text != ";" else 1)

    def initializers(self, at):
        """Behind a constructor's colon: gives where its body begins."""
        while at < len(self.tokens):
            while at < len(self.tokens) and self.tokens[at].text not in ("(", "{"):
                if self.tokens[at].text == "<":
                    at = closing_angle(self.tokens, at) or at
                at += 1
            at = closing(self.tokens, at) + 1
            if at >= len(self.tokens) or self.tokens[at].text not in (",", "..."):
                return at
            at += 1
        return at

    @staticmethod
    def is_class(head):
        texts = [t.text for t in head]
        return bool(texts) and any(t in texts for t in ("struct", "class", "union", "enum"))

    def class_body(self, head, at, scope, public):
        end = closing(self.tokens, at)
        texts = [t.text for t in head]
        key = next(i for i, t in enumerate(texts) if t in ("struct", "class", "union", "enum"))
        named = [t for t in head[key + 1 :] if t.text not in ("class", "final", "struct")]
        if not named or named[0].kind != "word":
            return self.to_semicolon(end)
        colon = next((i for i, t in enumerate(named) if t.text == ":"), len(named))
        parts = [t.text for t in named[:colon] if t.kind == "word"]
        name = named[0].text if "<" in [t.text for t in named[:colon]] else parts[-1]
        if texts[key] == "enum":
            self.into.others[(*scope, name)] = "enum"
        else:
            found = Class(name, scope, split(named[colon + 1 :]), head[key].line)
            if (*scope, name) not in self.into.classes:
                self.into.classes[(*scope, name)] = found
                self.into.types_called.setdefault(name, []).append(found)
            self.scope(at + 1, end, (*scope, name), found, texts[key] != "class")
        return self.to_semicolon(end)

    def note(self, head, parameters, scope, owner, public):
        head = [t for t in head if t.text != "~"] if not any(t.text == "~" for t in head) else []
        if not head or head[0].text in ("using", "typedef", "static_assert", "friend", "concept"):
            if head and head[0].text == "using" and len(head) == 2:
                self.note_alias(head[1].text, scope, self.aliased)
            elif head and head[0].text == "typedef" and parameters is None and head[-1].kind == "word":
                self.note_alias(head[-1].text, scope, head[1:-1])
            if owner and len(head) > 3 and head[0].text == "using" and head[-1].text == head[-3].text:
                owner.constructor = True  # using Base::Base
            return
        if owner and any(t.text == "virtual" for t in head):
            owner.virtual = True
        if parameters is None:
            self.note_member(head, owner, public)
            return
        if any(t.text == "override" for t in head):
            return
        name, gives = self.name_and_type(head)
        if owner and name == owner.name and not gives:
            owner.constructor = True
        taken = [self.parameter(p, scope) for p in split(parameters) if p]
        function = Function(name, scope, gives, taken, head[0].line, public)
        self.into.functions.append(function)
        self.into.functions_called.setdefault(name, []).append(function)

    def note_alias(self, name, scope, kind):
        self.into.others[(*scope, name)] = kind
        self.into.types_called.setdefault(name, []).append(Alias(name, scope, kind))

    @staticmethod
    def note_member(head, owner, public):
        if owner is None or head[0].text in ("struct", "class", "enum", "union"):
            return
        if len(head) < 2 or any(t.text in ("static", "operator") for t in head):
            return
        first = split(head)[0]
        owner.members.append((first[:-1], public))

    @staticmethod
    def name_and_type(head):
        """(name, tokens of what it gives)."""
        at = len(head) - 1
        operator = next((i for i, t in enumerate(head) if t.text == "operator"), None)
        if operator is not None:
            return "operator", head[:operator]
        while at >= 2 and head[at - 1].text == "::":
            at -= 2
        return head[-1].text, [t for t in head[:at] if t.text not in _SPECIFIERS]

    def parameter(self, tokens, scope):
        equals = next((i for i, t in enumerate(tokens) if t.text == "="), None)
        kind = tokens if equals is None else tokens[:equals]
        if len(kind) > 1 and kind[-1].kind == "word" and kind[-2].text != "::" and (
            kind[-2].kind == "word" and kind[-2].text not in ("const", "typename") or kind[-2].text in (">", "&", "&&", "*", "...")
        ):
            kind = kind[:-1]
        return Parameter(self.into.unaliased(kind, scope), None if equals is None else tokens[equals + 1 :])
