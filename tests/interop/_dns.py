"""Questions by the thousand, and answers taken apart: the wire of the DNS in Python, written to be quick, strict and nobody
else's. RFC 1035 section 4, RFC 3597 section 4, RFC 6891."""
import collections
import select
import socket
import struct
import time

A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, RP, AFSDB, AAAA, LOC, SRV, NAPTR = 1, 2, 5, 6, 12, 13, 15, 16, 17, 18, 28, 29, 33, 35
DNAME, OPT, DS, RRSIG, NSEC, DNSKEY, SVCB, HTTPS, TSIG, IXFR, AXFR, ANY, CAA = 39, 41, 43, 46, 47, 48, 64, 65, 250, 251, 252, 255, 257
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH, BADVERS, BADCOOKIE = 0, 1, 2, 3, 4, 5, 6, 9, 16, 23
QR, AA_BIT, TC_BIT, RD_BIT, RA_BIT, AD_BIT, CD_BIT = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010

# How the data of types with names in it begin: "n" a name, "s" a character-string, a number so many bytes. What follows is
# bytes. Those of COMPRESSIBLE may be compressed by a sender, no others (RFC 3597 section 4).
LAYOUTS = {NS: "n", CNAME: "n", PTR: "n", DNAME: "n", SOA: "nn", MX: [2, "n"], AFSDB: [2, "n"], RP: "nn", SRV: [6, "n"],
           NAPTR: [4, "s", "s", "s", "n"], RRSIG: [18, "n"], NSEC: "n", SVCB: [2, "n"], HTTPS: [2, "n"]}
COMPRESSIBLE = {NS, CNAME, PTR, SOA, MX}


class Malformed(Exception):
    """An answer that breaks the rules of the wire."""


Question = collections.namedtuple("Question", "name type flags edns tcp klass")
Question.__doc__ = """A question: name in wire form as it is sent; flags of the header; edns None, or (size, DO); tcp or UDP."""
Record = collections.namedtuple("Record", "name type klass ttl data")
RRset = collections.namedtuple("RRset", "name type ttl data")


class Answer:
    """A message taken apart. Names are in lower case but for the question's."""

    def __init__(self, wire):
        if len(wire) < 12:
            raise Malformed(f"{len(wire)} bytes are no message")
        self.wire = wire
        self.id, self.flags, *self.counts = struct.unpack_from("!6H", wire)
        self.question, self.edns, self.options = None, None, b""
        at = 12
        for _ in range(self.counts[0]):
            name, at = read_name(wire, at)
            self.question = (name, *struct.unpack_from("!2H", wire, at))
            at += 4
        sections = []
        for count in self.counts[1:]:
            records = []
            for _ in range(count):
                record, at = self._record(wire, at)
                if record.type == OPT:
                    if self.edns is not None or len(sections) != 2:
                        raise Malformed("OPT twice, or in another section")
                    self.edns, self.options = (record.klass, record.ttl), record.data
                else:
                    records.append(record)
            sections.append(records)
        self.answer, self.authority, self.additional = sections
        self.rcode = self.flags & 15 | ((self.edns[1] >> 20 & 0xff0) if self.edns else 0)
        if at != len(wire):
            raise Malformed(f"{len(wire) - at} bytes behind the last record")

    @staticmethod
    def _record(wire, at):
        name, at = read_name(wire, at)
        try:
            kind, klass, ttl, length = struct.unpack_from("!2HIH", wire, at)
        except struct.error:
            raise Malformed("cut within a record") from None
        at += 10
        end = at + length
        if end > len(wire):
            raise Malformed("cut within the data of a record")
        data = read_data(wire, at, end, kind) if kind in LAYOUTS and length else wire[at:end]
        return Record(name.lower(), kind, klass, ttl, data), end

    @property
    def aa(self):
        return bool(self.flags & AA_BIT)

    @property
    def tc(self):
        return bool(self.flags & TC_BIT)


def read_name(wire, at):
    """A name at an offset, uncompressed, and the offset behind it. Pointers go backwards only (RFC 1035 section 4.1.4)."""
    labels, behind, limit = [], None, at
    try:
        while True:
            length = wire[at]
            if length >= 0xc0:
                target = (length & 0x3f) << 8 | wire[at + 1]
                if behind is None:
                    behind = at + 2
                if target >= limit or target < 12:
                    raise Malformed(f"a pointer to {target} from {at}")
                at = limit = target
                continue
            if length > 63:
                raise Malformed(f"a label of kind {length >> 6}")
            labels.append(wire[at:at + length + 1])
            at += length + 1
            if length == 0:
                break
    except IndexError:
        raise Malformed("cut within a name") from None
    name = b"".join(labels)
    if len(name) > 255:
        raise Malformed(f"a name of {len(name)} bytes")
    return name, behind if behind is not None else at


