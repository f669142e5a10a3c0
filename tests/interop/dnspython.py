#!/usr/bin/env python3
"""Records of every type, between us and dnspython: random data goes to its text and through us to the same bytes, and
to our text and through it to the same bytes."""
import sys

try:
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    print("skipped: dnspython is not installed")
    sys.exit(77)

import _dns_data
from _dns_data import SVCB, location, name, parameters, random_data, sized, tag, through_us, u8, u16
from _program import main


def ascii_octets(least, most, but=b""):
    allowed = bytes(c for c in range(0x20, 0x7f) if c not in but)
    return lambda r: bytes(r.choice(allowed) for _ in range(r.randint(least, most)))


# What dnspython 2.3 gives back otherwise than it got it is left to dns_text.py, where BIND reads and writes any bytes.
# It reads these fields as Unicode: \200 becomes two bytes of UTF-8.
word = sized(ascii_octets(0, 255))
# It writes a URI's target without any escape.
target = ascii_octets(1, 100, but=b'"\\')
# In a list of SVCB an escape is \, or \\ and nothing else (RFC 9460 appendix A.1); it writes \DDD and \" there, too, and reads
# that back as other bytes itself.
protocol = ascii_octets(1, 20, but=b'"')
SERVICE = (*SVCB[:2], lambda r: parameters(r, protocol))


def altitude(r):
    """It computes in floating point: quarters of a metre are exact."""
    return 25 * r.randrange(2 ** 32 // 25)


def bitmap(r):
    """It knows fewer types than we by name; unassigned ones are TYPE731 for both."""
    return _dns_data.bitmap(r, lambda number: number > 1000 or not dns.rdatatype.to_text(number).startswith("TYPE")) or b"\0\1\x40"


TYPES = {**_dns_data.TYPES, "NSEC": (name, bitmap), "CSYNC": (_dns_data.u32, u16, bitmap),
         "NSEC3": (u8, u8, u16, sized(_dns_data.octets(0, 20)), sized(_dns_data.octets(20, 20)), bitmap),
         "HINFO": (word, word), "NAPTR": (u16, u16, word, word, word, name), "URI": (u16, u16, target),
         "CAA": (u8, sized(tag), ascii_octets(0, 100)), "SVCB": SERVICE, "HTTPS": SERVICE, "LOC": (lambda r: location(r, altitude),)}


def from_wire(kind, data):
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(kind), data, 0, len(data))


def from_text(kind, text):
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), text)


def test_its_text_gives_us_the_same_bytes():
    for kind in TYPES:
        data = random_data(kind, TYPES)
        texts = [from_wire(kind, each).to_text() for each in data]
        for text, each, (_, ours) in zip(texts, data, through_us([f"x {kind} {text}" for text in texts])):
            assert ours == each, f"{kind} {text}\nits bytes {each.hex()}\nours      {ours.hex()}"


def test_our_text_gives_it_the_same_bytes():
    for kind in TYPES:
        data = random_data(kind, TYPES)
        lines = [f"x {kind} \\# {len(each)} {each.hex()}" for each in data]
        for each, (text, ours) in zip(data, through_us(lines)):
            assert ours == each, f"{kind}: {each.hex()} became {ours.hex()}"
            assert kind == "TYPE731" or not text.startswith("\\#"), f"{kind}: {each.hex()} was left in hexadecimal"
            theirs = from_text(kind, text).to_wire()
            assert theirs == each, f"{kind} {text}\nits bytes {theirs.hex()}\nours      {each.hex()}"


main(globals())
