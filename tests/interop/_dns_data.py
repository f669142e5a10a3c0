"""Random data of records of every type, in wire form: made from the RFCs, by none of those that are compared; and our
reading of master files, as the example zone_records shows it."""
import random
import subprocess

from _program import binary

EACH = 150  # records of a type
SEED = 1035


def number(size):
    return lambda r: r.choice([0, 1, 255, 256 ** size - 1, r.randrange(256 ** size)]).__mod__(256 ** size).to_bytes(size, "big")


def octets(least, most):
    return lambda r: bytes(r.randrange(256) for _ in range(r.randint(least, most)))


def label(r):
    if r.random() < 0.8:
        return bytes(r.choice(b"abcdefghijklmnopqrstuvwxyz0123456789-_ABC") for _ in range(r.randint(1, 20)))
    return octets(1, 63)(r)


def name(r):
    wire = b""
    for _ in range(r.randint(0, 6)):
        piece = label(r)
        if len(wire) + 1 + len(piece) + 1 <= 255:
            wire += bytes([len(piece)]) + piece
    return wire + b"\0"


def sized(octet_maker):
    def make(r):
        data = octet_maker(r)
        return bytes([len(data)]) + data
    return make


string = sized(octets(0, 255))
protocol = octets(1, 20)
digest = octets(1, 70)


def strings(r):
    return b"".join(string(r) for _ in range(r.randint(1, 4)))


