#!/usr/bin/env python3
"""Peers that do TLS wrongly: servers that our client must refuse, each with the error that its user reads; and clients that
our server must survive."""

import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from _pki import Pki  # noqa: E402

EXAMPLES = os.path.join(os.environ["ROPEWALK_BIN_DIR"], "examples")
PATIENCE = 20  # seconds, for whatever hangs
HELLO_LENGTH = 5  # of a record's head


def setUpModule():
    global pki
    pki = Pki()


def tearDownModule():
    pki.close()


def ask(port, host="localhost", authority=None):
    """Our client. Gives what it says on standard error."""
    done = subprocess.run([os.path.join(EXAMPLES, "tls_client"), host, str(port), authority or pki.authority, "hello"],
                          capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stderr.strip(), done.stdout


class OpenSSLServer:
    def __init__(self, pair, *arguments):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", pair[0], "-key",
                                         pair[1], "-rev", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None, "openssl s_server does not listen"
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class RawServer:
    """Takes one connection, and does with it what `talk` says."""

    def __init__(self, talk):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, args=(talk,))
        self.thread.start()

    def _run(self, talk):
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        with connection:
            try:
                talk(connection)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join(PATIENCE)
        self.listener.close()


class BadServers(unittest.TestCase):
    def refused(self, expected, pair, *arguments, host="localhost"):
        with OpenSSLServer(pair, *arguments) as server:
            status, error, output = ask(server.port, host)
            self.assertEqual(status, 1)
            self.assertRegex(error, expected)
            self.assertEqual(output, "", "nothing is shown before the server is verified")

    def test_a_good_one_is_accepted(self):
        with OpenSSLServer(pki.issue("good")) as server:
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
        self.refused(r"^self-signed certificate \(CN=alone\): trust it by name, or get one from an authority$",
                     pki.issue("alone", self_signed=True))

    def test_unknown_authority(self):
        other = Pki()
        try:
            self.refused(r"^unknown authority: CN=Interop authority$|^certificate signature failure", other.issue("stranger"))
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
        with RawServer(talk) as server:
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
        def talk(peer):
            peer.recv(4096)
            peer.sendall(b"\x16\x03\x03" + struct.pack("!H", 2**14 + 257) + bytes(2**14 + 257))
        self.raw(r"a record longer than TLS allows came", talk)

    def test_empty_records(self):
        def talk(peer):
            peer.recv(4096)
            peer.sendall(b"\x16\x03\x03\x00\x00" * 100)
            peer.recv(4096)
        self.raw(r"TLS handshake with .* failed: ", talk)

    def test_alert(self):
        def talk(peer):
            peer.recv(4096)
            peer.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
        self.raw(r"the peer refused: handshake failure \(alert 40\)", talk)


class EchoServer:
    """Our server, in the clear about its port."""

    def __init__(self):
        self.pair = pki.issue("server")
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([os.path.join(EXAMPLES, "tls_echo"), "0", *self.pair], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline())[1])

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        self.log.close()
        return self.process.returncode

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class BadClients(unittest.TestCase):
    def setUp(self):
        self.server = EchoServer()
        self.good()
        self.before = self.server.descriptors()

    def tearDown(self):
        self.good()
        deadline = time.monotonic() + PATIENCE
        while self.server.descriptors() > self.before and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertLessEqual(self.server.descriptors(), self.before, "descriptors are left open")
        self.assertEqual(self.server.stop(), 0)

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

    def hello(self):
        outgoing = ssl.MemoryBIO()
        client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read()
        return None

    def test_plain_http_gets_an_answer(self):
        answer = self.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer)
        self.assertIn(b"use https://", answer)

    def test_garbage_is_cut_off(self):
        self.assertLess(len(self.send(os.urandom(4096))), 100)

    def test_close_in_the_middle_of_the_hello(self):
        hello = self.hello()
        for length in (1, HELLO_LENGTH, 100, len(hello) - 1):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
                peer.sendall(hello[:length])

    def test_close_after_the_hello(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
            peer.sendall(self.hello())

    def test_a_hello_in_single_bytes_is_understood(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in self.hello():
                peer.sendall(bytes([byte]))
            self.assertEqual(peer.recv(1), b"\x16")

    def test_a_record_longer_than_tls_allows(self):
        self.assertLess(len(self.send(b"\x16\x03\x01" + struct.pack("!H", 2**14 + 257), bytes(2**14 + 257))), 100)

    def test_empty_records(self):
        self.assertLess(len(self.send(b"\x16\x03\x01\x00\x00" * 1000)), 100)

    def test_tls_1_1_is_refused(self):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-tls1_1", "-cipher",
                               "ALL:@SECLEVEL=0"], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        self.assertIn("alert protocol version", done.stderr)

    def test_renegotiation_is_refused(self):
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-tls1_2"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        client.stdin.write("R\n")
        client.stdin.flush()
        output, _ = client.communicate(timeout=PATIENCE)
        self.assertIn("no renegotiation", output)

    def test_an_end_without_close_notify_harms_nobody(self):
        context = ssl.create_default_context(cafile=pki.authority)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as raw:
            client = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=True)
            client.sendall(b"x")
            client.recv(1)
            os.close(client.detach())


if __name__ == "__main__":
    unittest.main(verbosity=2)
