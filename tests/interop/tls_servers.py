#!/usr/bin/env python3
"""Our TLS client against other people's servers: openssl, GnuTLS, nginx, HAProxy, Python."""

import os
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _program as program  # noqa: E402
from _peers import PATIENCE, OneConnection, Peer, free_port, haproxy, nginx, openssl_server  # noqa: E402
from _pki import Pki  # noqa: E402

RSA = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
GCM_AND_CHACHA = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


def setUpModule():
    global pki, pair, rsa
    pki = Pki()
    pair = pki.issue("server")
    rsa = pki.issue("rsa", kind=RSA)


def tearDownModule():
    pki.close()


def connect(port, line="hello", **parameters):
    """Our client: gives how it ended, what it got, and what it said."""
    words = "&".join(f"{name}={value}" for name, value in {"ca": pki.authority, **parameters}.items())
    done = subprocess.run([program.binary("ropewalk"), "connect", "-v", f"tls://localhost:{port}?{words}"], input=line + "\n",
                          capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def ask(port, line="hello"):
    """The same where all goes well, with the program of examples/: gives who answered, with what, and the answer."""
    done = subprocess.run([program.binary("examples/tls_client"), "localhost", str(port), pki.authority, line],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    who, _, answer = done.stdout.partition("\n")
    return who, answer


class OpenSSL(unittest.TestCase):
    def speaks(self, suite, port, **parameters):
        status, answer, said = connect(port, **parameters)
        self.assertEqual((status, answer), (0, "olleh\n"), said)
        self.assertIn(f"\n{suite}: CN=", said)

    def fails(self, why, port, **parameters):
        status, answer, said = connect(port, **parameters)
        self.assertEqual((status, answer), (1, ""), said)
        self.assertRegex(said, why)

    def sees(self, server, what, times):
        """In what -msg says, which may be late."""
        program.wait_for(lambda: server.said().count(what) >= times, PATIENCE, what)
        self.assertEqual(server.said().count(what), times)

    def test_each_version_and_key(self):
        ed25519 = pki.issue("ed25519", kind=["-algorithm", "ED25519"])
        for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            for files in (pair, rsa, ed25519):
                with self.subTest(version, files=files), openssl_server(files, version) as server:
                    who, answer = ask(server.port)
                    self.assertTrue(who.startswith(name + ","), who)
                    self.assertIn("olleh", answer)

    def test_each_cipher_suite_of_tls_1_2(self):
        for kind, files in (("ECDSA", pair), ("RSA", rsa)):
            for rest in GCM_AND_CHACHA:
                suite = f"ECDHE-{kind}-{rest}"
                with self.subTest(suite), openssl_server(files, "-tls1_2", "-cipher", suite) as server:
                    self.speaks(f"TLSv1.2, {suite}", server.port)

    def test_each_cipher_suite_of_tls_1_3_in_both_profiles(self):
        for suite in TLS13:
            with self.subTest(suite), openssl_server(pair, "-tls1_3", "-ciphersuites", suite) as server:
                for profile in ("modern", "intermediate"):
                    self.speaks(f"TLSv1.3, {suite}", server.port, profile=profile)

    def test_cipher_suites_that_are_in_no_profile(self):
        for suite in ("AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA384"):
            with self.subTest(suite), openssl_server(rsa, "-tls1_2", "-cipher", suite) as server:
                self.fails(r"failed: the peer refused: handshake failure \(alert 40\)", server.port)

    def test_the_modern_profile_does_not_go_back_to_tls_1_2(self):
        with openssl_server(pair, "-tls1_2") as server:
            self.fails("no TLS version in common", server.port, profile="modern")

    def test_a_hello_retry_request_for_another_group(self):
        with openssl_server(pair, "-groups", "P-384", "-msg") as server:
            self.speaks(f"TLSv1.3, {TLS13[0]}", server.port)
            self.sees(server, ", ClientHello\n", 2)

    def test_no_group_in_common(self):
        with openssl_server(pair, "-groups", "P-521") as server:
            self.fails(r"failed: the peer refused: handshake failure \(alert 40\)", server.port)
        with openssl_server(pair, "-groups", "X25519") as server:
            self.fails(r"failed: the peer refused: handshake failure \(alert 40\)", server.port, curves="P-384")

    def test_records_of_512_bytes(self):
        text = "".join(f"{number:07d} " for number in range(1250))
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version), openssl_server(pair, version, "-max_send_frag", "512", "-msg") as server:
                status, answer, said = connect(server.port, text)
                self.assertEqual((status, answer), (0, text[::-1] + "\n"), said)
                # 10,001 bytes are 19 whole records and a rest; each has the cipher's overhead.
                size = {"-tls1_2": "02 18", "-tls1_3": "02 11"}[version]
                self.sees(server, f"\n    17 03 03 {size}\n", 19)

    def test_a_server_that_demands_a_certificate_of_ours(self):
        demands = ("-Verify", "1", "-CAfile", pki.authority, "-verify_return_error")
        mine, key = pki.issue("mine", "DNS:mine")
        with openssl_server(pair, "-tls1_3", *demands) as server:
            self.fails(r"TLS connection with 127\.0\.0\.1:\d+ failed: the server wants a certificate of ours \(alert 116\)\n$",
                       server.port)
            self.speaks(f"TLSv1.3, {TLS13[0]}", server.port, cert=mine, key=key)
        with openssl_server(pair, "-tls1_2", *demands) as server:  # it has no alert of its own for this
            self.fails(r"TLS handshake with .* failed: the peer refused: handshake failure \(alert 40\)\n$", server.port)
            self.speaks("TLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256", server.port, cert=mine, key=key)

    def test_a_server_that_does_not_know_the_authority_of_our_certificate(self):
        mine, key = pki.issue("alone", "DNS:alone", self_signed=True)
        with openssl_server(pair, "-tls1_3", "-Verify", "1", "-CAfile", pki.authority, "-verify_return_error") as server:
            self.fails(r"failed: the peer does not know the authority of our certificate \(alert 48\)\n$", server.port,
                       cert=mine, key=key)


class SystemTrust(unittest.TestCase):
    """Without --cacert: SSL_CERT_FILE and SSL_CERT_DIR say whom the system trusts."""

    def fetch(self, *command, trusted):
        environment = {**os.environ, "SSL_CERT_FILE": trusted, "SSL_CERT_DIR": pki.path("nowhere")}
        done = subprocess.run([program.binary("ropewalk"), *command], input="hello\n", env=environment, capture_output=True,
                              text=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def test_a_private_authority_there_is_trusted_and_with_none_nobody_is(self):
        nobody = pki.write("nobody.pem", "")
        with openssl_server(pair) as server:
            command = ("connect", "--tls", f"localhost:{server.port}")
            self.assertEqual(self.fetch(*command, trusted=pki.authority)[:2], (0, "olleh\n"))
            status, answer, said = self.fetch(*command, trusted=nobody)
            self.assertEqual((status, answer), (1, ""))
            self.assertIn("unknown authority: CN=Interop authority", said)

    def test_fetch_too(self):
        nobody = pki.write("nobody.pem", "")
        with openssl_server(pair, "-www", echo=False) as server:
            command = ("fetch", "--noproxy", f"https://localhost:{server.port}/")
            status, page, said = self.fetch(*command, trusted=pki.authority)
            self.assertEqual(status, 0, said)
            self.assertIn("Ciphers supported", page)
            status, page, said = self.fetch(*command, trusted=nobody)
            self.assertNotEqual(status, 0)
            self.assertIn("unknown authority: CN=Interop authority", said)
            self.assertEqual(page, "")


class Others(unittest.TestCase):
    def test_gnutls(self):
        for priority in ("NORMAL", "NORMAL:-VERS-TLS1.3"):
            port = free_port()
            with Peer(port, "gnutls-serv", "--echo", "--x509certfile", pair[0], "--x509keyfile", pair[1], "--priority", priority,
                      "-p", str(port)):
                who, answer = ask(port)
                self.assertIn("CN=server", who)
                self.assertEqual(answer.strip(), "hello")

    def test_nginx(self):
        with nginx(pki, f"""listen 127.0.0.1:{{port}} ssl; ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};
location / {{ return 200 "hello from nginx"; }}""") as server:
            _, answer = ask(server.port, "GET / HTTP/1.0\r\n")
            self.assertIn("hello from nginx", answer)

    def test_haproxy(self):
        both = pki.both(pair)
        with haproxy(pki, f"""frontend f
  bind 127.0.0.1:{{port}} ssl crt {both}
  http-request return status 200 content-type text/plain string "hello from haproxy"
""", mode="http") as server:
            _, answer = ask(server.port, "GET / HTTP/1.0\r\n")
            self.assertIn("hello from haproxy", answer)

    def test_python_that_closes_properly_and_one_that_does_not(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        for proper in (True, False):
            def serve(raw):
                client = context.wrap_socket(raw, server_side=True)
                client.sendall(client.recv(100).upper())
                if proper:
                    client.unwrap()
                client.close()
            with OneConnection(serve) as server:
                _, answer = ask(server.port)
                self.assertEqual(answer.strip(), "HELLO")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