def read_data(wire, at, end, kind):
    out = []
    for part in LAYOUTS[kind]:
        if part == "n":
            start = at
            name, at = read_name(wire, at)
            if kind not in COMPRESSIBLE and at - start != len(name):
                raise Malformed(f"a compressed name in the data of type {kind}")
            out.append(name.lower())
        else:
            length = wire[at] + 1 if part == "s" else part
            out.append(wire[at:at + length])
            at += length
    if at > end:
        raise Malformed(f"the data of type {kind} are longer than they say")
    return b"".join(out) + wire[at:end]


def rrsets(records, strict=True):
    """Records as RRsets, in the order of the first of each. A set with two TTLs, or a record twice, is malformed (RFC 2181)."""
    sets = {}
    for record in records:
        sets.setdefault((record.name, record.type), []).append(record)
    out = []
    for (name, kind), members in sets.items():
        data = frozenset(each.data for each in members)
        if strict and (len(data) != len(members) or len({each.ttl for each in members}) > 1 and kind != RRSIG):
            raise Malformed(f"no RRset: {members}")
        out.append(RRset(name, kind, members[0].ttl, data))
    return out


def encode(question, number):
    name, kind, flags, edns, _, klass = question
    opt = b"" if edns is None else struct.pack("!BHHIH", 0, OPT, edns[0], 0x8000 if edns[1] else 0, 0)
    return struct.pack("!6H", number, flags, 1, 0, 0, 1 if opt else 0) + name + struct.pack("!2H", kind, klass) + opt


def ask_all(port, questions, window=32, patience=1):
    """Asks a server on loopback, each question by its carrier; gives the answers' bytes in order (None: no answer).
    @param patience  seconds until what was lost is asked again"""
    answers = [None] * len(questions)
    datagrams = [index for index, question in enumerate(questions) if not question.tcp]
    streams = [index for index, question in enumerate(questions) if question.tcp]
    _ask_datagrams(port, questions, datagrams, answers, window, patience)
    for start in range(0, len(streams), 1000):
        _ask_stream(port, questions, streams[start:start + 1000], answers, 4 * window)
    return answers


def _ask_datagrams(port, questions, todo, answers, window, patience, tries=3):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect(("127.0.0.1", port))
        asker.settimeout(patience)
        for _ in range(tries):  # a datagram may be lost for want of room in a busy machine's buffers
            waiting = {}
            for at in range(0, len(todo), window):
                for index in todo[at:at + window]:
                    asker.send(encode(questions[index], index & 0xffff))
                    waiting[index & 0xffff] = index
                try:
                    while waiting:
                        wire = asker.recv(65535)
                        index = waiting.pop(struct.unpack_from("!H", wire)[0], None)
                        if index is not None:
                            answers[index] = wire
                except OSError:
                    waiting.clear()
            todo = [index for index in todo if answers[index] is None]


def _ask_stream(port, questions, todo, answers, window):
    if not todo:
        return
    with socket.create_connection(("127.0.0.1", port), 5) as asker:
        reader = asker.makefile("rb")
        try:
            for at in range(0, len(todo), window):
                part = todo[at:at + window]
                asker.sendall(b"".join(framed(encode(questions[index], index & 0xffff)) for index in part))
                for _ in part:
                    wire = reader.read(struct.unpack("!H", reader.read(2))[0])
                    number = struct.unpack_from("!H", wire)[0]
                    answers[next(index for index in part if index & 0xffff == number)] = wire
        except (OSError, struct.error, StopIteration):
            return  # what is missing is None


def framed(message):
    return struct.pack("!H", len(message)) + message


def send_raw(port, message, seconds=0.3):
    """A datagram of any bytes; gives what comes back, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect(("127.0.0.1", port))
        asker.send(message)
        return receive(asker, seconds)


def receive(asker, seconds):
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([asker], [], [], left)[0]:
            return None
        try:
            return asker.recv(65535)
        except ConnectionRefusedError:
            return None


def text(name):
    """A wire name for people."""
    out, at = "", 0
    while name[at]:
        label = name[at + 1:at + 1 + name[at]]
        out += "".join(chr(c) if 33 <= c < 127 and c not in b'.\\"();@$' else f"\\{c:03}" for c in label) + "."
        at += 1 + name[at]
    return out or "."


def wire(name):
    """A wire name from plain text, without escapes."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"
