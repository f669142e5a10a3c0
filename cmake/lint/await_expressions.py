"""The full expressions of a source in which a co_await stands: what lives in one of them lives while it is suspended."""

from cxx_tokens import PAIRS, closing, closing_angle

_BLOCK_BEFORE = {")", "else", "do", "try", ";", "{", "}", ":", "const", "noexcept", "override", "final", "mutable"}
_HEADS = {"if", "while", "for", "switch", "catch"}
_TYPES = {"struct", "class", "union", "enum", "namespace", "extern", "concept"}


def find(tokens):
    """Lists of index ranges [(from, to), …], one list an expression; the bodies of lambdas are left out of it."""
    found = []
    _block(tokens, 0, len(tokens), found)
    return found


def lambda_at(tokens, i):
    """(end of captures, start of body, end of body) of the lambda that begins at i, or None."""
    if tokens[i].text != "[" or (i and _ends_operand(tokens, i - 1)):
        return None
    captures = closing(tokens, i)
    at = captures + 1
    if at < len(tokens) and tokens[at].text == "[":  # an attribute, or what we do not know
        return None
    if at < len(tokens) and tokens[at].text == "<":
        at = (closing_angle(tokens, at) or at) + 1
    if at < len(tokens) and tokens[at].text == "(":
        at = closing(tokens, at) + 1
    while at < len(tokens) and tokens[at].text != "{":
        if tokens[at].text in (";", ")", "]", "}", ",", "=") and tokens[at].kind == "sign":
            return None
        if tokens[at].text == "<":
            at = closing_angle(tokens, at) or at
        elif tokens[at].text == "(":
            at = closing(tokens, at)
        at += 1
    return (captures, at, closing(tokens, at)) if at < len(tokens) else None


def _ends_operand(tokens, i):
    token = tokens[i]
    if token.kind == "word":
        return token.text not in ("return", "co_return", "co_await", "co_yield", "case", "throw", "delete", "else", "new")
    return token.kind in ("string", "number") or token.text in (")", "]", "[")


def _block(tokens, i, end, found):
    """The statements between i and end."""
    start = i
    while i < end:
        text = tokens[i].text
        inner = lambda_at(tokens, i) if text == "[" else None
        if tokens[i].kind != "sign":
            i += 1
        elif inner:
            i = inner[2] + 1
        elif text == ";":
            _statement(tokens, start, i, found)
            start = i = i + 1
        elif text == "{" and _opens_block(tokens, start, i):
            close = min(closing(tokens, i), end)
            _statement(tokens, start, i, found)
            _block(tokens, i + 1, close, found)
            start = i = close + 1
        elif text in PAIRS:
            i = closing(tokens, i) + 1
        else:
            i += 1
    _statement(tokens, start, end, found)


def _opens_block(tokens, start, i):
    before = tokens[i - 1].text if i > start else "{"
    if before in _BLOCK_BEFORE or tokens[i - 1].kind == "string":
        return True
    texts = [t.text for t in tokens[start:i]]
    if "=" in texts or "return" in texts or "co_return" in texts:
        return False
    if any(t in _TYPES for t in texts) and "(" not in texts:
        return True
    return "->" in texts and texts[texts.index("->") - 1] in (")", "noexcept", "mutable")


def _statement(tokens, start, end, found):
    """One statement without its blocks: the head of an if, and what stands behind it, are expressions of their own."""
    while start < end and (tokens[start].text in _HEADS or tokens[start].text in ("else", "do", "constexpr")):
        head = tokens[start].text in _HEADS
        start += 1
        if head and start < end and tokens[start].text == "constexpr":
            start += 1
        if head and start < end and tokens[start].text == "(":
            close = closing(tokens, start)
            _parts(tokens, start + 1, close, found)
            start = close + 1
    _parts(tokens, start, end, found)


def _parts(tokens, start, end, found):
    i = start
    while i < end:
        inner = lambda_at(tokens, i) if tokens[i].text == "[" else None
        if inner:
            i = inner[2] + 1
        elif tokens[i].text == ";" and tokens[i].kind == "sign":
            _expression(tokens, start, i, found)
            start = i = i + 1
        else:
            i = closing(tokens, i) + 1 if tokens[i].text in PAIRS and tokens[i].kind == "sign" else i + 1
    _expression(tokens, start, end, found)


def _expression(tokens, start, end, found):
    ranges, i, awaits = [], start, False
    while i < end:
        inner = lambda_at(tokens, i) if tokens[i].text == "[" else None
        if inner:
            _block(tokens, inner[1] + 1, inner[2], found)
            ranges.append((start, inner[1]))
            start = i = inner[2]
        awaits = awaits or tokens[i].text == "co_await"
        i += 1
    ranges.append((start, end))
    if awaits:
        found.append([r for r in ranges if r[0] < r[1]])
