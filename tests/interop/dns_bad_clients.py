"""Clients that a name server must survive: malformed questions by the hundred, streams in single bytes, garbage. It says
FORMERR or nothing, never more than was asked for, and goes on. dns_bad_clients.py --ours knot asks another server."""
import argparse
import os
import random
import socket
import struct
import sys
import time

import _dns_servers as servers
import _program as program
from _dns import (A, ANY, AXFR, FORMERR, IXFR, NOERROR, NOTAUTH, NOTIMP, OPT, QR, REFUSED, SOA, TXT, Answer, Question, encode, framed, receive, wire)

try:
    import dns.message
    import dns.query
    import dns.rcode
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

peer = "ours"
server = None
NAME = wire("example.test")


def header(number=0x1234, flags=0, counts=(1, 0, 0, 0)):
    return struct.pack("!6H", number, flags, *counts)


def asked(name=NAME, kind=SOA, klass=1):
    return name + struct.pack("!2H", kind, klass)


def opt(size=1232, data=b"", name=b"\0", length=None, ttl=0):
    return name + struct.pack("!HHIH", OPT, size, ttl, len(data) if length is None else length) + data


GOOD = header(0x7777) + asked()


class Asker:
    """Sends datagrams and knows what came back for which: the answer to a good question that follows marks the end."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", server.port))
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, message):
        """What came back for it, or None: a server that answers in order has answered by the time the good one is answered."""
        self.socket.send(message)
        self.socket.send(GOOD)
        answer, deadline = None, time.monotonic() + 20
        while time.monotonic() < deadline:
            came = receive(self.socket, 2)
            if came is None:
                self.socket.send(GOOD)
            elif came[:2] == GOOD[:2] and message[:2] != GOOD[:2]:
                return answer
            else:
                answer = came
        raise AssertionError(f"no answer to a good question after {message.hex()}")


def check_refusal(message, answer, rcodes=(FORMERR,)):
    """FORMERR or silence; an answer is no longer than a plain one may be, and hardly longer than the question: no amplifier."""
    if answer is None:
        return
    assert len(message) >= 12, f"an answer to {len(message)} bytes: {message.hex()}"
    assert answer[:2] == message[:2], f"another id: {answer.hex()} to {message.hex()}"
    assert answer[2] & 0x80 and not message[2] & 0x80, f"an answer to an answer: {message.hex()}"
    assert answer[3] & 15 in rcodes, f"rcode {answer[3] & 15} to {message.hex()}"
    assert len(answer) <= max(len(message) + 11, 12), f"{len(answer)} bytes to {message.hex()}"


def malformed():
    """Questions that no rule allows. Each a name and its bytes."""
    for count in (0, 2, 3, 65535):
        yield f"{count} questions announced", header(counts=(count, 0, 0, 0)) + asked()
    yield "two questions", header(counts=(2, 0, 0, 0)) + asked() + asked(kind=A)
    yield "no question, none announced", header(counts=(0, 0, 0, 0))
    for at in range(1, 4):
        counts = [1, 0, 0, 0]
        counts[at] = 1
        yield f"a record announced in section {at}, and not there", header(counts=counts) + asked()
        counts[at] = 65535
        yield f"65535 records announced in section {at}", header(counts=counts) + asked()
    yield "a label of 64", header() + asked(b"\x40" + b"a" * 64 + b"\0")
    yield "a label of kind 2", header() + asked(b"\x80" + b"a" * 63 + b"\0")
    yield "a name of 256 bytes", header() + asked((b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + b"\0")
    yield "a name of 400 bytes", header() + asked((b"\1a") * 200 + b"\0")
    yield "a name that points to itself", header() + asked(b"\xc0\x0c")
    yield "a name that points ahead", header() + asked(b"\xc0\x20")
    yield "a name that points behind the end", header() + asked(b"\xff\xff")
    yield "a name whose pointer is cut", header() + b"\xc0"
    yield "a name that loops over two", header() + b"\1a\xc0\x10\1b\xc0\x0c" + struct.pack("!2H", A, 1)
    yield "a name that points into the header", header() + asked(b"\xc0\x00")
    yield "a name that never ends", header() + b"\1a" * 20
    yield "OPT twice", header(counts=(1, 0, 0, 2)) + asked() + opt() + opt()
    yield "OPT longer than the message", header(counts=(1, 0, 0, 1)) + asked() + opt(length=9)
    yield "OPT with a name", header(counts=(1, 0, 0, 1)) + asked() + opt(name=NAME)
    yield "an option longer than OPT", header(counts=(1, 0, 0, 1)) + asked() + opt(data=b"\0\x0a\0\x20" + b"a" * 8)
    yield "half an option", header(counts=(1, 0, 0, 1)) + asked() + opt(data=b"\0\x0a\0")
    yield "a record of a type in a question's class", header(counts=(1, 1, 0, 0)) + asked() + b"\xc0\x0c\0\1\0\1\0\0"
    yield "a TSIG that is not last", (header(counts=(1, 0, 0, 2)) + asked() + b"\1k\0" +
                                      struct.pack("!HHIH", 250, 255, 0, 0) + opt())


def test_malformed_questions_get_formerr_or_silence():
    with Asker() as asker:
        for name, message in malformed():
            rcodes = (FORMERR,) if "TSIG" not in name and "no question" not in name and "0 questions" not in name else (FORMERR, REFUSED, NOTAUTH)
            try:
                check_refusal(message, asker.ask(message), rcodes)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from None


def test_a_question_cut_anywhere_gets_formerr_or_silence():
    whole = header(0x4321, counts=(1, 0, 0, 1)) + asked() + opt(data=b"\0\x0a\0\x08abcdefgh")
    with Asker() as asker:
        for length in range(len(whole)):
            check_refusal(whole[:length], asker.ask(whole[:length]))
        assert asker.ask(whole)[3] & 15 == NOERROR


def test_answers_are_never_answered():
    with Asker() as asker:
        for opcode in range(16):
            for more in (0, 0x0780, 0x0003):
                message = header(flags=QR | opcode << 11 | more) + asked()
                assert asker.ask(message) is None, f"an answer to an answer, opcode {opcode}"
                assert asker.ask(message[:14]) is None


def test_other_opcodes_and_classes():
    with Asker() as asker:
        for opcode in (1, 2, 3, 6, 7, 8, 9, 15):
            answer = asker.ask(header(flags=opcode << 11) + asked())
            assert answer is None or (answer[3] & 15 == NOTIMP and answer[2] >> 3 & 15 == opcode), (opcode, answer)
        for klass in (0, 2, 3, 4, 254, 65535):
            answer = asker.ask(header() + asked(klass=klass))
            assert answer is None or answer[3] & 15 in (REFUSED, NOTIMP, FORMERR), (klass, answer)


def test_bytes_behind_the_message_do_no_harm():
    with Asker() as asker:
        answer = asker.ask(header() + asked() + b"garbage")
        assert answer is None or answer[3] & 15 in (NOERROR, FORMERR), answer


def test_what_spoofers_ask_for_stays_small():
    """Over UDP: no transfer, ANY is one set, and nothing is longer than the question allows."""
    with Asker() as asker:
        answer = asker.ask(header() + asked(kind=AXFR))
        assert len(answer) <= len(header() + asked()) + 11 and answer[3] & 15 in (REFUSED, NOTIMP, FORMERR, NOTAUTH), answer
        soa = NAME + struct.pack("!HHIH", SOA, 1, 0, 22) + b"\0\0" + struct.pack("!5I", 1, 1, 1, 1, 1)
        answer = asker.ask(header(counts=(1, 0, 1, 0)) + asked(kind=IXFR) + soa)
        assert len(answer) <= 512 and answer[3] & 15 in (NOERROR, REFUSED, NOTIMP, FORMERR), answer
        for name in ("example.test", "multi.types.example.test", "txt100.large.example.test"):
            for kind in (ANY, TXT):
                plain = asker.ask(header() + asked(wire(name), kind))
                assert len(plain) <= 512, (name, len(plain))
                for size in (0, 100, 512, 600, 1232):
                    answer = asker.ask(header(counts=(1, 0, 0, 1)) + asked(wire(name), kind) + opt(size))
                    assert len(answer) <= max(size, 512), (name, size, len(answer))
        sets = {(record.name, record.type) for record in Answer(asker.ask(header() + asked(wire("multi.types.example.test"), ANY))).answer}
        assert len(sets) == 1 or peer == "knot", sets


def test_huge_sizes_are_not_believed():
    """An answer of 8 KiB in one datagram would be cut into fragments, which can be forged."""
    with Asker() as asker:
        answer = asker.ask(header(counts=(1, 0, 0, 1)) + asked(wire("txt100.large.example.test"), TXT) + opt(65535))
        assert len(answer) <= 4096 and answer[2] & 2, len(answer)


def test_garbage():
    chance = random.Random(1035)
    with Asker() as asker:
        for _ in range(1500):
            message = b"\0\1" + chance.randbytes(chance.randrange(0, 600))
            answer = asker.ask(message)
            assert answer is None or (len(message) >= 12 and not message[2] & 0x80 and answer[:2] == message[:2] and
                                      len(answer) <= len(message) + 11), (message, answer)


def test_good_questions_with_a_few_bits_flipped():
    chance = random.Random(6891)
    good = header(0x5555, counts=(1, 0, 0, 1)) + asked() + opt(data=b"\0\x0a\0\x08abcdefgh")
    with Asker() as asker:
        for _ in range(1500):
            message = bytearray(good)
            for _ in range(chance.randrange(1, 5)):
                message[chance.randrange(2, len(message))] ^= 1 << chance.randrange(8)
            answer = asker.ask(bytes(message))
            if answer is not None:
                assert not message[2] & 0x80 and answer[2] & 0x80 and answer[:2] == message[:2], (bytes(message), answer)
                Answer(answer)


def stream():
    return socket.create_connection(("127.0.0.1", server.port), 10)


def framed_answer(reader):
    length = reader.read(2)
    return reader.read(struct.unpack("!H", length)[0]) if len(length) == 2 else None


def test_a_stream_in_single_bytes():
    with stream() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(GOOD) * 2:
            connection.send(bytes([byte]))
        reader = connection.makefile("rb")
        for _ in range(2):
            assert Answer(framed_answer(reader)).rcode == NOERROR


def test_dnspython_asks_over_udp_and_tcp():
    question = dns.message.make_query("chain1.example.test", "A", use_edns=0)
    for ask in (dns.query.udp, dns.query.tcp):
        answer = ask(question, "127.0.0.1", port=server.port, timeout=10)
        assert answer.rcode() == dns.rcode.NOERROR and len(answer.answer) == 6, answer
    large = dns.message.make_query("txt100.large.example.test", "TXT")
    answer, by_tcp = dns.query.udp_with_fallback(large, "127.0.0.1", port=server.port, timeout=10)
    assert by_tcp and len(answer.answer[0]) == 100


def test_many_questions_in_one_write_are_all_answered():
    questions = [Question(wire(f"n{number}.wild.example.test"), A, 0, None, True, 1) for number in range(500)]
    with stream() as connection:
        connection.sendall(b"".join(framed(encode(question, number)) for number, question in enumerate(questions)))
        reader = connection.makefile("rb")
        numbers = {Answer(framed_answer(reader)).id for _ in questions}
        assert numbers == set(range(500))


def test_a_client_that_says_it_is_done_gets_its_answers():
    with stream() as connection:
        connection.sendall(framed(GOOD) * 20)
        connection.shutdown(socket.SHUT_WR)
        reader = connection.makefile("rb")
        assert sum(1 for _ in iter(lambda: framed_answer(reader), None)) == 20


def test_a_client_that_does_not_read_is_held_back_and_served_later():
    """Answers of 12 KiB each: the server must stop reading, not buffer megabytes."""
    question = encode(Question(wire("txt100.large.example.test"), TXT, 0, None, True, 1), 1)
    with stream() as connection:
        connection.settimeout(1)
        sent, wanted = 0, framed(question) * 1500
        try:
            while sent < len(wanted):
                sent += connection.send(wanted[sent:])
        except TimeoutError:
            pass  # held back: as it should be
        with open(f"/proc/{server.process.pid}/status") as state:
            resident = int(next(line for line in state if line.startswith("VmRSS")).split()[1])
        assert resident < 200_000 or peer != "ours" or program.sanitized("ropewalk"), f"{resident} KiB resident"
        connection.settimeout(10)
        reader = connection.makefile("rb")
        for _ in range(sent // len(framed(question))):
            assert len(framed_answer(reader)) > 10_000


def test_streams_of_nonsense():
    chance = random.Random(7766)
    streams = [b"\0\0", b"\0\0" * 100, b"\0\1x", b"\0\x0b" + b"x" * 11, b"\xff\xff" + b"x" * 65535, framed(GOOD)[:-1], framed(b"\0" * 12),
               framed(header(flags=QR) + asked()), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\1" + b"\0" * 500]
    streams += [chance.randbytes(chance.randrange(1, 3000)) for _ in range(50)]
    for data in streams:
        with stream() as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass
    test_a_stream_in_single_bytes()


def test_connections_that_come_and_go():
    for number in range(300):
        connection = stream()
        if number % 3:
            connection.send(framed(GOOD)[:number % 30 + 1])
        if number % 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        connection.close()
    test_a_stream_in_single_bytes()


def test_zz_the_server_is_still_there_and_ends_well():
    assert server.process.poll() is None, server.output()
    if peer == "ours":
        descriptors = f"/proc/{server.process.pid}/fd"
        program.wait_for(lambda: len(os.listdir(descriptors)) < 40, 20, "the connections to be gone")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="ours", choices=list(servers.KINDS))
    peer = parser.parse_args().ours
    with servers.started(peer) as server:
        program.main(globals())
