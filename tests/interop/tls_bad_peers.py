#!/usr/bin/env python3
"""Peers that do TLS wrongly: servers that our client must refuse, each with the error that its user reads; and clients that
our server must survive, and count by what they did."""

import os
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _program as program  # noqa: E402
from _peers import PATIENCE, OneConnection, openssl_server  # noqa: E402
from _pki import Pki  # noqa: E402

HELLO_LENGTH = 5  # of a record's head


def setUpModule():
    global pki
    pki = Pki()


def tearDownModule():
    pki.close()


def ask(port, host="localhost", authority=None):
    """Our client. Gives what it says on standard error."""
    done = subprocess.run([program.binary("examples/tls_client"), host, str(port), authority or pki.authority, "hello"],
                          capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stderr.strip(), done.stdout


class BadServers(unittest.TestCase):
    def refused(self, expected, pair, *arguments, host="localhost"):
        with openssl_server(pair, *arguments) as server:
            status, error, output = ask(server.port, host)
            self.assertEqual(status, 1)
            self.assertRegex(error, expected)
            self.assertEqual(output, "", "nothing is shown before the server is verified")

    def test_a_good_one_is_accepted(self):
        with openssl_server(pki.issue("good")) as server:
            status, error, output = ask(server.port)
            self.assertEqual((status, error), (0, ""))
            self.assertIn("olleh", output)

    def test_expired(self):
        self.refused(r"^certificate expired 3 days ago \(CN=expired\)$", pki.issue("expired", start=-9, end=-3.05))

    def test_not_yet_valid(self):
        self.refused(r"^certificate is not valid yet: it will be in 2 days \(CN=early\)$", pki.issue("early", start=2.05, end=9))

    def test_wrong_host(self):
        self.refused(r"^peer's certificate is for \*\.example\.org, not localhost$", pki.issue("wrong-host", "DNS:*.example.org"))

    def test_wildcard_in_the_wrong_place(self):
        for names in ("DNS:l*t", "DNS:*", "DNS:localhost.*"):
            with self.subTest(names):
                self.refused(r"^peer's certificate is for .*, not localhost$", pki.issue("wildcard", names))

    def test_only_a_common_name(self):
        self.refused(r"^peer's certificate is for no host at all, not localhost$", pki.issue("localhost", None))

    def test_self_signed(self):
        self.refused(r"^self-signed certificate \(CN=alone\); to trust it, name a file with it$",
                     pki.issue("alone", self_signed=True))

    def test_unknown_authority(self):
        other = Pki()
        try:
            self.refused(r"^unknown authority: CN=Interop authority; to trust it, name a file with its certificate$|^certificate signature failure", other.issue("stranger"))
        finally:
            other.close()

    def test_revoked_staple(self):
        pair = pki.issue("revoked")
        self.refused(r"^certificate was revoked 2 days ago \(CN=revoked\)$", pair, "-status_file", pki.revoked_staple(pair[0]))

    def test_weak_key(self):
        self.refused(r"^key too small: RSA 1024 \(CN=weak\)$",
                     pki.issue("weak", kind=["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]), "-cipher", "ALL:@SECLEVEL=0")

    def test_sha1(self):
        self.refused(r"^certificate is signed with a weak hash, ecdsa-with-SHA1 \(CN=old\)$", pki.issue("old", digest="-sha1"),
                     "-cipher", "ALL:@SECLEVEL=0")

    def test_tls_1_1_only(self):
        self.refused(r"no TLS version in common", pki.issue("tls11"), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")

    def raw(self, expected, talk):
        with OneConnection(talk) as server:
            status, error, output = ask(server.port)
            self.assertEqual((status, output), (1, ""))
            self.assertRegex(error, expected)

    def test_garbage(self):
        self.raw(r"TLS handshake with 127\.0\.0\.1:\d+ failed: the peer does not speak TLS here",
                 lambda peer: (peer.recv(4096), peer.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n" * 3), peer.recv(4096)))

    def test_plain_http(self):
        self.raw(r"the peer does not speak TLS here", lambda peer: (peer.recv(4096), peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")))

    def test_early_close(self):
        self.raw(r"TLS handshake with .* failed: the peer closed the connection", lambda peer: peer.recv(4096))

    def test_truncated_in_the_handshake(self):
        def talk(peer):
            peer.recv(4096)
            peer.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")  # the start of a ServerHello
        self.raw(r"TLS handshake with .* failed: the peer closed the connection", talk)

    def test_record_longer_than_tls_allows(self):
        for length in (2**14 + 1, 2**14 + 257):  # of text, and of ciphertext (RFC 8446 §5.1, §5.2)
            def talk(peer, length=length):
                peer.recv(4096)
                peer.sendall(b"\x16\x03\x03" + struct.pack("!H", length) + bytes(length))
            self.raw(r"a record longer than TLS allows came", talk)

    def test_empty_records(self):
        def talk(peer):
            peer.recv(4096)
            peer.sendall(b"\x16\x03\x03\x00\x00" * 100)
            peer.recv(4096)
        self.raw(r"TLS handshake with .* failed: too many empty records came", talk)

    def test_alert(self):
        def talk(peer):
            peer.recv(4096)
            peer.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
        self.raw(r"the peer refused: handshake failure \(alert 40\)", talk)


class Handshakes:
    """What examples/tls_echo says at its end: how many there were, and the failures by reason."""

    def __init__(self, output):
        total = re.search(r"^(\d+) handshakes, (\d+) resumed; (\d+) failed$", output, re.M)
        self.completed, self.resumed, self.failed = map(int, total.groups())
        self.failures = {reason: int(count) for reason, count in re.findall(r"^  ([a-zA-Z ]+): (\d+)$", output, re.M)}


def hello():
    """The first flight of a client."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class BadClients(unittest.TestCase):
    """Each test says what it did: connections that came about, and those that did not, by reason."""

    def setUp(self):
        self.server = program.Program("examples/tls_echo", "0", *pki.issue("server"))
        self.good()
        self.before = self.server.descriptors()
        self.completed = 0
        self.failures = {}

    def tearDown(self):
        self.good()
        program.wait_for(lambda: self.server.descriptors() <= self.before, PATIENCE, "the server to close what it has")
        self.assertEqual(self.server.stop(), 0)
        counted = Handshakes(self.server.output())
        self.assertEqual(counted.failures, self.failures)
        self.assertEqual((counted.completed, counted.failed), (2 + self.completed, sum(self.failures.values())))

    def good(self):
        """The server goes on: a good client is answered."""
        context = ssl.create_default_context(cafile=pki.authority)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as raw:
            with context.wrap_socket(raw, server_hostname="localhost") as client:
                client.sendall(b"still there?")
                self.assertEqual(client.recv(100), b"still there?")

    def send(self, *pieces):
        """Sends bytes, and gives all that comes until the server ends the connection."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
            answer = b""
            try:
                for piece in pieces:
                    peer.sendall(piece)
                while got := peer.recv(4096):
                    answer += got
            except ConnectionError:
                pass
            return answer

    def test_plain_http_is_cut_off_where_no_answer_was_given(self):
        self.assertEqual(self.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), b"")
        self.failures = {"plaintext": 1}

    def test_a_plain_request_to_a_proxy(self):
        self.assertEqual(self.send(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n"), b"")
        self.failures = {"plaintext": 1}

    def test_garbage_is_cut_off(self):
        for garbage in (bytes(range(256)) * 16, b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n" * 10, b"EHLO client.example\r\n" * 10):
            self.assertLess(len(self.send(garbage)), 100)
        self.failures = {"not TLS": 3}

    def test_close_in_the_middle_of_the_hello(self):
        whole = hello()
        for length in (1, HELLO_LENGTH, 100, len(whole) - 1):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
                peer.sendall(whole[:length])
        self.failures = {"closed": 4}

    def test_a_bare_look_at_the_port(self):
        socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE).close()
        self.failures = {"closed": 1}

    def test_a_reset_in_the_middle_of_the_hello(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
            peer.sendall(hello()[:100])
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.failures = {"closed": 1}

    def test_close_after_the_hello(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
            peer.sendall(hello())
        self.failures = {"closed": 1}

    def test_a_hello_in_single_bytes_is_understood(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in hello():
                peer.sendall(bytes([byte]))
            self.assertEqual(peer.recv(1), b"\x16")
        self.failures = {"closed": 1}

    def test_a_record_longer_than_tls_allows(self):
        for length in (2**14 + 1, 2**14 + 257):  # of text, and of ciphertext (RFC 8446 §5.1, §5.2)
            self.assertLess(len(self.send(b"\x16\x03\x01" + struct.pack("!H", length), bytes(length))), 100)
        self.failures = {"not TLS": 2}

    def test_empty_records(self):
        self.assertLess(len(self.send(b"\x16\x03\x01\x00\x00" * 1000)), 100)
        self.failures = {"not TLS": 1}

    def s_client(self, *words):
        """openssl s_client, which says nothing and leaves."""
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", *words], capture_output=True,
                              text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)

    def test_tls_1_1_is_refused(self):
        self.assertIn("alert protocol version", self.s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").stderr)
        self.failures = {"version": 1}

    def test_without_a_cipher_or_a_group_in_common(self):
        self.assertIn("alert handshake failure", self.s_client("-tls1_2", "-cipher", "AES128-SHA").stderr)
        self.assertIn("alert handshake failure", self.s_client("-tls1_3", "-groups", "ffdhe2048").stderr)
        self.failures = {"cipher": 2}

    def test_a_client_that_does_not_accept_our_certificate(self):
        context = ssl.create_default_context(cafile=pki.issue("alone", self_signed=True)[0])
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as raw:
            with self.assertRaises(ssl.SSLCertVerificationError):
                context.wrap_socket(raw, server_hostname="localhost")
        self.failures = {"refused by peer": 1}

    def test_renegotiation_is_refused(self):
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-tls1_2"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        client.stdin.write("R\n")
        client.stdin.flush()
        output, _ = client.communicate(timeout=PATIENCE)
        self.assertIn("no renegotiation", output)
        self.completed = 1

    def test_an_end_without_close_notify_harms_nobody(self):
        context = ssl.create_default_context(cafile=pki.authority)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as raw:
            client = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=True)
            client.sendall(b"x")
            client.recv(1)
            os.close(client.detach())
        self.completed = 1

    def test_all_of_it_at_once(self):
        """Bad peers side by side, each counted once by what it did."""
        whole = hello()
        peers = []
        for text in (b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" * 9, whole[:50], b"") * 25:
            peer = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
            peer.sendall(text)
            peers.append(peer)
        for peer in peers:
            peer.shutdown(socket.SHUT_WR)
        for peer in peers:
            with peer:
                try:
                    while peer.recv(4096):
                        pass
                except ConnectionResetError:
                    pass
        self.failures = {"plaintext": 25, "not TLS": 25, "closed": 50}


class SlowClients(unittest.TestCase):
    def test_a_hello_that_drips_is_ended_by_the_time_out_however_much_has_come(self):
        """A byte every 200 ms would take minutes: the second that a handshake may take counts from its beginning."""
        certificate, key = pki.issue("server")
        with program.Program("ropewalk", "web", "--log-level", "tls=debug", "-l",
                             f"tls://127.0.0.1:0?cert={certificate}&key={key}&timeout=1", pki.folder) as server:
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                dripped = self.drip(peer, hello())
                self.assertGreaterEqual(time.monotonic() - began, 0.9)
                self.assertLess(dripped, 100, "the hello was cut off")
                program.wait_for(lambda: "failed: not done within 1 s" in server.output(), PATIENCE, "words in the log")
                self.assertRegex(server.output(), rf"TLS handshake with 127\.0\.0\.1:{peer.getsockname()[1]} failed: not done")

    def drip(self, peer, text):
        """A byte every 200 ms until the server has enough of it. Gives how many were sent."""
        for number, byte in enumerate(text):
            try:
                peer.sendall(bytes([byte]))
                ready, _, _ = select.select([peer], [], [], 0.2)
                if ready and not peer.recv(4096):
                    return number + 1
            except ConnectionError:
                return number
        raise AssertionError("the server took it all")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
