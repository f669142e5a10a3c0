"""The same zones in NSD and here must give the same answers: thousands of questions, every difference that is not allowed
by _dns_allowed.py is an error. dns_nsd.py --ours knot compares another server instead (nsd, knot, bind)."""
import argparse
import collections
import struct
import sys

import _dns_servers as servers
import _program as program
from _dns import NS, Answer, ask_all

program.need("nsd")
try:
    import _dns_allowed
    import _dns_differ
    import _dns_questions
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SHOWN = 12
peer = "ours"


def zones():
    return servers.test_zones("nsd")


def answers_of(kind, questions):
    with servers.KINDS[kind](servers.test_zones(kind)) as server:
        return ask_all(server.port, questions)


def report(found):
    """The first of each kind of difference, and how many there are."""
    kinds = collections.Counter(kind for kind, _ in found)
    seen = collections.Counter()
    lines = [str(dict(kinds))]
    for kind, story in found:
        seen[kind] += 1
        if seen[kind] <= SHOWN:
            lines.append(story)
    return "\n".join(lines)


def test_every_name_and_type_as_nsd_answers():
    questions = _dns_questions.about(zones())
    assert len(questions) > 20_000, len(questions)
    theirs = answers_of("nsd", questions)
    ours = answers_of(peer, questions)
    found, reasons = _dns_differ.compare(questions, ours, theirs, _dns_allowed.Allowed(zones()).rules)
    for reason, times in reasons.most_common():
        print(f"     {times:6} allowed: {reason}")
    print(f"     {len(questions):6} questions")
    assert not found, report(found)


def without_last_record(wire):
    """An answer that lost the last record of its answer or authority section, whichever is the last to have one."""
    message = Answer(wire)
    counts = list(struct.unpack_from("!4H", wire, 4))
    if message.additional or message.edns or not message.answer + message.authority:
        return None
    at, last = 12, 12
    for index in range(4):
        for _ in range(counts[index]):
            last = at
            while wire[at] and wire[at] < 0xc0:
                at += wire[at] + 1
            at += (2 if wire[at] else 1) + 4
            if index:
                at += 6 + struct.unpack_from("!H", wire, at + 4)[0]
    counts[2 if counts[2] else 1] -= 1
    return wire[:4] + struct.pack("!4H", *counts) + wire[12:last]


def test_the_comparison_sees_planted_errors():
    """What the test above would overlook if its rules were too kind."""
    questions = [each for each in _dns_questions.about(zones()) if each.edns is None and each.klass == 1 and not each.tcp][::7]
    theirs = answers_of("nsd", questions)
    rules = _dns_allowed.Allowed(zones()).rules

    def seen(change):
        changed = [change(wire) or wire for wire in theirs]
        different = sum(a != b for a, b in zip(changed, theirs))
        found, _ = _dns_differ.compare(questions, changed, theirs, rules)
        return different, len({story.split(":")[0] for _, story in found})

    assert _dns_differ.compare(questions, theirs, theirs, rules)[0] == []
    for name, share, change in (
            ("AA", 1, lambda wire: wire[:2] + bytes([wire[2] ^ 4]) + wire[3:]),
            ("rcode", 0.95, lambda wire: wire[:3] + bytes([wire[3] ^ 1]) + wire[4:]),
            ("TC", 0.9, lambda wire: wire[:2] + bytes([wire[2] ^ 2]) + wire[3:]),
            ("id", 1, lambda wire: bytes([wire[0] ^ 1]) + wire[1:]),
            ("the case of the question", 1, lambda wire: wire[:13] + bytes([wire[13] ^ 0x20]) + wire[14:] if wire[12] else None),
            ("a byte behind", 1, lambda wire: wire + b"\0"),
            ("the last record", 0.7, without_last_record),
            ("the last byte of data", 0.6, lambda wire: wire[:-1] + bytes([wire[-1] ^ 1])
             if Answer(wire).answer and not Answer(wire).authority + Answer(wire).additional else None)):
        different, noticed = seen(change)
        assert different > 20 and noticed >= share * different, f"{name}: {noticed} of {different} were noticed"


def test_referrals_without_glue_are_noticed():
    questions = [each for each in _dns_questions.about(zones()) if each.name.endswith(b"\3cut\7example\4test\0") and not each.tcp]
    theirs = answers_of("nsd", questions)

    def bare(wire):
        message = Answer(wire)
        if message.aa or not any(each.type == NS for each in message.authority) or not message.additional or message.edns:
            return wire
        return without_additional(wire)
    changed = [bare(wire) for wire in theirs]
    found, _ = _dns_differ.compare(questions, changed, theirs, _dns_allowed.Allowed(zones()).rules)
    assert len(found) == sum(a != b for a, b in zip(changed, theirs)) > 3, len(found)


def without_additional(wire):
    at = 12
    counts = list(struct.unpack_from("!4H", wire, 4))
    for index in range(3):
        for _ in range(counts[index]):
            while wire[at] and wire[at] < 0xc0:
                at += wire[at] + 1
            at += (2 if wire[at] else 1) + 4
            if index:
                at += 6 + struct.unpack_from("!H", wire, at + 4)[0]
    return wire[:4] + struct.pack("!4H", *counts[:3], 0) + wire[12:at]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="ours", choices=list(servers.KINDS))
    parser.add_argument("--shown", type=int, default=SHOWN)
    options = parser.parse_args()
    peer, SHOWN = options.ours, options.shown
    if peer == "ours":
        program.binary("ropewalk")
    program.main(globals())
