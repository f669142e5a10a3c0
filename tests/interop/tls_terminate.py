#!/usr/bin/env python3
"""ropewalk tls-terminate in front of other people's servers: nginx that wants the PROXY protocol, Python; with curl, openssl and
Python as clients."""

import os
import re
import socket
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _program as program  # noqa: E402
from _peers import PATIENCE, OneConnection, free_port, haproxy, nginx  # noqa: E402
from _pki import Pki  # noqa: E402


def setUpModule():
    global pki, pair
    pki = Pki()
    pair = pki.issue("server")


def tearDownModule():
    pki.close()


def terminator(to, *options):
    ours = program.Program("ropewalk", "tls-terminate", "-l", ":0", "--cert", pair[0], "--key", pair[1], "--to", to, *options)
    ours.port = int(re.search(r" on tls://127\.0\.0\.1:(\d+)\n", ours.output())[1])  # not the back end's
    return ours


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", pki.authority, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE)


def answering_nginx():
    """Answers with what the PROXY header told it."""
    return nginx(pki, """listen 127.0.0.1:{port} proxy_protocol;
location / { return 200 "from $proxy_protocol_addr:$proxy_protocol_port to $proxy_protocol_server_port\\n"; }""")


class Terminator(unittest.TestCase):
    def test_nginx_learns_who_is_there(self):
        with answering_nginx() as back_end:
            for version in ("v1", "v2"):
                with terminator(f"127.0.0.1:{back_end.port}", "--send-proxy", version, "--alpn", "http/1.1") as ours:
                    page = curl("-w", "%{local_port}", f"https://localhost:{ours.port}/")
                    told, _, mine = page.stdout.partition("\n")
                    self.assertEqual(told, f"from 127.0.0.1:{mine} to {ours.port}", page.stderr)

    def test_haproxy_in_front_tells_who_is_there(self):
        with answering_nginx() as back_end, terminator(f"127.0.0.1:{back_end.port}", "--send-proxy", "v1", "--accept-proxy") as ours:
            with haproxy(pki, f"""frontend f
  bind 127.0.0.1:{{port}}
  default_backend b
backend b
  server s 127.0.0.1:{ours.port} send-proxy-v2
""") as front:
                page = curl("-w", "%{local_port}", f"https://localhost:{front.port}/")
                told, _, mine = page.stdout.partition("\n")
                self.assertEqual(told, f"from 127.0.0.1:{mine} to {front.port}", page.stderr)  # through both

    def test_curl_says_the_header_itself(self):
        with answering_nginx() as back_end, terminator(f"127.0.0.1:{back_end.port}", "--send-proxy", "v1", "--accept-proxy") as ours:
            page = curl("--haproxy-protocol", "-w", "%{local_port}", f"https://localhost:{ours.port}/")
            self.assertTrue(page.stdout.startswith("from 127.0.0.1:"), page.stderr)
            self.assertNotEqual(curl(f"https://localhost:{ours.port}/").returncode, 0, "a header is expected")

    def test_the_next_back_end_is_tried(self):
        with answering_nginx() as back_end:
            with terminator(f"127.0.0.1:{free_port()}", "--to", f"127.0.0.1:{back_end.port}", "--send-proxy", "v1") as ours:
                self.assertTrue(curl(f"https://localhost:{ours.port}/").stdout.startswith("from 127.0.0.1:"))
                self.assertIn("connection refused", ours.output())

    def test_half_close_reaches_the_back_end_and_the_answer_comes_back(self):
        def count(peer):
            whole = b""
            while piece := peer.recv(65536):
                whole += piece
            peer.sendall(b"%d bytes" % len(whole))
        with OneConnection(count) as back, terminator(f"127.0.0.1:{back.port}") as ours:
            done = subprocess.run([program.binary("ropewalk"), "connect", "--tls", "--cacert", pki.authority,
                                   f"localhost:{ours.port}"], input=b"x" * 1_000_000, capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.stdout, b"1000000 bytes", done.stderr)

    def test_a_client_that_does_not_read_costs_little(self):
        poured = []

        def pour(peer):
            peer.settimeout(3)
            for _ in range(200):
                peer.sendall(bytes(1_000_000))
                poured.append(1_000_000)
        with OneConnection(pour) as back, terminator(f"127.0.0.1:{back.port}") as ours:
            context = ssl.create_default_context(cafile=pki.authority)
            with socket.create_connection(("127.0.0.1", ours.port)) as raw:
                with context.wrap_socket(raw, server_hostname="localhost"):
                    back.join()
                    with open(f"/proc/{ours.process.pid}/status") as status:
                        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
            self.assertTrue(0 < sum(poured) < 100_000_000, "the back end is told to wait")
            limit = 400_000 if program.sanitized("ropewalk") else 60_000  # KiB
            self.assertLess(resident, limit)

    def test_clients_without_a_certificate_are_refused_where_one_is_wanted(self):
        with answering_nginx() as back_end:
            alice = pki.issue("alice", "DNS:alice")
            with terminator(f"127.0.0.1:{back_end.port}", "--send-proxy", "v2", "--client-ca", pki.authority) as ours:
                url = f"https://localhost:{ours.port}/"
                self.assertTrue(curl("--cert", alice[0], "--key", alice[1], url).stdout.startswith("from"))
                self.assertNotEqual(curl(url).returncode, 0)

    def refused(self, *options):
        done = subprocess.run([program.binary("ropewalk"), "tls-terminate", "-l", ":0", "--to", ":1", *options],
                              capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stderr

    def test_what_cannot_be_used_ends_with_5(self):
        status, why = self.refused("--cert", "/nowhere/a.pem")
        self.assertEqual(status, 5)
        self.assertIn("cannot read /nowhere/a.pem: no such file or directory", why)

    def test_without_a_certificate_the_options_that_give_one_are_named(self):
        for options in ((), ("--key", pair[1]), ("--alpn", "h2")):
            status, why = self.refused(*options)
            self.assertEqual(status, 2, why)
            for option in ("--cert FILE", "--key FILE", "--sni-dir DIR", "--dev-cert"):
                self.assertIn(option, why)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
