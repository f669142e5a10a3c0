"""Clients that ask the DNS server and ask, and never read an answer. Its memory stays within a bound; it lets them go when they take
nothing, and serves the others meanwhile."""
import os
import re
import socket
import ssl
import struct
import tempfile

import _program as program
from _pki import Pki
from _program import Program, wait_for
from _siege import besiege, greedy_socket, let_go, push

ANSWERS = 200_000  # asked for by each
BIG = 34  # strings of 250 bytes: an answer of 8.7 kB


class Zone:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.folder.name, "example.test.zone")
        with open(self.file, "w") as zone:
            zone.write("$ORIGIN example.test.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n")
            for i in range(BIG):
                zone.write(f"big TXT \"{i:03}{'x' * 247}\"\n")
        self.pki = Pki()
        self.pair = self.pki.issue("server")
        return self

    def __exit__(self, *_):
        self.pki.close()
        self.folder.cleanup()

    def server(self, *options):
        return Program("ropewalk", "dns", "--zone", self.file, "-l", "tcp://127.0.0.1:0", *options)


def question(number):
    return struct.pack("!6H", number & 0xffff, 0, 1, 0, 0, 0) + b"\3big\7example\4test\0" + struct.pack("!2H", 16, 1)


def framed(message):
    return struct.pack("!H", len(message)) + message


QUESTIONS = framed(question(1)) * ANSWERS


def read_answer(client):
    head = client.recv(2, socket.MSG_WAITALL) if not isinstance(client, ssl.SSLSocket) else client.recv(2)
    length = struct.unpack("!H", head)[0]
    data = b""
    while len(data) < length:
        piece = client.recv(length - len(data))
        assert piece, "the connection ended"
        data += piece
    return data


def dns_serves(port):
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(framed(question(7)))
        assert len(read_answer(client)) > BIG * 250


def test_dns_over_tcp():
    with Zone() as zone, zone.server() as server:
        let_go(besiege(server, lambda: greedy_socket(server.port), QUESTIONS, lambda: dns_serves(server.port)))


def test_dns_over_tls():
    with Zone() as zone:
        context = ssl.create_default_context(cafile=zone.pki.authority)
        with zone.server("--dot", "127.0.0.1:0", "--tls", ",".join(zone.pair)) as server:
            wait_for(lambda: "DNS over TLS on " in server.output() and "DNS on " in server.output(), 20, "both ports")
            dot = int(re.search(r"DNS over TLS on tls://127\.0\.0\.1:(\d+)", server.output())[1])
            tcp = int(re.search(r"DNS on tcp://127\.0\.0\.1:(\d+)", server.output())[1])
            let_go(besiege(server, lambda: context.wrap_socket(greedy_socket(dot), server_hostname="localhost"), QUESTIONS,
                           lambda: dns_serves(tcp)))


def test_a_dns_client_that_reads_late_gets_every_answer_in_order():
    count = 5_000
    with Zone() as zone, zone.server() as server, greedy_socket(server.port) as client:
        asked = b"".join(framed(question(i)) for i in range(count))
        taken = push(client, asked)
        client.settimeout(20)
        for i in range(count):
            if taken < len(asked):
                taken += client.send(asked[taken:taken + 4096])
            assert struct.unpack("!H", read_answer(client)[:2])[0] == i


if __name__ == "__main__":
    program.main(globals())
