"""What the C++ of one example is made of: declarations, members of a class, statements; and what a function of them gives."""

import collections
import re

import blocks  # noqa: F401  knows where the next are
from await_expressions import lambda_at  # noqa: E402
from cxx_tokens import PAIRS, closing, closing_angle, split, tokens_of, without_text  # noqa: E402

TYPES = {"struct", "class", "enum", "union"}
DECLARE = {"using", "namespace", "template", "inline", "constexpr", "typedef", "static_assert", "extern"}
CONTROL = {"if", "for", "while", "switch", "do", "else", "try", "catch", "return", "co_return"}
MEMBERS = {"override", "virtual", "public", "protected", "private"}
OPERATE = {"co_await", "co_yield", "new", "delete", "throw", "goto", "case", "sizeof"}
BEHIND_PARAMETERS = {"const", "noexcept", "override", "final"}

Item = collections.namedtuple("Item", "kind first last")  # lines, from 0, of the block


def torn(code):
    """(line from 0, what) of what would take the compiler with it beyond the block, or None."""
    bare = without_text(code)
    for number, line in enumerate(bare.split("\n")):
        if '"' in line or "/*" in line:
            return number, "a string or a comment that does not end"
    for number, line in enumerate(code.split("\n")):
        if re.match(r"\s*#\s*(?!include\b)", line):
            return number, "a preprocessor line: an example has none but #include"
    opened = []
    for token in tokens_of(code):
        if token.kind == "sign" and token.text in PAIRS:
            opened.append(token)
        elif token.kind == "sign" and token.text in PAIRS.values():
            if not opened or PAIRS[opened.pop().text] != token.text:
                return token.line - 1, f"nothing opens this {token.text}"
    return (opened[-1].line - 1, f"nothing closes this {opened[-1].text}") if opened else None


def items(tokens):
    """The declarations and statements of a block, in order; one that does not end goes on to the end of the block."""
    found, start = [], 0
    while start < len(tokens):
        kind, end = item_at(tokens, start)
        found.append(Item(kind, tokens[start].line - 1, tokens[min(end, len(tokens) - 1)].line - 1))
        start = end + 1
    return found


def item_at(tokens, start):
    """(declaration, statement or members, the index of its last token)."""
    first = head = start
    if tokens[head].text == "template" and head + 1 < len(tokens) and tokens[head + 1].text == "<":
        head = (closing_angle(tokens, head + 1) or head) + 1
    while head + 1 < len(tokens) and tokens[head].text == tokens[head + 1].text == "[":
        head = closing(tokens, head) + 1
    word = tokens[min(head, len(tokens) - 1)].text
    declares = head > first and tokens[first].text == "template" or word in TYPES | DECLARE
    equals, members, i = False, word in MEMBERS, head
    while i < len(tokens):
        text = tokens[i].text
        members = members or text in MEMBERS
        if text == ";" or (word in MEMBERS and text == ":"):
            break
        equals = equals or text == "="
        if text in PAIRS and tokens[i].kind == "sign":
            body = text == "{" and not equals and word not in TYPES and _ends_with_body(tokens, head, i, word)
            declares = declares or (body and word not in CONTROL)
            i = closing(tokens, i)
            if body:
                break
        i += 1
    declares = declares or _declares_function(tokens[head:i])
    return "members" if members else "declaration" if declares else "statement", i


def _declares_function(tokens):
    """T name(U argument): not T name(value), which makes an object, and not name(value), which calls."""
    while tokens and tokens[-1].text in BEHIND_PARAMETERS:
        tokens = tokens[:-1]
    opens = next((i for i, t in enumerate(tokens) if t.text == "(" and closing(tokens, i) == len(tokens) - 1), 0)
    if opens < 2 or tokens[0].text in CONTROL | OPERATE or any(t.text in (".", "->", "=") for t in tokens[:opens]):
        return False
    if tokens[opens - 1].kind != "word" or (tokens[opens - 2].kind != "word" and tokens[opens - 2].text not in (">", "*", "&")):
        return False
    return all(_is_parameter(part) for part in split(tokens[opens + 1 : -1]))


def _is_parameter(tokens):
    if any(t.text in OPERATE | set(PAIRS) for t in tokens) or len(tokens) < 2:
        return False
    return tokens[-1].kind == "word" and (tokens[-2].kind == "word" or tokens[-2].text in (">", "*", "&", "&&"))


def _ends_with_body(tokens, head, brace, word):
    """Whether the brace opens a function's, a statement's or a namespace's body, not a value."""
    if word in ("namespace", "else", "do", "try") or brace == head:
        return True
    if word in ("return", "co_return") or lambda_at(tokens, head):
        return False
    texts = [t.text for t in tokens[head:brace]]
    if "->" in texts and texts[texts.index("->") - 1] in {")"} | BEHIND_PARAMETERS:
        return True
    while texts and texts[-1] in BEHIND_PARAMETERS:
        texts.pop()
    return texts[-1:] == [")"]


def own_words(tokens):
    """(word, what follows it) of the code itself, without that of its lambdas and classes."""
    i = 0
    while i < len(tokens):
        inner = lambda_at(tokens, i) if tokens[i].text == "[" else None
        if inner:
            i = inner[2]
        elif tokens[i].kind == "word":
            yield tokens[i].text, tokens[i + 1].text if i + 1 < len(tokens) else ""
        i += 1


def result_of(tokens):
    """What the function must give whose body these statements are."""
    words = list(own_words(tokens))
    value = any(word in ("return", "co_return") and after != ";" for word, after in words)
    if any(word in ("co_await", "co_return", "co_yield") for word, _ in words):
        return "::ropewalk::Deferred<::Returned>" if value else "::ropewalk::Deferred<void>"
    return "::Returned" if value else "void"


def is_expression(tokens):
    """One expression without a semicolon, which shows a value."""
    if not tokens or tokens[-1].text in (";", "}") or tokens[0].text in CONTROL | TYPES | DECLARE:
        return False
    i = 0
    while i < len(tokens):
        if tokens[i].text in ("=", ";"):
            return False
        if tokens[i].kind == "word" and i + 1 < len(tokens) and tokens[i + 1].kind == "word" and tokens[i].text != "co_await":
            return False  # Type name
        i = closing(tokens, i) + 1 if tokens[i].text in PAIRS and tokens[i].kind == "sign" else i + 1
    return True
