"""Coroutine lambdas that are called where they are written: with any compiler what they capture is gone when they go on."""

from await_expressions import lambda_at
from cxx_tokens import PAIRS, closing, closing_angle

_WHAT = (
    "a coroutine lambda that captures is called where it is written: its captures are gone when it goes on, with any compiler;"
    " make them parameters, or give it to maybeDeferred, which keeps it"
)


def find(tokens):
    """(line, what) for each of them whose Deferred outlives the expression; one that is awaited in it does not."""
    lambdas = {i: at for i, t in enumerate(tokens) if t.text == "[" and (at := lambda_at(tokens, i))}
    bodies = [(body, end) for _, body, end in lambdas.values()]
    operands = [(i, _operand_end(tokens, i)) for i, t in enumerate(tokens) if t.text == "co_await"]
    for i, (captures, body, end) in lambdas.items():
        own = [at for at, _ in operands if body < at < end and not _within(bodies, at, body, end)]
        awaited = any(at < i < to and not _within(bodies, i, at, to) for at, to in operands)
        if captures > i + 1 and own and not awaited and _called(tokens, i, end):
            yield tokens[i].line, _WHAT


def _within(bodies, i, start, end):
    """Whether token i stands in the body of a lambda that is itself between start and end."""
    return any(start < body < i < close < end for body, close in bodies)


def _called(tokens, i, end):
    """Whether a call's parenthesis follows the lambda, or the parentheses around it."""
    while i > 1 and tokens[i - 1].text == "(" and tokens[end + 1].text == ")" and tokens[i - 2].kind != "word":
        i, end = i - 1, end + 1
    return end + 1 < len(tokens) and tokens[end + 1].text == "("


def _operand_end(tokens, i):
    """Behind the operand of the co_await at i: a name or a bracket, and what is called and taken of it."""
    i += 1
    while i < len(tokens):
        sign = tokens[i].kind == "sign"
        inner = lambda_at(tokens, i) if tokens[i].text == "[" else None
        if inner:
            i = inner[2] + 1
        elif sign and tokens[i].text in PAIRS:
            i = closing(tokens, i) + 1
        elif sign and tokens[i].text == "<" and closing_angle(tokens, i):
            i = closing_angle(tokens, i) + 1
        elif sign and tokens[i].text not in ("::", ".", "->", "*", "&"):
            break
        else:
            i += 1
    return i
