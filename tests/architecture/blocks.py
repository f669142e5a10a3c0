"""Cuts out what pages and the comments of headers show, and tells C++ from the rest.

A page shows C++ in a fence of ```cpp. A comment shows it indented by four blanks or more beyond its text; an indented block
that is a diagram, a table or what one types into a shell is told apart by its looks, all other text stands in a fence.
What hangs below a @param or a @return belongs to it, if it is indented further than that, and so does what hangs below the
text of a list's item.
"""

import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake/lint"))
from cxx_tokens import without_text  # noqa: E402

# lines[0] is line `line` of the file; code stands in the columns in which it stands there. kind: cpp, or what else it is.
Block = collections.namedtuple("Block", "line lines kind")

CPP = "cpp"
CPP_FENCES = ("cpp", "c++", "cc", "cxx", "c")
SHELL = {"ropewalk", "curl", "dig", "kdig", "openssl", "cmake", "g++", "nc", "wget", "sudo"}

COMMENT = re.compile(r"[ \t]*//[/!]?<?(.*)")
FENCE = re.compile(r"\s*```\s*(\S*)")
DRAWN = re.compile("[\u2190-\u21ff\u2500-\u257f\u25a0-\u25ff]")  # arrows, boxes, triangles
GAP = re.compile(r"\S {3,}(?!//|/\*)\S")
CODE = re.compile(r"[;{}#]|::|->|\w\(|\w\.\w+\(|\s=\s|==|\bco_\w+\s")
ENDS_CODE = re.compile(r"[;{}]\s*$")
ITEM = re.compile(r" +(?:-|\*|\d+\.|\(?\w\)) +")
INDENT = 5  # the blank behind the slashes, and four


def cut(path, text):
    """(blocks, [(line, what)] that cannot be told) of a header or a page."""
    lines = text.split("\n")
    return _Page(lines).cut() if path.endswith(".md") else _Header(lines).cut()


def code_only(path, text):
    """The same text with all lines made empty but those of its blocks of C++, each of them an expression of its own."""
    lines = [";"] * (text.count("\n") + 1)
    for block in cut(path, text)[0]:
        if block.kind == CPP:
            lines[block.line - 1 : block.line - 1 + len(block.lines)] = block.lines
    return "\n".join(lines)


class _Page:
    def __init__(self, lines):
        self.lines, self.blocks, self.errors = lines, [], []

    def cut(self):
        start = language = None
        for number, line in enumerate(self.lines, 1):
            match = FENCE.match(line)
            if match and start is None:
                start, language = number, match.group(1)
            elif match:
                self.fenced(start + 1, self.lines[start : number - 1], language.lower())
                start = None
        if start is not None:
            self.errors.append((start, "nothing closes this fence"))
        return self.blocks, self.errors

    def fenced(self, number, lines, language):
        if language == CPP and not any(line.strip() for line in lines):
            self.errors.append((number - 1, "this fence is empty"))
        elif language == CPP:
            self.blocks.append(Block(number, lines, CPP))
        elif language in CPP_FENCES:
            self.errors.append((number - 1, f"is ```{language} C++? Then say ```cpp"))
        elif not language and _looks_like_code(lines):
            self.errors.append((number - 1, "is this C++? Then say ```cpp, else ```text, or what it is"))
        else:
            self.blocks.append(Block(number, lines, language or "text"))


class _Header:
    def __init__(self, lines):
        self.lines, self.blocks, self.errors = lines, [], []

    def cut(self):
        tagged, fence, block = False, None, []  # block: (line, code)
        item = 0  # the column of the text of a list's item
        for number, line in enumerate([*self.lines, ""], 1):
            match = COMMENT.match(line)
            body = match.group(1) if match else ""
            opens = FENCE.match(body)
            if fence:
                if opens or not match:
                    self.unfence(number, fence, opens)
                    fence = None
            elif opens:
                block, fence = self.flush(block), (number, opens.group(1) or "text")
            elif not body.strip():  # of the same block, if more of it follows
                tagged, item = False, 0
                block = block + [(number, "")] if match else self.flush(block)
            elif _indent(body) >= INDENT and _indent(body) != item and (_indent(body) == INDENT or not tagged):
                block.append((number, " " * (len(line) - len(body)) + body))
            else:
                block = self.flush(block)
                tagged = tagged or body.strip().startswith("@")
                item = next((match.end() for match in [ITEM.match(body)] if match), item)
        return self.blocks, self.errors

    def unfence(self, number, fence, closes):
        start, kind = fence
        if not closes:
            self.errors.append((start, "nothing closes this fence"))
        elif kind in CPP_FENCES:
            self.errors.append((start, "C++ in a comment is indented by four blanks, not fenced"))
        else:
            self.blocks.append(Block(start + 1, self.lines[start : number - 1], kind))

    def flush(self, block):
        """Takes in what was gathered: paragraph by paragraph, for a diagram may stand above code."""
        paragraphs = [[]]
        for number, code in block:
            if code:
                paragraphs[-1].append((number, code))
            elif paragraphs[-1]:
                paragraphs.append([])
        before = None
        for paragraph in filter(None, paragraphs):
            line, code = paragraph[0][0], [code for _, code in paragraph]
            kind = _kind(code)
            if kind is None:
                what = "neither C++ nor a table, a diagram or a shell's line; other text stands in a fence of ```"
                self.errors.append((line, f"{what}: {code[0].strip()}"))
            elif kind == CPP and before == CPP:
                last = self.blocks.pop()
                gap = [""] * (line - last.line - len(last.lines))
                self.blocks.append(Block(last.line, last.lines + gap + code, CPP))
            else:
                self.blocks.append(Block(line, code, kind))
            before = kind
        return []


def _indent(body):
    return len(body) - len(body.lstrip(" "))


def _looks_like_code(lines):
    bare = without_text("\n".join(lines)).split("\n")
    return sum(1 for line in bare if ENDS_CODE.search(line) and re.search(r"\w\(.*\)|::", line)) * 2 > len(bare)


def _kind(lines):
    """What an indented block of a comment is, or None."""
    bare = without_text("\n".join(lines))
    first = lines[0].split()
    if DRAWN.search(bare):
        return "diagram"
    if first[0] == "$" or (first[0] in SHELL and len(first) > 1 and not ENDS_CODE.search(bare)):
        return "shell"
    without_comments = [re.sub(r"(^|\s)//.*", "", line) for line in lines]
    if GAP.search(without_comments[0]) and not any(ENDS_CODE.search(line) for line in without_comments):
        return "table"
    return CPP if CODE.search(bare) else None
