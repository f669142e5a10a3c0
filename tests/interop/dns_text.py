"""Records of every type, between us and BIND: random data, any bytes, goes to its text and through us to the same bytes, and
to our text and through it to the same."""
import os
import re
import subprocess
import tempfile

import _program as program
from _dns_data import RARE
from _dns_data import TYPES as ALL_TYPES
from _dns_data import name, random_data, string, through_us, u16

program.need("named-compilezone")
program.binary("examples/zone_records")

# What BIND takes only when it makes sense: an SOA at the top, regular expressions, digests and keys that fit their algorithm;
# times that are none of this age; and bitmaps, where it has names for types that are newer than ours. dnspython.py has all of them.
TYPES = {kind: makers for kind, makers in (ALL_TYPES | RARE).items() if kind not in ("SOA", "SSHFP", "RRSIG", "SIG", "DNSKEY", "CDNSKEY", "NSEC", "NSEC3")}
TYPES["NAPTR"] = (u16, u16, string, string, lambda _: b"\0", name)
HEAD = "$ORIGIN example.\n$TTL 1\n@ SOA ns a 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
# It is to read and write, not to judge.
LENIENT = [word for option in "kmMnrST" for word in ("-" + option, "ignore")] + ["-i", "none"]


def compiled(lines, form="text"):
    """What BIND makes of lines: their text, by the name in front."""
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.join(folder, "zone")
        with open(here, "w") as out:
            out.write(HEAD + "\n".join(lines) + "\n")
        done = subprocess.run(["named-compilezone", *LENIENT, "-F", form, "-s", "full", "-o", here + ".out", "example", here],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        with open(here + ".out") as result:
            found = (re.match(r"(x\d+)\.example\.\s+1\s+IN \S+\s+(.*)", line) for line in result)
            texts = {each[1]: each[2] for each in found if each}
    assert len(texts) == len(lines), f"{len(lines)} records went in, {len(texts)} came out"
    return texts


def generic(kind, data):
    return [f"x{number} {kind} \\# {len(each)} {each.hex()}" for number, each in enumerate(data)]


def test_its_text_gives_us_the_same_bytes():
    for kind in TYPES:
        data = random_data(kind, TYPES)
        texts = compiled(generic(kind, data))
        lines = [f"x {kind} {texts[f'x{number}']}" for number in range(len(data))]
        for line, each, (_, ours) in zip(lines, data, through_us(lines)):
            assert ours == each, f"{line}\nits bytes {each.hex()}\nours      {ours.hex()}"


def test_our_text_gives_it_the_same():
    for kind in TYPES:
        data = random_data(kind, TYPES)
        wanted = compiled(generic(kind, data))
        ours = [text for text, _ in through_us([line.replace(f"x{number} ", "x ", 1) for number, line in enumerate(generic(kind, data))])]
        theirs = compiled([f"x{number} {kind} {text}" for number, text in enumerate(ours)])
        for number, text in enumerate(ours):
            assert theirs[f"x{number}"] == wanted[f"x{number}"], f"{kind} {text}\nis to it {theirs[f'x{number}']}"


if __name__ == "__main__":
    program.main(globals())
