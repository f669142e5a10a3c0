"""What to ask about a zone: every name in it and around it, every type that is there and some that are not, by different
carriers and limits. Deterministic: the same zone gives the same questions."""
import random

import dns.name
import dns.rdatatype
import dns.zone

from _dns import A, AAAA, ANY, CNAME, DNAME, DS, MX, NS, NSEC, RRSIG, SOA, SRV, TXT, Question

USUAL = [A, AAAA, NS, SOA, CNAME, DNAME, MX, TXT, SRV, DS, NSEC, RRSIG, ANY, 1234, 65280]
AROUND = [A, TXT, NS, DS, MX, CNAME, ANY, 1234]
FEW = [A, TXT, DS, ANY]

# Carriers: flags, EDNS (size, DO), TCP.
PLAIN = (0, (4096, False), False)
VARIANTS = [(0, None, False), (0, (512, False), False), (0, (1232, True), False), (0, None, True), (0x0100, (4096, True), True),
            (0x0110, (1232, False), False), (0x0020, (700, False), False), (0, (0, False), False)]


def records_of(text, origin):
    """The names of a master file with their types, as dnspython reads it."""
    zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
    return {name: {int(rdataset.rdtype) for rdataset in node} for name, node in zone.nodes.items()}


def non_terminals(names, origin):
    """Names that exist only because something is below them."""
    found = set()
    for name in names:
        while name != origin:
            name = name.parent()
            if name not in names:
                found.add(name)
    return found


def around(name, origin):
    """Names near one: below it, beside it, what its wildcard stands for."""
    def child(*labels, of=name):
        try:
            return dns.name.Name(tuple(labels) + of.labels)
        except (dns.name.NameTooLong, dns.name.LabelTooLong):
            return None
    yield child(b"zz-below")
    yield child(b"x", b"y-deep")
    yield child(b"*")
    if name != origin:
        parent, label = name.parent(), name.labels[0]
        yield child(b"zz-beside", of=parent)
        yield child(label + b"0", of=parent)
        yield child(bytes([max(label[0] - 1, 0)]) + label[1:], of=parent)
    if name.labels[0] == b"*":
        for labels in ((b"foo",), (b"Foo",), (b"a", b"b", b"c"), (b"*",), (b"foo", b"*"), (b"a" * 63,), (b"\0.\xff",)):
            yield child(*labels, of=name.parent())


def question(name, kind, variant, mixed=None):
    wire = name if isinstance(name, bytes) else name.to_wire()
    if mixed is not None:
        wire = bytes(c ^ 0x20 if (65 <= c <= 90 or 97 <= c <= 122) and mixed.random() < 0.5 else c for c in wire)
        # Lengths of labels are below 64, thus no letters.
    flags, edns, tcp = variant
    return Question(wire, kind, flags, edns, tcp, 1)


def about(zones):
    """The questions about zones: name to text without $GENERATE."""
    chance = random.Random(2308)
    asked, out = set(), []

    def add(name, kinds, variants):
        for kind in kinds:
            if name is None or (name, kind) in asked:
                continue
            asked.add((name, kind))
            out.append(question(name, kind, PLAIN))
            for _ in range(variants):
                out.append(question(name, kind, chance.choice(VARIANTS), chance if chance.random() < 0.3 else None))

    for origin_text, text in zones.items():
        origin = dns.name.from_text(origin_text)
        records = records_of(text, origin)
        hollow = non_terminals(records, origin)
        for name in sorted(records):
            crowd = name.labels[0][:2].isalnum() and len(records) > 300 and name.labels[0].startswith((b"host", b"ns0", b"ns1"))
            add(name, sorted(records[name]) + (FEW if crowd else USUAL), 2)
        for name in sorted(hollow):
            add(name, USUAL, 1)
        for name in sorted(set(records) | hollow):
            for near in around(name, origin):
                add(near, AROUND if name.is_wild() or len(name.labels) < 5 else FEW, 1)
        for name in sorted(name for name in records if DNAME in records[name]):
            for labels in ((b"l" * 63,), (b"l" * 63, b"m" * 40), (b"n" * 12,), (b"m" * 35,), (b"m" * 36,)):  # YXDOMAIN or just not
                add(dns.name.Name(labels + name.labels), FEW, 2)
            add(dns.name.Name((b"x", name.labels[0]) + name.labels), FEW, 2)  # twice through the same DNAME, perhaps
        for name in (origin.parent(), dns.name.Name((b"x" + origin.labels[0],) + origin.labels[1:])):
            add(name, FEW + [SOA, NS], 1)
    add(dns.name.root, FEW + [NS, SOA], 1)
    for kind in range(1, 270, 7):
        add(dns.name.from_text("multi.types.example.test."), [kind], 0)
    out += [each._replace(klass=klass) for klass in (3, 255, 254, 0) for each in out[:60:5]]
    return [each for each in out if each.type not in (251, 252, 41, 249, 250)]
