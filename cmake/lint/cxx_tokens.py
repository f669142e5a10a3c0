"""C++ text as tokens: comments and preprocessor lines are gone, each token knows its line."""

import collections
import re

Token = collections.namedtuple("Token", "kind text line")

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//(?:[^\n\\]|\\.)*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\.)*)
    |(?P<raw>(?:u8|u|U|L)?R"(?P<delimiter>[^()\s\\]{0,16})\(.*?\)(?P=delimiter)")
    |(?P<string>(?:u8|u|U|L)?"(?:[^"\\\n]|\\.)*")
    |(?P<char>(?:u8|u|U|L)?'(?:[^'\\\n]|\\.)*')
    |(?P<number>\.?\d(?:[eEpP][+-]|'\w|[\w.])*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>::|->\*?|\.\.\.|<=>|<<=|<<|[-+*/%^&|=!<>]=|&&|\|\||\+\+|--|.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

PAIRS = {"(": ")", "[": "]", "{": "}"}


def tokens_of(text):
    """All tokens of a source file. >> comes as two of >, since most of them end templates."""
    found, line = [], 1
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match.group()
        if kind == "delimiter":
            kind = "raw"
        if kind != "skip":
            found.append(Token("string" if kind == "raw" else kind, piece, line))
        line += piece.count("\n")
    return found


def without_text(text):
    """The same source with comments, strings and characters made blank: what is left stands where it stood."""
    pieces = []
    for match in _TOKEN.finditer(text):
        blank = match.lastgroup in ("skip", "raw", "delimiter", "string", "char")
        pieces.append(re.sub(r"[^\n]", " ", match.group()) if blank else match.group())
    return "".join(pieces)


def closing(tokens, start):
    """The index of the bracket that closes the one at start; the last token where none does."""
    depth = 0
    for i in range(start, len(tokens)):
        text = tokens[i].text
        if tokens[i].kind != "sign":
            continue
        if text in PAIRS:
            depth += 1
        elif text in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(tokens) - 1


def closing_angle(tokens, start):
    """The index of the > that closes the < at start, or None: then it compares."""
    depth, i = 0, start
    while i < len(tokens):
        text = tokens[i].text
        if text in PAIRS and tokens[i].kind == "sign":
            i = closing(tokens, i)
        elif text == "<":
            depth += 1
        elif text == ">":
            depth -= 1
            if depth == 0:
                return i
        elif text in (";", "&&", "||", ")", "]", "}") and tokens[i].kind == "sign" and not _inside_type(tokens, i):
            return None
        i += 1
    return None


def _inside_type(tokens, i):
    """&& at the end of a template's argument is a reference."""
    return tokens[i].text == "&&" and i + 1 < len(tokens) and tokens[i + 1].text in (">", ",", "...")


def split(tokens, separator=","):
    """The tokens between separators that stand in no bracket."""
    parts, current, i = [], [], 0
    while i < len(tokens):
        token = tokens[i]
        end = i
        if token.kind == "sign" and token.text in PAIRS:
            end = closing(tokens, i)
        elif token.text == "<" and i and tokens[i - 1].kind == "word":
            end = closing_angle(tokens, i) or i
        elif token.kind == "sign" and token.text == separator:
            parts.append(current)
            current, i = [], i + 1
            continue
        current.extend(tokens[i : end + 1])
        i = end + 1
    if current or parts:
        parts.append(current)
    return parts


def words(tokens):
    return [t.text for t in tokens]