def tag(r):
    return bytes(r.choice(b"abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(r.randint(1, 15)))


def bitmap(r, known=lambda number: True):
    """known: of a type that we may call by its name, whether the other side does, too"""
    windows = {}
    for _ in range(r.randint(1, 12)):
        kind = r.choice([1, 2, 5, 6, 15, 16, 28, 46, 47, 257, 1234, r.randrange(1, 65536)])
        if not known(kind):
            continue
        bits = windows.setdefault(kind >> 8, bytearray(32))
        bits[(kind & 255) >> 3] |= 0x80 >> (kind & 7)
    out = b""
    for window in sorted(windows):
        bits = bytes(windows[window]).rstrip(b"\0")
        out += bytes([window, len(bits)]) + bits
    return out


def location(r, altitude=lambda r: r.randrange(2 ** 32)):
    def size():
        digit = r.randint(1, 9)
        return digit << 4 | r.randint(0, 9)

    def angle(degrees):
        return (2 ** 31 + r.randint(-degrees * 3600000, degrees * 3600000)).to_bytes(4, "big")

    return bytes([0, size(), size(), size()]) + angle(90) + angle(180) + altitude(r).to_bytes(4, "big")


def parameters(r, protocol=protocol):
    makers = {
        1: lambda: b"".join(bytes([len(x)]) + x for x in [protocol(r) for _ in range(r.randint(1, 3))]),
        3: lambda: number(2)(r),
        4: lambda: octets(4, 4)(r) * r.randint(1, 3),
        5: lambda: digest(r),
        6: lambda: octets(16, 16)(r) * r.randint(1, 3),
        r.randint(9, 65534): lambda: octets(1, 30)(r),
    }
    chosen = {key: make() for key, make in makers.items() if r.random() < 0.5}
    if 1 in chosen and r.random() < 0.5:
        chosen[2] = b""
    if chosen and r.random() < 0.5:
        listed = sorted(r.sample(sorted(chosen), r.randint(1, len(chosen))))
        chosen[0] = b"".join(key.to_bytes(2, "big") for key in listed)
    return b"".join(key.to_bytes(2, "big") + len(chosen[key]).to_bytes(2, "big") + chosen[key] for key in sorted(chosen))


u8, u16, u32 = number(1), number(2), number(4)
KEY = (u16, lambda r: b"\3", u8, digest)
# A zone-signing algorithm and a digest of the length that goes with it: dnspython checks.
DS = (u16, u8, lambda r: b"\2", octets(32, 32))
SVCB = (lambda r: r.randint(1, 65535).to_bytes(2, "big"), name, parameters)

TYPES = {
    "A": (octets(4, 4),), "AAAA": (octets(16, 16),), "NS": (name,), "CNAME": (name,), "PTR": (name,), "DNAME": (name,),
    "SOA": (name, name, u32, u32, u32, u32, u32), "HINFO": (string, string), "MX": (u16, name), "TXT": (strings,),
    "SPF": (strings,), "RP": (name, name), "AFSDB": (u16, name), "LOC": (location,), "SRV": (u16, u16, u16, name),
    "NAPTR": (u16, u16, string, string, string, name), "CERT": (u16, u16, u8, digest), "DS": DS, "CDS": DS,
    "SSHFP": (u8, u8, digest), "RRSIG": (u16, u8, u8, u32, u32, u32, u16, name, digest), "NSEC": (name, bitmap),
    "DNSKEY": KEY, "CDNSKEY": KEY, "NSEC3": (u8, u8, u16, sized(octets(0, 20)), sized(octets(20, 20)), bitmap),
    "NSEC3PARAM": (u8, u8, u16, sized(octets(0, 20))), "TLSA": (u8, u8, u8, digest), "SMIMEA": (u8, u8, u8, digest),
    "KX": (u16, name), "DHCID": (digest,), "CSYNC": (u32, u16, bitmap), "ZONEMD": (u32, lambda r: b"\1", lambda r: b"\1", octets(48, 48)),
    "OPENPGPKEY": (digest,), "SVCB": SVCB, "HTTPS": SVCB, "URI": (u16, u16, octets(1, 100)),
    "CAA": (u8, sized(tag), octets(0, 100)), "TYPE731": (octets(0, 100),),
}


def old_bitmap(r):
    bits = bytearray(16)
    for _ in range(r.randint(1, 6)):
        kind = r.choice([1, 2, 5, 6, 15, 16, 28, 30, 46, 47])
        bits[kind >> 3] |= 0x80 >> (kind & 7)
    return bytes(bits).rstrip(b"\0")


def ports(r):
    bits = bytearray(200)
    for _ in range(r.randint(0, 6)):
        port = r.randrange(1600)
        bits[port >> 3] |= 0x80 >> (port & 7)
    return bytes(bits).rstrip(b"\0")


def networks(r):
    out = b""
    for _ in range(r.randint(0, 4)):
        family = r.randint(1, 2)
        size = 4 if family == 1 else 16
        address = octets(size, size)(r)[:r.randint(0, size)].rstrip(b"\0")
        out += bytes([0, family, r.randint(0, size * 8), len(address) | r.choice([0, 0x80])]) + address
    return out


def host(kind, r):
    return (lambda r: b"", octets(4, 4), octets(16, 16), name)[kind](r)


def gateway(r):
    kind = r.randint(0, 3)
    return bytes([kind]) + u8(r) + host(kind, r)


def relay(r):
    kind = r.randint(0, 3)
    return bytes([r.choice([0, 0x80]) | kind]) + host(kind, r)


def identity(r):
    tag, key = octets(1, 40)(r), digest(r)
    return bytes([len(tag)]) + u8(r) + len(key).to_bytes(2, "big") + tag + key + b"".join(name(r) for _ in range(r.randint(0, 2)))


def long_address(r):
    prefix = r.randint(0, 128)
    size = (128 - prefix + 7) // 8
    suffix = bytearray(octets(size, size)(r))
    if size:
        suffix[0] &= 0xff >> prefix % 8
    return bytes([prefix]) + bytes(suffix) + (name(r) if prefix else b"")


def a_type(r):
    return r.choice([1, 2, 15, 16, 28]).to_bytes(2, "big")


# Old, new and rare ones: BIND has them all.
RARE = {
    "MB": (name,), "MG": (name,), "MR": (name,), "MINFO": (name, name), "WKS": (octets(4, 4), u8, ports),
    "X25": (sized(lambda r: bytes(r.choice(b"0123456789") for _ in range(r.randint(4, 20)))),), "ISDN": (string, lambda r: r.choice([b"", string(r)])),
    "RT": (u16, name), "NSAP": (octets(1, 20),), "NSAP-PTR": (name,), "SIG": (a_type, u8, u8, u32, u32, u32, u16, name, digest),
    "KEY": (lambda r: b"\1\0", lambda r: b"\3", u8, digest), "PX": (u16, name, name), "NXT": (name, old_bitmap), "EID": (digest,),
    "NIMLOC": (digest,), "A6": (long_address,), "APL": (networks,), "IPSECKEY": (u8, gateway, digest), "HIP": (identity,), "NINFO": (strings,),
    "TALINK": (name, name), "NID": (u16, octets(8, 8)), "L32": (u16, octets(4, 4)), "L64": (u16, octets(8, 8)), "LP": (u16, name),
    "EUI48": (octets(6, 6),), "EUI64": (octets(8, 8),), "AVC": (strings,), "AMTRELAY": (u8, relay), "TA": DS, "DLV": DS,
}


def random_data(kind, types=None):
    """@param types  other makers of fields than TYPES has"""
    r = random.Random(f"{SEED} {kind}")
    return [b"".join(make(r) for make in (types or TYPES)[kind]) for _ in range(EACH)]


def through_us(lines):
    """The text and the data of each record that we read from the lines."""
    zone = "$ORIGIN example.\n$TTL 1\n" + "\n".join(lines) + "\n"
    done = subprocess.run([binary("examples/zone_records"), "-"], input=zone.encode(), capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode(errors="replace"))
    records = []
    for line in done.stdout.decode("ascii").splitlines():
        record, _, digits = line.rpartition("\t; ")
        records.append((record.split("\t", 4)[4], bytes.fromhex(digits)))
    assert len(records) == len(lines), f"{len(lines)} records went in, {len(records)} came out"
    return records
