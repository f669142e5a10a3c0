"""Two servers' answers to one question: what differs, and which differences are allowed, with the reason."""
import collections

from _dns import RD_BIT, Answer, Malformed, rrsets, text


class Taken:
    """An answer in comparable form. @param strict  whether doubled records are an error"""

    def __init__(self, wire, strict):
        message = Answer(wire)
        self.wire, self.message = wire, message
        self.rcode, self.aa, self.tc = message.rcode, message.aa, message.tc
        self.answer = rrsets(message.answer, strict)
        self.authority = frozenset(rrsets(message.authority, strict))
        self.additional = frozenset(rrsets(message.additional, strict))

    def shown(self):
        def lines(sets):
            return "".join(f"\n      {text(each.name)} {each.ttl} TYPE{each.type} " +
                           " ".join(data.hex()[:80] for data in sorted(each.data)[:6]) for each in sets)
        bits = "".join(f" {name}" for name, on in (("aa", self.aa), ("tc", self.tc)) if on)
        return (f"rcode {self.rcode}{bits} {len(self.wire)} bytes"
                f"\n    answer{lines(self.answer)}\n    authority{lines(sorted(self.authority))}"
                f"\n    additional{lines(sorted(self.additional))}")


def own_faults(question, number, taken):
    """What is wrong with an answer by itself, whoever else answered."""
    message = taken.message
    limit = 65535 if question.tcp else max(512, question.edns[0]) if question.edns else 512
    if message.id != number & 0xffff:
        yield "another id"
    if not message.flags & 0x8000 or message.flags & 0x7800:
        yield "QR or opcode"
    if message.flags & RD_BIT != question.flags & RD_BIT:
        yield "RD is not that of the question"
    if message.flags & 0x40:
        yield "the Z bit is set"
    if message.question != (question.name, question.type, question.klass):
        yield "another question (its case counts: 0x20)"
    if len(taken.wire) > limit:
        yield f"{len(taken.wire)} bytes, where {limit} may be"
    if question.tcp and taken.tc:
        yield "TC over TCP"
    if (message.edns is not None) != (question.edns is not None):
        yield "OPT where none was asked for, or none where one was"
    if message.edns and question.edns and bool(message.edns[1] & 0x8000) != question.edns[1]:
        yield "DO is not that of the question"
    if message.edns and message.edns[1] >> 16 & 0xff:
        yield "an EDNS version other than 0"


def differences(question, ours, theirs):
    """What a comparison finds; each the name of a field."""
    if ours.rcode != theirs.rcode and not (ours.tc and theirs.tc):
        yield "rcode"
    if ours.aa != theirs.aa:
        yield "aa"
    if ours.tc != theirs.tc:
        yield "tc"
    if ours.tc or theirs.tc:
        return  # what a truncated answer holds is for nobody to use (RFC 2181 section 9)
    if ours.answer != theirs.answer:
        yield "answer"
    if ours.authority != theirs.authority:
        yield "authority"
    if ours.additional != theirs.additional:
        yield "additional"


def compare(questions, ours, theirs, rules):
    """@param rules  functions (question, field, ours, theirs) -> why that difference is allowed, or None
    @return the differences as text, and how often each reason was used"""
    found, reasons = [], collections.Counter()
    for number, (question, mine, other) in enumerate(zip(questions, ours, theirs)):
        shown = f"{text(question.name)} TYPE{question.type} CLASS{question.klass} {question[2:5]}"
        if mine is None or other is None:
            found.append(("silence", f"{shown}: no answer from {'us' if mine is None else 'them'}"))
            continue
        try:
            a = Taken(mine, True)
        except Malformed as error:
            found.append(("malformed", f"{shown}: {error}"))
            continue
        b = Taken(other, False)
        for fault in own_faults(question, number, a):
            found.append((fault, f"{shown}: {fault}"))
        for field in differences(question, a, b):
            reason = next((reason for rule in rules if (reason := rule(question, field, a, b))), None)
            if reason:
                reasons[reason] += 1
            else:
                found.append((field, f"{shown}: {field}\n  ours: {a.shown()}\n  theirs: {b.shown()}"))
    return found, reasons
